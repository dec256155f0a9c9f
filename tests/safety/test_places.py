"""What a path is, however it is written."""

from pathlib import Path

import pytest

from aura.safety.places import Places


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "home" / "work" / "src").mkdir(parents=True)
    (tmp_path / "home" / ".ssh").mkdir()
    return tmp_path / "home"


@pytest.fixture
def places(home: Path) -> Places:
    return Places(
        home / "work", home, own=(home / ".local" / "aura",), protect=("golden/", "*.lock"), temporary=()
    )


@pytest.mark.parametrize(
    "path", ["a.py", "src/a.py", "./src/../a.py", "src", ".", "~/work/a.py", "package.json"]
)
def test_the_workspace_is_free(places: Places, path: str) -> None:
    for standing in (places.judge_read(path), places.judge_write(path)):
        assert not (standing.outside or standing.floor or standing.secret or standing.sensitive)


@pytest.mark.parametrize("path", ["../a", "~/a", "src/../../a", "/srv/a", "~"])
def test_beyond_the_workspace_is_outside(places: Places, path: str) -> None:
    assert places.judge_read(path).outside
    assert places.judge_write(path).outside or places.judge_write(path).floor


def test_the_system_may_be_read_and_not_written(places: Places) -> None:
    assert not places.judge_read("/usr/include/stdio.h").outside
    assert places.judge_write("/usr/include/stdio.h").floor
    assert places.judge_write("/usr/local/bin/x").outside and not places.judge_write("/usr/local/bin/x").floor
    assert not places.judge_write("/dev/null").outside
    assert places.judge_write("/dev/sda").floor


@pytest.mark.parametrize(
    "path",
    [
        ".git/config", ".git", "src/.git/hooks/x", ".GIT/config", ".git./config", ".git /config", "./src/../.git/x",
        ".aura/config.yaml", ".aura/config.local.yaml", ".Aura/Config.YAML", "src/.aura/config.yaml",
        "golden/a", "x.lock", "~/.local/aura/log", "~/.local/aura", "~/.ssh/authorized_keys", "~/.bashrc",
        "~/.gitconfig", "~/.config/systemd/user/x.service", "/etc/passwd",
    ],
)  # fmt: skip
def test_what_is_never_written(places: Places, path: str) -> None:
    assert places.judge_write(path).floor


@pytest.mark.parametrize(
    "path",
    [
        "~/.ssh/id_rsa",
        "~/.ssh",
        "~/.aws/credentials",
        "~/.netrc",
        "/etc/shadow",
        "/proc/1/environ",
        "~/.local/aura/auth.json",
    ],
)
def test_credentials_of_the_user_are_never_read(places: Places, path: str) -> None:
    assert places.judge_read(path).floor


@pytest.mark.parametrize(
    "path", [".env", "src/.env.local", "prod.env", ".ENV", "id_rsa", "a/credentials.json"]
)
def test_credentials_of_the_project_are_secret(places: Places, path: str) -> None:
    assert places.judge_read(path).secret and not places.judge_read(path).floor
    assert places.judge_write(path).secret


@pytest.mark.parametrize(
    "path", [".env.example", "environment.py", "~/.ssh/known_hosts", "~/.ssh/id_rsa.pub", ".env.sample"]
)
def test_what_only_sounds_like_credentials_is_none(places: Places, path: str) -> None:
    assert not places.judge_read(path).secret and not places.judge_read(path).floor


@pytest.mark.parametrize(
    "path",
    [
        ".github/workflows/ci.yml", ".GitHub/Workflows/ci.yml", ".gitlab-ci.yml", ".husky/pre-commit", ".envrc",
        "AGENTS.md", ".aura/plugins/x/plugin.py", ".vscode/tasks.json", "uv.lock", "web/package-lock.json",
        ".npmrc", "sub/.envrc",
    ],
)  # fmt: skip
def test_what_acts_by_itself_is_sensitive(home: Path, path: str) -> None:
    places = Places(home / "work", home, temporary=())
    assert places.judge_write(path).sensitive
    assert not places.judge_read(path).sensitive


@pytest.mark.parametrize(
    "path", ["pyproject.toml", "package.json", "Makefile", "README.md", ".gitignore", "setup.py"]
)
def test_what_people_edit_all_day_is_not_sensitive(places: Places, path: str) -> None:
    assert not places.judge_write(path).sensitive


def test_links_are_followed_and_their_names_count_too(home: Path, places: Places) -> None:
    work = home / "work"
    (work / "notes").symlink_to(home / ".ssh" / "id_rsa")
    (work / "out").symlink_to(home)
    (work / "loop").symlink_to(work / "loop")
    (work / "repo").symlink_to(work / ".git")
    assert places.judge_read("notes").floor
    assert places.judge_read("out/other").outside
    assert places.judge_write("repo/config").floor
    assert not places.judge_read("loop").floor
    (work / ".envrc").symlink_to(work / "src" / "a")
    assert places.judge_write(".envrc").sensitive


def test_a_workspace_that_is_a_link_is_the_same_workspace(home: Path) -> None:
    (home / "link").symlink_to(home / "work")
    places = Places(home / "link", home, temporary=())
    assert not places.judge_write(str(home / "work" / "a")).outside
    assert not places.judge_write("a").outside


def test_a_home_that_is_the_workspace_keeps_its_secrets(home: Path) -> None:
    places = Places(home, home, own=(home / ".local" / "aura",), temporary=())
    assert places.judge_read(".ssh/id_rsa").floor
    assert places.judge_write(".local/aura/trust.json").floor
    assert not places.judge_write("a.py").outside


def test_temporary_files_are_free(home: Path, tmp_path: Path) -> None:
    places = Places(home / "work", home, temporary=(str(tmp_path),))
    assert not places.judge_write(str(tmp_path / "x")).outside
    assert places.judge_write(str(home / "x")).outside, "a home below it is no temporary place"


def test_composed_and_decomposed_names_are_one(home: Path) -> None:
    places = Places(home / "work", home, protect=("Caf\u00e9/",), temporary=())
    assert places.judge_write("cafe\u0301/menu").floor
    assert not places.judge_write("cafe/menu").floor
