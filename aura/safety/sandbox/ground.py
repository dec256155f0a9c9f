"""What of this machine commands see besides the workspace: no home, but the tools that are installed in it."""

import contextlib
import os
import pwd
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from aura.core.sandbox import SandboxSpec
from aura.safety.sandbox.mounts import ROOT, Right, Rule
from aura.safety.sandbox.pins import Pins

# Folders below a home that hold programs and what they need to run; commands may read them.
TOOLS = """
.pyenv .rbenv .nodenv .goenv .jenv .sdkman .asdf .volta .nvm .fnm .n .deno .bun .rustup .cargo .ghcup .cabal/bin .stack
.opam .juliaup .julia .dotnet .pub-cache .nix-profile .linuxbrew .local/bin .local/lib .local/pipx .local/share/pipx
.local/share/uv .local/share/mise .local/share/rtx .local/share/fnm .local/share/pnpm .local/share/virtualenvs
.local/share/coursier .local/share/gem .npm-global .yarn/bin .config/yarn/global .poetry .conda miniconda3 anaconda3
miniforge3 mambaforge micromamba go sdk flutter .m2/repository .m2/wrapper .gradle/wrapper .ivy2/cache .gem
.bundle/cache .cpanm perl5 .luarocks .opt .tfenv .krew .arkade bin .bin .cache/ms-playwright .cache/puppeteer
.cache/Cypress .cache/coursier .config/git .gitconfig .gitignore .gitignore_global .editorconfig
"""
NAMED = """
VIRTUAL_ENV CONDA_PREFIX PYENV_ROOT NVM_DIR FNM_DIR VOLTA_HOME PNPM_HOME BUN_INSTALL DENO_DIR GOPATH GOROOT CARGO_HOME
RUSTUP_HOME JAVA_HOME SDKMAN_DIR DOTNET_ROOT GEM_HOME RBENV_ROOT ASDF_DIR ASDF_DATA_DIR MISE_DATA_DIR POETRY_HOME
PIPX_HOME
"""
# Credentials, below a home or inside those folders; also hidden when the home itself is the workspace.
SECRETS = """
.ssh .gnupg .aws .azure .kube .docker .config/gcloud .config/gh .config/hub .config/op .config/rclone .config/aura
.local/share/aura .local/state/aura .local/share/keyrings .password-store .netrc .git-credentials
.config/git/credentials .pypirc .npmrc .yarnrc .yarnrc.yml .cargo/credentials .cargo/credentials.toml .m2/settings.xml
.m2/settings-security.xml .gradle/gradle.properties .gem/credentials .bundle/config .composer/auth.json .terraform.d
.vault-token .pgpass .my.cnf .mysql_history .psql_history .bash_history .zsh_history .python_history .node_repl_history
.config/huggingface .cache/huggingface/token .mozilla .config/google-chrome .config/chromium .thunderbird .claude .codex
.gemini .config/github-copilot .config/anthropic .anthropic .openai
"""
# What a shell or a session reads at its start; read-only when the home itself is the workspace.
PROFILES = """
.bashrc .bash_profile .bash_login .bash_logout .bash_aliases .profile .zshrc .zshenv .zprofile .zlogin .inputrc .vimrc
.gitconfig .tmux.conf .config .local/bin .local/share/applications .xinitrc .xprofile .emacs .emacs.d .vim
.pam_environment .cargo/bin .cargo/config.toml bin
"""
SYSTEM_SECRETS = "/etc/shadow /etc/gshadow /etc/shadow- /etc/gshadow- /etc/sudoers /etc/ssl/private"
COVERED = ("/run", "/var/tmp")  # noqa: S108 - to hide it
NEEDED_OF_RUN = ("/run/current-system", "/run/opengl-driver")  # where some systems keep their programs
NAMESERVERS = Path("/etc/resolv.conf")
BINARIES = frozenset({"bin", "sbin", "shims"})
PASSWORD = re.compile(r"://[^/\s@:]*:[^/\s@]+@|extraheader", re.IGNORECASE)


def is_there(path: Path) -> bool:
    """Whether something stands at a path; what lies in a closed folder does not."""
    return os.path.exists(path)  # noqa: PTH110 - Path raises where a folder is closed


def is_folder(path: Path) -> bool:
    """Whether a folder stands there, likewise."""
    return os.path.isdir(path)  # noqa: PTH112 - the same


def find_homes() -> tuple[Path, ...]:
    """The home of this user, as the environment says and as the system says."""
    said = [os.environ.get("HOME", "")]
    with contextlib.suppress(KeyError):
        said.append(pwd.getpwuid(os.getuid()).pw_dir)
    found = (Path(os.path.realpath(one)) for one in said if one.startswith("/"))
    return tuple(dict.fromkeys(one for one in found if one != ROOT and is_folder(one)))


