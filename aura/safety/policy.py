"""Gathers what is known of a call before it is judged: its paths, its command, and the rules that speak of it."""

import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from aura.config.paths import own_folders
from aura.config.schema import Settings
from aura.core.permissions import Facts, Rule, parse_rule
from aura.core.tools import Access, Effect
from aura.safety.grants import Grants
from aura.safety.offers import offer_rules
from aura.safety.places import Places, Standing
from aura.safety.rules import Call, find_cover, find_rule, is_broad
from aura.safety.shell import CommandFacts, examine

# Programs whose output is text of somebody else; what installs packages is judged by what it installs.
FETCHERS = frozenset(
    {
        "curl",
        "wget",
        "http",
        "https",
        "xh",
        "aria2c",
        "lynx",
        "w3m",
        "links",
        "elinks",
        "gh",
        "glab",
        "ftp",
        "sftp",
    }
    | {"nc", "ncat", "telnet", "dig", "nslookup", "host"}
)
LOOKS = (Effect.READ, Effect.EXECUTE)
DIRECTS = re.compile(
    r"(^|/)(AGENTS|CLAUDE|GEMINI|QWEN)(\.local)?\.md$|(^|/)\.(aura|claude|codex|gemini|cursor|windsurf)(/|$)"
    r"|copilot-instructions|\.mcp\.json$|\.cursorrules$|(^|/)\.(vscode|idea|husky|devcontainer)(/|$)|\.envrc$",
    re.IGNORECASE,
)


class Policy:
    """The rules of one session; `gather` is pure but for looking where links lead.

    `protected` are folders that are never written besides aura's own, such as the session's; they may be read.
    `boxed` when commands run inside a sandbox and cannot reach the network freely. `grants` holds the rules that a
    person granted: they speak only for what stays inside the workspace and needs no person each time. `is_foreign`
    says that the folder brings what nobody trusted, `find_taint` where text that nobody vouches for came from so far.
    Raises `ConfigError` for a rule of the settings that cannot be read.
    """

    def __init__(
        self,
        settings: Settings,
        workspace: Path,
        *,
        protected: Iterable[Path] = (),
        home: Path | None = None,
        boxed: bool = False,
    ) -> None:
        self._workspace = workspace
        self._boxed = boxed
        self._home = Path.home() if home is None else home
        folders = tuple(protected)
        self._places = Places(
            workspace,
            self._home,
            own=(*own_folders(), *folders),
            protect=settings.permissions.protect,
            readable=folders,
        )
        self._deny = _parse(settings.permissions.deny, "deny")
        self._ask = _parse(settings.permissions.ask, "ask")
        allow = _parse(settings.permissions.allow, "allow")
        self._broad = tuple(rule for rule in allow if is_broad(rule))
        self._allow = tuple(rule for rule in allow if not is_broad(rule))
        self.grants = Grants(workspace)
        self.is_foreign = False
        self.find_taint: Callable[[], str] = lambda: ""

    @property
    def notices(self) -> tuple[str, ...]:
        """Sentences for people about rules that do not count in auto mode."""
        unread = (self.grants.notice,) if self.grants.notice else ()
        broad = (*self._broad, *filter(is_broad, self.grants.rules))
        if not broad:
            return unread
        names = ", ".join(map(str, broad))
        return (
            f"In auto mode these rules are set aside, because they would allow anything: {names}.",
            *unread,
        )

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules of the settings, in the order in which they are asked; `grants` come behind them."""
        return (*self._deny, *self._ask, *self._allow, *self._broad)

    def gather(self, tool: str, effect: Effect, access: Access) -> Facts:
        """What is known of a call of a tool; `judge` decides from it."""
        command = self.examine(access.command) if access.command else None
        call = Call(tool, effect, access, command)
        reads = [
            self._places.judge_read(path) for path in (*access.reads, *(command.reads if command else ()))
        ]
        writes = [
            self._places.judge_write(path) for path in (*access.writes, *(command.writes if command else ()))
        ]
        standings = (*reads, *writes)
        floors = [standing.floor for standing in standings if standing.floor]
        floor = (command.floor if command else "") or (floors[0] if floors else "")
        sensitive = self._name(standing for standing in writes if standing.sensitive)
        outside = self._name(standing for standing in standings if standing.outside)
        is_near = not (floor or outside or sensitive or (command and command.consent))
        granted = self.grants.rules if is_near else ()
        allow = (*self._allow, *(rule for rule in granted if not is_broad(rule)))
        return Facts(
            effect=effect,
            access=access,
            floor=floor,
            consent=command.consent if command else "",
            risky=_name_risk(effect, command, writes),
            secret=self._name(standing for standing in standings if standing.secret),
            sensitive=sensitive,
            outside=outside,
            allowed_by=find_cover(allow, call, self._places),
            broadly_allowed_by=find_cover((*self._broad, *self._allow, *granted), call, self._places),
            asked_by=find_rule(self._ask, call, self._places),
            denied_by=find_rule(self._deny, call, self._places),
            offer=offer_rules(call, self._places) if is_near else "",
            boxed=self._boxed and command is not None,
            person=self._tell_taint(effect, command, sensitive, outside),
        )

    def find_source(self, effect: Effect, access: Access) -> str:
        """Where the text of a call's result came from, if nobody vouches for it; empty for all else."""
        if effect is Effect.NETWORK:
            return f"text from {urlsplit(access.url).hostname or 'the network'}"
        if access.command:
            words = {
                part.argv[0].rpartition("/")[2] for part in self.examine(access.command).parts if part.argv
            }
            if fetched := sorted(words & FETCHERS):
                return f"what {fetched[0]} fetched"
        return "files of a folder that is not trusted" if self.is_foreign and effect in LOOKS else ""

    def _tell_taint(
        self,
        effect: Effect,
        command: CommandFacts | None,
        sensitive: tuple[str, ...],
        outside: tuple[str, ...],
    ) -> str:
        """Why this needs a person: it could carry something out, or change what directs or runs later."""
        taint = self.find_taint()
        if not taint:
            return ""
        directs = [path for path in sensitive if DIRECTS.search(path)]
        legs = (
            "it reaches the network" if effect is Effect.NETWORK else "",
            command.consent if command and not self._boxed else "",  # a box lets nothing out
            f"{outside[0]} is outside the workspace" if outside else "",
            f"{directs[0]} acts in later sessions" if directs else "",
        )
        leg = next(filter(None, legs), "")
        return f"{leg}, and the session has taken in {taint}" if leg else ""

    def examine(self, command: str) -> CommandFacts:
        """What a shell text would do, as far as it tells."""
        return examine(command, self._workspace, self._home, places=self._places)

    def _name(self, standings: Iterable[Standing]) -> tuple[str, ...]:
        """The paths as people read them: below the workspace without it."""
        root = self._places.workspace
        return tuple(
            dict.fromkeys(
                os.path.relpath(one.path, root) if one.path.startswith(f"{root}/") else one.path
                for one in standings
            )
        )


def _name_risk(effect: Effect, command: CommandFacts | None, writes: Iterable[Standing]) -> str:
    """Why a call that runs something needs a yes; one that writes is never harmless."""
    if effect is not Effect.EXECUTE:
        return ""
    if command is None:
        return "what it runs cannot be seen beforehand"
    return command.risky or ("it changes files" if any(writes) else "")


def _parse(texts: Iterable[str], decision: Literal["allow", "ask", "deny"]) -> tuple[Rule, ...]:
    return tuple(parse_rule(text, decision) for text in texts)
