"""What a path is: inside the workspace or not, sensitive, secret, or never to be written. Links are followed.

Names are compared without regard to case, in composed form and without trailing dots and blanks, for there are file
systems that do not tell such names apart.
"""

import fnmatch
import functools
import os
import re
import tempfile
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePath

import pathspec

from aura.core.credentials import NO_SECRET_NAMES, SECRET_NAMES


def _list(text: str) -> tuple[str, ...]:
    return tuple(text.split())


SECRET_AT_HOME = _list(
    """
    .ssh/** .aws/** .gnupg/** .azure/** .kube/** .password-store/** .netrc _netrc .pypirc .npmrc .git-credentials
    .pgpass .my.cnf .vault-token .docker/config.json .config/git/credentials .config/gh/hosts.yml .config/hub
    .config/gcloud/** .config/op/** .config/sops/** .config/rclone/** .config/doctl/** .databrickscfg
    .config/glab-cli/** .terraform.d/credentials* .cargo/credentials* .gem/credentials .m2/settings*.xml
    .gradle/gradle.properties .local/share/keyrings/** Library/Keychains/** .mozilla/**
    .config/google-chrome/** .config/chromium/** .config/BraveSoftware/**
    Library/Application?Support/Google/** Library/Application?Support/Firefox/**
    .microsoft/usersecrets/** .boto .s3cfg .oci/** .config/hcloud/** .config/stripe/**
    .config/heroku/** .config/netlify/**
    .fly/config.yml .dockercfg .config/containers/auth.json .mylogin.cnf .sentryclirc .pulumi/credentials.json
    .subversion/auth/** .local/share/kwalletd/** .thunderbird/** .config/1password/** .config/bitwarden*/** .bitcoin/**
    .electrum/** .ethereum/** .config/hub.yml .circleci/cli.yml .nuget/nuget.config .config/configstore/** .age/**
    .claude/.credentials.json .codex/auth.json .config/github-copilot/** .local/share/opencode/auth.json
"""
)
SECRET_ANYWHERE = _list(
    """
    /etc/shadow* /etc/gshadow* /etc/sudoers* /etc/ssh/ssh_host_*_key /proc/*/environ /proc/*/mem /run/secrets/**
    /var/run/secrets/** /root/.ssh/** /home/*/.ssh/** /users/*/.ssh/**
"""
)
NO_SECRET = (".ssh/known_hosts", ".ssh/config", ".ssh/*.pub")
SENSITIVE = _list(
    """
    .github/workflows/** .github/actions/** .gitlab-ci.yml .gitlab/ci/** .circleci/** .travis.yml azure-pipelines.yml
    bitbucket-pipelines.yml jenkinsfile .drone.yml .woodpecker.yml .woodpecker/** .buildkite/** appveyor.yml .ci/**
    .husky/** .githooks/** .pre-commit-config.yaml lefthook.yml .lefthook.yml .envrc .mise.toml
    .vscode/** .idea/** .devcontainer/** .mcp.json .claude/** .cursor/** .codex/** .gemini/** .cursorrules
    agents.md claude.md gemini.md .aura/** .gitmodules .gitattributes
    .npmrc .yarnrc .yarnrc.yml .pnpmfile.cjs .bashrc .bash_profile .profile .zshrc .zshenv .zprofile
    package-lock.json npm-shrinkwrap.json yarn.lock pnpm-lock.yaml bun.lock bun.lockb poetry.lock uv.lock pdm.lock
    pipfile.lock cargo.lock go.sum gemfile.lock composer.lock flake.lock requirements.lock *.tfstate *.tfstate.backup
"""
)

STARTUP_AT_HOME = _list(
    """
    .bashrc .bash_profile .bash_login .bash_logout .bash_aliases .profile .zshrc .zshenv .zprofile .zlogin .zlogout
    .kshrc .cshrc .tcshrc .login .inputrc .xprofile .xinitrc .xsession .xsessionrc .pam_environment .config/fish/**
    .gitconfig .config/git/** .ssh/** .gnupg/** .config/systemd/** .config/autostart/** .config/environment.d/**
    library/launchagents/** .vimrc .vim/** .config/nvim/** .emacs .emacs.d/** .npmrc .pip/** .config/pip/** .condarc
    .cargo/config* .gemrc .irbrc .pythonrc* .bash_history .zsh_history .local/share/systemd/** .crontab
    .local/bin/** bin/** .cargo/bin/** go/bin/** .local/lib/** .config/go/** .pydistutils.cfg .pypirc .yarnrc*
    .bashrc.d/** .zshrc.d/** .oh-my-zsh/** .config/zsh/** .tmux.conf .config/tmux/** .screenrc .gdbinit .lldbinit
    .psqlrc .sqliterc .lesskey .lessfilter .ipython/** .jupyter/** .rprofile .gradle/init* .config/direnv/**
    .local/share/applications/** .config/code/user/** .exrc .wgetrc .curlrc .ackrc .config/containers/** .mavenrc
"""
)
SYSTEM_WRITES = _list(
    "/etc/** /usr/** /bin/** /sbin/** /lib*/** /boot/** /sys/** /proc/** /var/log/** /var/spool/**"
)
SYSTEM_READS = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc", "/opt", "/sys", "/nix", "/snap")
SYSTEM_FILES = re.compile(
    r"/proc/(cpuinfo|meminfo|version|loadavg|uptime|mounts|stat|filesystems|sys/.*|self/(status|mounts|limits))|"
    r"/dev/(null|zero|full|random|urandom|tty|stdin|stdout|stderr|fd(/\d+)?)"
)
SINKS = re.compile(r"/dev/(null|tty|stdin|stdout|stderr|fd/\d+|full|zero)|/proc/self/fd/\d+")