def survey(environment: Mapping[str, str]) -> tuple[Rule, ...]:
    """The rules that hold for every command on this machine, whatever its workspace."""
    homes = find_homes()
    rules = [_rule(Right.COVER, Path(one)) for one in COVERED]
    rules += [_rule(Right.COVER, home) for home in homes]
    rules += [_rule(Right.READ, Path(one)) for one in NEEDED_OF_RUN]
    rules += [_rule(Right.HIDE, Path(one)) for one in SYSTEM_SECRETS.split()]
    rules += [_rule(Right.READ, place) for place in list_tools(environment)]
    rules += [_rule(Right.HIDE, place) for place in list_secrets()]
    return tuple(rule for rule in rules if rule is not None)


def list_tools(environment: Mapping[str, str]) -> tuple[Path, ...]:
    """What is installed below a home, or below another place that commands have their own of."""
    homes = find_homes()
    hidden = (*homes, Path("/tmp"), Path("/var/tmp"))  # noqa: S108 - covered by the command's own
    usual = (home / name for home in homes for name in TOOLS.split() if not _tells(home / name))
    return tuple(path for path in (*_find_programs(environment, hidden), *usual) if is_there(path))


def list_secrets() -> tuple[Path, ...]:
    """What holds credentials below a home."""
    found = (home / name for home in find_homes() for name in SECRETS.split())
    return tuple(path for path in found if is_there(path))


def describe(spec: SandboxSpec, pins: Pins, ground: tuple[Rule, ...]) -> list[Rule]:
    """All rules of one command: those of the machine, of what was asked for, and of what is pinned."""
    rules = [*ground, Rule(Right.COVER, Path("/tmp"), source=spec.tmp)]  # noqa: S108 - the command's own
    rules += _all(Right.READ, spec.read)
    rules += _all(Right.WRITE, (spec.workspace, *spec.write, *pins.write))
    rules += _all(Right.PROTECT, (*spec.protect, *pins.fixed))
    rules += _all(Right.HIDE, spec.hide)
    rules += [Rule(Right.WRITE, path, keep=True) for path in pins.kept]
    for home in find_homes():
        if home.is_relative_to(spec.workspace):
            rules += _all(Right.PROTECT, tuple(home / name for name in PROFILES.split()))
        elif spec.cache is not None:
            rules.append(Rule(Right.COVER, home / ".cache", source=spec.cache))
    if spec.net == "host":
        rules += _all(Right.READ, (NAMESERVERS,))
    return rules


def _find_programs(environment: Mapping[str, str], hidden: tuple[Path, ...]) -> Iterator[Path]:
    """The toolchains in use that lie below something hidden: what the search path and the environment name."""
    named = [environment.get(name, "") for name in NAMED.split()]
    places = [*named, sys.prefix, sys.base_prefix]
    searched = [one for one in environment.get("PATH", "").split(":") if one.startswith("/")]
    for place in (
        *places,
        *searched,
        *(str(Path(one).parent) for one in searched if Path(one).name in BINARIES),
    ):
        if not place.startswith("/"):  # the folder that it would be found from may be gone
            continue
        real = Path(os.path.realpath(place))
        if any(real.is_relative_to(one) for one in hidden) and not any(
            real in _list_broad(one) for one in hidden
        ):
            yield real


def _list_broad(place: Path) -> tuple[Path, ...]:
    """Folders that hold much more than a tool."""
    inner = (".local", ".config", ".cache", ".local/share", ".local/state")
    return (place, *(place / name for name in inner))


def _tells(path: Path) -> bool:
    """Whether a setting of git has a password in it; what cannot be read counts."""
    if path.name not in (".gitconfig", "git"):
        return False
    try:
        files = [path] if path.is_file() else [one for one in path.glob("*") if one.is_file()]
        return any(PASSWORD.search(one.read_text(encoding="utf-8", errors="replace")) for one in files)
    except OSError:
        return True


def _all(right: Right, paths: tuple[Path, ...]) -> list[Rule]:
    return [rule for rule in (_rule(right, path) for path in paths) if rule is not None]


def _rule(right: Right, path: Path) -> Rule | None:
    """A rule for what is there; none when nothing is. A link below a home leads to what it names."""
    real = Path(os.path.realpath(path))
    if not os.path.lexists(real) or (right is Right.HIDE and not os.access(real, os.R_OK)):
        return None
    if right is Right.READ and path.is_symlink():
        return Rule(
            right, Path(os.path.realpath(path.parent)) / path.name, is_dir=is_folder(real), source=real
        )
    return Rule(right, real, is_dir=is_folder(real))
