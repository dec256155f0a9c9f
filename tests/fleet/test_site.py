"""Where runs are queued, and what people see of it."""

import stat
from pathlib import Path

import pytest

from aura.core.errors import AuraError, ConfigError
from aura.fleet.durable import open_queue
from aura.fleet.site import find_site
from aura.fleet.starting import Presence, is_worker_here


def test_by_default_it_is_a_private_file_in_the_state_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AURA_HOME", str(tmp_path))
    site = find_site(host="My Machine")
    assert (site.file, site.queue) == (tmp_path / "state" / "runs.sqlite", "runs@my-machine")
    site.prepare()
    assert site.file is not None
    assert stat.S_IMODE(site.file.stat().st_mode) == 0o600
    site.prepare()


@pytest.mark.parametrize(
    ("given", "database", "shown"),
    [
        ("/data/runs.db", "sqlite:////data/runs.db", "/data/runs.db"),
        ("sqlite:////data/runs.db", "sqlite:////data/runs.db", "/data/runs.db"),
        ("postgres://me@db/runs", "postgresql://me@db/runs", "postgresql://me@db/runs"),
        ("postgresql+psycopg://me@db/runs", "postgresql://me@db/runs", "postgresql://me@db/runs"),
        ("postgresql://me:secret@db:5432/runs?password=other", None, "postgresql://me:…@db:5432/runs"),
        ("postgresql://me:a%40b@db/runs", None, "postgresql://me:…@db/runs"),
    ],
)
def test_databases_that_can_be_given(given: str, database: str | None, shown: str) -> None:
    site = find_site(given, "here")
    assert site.database == (database or given)
    assert site.shown == shown


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ("mysql://db/runs", "kind 'mysql'"),
        ("postgresql://db", "names no database"),
        ("redis://", "kind 'redis'"),
    ],
)
def test_databases_that_cannot(given: str, sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        find_site(given)


def test_a_place_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="cannot be made"):
        open_queue(find_site(str(tmp_path / "file" / "runs.sqlite")))


def test_a_file_that_is_no_database_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "runs.sqlite").write_text("my diary\n" * 1000)
    with pytest.raises(AuraError, match="does not work") as raised:
        open_queue(find_site(str(tmp_path / "runs.sqlite")))
    assert "\n" not in raised.value.sentence
    assert (tmp_path / "runs.sqlite").read_text().startswith("my diary")


def test_whoever_looks_for_a_worker_sees_one_that_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AURA_HOME", str(tmp_path))
    site, other = find_site(host="here"), find_site(str(tmp_path / "other.sqlite"), "here")
    assert not is_worker_here(site)
    first, second = Presence(site), Presence(site)
    first.hold()
    second.hold()
    first.release()
    assert is_worker_here(site)
    assert not is_worker_here(other)
    second.release()
    assert not is_worker_here(site)
