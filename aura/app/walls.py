"""Where commands run: what the model causes inside the sandbox, what a person types with their own rights."""

import asyncio
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from aura.config.paths import config_dir, own_folders
from aura.config.schema import Settings
from aura.core.errors import ConfigError
from aura.core.events import SandboxChosen
from aura.core.sandbox import Capability, Level, Network, SandboxSpec, Wall
from aura.safety.sandbox import find_sandbox, is_boxed, name_level
from aura.safety.sandbox.domains import parse_domains
from aura.safety.sandbox.ground import list_secrets, list_tools
from aura.tools.process import LocalRunner

TEMPORARY, CACHE, ASIDE, OUTPUT = "tmp", "cache", "aside", "output"  # folders of a session


@dataclass(frozen=True, slots=True)
class Runners:
    """`boxed` runs what the model and the checks cause, `own` the shell lines of a person.

    `requested` is what the settings ask for, `enforced` what stands.
    """

    boxed: LocalRunner
    own: LocalRunner
    wall: Wall
    requested: str
    folder: Path

    @property
    def capability(self) -> Capability:
        """What the wall covers and what not."""
        return self.wall.sandbox.probe()

    @property
    def enforced(self) -> str:
        """The wall in words for a status line."""
        return name_level(self.wall.sandbox)

    @property
    def summary(self) -> str:
        """What was asked for, what stands and what is not covered, on one line for people."""
        missing, network = self.capability.missing, self.wall.spec.net
        lacking = f"; not covered: {', '.join(missing)}" if missing else ""
        return f"{self.enforced}, asked for: {self.requested}, network: {network}{lacking}"

    @property
    def notices(self) -> tuple[str, ...]:
        """What a person should know at the start: that no command runs, or what the wall leaves open."""
        found = self.capability
        if not self.may_run_alone:
            return (f"No sandbox works here, so no command runs. {found.hint} See `aura doctor`.",)
        if found.level is Level.PARTIAL and self.requested != "external":
            return (f"The sandbox ({self.enforced}) does not cover: {'; '.join(found.missing)}.",)
        return ()

    @property
    def is_safe(self) -> bool:
        """Whether commands that nobody looked at may run: they cannot reach beyond the sandbox."""
        return is_boxed(self.wall.sandbox) and self.wall.spec.net != "host"

    @property
    def may_run_alone(self) -> bool:
        """Whether work that nobody watches may begin: a wall stands, or a person did without."""
        return self.requested == "off" or is_boxed(self.wall.sandbox)

    async def close(self) -> None:
        """End every command, and take away what commands kept for themselves."""
        await asyncio.gather(self.boxed.close(), self.own.close())
        self.wall.part()
        await asyncio.to_thread(self._clear)

    def _clear(self) -> None:
        for name in (TEMPORARY, CACHE):
            shutil.rmtree(self.folder / name, ignore_errors=True)

    def kill_now(self) -> None:
        """End every command at once."""
        self.boxed.kill_now()
        self.own.kill_now()
        self.wall.part()


def describe_wall(runners: Runners) -> SandboxChosen:
    """What the log says of where commands run."""
    missing, network = runners.capability.missing, runners.wall.spec.net
    return SandboxChosen(runners.requested, runners.enforced, missing, network)


def make_runners(settings: Settings, workspace: Path, folder: Path, *, is_alone: bool = False) -> Runners:
    """The runners of one session; `folder` is the session's, `is_alone` when nobody watches: see `require_wall`."""
    sandbox = find_sandbox(settings.sandbox.mode)
    wall = Wall(sandbox, describe_reach(settings, workspace, folder))
    boxed, own = LocalRunner(folder, wall=wall), LocalRunner(folder)
    runners = Runners(boxed, own, wall, settings.sandbox.mode, folder)
    if is_alone:
        require_wall(runners)
    return runners


def describe_reach(settings: Settings, workspace: Path, folder: Path) -> SandboxSpec:
    """What commands of a session may reach, by the settings; raises `ConfigError` for a host that is none."""
    parse_domains(settings.network.domains)
    own = settings.sandbox
    network: Network = "host" if settings.network.open else "proxy" if settings.network.domains else "none"
    root = workspace.resolve()
    return SandboxSpec(
        root,
        write=_expand(own.write),
        read=(*_expand(own.read), folder / OUTPUT, config_dir() / "skills", *list_tools(os.environ)),
        protect=tuple(root / name for name in settings.permissions.protect if not set(name) & set("*?[")),
        hide=(*own_folders(), *_expand(own.hide), *list_secrets()),
        net=network,
        domains=settings.network.domains,
        tmp=folder / TEMPORARY,
        cache=folder / CACHE,
        aside=folder / ASIDE,
        procs=own.processes,
    )


def require_wall(runners: Runners) -> None:
    """Raises `ConfigError` when work that nobody watches would run without a sandbox that nobody did without."""
    if runners.may_run_alone:
        return
    hint = runners.capability.hint
    raise ConfigError(
        f"Nobody watches this run, and no sandbox works here. {hint} `aura doctor` says more; --no-sandbox does"
        " without one, --sandbox external says that a container or a virtual machine is the wall."
    )


def tell_reach(runners: Runners) -> str:
    """What the model is told of where its commands run."""
    spec, capability = runners.wall.spec, runners.capability
    if not is_boxed(runners.wall.sandbox) or runners.wall.sandbox.name == "external":
        return runners.enforced
    network = {
        "none": "there is no network",
        "proxy": f"only these hosts are reachable: {', '.join(spec.domains)}",
        "host": "the network is open",
    }[spec.net]
    more = "".join(f", {path}" for path in spec.write)
    missing = f"; not covered: {', '.join(capability.missing)}" if capability.missing else ""
    own = "/tmp and ~/.cache are theirs alone, other tools see another /tmp"  # noqa: S108 - told, not used
    if capability.stopped:
        own = f"these do not work: {', '.join(capability.stopped)}"
    return (
        f"{runners.enforced}: can write the workspace{more} and nothing else, {network}; the home holds tools only;"
        f" {own}; git's config and hooks stay as they are{missing}"
    )


def _expand(texts: tuple[str, ...]) -> tuple[Path, ...]:
    return tuple(Path(text).expanduser() for text in texts)