ASSISTANTS = re.compile(
    r"/\.mcp\.json$|/\.(claude|cursor|codex|gemini|vscode)/(settings.*|mcp|config|hooks?)\.(json|toml|ya?ml)$"
)


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of one path: its real form, whether it lies outside, and why it is special (empty: it is not).

    `floor` is what must never happen, `secret` what holds credentials of the project, `sensitive` what acts by itself.
    """

    path: str
    outside: bool = False
    floor: str = ""
    secret: bool = False
    sensitive: bool = False


class Places:
    """Judges paths for one workspace; `own` are aura's folders, `protect` patterns that are never written.

    `readable` are folders outside that may be read, such as the output of this session's commands.
    """

    def __init__(
        self,
        workspace: Path,
        home: Path,
        *,
        own: Iterable[Path] = (),
        protect: Iterable[str] = (),
        readable: Iterable[Path] = (),
        temporary: Iterable[str] = ("/tmp", "/var/tmp", ""),  # noqa: S108 - the names of the places, nothing is made
    ) -> None:
        self.workspace = os.path.realpath(workspace)
        self.home = os.path.realpath(home)
        self.spelled_home = os.path.normpath(home)
        self.own = tuple({os.path.realpath(folder) for folder in own})
        programs = (f"{self.home}/{name}" for name in (".local/bin", ".cargo/bin", "go/bin"))
        self.readable = (*SYSTEM_READS, *programs, *{os.path.realpath(folder) for folder in readable})
        self.temporary = tuple({os.path.realpath(name or tempfile.gettempdir()) for name in temporary})
        self._protected = pathspec.GitIgnoreSpec.from_lines([_normalise(pattern) for pattern in protect])
        self._sensitive = pathspec.GitIgnoreSpec.from_lines(SENSITIVE)
        # these look at the text of a path only, and one call asks several times for the same
        self._is_secret_place = functools.lru_cache(maxsize=512)(self._find_secret_place)
        self._forbid_write = functools.lru_cache(maxsize=512)(self._find_forbidden)
        self._is_sensitive = functools.lru_cache(maxsize=512)(self._find_sensitive)
        for patterns in (SECRET_ANYWHERE, SECRET_AT_HOME, NO_SECRET, STARTUP_AT_HOME, SYSTEM_WRITES):
            matches("", patterns)  # compiled here, so that the first decision is as fast as the others

    def resolve(self, path: str, cwd: str = "") -> str:
        """The absolute path as it is written, `~` and `..` resolved, links not."""
        if path == "~" or path.startswith("~/"):
            path = self.spelled_home + path[1:]
        path = path.replace("\0", "\ufffd")
        return os.path.normpath(os.path.join(cwd or self.workspace, path))  # noqa: PTH118 - three times as fast

    def judge_read(self, path: str, cwd: str = "") -> Standing:
        """What reading a path means."""
        spelled, real = self._spell(path, cwd)
        if any(self._is_secret_place(one) for one in (spelled, real)):
            return Standing(real, floor=f"{path} holds credentials")
        inside = self._is_inside(real)
        is_secret = any(is_secret_name(one.rpartition("/")[2]) for one in (spelled, real))
        is_open = is_below(real, *self.readable) or any(
            SYSTEM_FILES.fullmatch(one) for one in (spelled, real)
        )
        return Standing(real, outside=not inside and not is_open, secret=is_secret)

    def names_secret(self, path: str, cwd: str = "") -> bool:
        """Whether a path as it is written is one that holds credentials; links are not followed."""
        return self._is_secret_place(self.resolve(path, cwd))

    def names_secret_file(self, path: str, cwd: str = "") -> bool:
        """Whether a word names a file that usually holds secrets, wherever it lies."""
        return len(path) < 200 and is_secret_name(self.resolve(path, cwd).rpartition("/")[2])

    def judge_write(self, path: str, cwd: str = "") -> Standing:
        """What writing, moving or deleting a path means."""
        spelled, real = self._spell(path, cwd)
        if SINKS.fullmatch(spelled) or SINKS.fullmatch(real):
            return Standing(real)
        for one in dict.fromkeys((spelled, real)):
            floor = self._forbid_write(one)
            if floor:
                return Standing(real, floor=f"{path} {floor}")
        inside = self._is_inside(real)
        return Standing(
            real,
            outside=not inside,
            secret=any(is_secret_name(one.rpartition("/")[2]) for one in (spelled, real)),
            sensitive=any(self._is_sensitive(one) for one in {spelled, real}),
        )

    def is_ancestor(self, path: str) -> bool:
        """Whether the workspace, the home folder or the root lies at or below a path: what holds everything."""
        real = os.path.realpath(path)
        return any(
            is_below(one, path) or is_below(one, real)
            for one in (self.workspace, self.home, self.spelled_home)
        )

    def find_top(self) -> str | None:
        """The workspace when it is a repository of its own (or is not there to be asked); None when it lies in one."""
        top = Path(self.workspace)
        return self.workspace if os.path.lexists(top / ".git") or not os.path.lexists(top) else None

    def is_start(self, path: str) -> bool:
        """Whether a path is one that programs run or read at their start."""
        return any(matches(local, STARTUP_AT_HOME) for local in self._below_home(path))

    def is_temporary(self, path: str) -> bool:
        """Whether a path lies strictly below a folder for temporary files."""
        real = os.path.realpath(path)
        return any(is_below(real, folder) and real != folder for folder in self.temporary)

    def _spell(self, path: str, cwd: str) -> tuple[str, str]:
        spelled = self.resolve(path, cwd)
        return spelled, os.path.realpath(spelled)

    def _find_sensitive(self, path: str) -> bool:
        return is_below(path, self.workspace) and self._sensitive.match_file(
            fold(_below(path, self.workspace))
        )

    def _is_inside(self, real: str) -> bool:
        return is_below(real, self.workspace) or (
            is_below(real, *self.temporary) and not is_below(real, self.home)
        )

    def _below_home(self, path: str) -> list[str]:
        """The path below the home folder, however that is spelled; empty when it is elsewhere."""
        return [fold(_below(path, home)) for home in {self.home, self.spelled_home} if is_below(path, home)]

    def _find_secret_place(self, path: str) -> bool:
        folded = fold(path)
        if matches(folded, SECRET_ANYWHERE):
            return True
        if any(is_below(path, own) for own in self.own) and PurePath(folded).name == "auth.json":
            return True
        return any(
            matches(local, SECRET_AT_HOME) and not matches(local, NO_SECRET)
            for local in self._below_home(path)
        )

    def _find_forbidden(self, path: str) -> str:
        """Why a path is never written; empty when it may be."""
        parts = fold(path).split("/")
        if ".git" in parts:
            return "belongs to git's own files"
        if ".aura" in parts[:-1] and re.fullmatch(r"(config|trust).*", parts[-1]):
            return "is aura's own policy"
        if "/.aura/hooks/" in fold(path):
            return "is run by aura by itself"
        if any(is_below(path, own) and not is_below(self.workspace, own) for own in self.own):
            return "belongs to aura itself"
        if self._is_secret_place(path):
            return "holds credentials"
        if is_below(path, self.workspace):
            local = _below(path, self.workspace)
            return "is protected by your settings" if self._protected.match_file(fold(local)) else ""
        if any(matches(local, STARTUP_AT_HOME) for local in self._below_home(path)):
            return "is run or read by programs at their start"
        if re.fullmatch(r"/dev/(?!shm/).*", path):
            return "is a device"
        is_own_program = is_below(path, "/usr/local") or self.is_temporary(path)
        if matches(fold(path), SYSTEM_WRITES) and not is_own_program:
            return "belongs to the system"
        return ""


def starts_assistants(path: str) -> bool:
    """Whether a file says which programs start beside an assistant, or what it may do."""
    return ASSISTANTS.search(fold(path)) is not None


def is_below(path: str, *folders: str) -> bool:
    """Whether a normal absolute path is one of the folders or lies below it."""
    for folder in folders:
        if path.startswith(folder) and (
            len(path) == len(folder) or folder[-1] == "/" or path[len(folder)] == "/"
        ):
            return True
    return False


def _below(path: str, folder: str) -> str:
    """What is left of a normal path without a folder that it lies below; `.` for the folder itself."""
    return path[len(folder) :].lstrip("/") or "."


def fold(path: str) -> str:
    """A path as file systems that are lenient about names see it."""
    normal = _normalise(path)
    if ". " not in normal and "./" not in normal and " /" not in normal and normal[-1:] not in (".", " "):
        return normal
    return "/".join(part.rstrip(". ") or part for part in normal.split("/"))


def _normalise(text: str) -> str:
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def matches(path: str, patterns: Iterable[str]) -> bool:
    """Whether a folded path matches a pattern; `/**` also means the folder itself."""
    return _compile(tuple(patterns)).match(path) is not None


@functools.lru_cache(maxsize=64)
def _compile(patterns: tuple[str, ...]) -> re.Pattern[str]:
    """One expression for a list of patterns."""
    lowered = [pattern.lower() for pattern in patterns]
    folders = [re.escape(pattern[:-3]) + r"\Z" for pattern in lowered if pattern.endswith("/**")]
    return re.compile("|".join([*map(fnmatch.translate, lowered), *folders]))


def is_secret_name(name: str) -> bool:
    """Whether a file of this name usually holds secrets, wherever it lies."""
    folded = fold(name)
    return matches(folded, SECRET_NAMES) and not matches(folded, NO_SECRET_NAMES)
