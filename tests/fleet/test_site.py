"""Where runs are queued, and what people see of it."""

import stat
from pathlib import Path

import pytest

from aura.core.errors import AuraError, ConfigError
from aura.fleet import starting
from aura.fleet.durable import open_queue
from aura.fleet.site import Site, find_site
from aura.fleet.starting import Presence, ensure_worker


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


def test_nobody_brings_up_a_worker_where_one_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AURA_HOME", str(tmp_path))
    brought: list[Site] = []

    def bring(site: Site, _: int) -> int:
        brought.append(site)
        return 7

    monkeypatch.setattr(starting, "_spawn", bring)
    site, other = find_site(host="here"), find_site(str(tmp_path / "other.sqlite"), "here")
    first, second = Presence(site), Presence(site)
    first.hold()
    second.hold()
    first.release()
    assert ensure_worker(site) == 0
    assert ensure_worker(other) == 7
    second.release()
    assert ensure_worker(site) == 7
    assert brought == [other, site]
