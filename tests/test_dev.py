"""`./dev`: what it says, what it skips, how it fails, and the lock it installs from."""

import importlib.machinery
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")

# Stands in for uv: remembers what it was asked, and makes an environment that is just good enough.
FAKE_UV = f"""#!/bin/sh
[ "$1" = --version ] && echo "uv 99.0.0" && exit 0
echo "$@" >>"$FAKE_UV_LOG"
[ "$1 $2" = "$FAKE_UV_FAILS" ] && echo "error: the moon is in the way" && exit 2
[ "$1" = venv ] && mkdir -p .venv/bin && ln -sf {sys.executable} .venv/bin/python
exit 0
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder that looks like a fresh clone to `./dev`, with a uv of its own on PATH."""
    folder = tmp_path / "aura"
    (folder / "bin").mkdir(parents=True)
    shutil.copy(ROOT / "dev", folder)
    (folder / "pyproject.toml").write_text("[project]\nname = 'aura'\n")
    (folder / "requirements.lock").write_text(
        "one==1 \\\n    --hash=sha256:1\ntwo==2 \\\n    --hash=sha256:2\n"
    )
    uv = folder / "bin" / "uv"
    uv.write_text(FAKE_UV)
    uv.chmod(0o755)
    return folder


def dev(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    path = f"{folder / 'bin'}{os.pathsep}/usr/bin{os.pathsep}/bin"
    log = str(folder / "uv.log")
    return subprocess.run(
        [sys.executable, str(folder / "dev"), *arguments],
        env={
            "PATH": path,
            "HOME": str(folder / "home"),
            "FAKE_UV_LOG": log,
            "FAKE_UV_FAILS": "",
            **environment,
        },
        cwd=folder.parent,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def asked_of_uv(folder: Path) -> list[str]:
    log = folder / "uv.log"
    return log.read_text().splitlines() if log.exists() else []


def load(folder: Path) -> ModuleType:
    loader = importlib.machinery.SourceFileLoader("dev_under_test", str(folder / "dev"))
    spec = importlib.util.spec_from_loader(loader.name, loader)
    assert spec
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


# --- what it says -------------------------------------------------------------------------------------------


def test_help_names_every_command() -> None:
    done = subprocess.run([ROOT / "dev", "--help"], capture_output=True, text=True, check=True)
    assert not done.stderr
    for command in ("setup", "demo", "test", "check", "bench", "docs", "lock"):
        assert f"./dev {command}" in done.stdout


def test_without_a_command_it_explains_itself_and_fails(checkout: Path) -> None:
    done = dev(checkout)
    assert done.returncode == 2
    assert "./dev setup" in done.stdout


def test_an_unknown_command_or_option_is_refused_in_one_sentence(checkout: Path) -> None:
    for arguments, word in ((["fly"], "fly"), (["setup", "--fast"], "--fast")):
        done = dev(checkout, *arguments)
        assert done.returncode == 2
        assert done.stderr == f"dev: {sentence_about(word)}\n"
    assert not asked_of_uv(checkout)


def sentence_about(word: str) -> str:
    if word.startswith("-"):
        return f"'{word}' is not known here; ./dev --help lists what is."
    return f"there is no command '{word}'; ./dev --help lists what is."


# --- set-up -------------------------------------------------------------------------------------------------


def test_setup_installs_exactly_the_lock_and_then_the_project(checkout: Path) -> None:
    done = dev(checkout, "setup")
    assert done.returncode == 0, done.stderr
    made, synced, installed = asked_of_uv(checkout)
    assert made.startswith("venv ")
    assert synced.startswith("pip sync ")
    assert "--require-hashes" in synced
    assert "--no-deps --no-build-isolation --editable" in installed
    assert "2 packages" in done.stderr


def test_setup_does_nothing_when_nothing_changed(checkout: Path) -> None:
    dev(checkout, "setup")
    before = asked_of_uv(checkout)
    done = dev(checkout, "setup")
    assert done.stderr == "dev: everything is set up\n"
    assert asked_of_uv(checkout) == before


@pytest.mark.parametrize("name", ["requirements.lock", "pyproject.toml"])
def test_a_changed_file_sets_up_again_but_keeps_the_environment(checkout: Path, name: str) -> None:
    dev(checkout, "setup")
    before = asked_of_uv(checkout)
    with (checkout / name).open("a") as file:
        file.write("# changed\n")
    done = dev(checkout, "setup")
    assert done.returncode == 0, done.stderr
    again = asked_of_uv(checkout)[len(before) :]
    assert [line.split()[1] for line in again] == ["sync", "install"]


def test_a_lost_environment_is_made_again(checkout: Path) -> None:
    dev(checkout, "setup")
    shutil.rmtree(checkout / ".venv")
    dev(checkout, "setup")
    assert sum(line.startswith("venv ") for line in asked_of_uv(checkout)) == 2


def test_a_failed_setup_is_tried_again_next_time(checkout: Path) -> None:
    assert dev(checkout, "setup", FAKE_UV_FAILS="pip sync").returncode == 1
    assert dev(checkout, "setup").returncode == 0
    assert (checkout / ".dev" / "stamp").exists()


@pytest.mark.parametrize(
    ("failing", "sentence"),
    [
        ("venv --quiet", "the environment .venv could not be made."),
        ("pip sync", "the packages could not be installed; is the package index reachable?"),
        ("pip install", "aura itself could not be installed into .venv."),
    ],
)
def test_a_failed_step_shows_its_end_and_one_sentence(checkout: Path, failing: str, sentence: str) -> None:
    done = dev(checkout, "setup", FAKE_UV_FAILS=failing)
    assert done.returncode == 1
    assert done.stderr.endswith(f"    error: the moon is in the way\ndev: {sentence}\n")
    assert "Traceback" not in done.stderr


def test_a_missing_lock_is_said(checkout: Path) -> None:
    (checkout / "requirements.lock").unlink()
    done = dev(checkout, "setup")
    assert (done.returncode, done.stderr) == (
        1,
        "dev: requirements.lock is missing; restore it from git or make it with ./dev lock.\n",
    )


def test_an_old_uv_on_path_is_not_used(checkout: Path) -> None:
    uv = checkout / "bin" / "uv"
    uv.write_text(FAKE_UV.replace("99.0.0", "0.1.0"))
    done = dev(checkout, "setup")
    assert done.returncode == 1
    assert done.stderr == "dev: requirements.lock does not say which uv to use; restore the file from git.\n"


@pytest.mark.parametrize("home", ["/dev/null/nobody", ""])
def test_a_home_that_cannot_be_written_moves_the_cache_inside(checkout: Path, home: str) -> None:
    module = load(checkout)
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("UV_CACHE_DIR", raising=False)
        patch.setenv("HOME", home or "/dev/null")
        patch.setenv("XDG_CACHE_HOME", home)
        assert module.uv_environment()["UV_CACHE_DIR"] == str(checkout / ".dev" / "cache")


def test_a_tool_that_dies_by_a_signal_gives_the_exit_code_of_a_shell(checkout: Path) -> None:
    dev(checkout, "setup")
    module = load(checkout)
    assert module.run("python", "-c", "import os; os.kill(os.getpid(), 15)") == 143
    assert module.run("python", "-c", "raise SystemExit(7)") == 7


# --- the lock -----------------------------------------------------------------------------------------------


def stanzas() -> dict[str, tuple[str, list[str]]]:
    """What the lock pins: name → (version, hashes)."""
    found = re.findall(r"^([a-z0-9-]+)==(\S+)[^\n]*((?:\n    --hash=\S+(?: \\)?)*)", LOCK, re.MULTILINE)
    return {name: (version, re.findall(r"sha256:[0-9a-f]{64}", hashes)) for name, version, hashes in found}


def test_every_line_of_the_lock_is_a_pin_a_hash_or_a_reason() -> None:
    line = re.compile(
        r"[a-z0-9-]+==\S+( ; [^\\]+)? \\|    --hash=sha256:[0-9a-f]{64}( \\)?|    # via.*|    #   .*|#.*"
    )
    assert [text for text in LOCK.splitlines() if not line.fullmatch(text)] == []


def test_every_pin_has_a_hash() -> None:
    assert [name for name, (_, hashes) in stanzas().items() if not hashes] == []


def test_the_lock_names_no_host_and_no_path() -> None:
    text = LOCK.replace("./dev lock", "")
    assert not re.search(
        r"https?:|file:|@ |--(index|extra-index|find-links|trusted-host)|(^|\s)[/~]|\w/\w", text
    )


def test_the_lock_pins_everything_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    wanted += project["build-system"]["requires"]
    pinned = stanzas()
    for requirement in map(Requirement, wanted):
        version, _ = pinned[canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(version), f"{requirement} but {version}; run ./dev lock"
