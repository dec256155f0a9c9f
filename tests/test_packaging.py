"""The wheel: everything aura needs at run time is in it, and it works where no checkout is."""

import json
import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
UV = Path(sysconfig.get_path("scripts")) / "uv"
PASSING = {"__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache"}

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300), pytest.mark.xdist_group("packaging")]


def files_below(folder: str) -> set[str]:
    """Every file of a folder that a fresh clone would have as well, relative to the folder."""
    paths = (path.relative_to(ROOT / folder) for path in (ROOT / folder).rglob("*") if path.is_file())
    return {path.as_posix() for path in paths if not PASSING & set(path.parts) and path.suffix != ".pyc"}


def quiet_run(*command: str | Path, folder: Path, timeout: float = 120) -> str:
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "UV_CACHE_DIR": str(folder / "uv-cache"),
        "PYTHONPATH": str(ROOT / "tests" / "plain"),
    }
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=timeout,
    )
    assert done.returncode == 0, f"exit code {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def aura(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command of an environment that has the wheel, and borrows the dependencies of this one."""
    folder = tmp_path_factory.mktemp("installed")
    quiet_run(UV, "venv", "--quiet", "--offline", "--python", sys.executable, "env", folder=folder)
    python = folder / "env" / "bin" / "python"
    quiet_run(
        UV, "pip", "install", "--quiet", "--offline", "--no-deps", "--python", python, wheel, folder=folder
    )
    (site,) = (folder / "env" / "lib").glob("python3*/site-packages")
    (site / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    where = quiet_run(python, "-c", "import aura; print(aura.__file__)", folder=folder)
    assert Path(where.strip()).is_relative_to(site), "the checkout is in the way of the wheel"
    return python.with_name("aura")


def test_the_wheel_holds_the_package_and_the_plugins_whole(wheel: Path) -> None:
    packed = set(zipfile.ZipFile(wheel).namelist())
    assert {f"aura/{name}" for name in files_below("aura")} <= packed
    plugins = files_below("plugins")
    assert plugins
    assert {f"aura/_shipped/plugins/{name}" for name in plugins} <= packed


def test_the_wheel_holds_the_demo_project_with_its_tests(wheel: Path) -> None:
    packed = zipfile.ZipFile(wheel).namelist()
    project = [name for name in packed if name.startswith("aura/demo/project/")]
    assert any(Path(name).name.startswith("test_") for name in project)


def test_the_wheel_holds_nothing_else(wheel: Path) -> None:
    packed = zipfile.ZipFile(wheel).namelist()
    tops = {name.partition("/")[0] for name in packed}
    assert {"dist-info" if top.endswith(".dist-info") else top for top in tops} == {"aura", "dist-info"}
    assert not [name for name in packed if PASSING & set(Path(name).parts)]


def test_the_shipped_plugins_are_found_outside_a_checkout(aura: Path, tmp_path: Path) -> None:
    listed = json.dumps(json.loads(quiet_run(aura, "plugins", "list", "--json", folder=tmp_path)))
    names = {path.parent.name for path in (ROOT / "plugins").rglob("plugin.yaml")}
    assert names
    assert {name for name in names if name not in listed} == set()


def test_the_demo_works_outside_a_checkout(aura: Path, tmp_path: Path) -> None:
    assert quiet_run(aura, "demo", folder=tmp_path, timeout=240).strip()
