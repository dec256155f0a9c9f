"""Every setting there is, set by a folder that nobody trusts: it counts only where it makes things stricter."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from aura.config.load import load
from aura.config.paths import user_config_file
from aura.config.table import Setting, settings_table
from aura.core.errors import ConfigError
from aura.safety.effects import ONLY_YOURS

TABLE = settings_table()
RULE = "Bash(theirs:*)"
MINE = "Bash(mine:*)"
VALUES: tuple[Any, ...] = (
    True, False, 0, 1, 3, 7, 1_000_000, 0.5, 0.99, 1e9, "evil", "auto", "http://127.0.0.1:9/v1", "full", "none", "host",
    "off", "never", "always", "deep", "info", ["evil"], [RULE], ["done"], {"evil": "evil"}, None,
)  # fmt: skip


def nest(name: str, value: Any) -> dict[str, Any]:
    if name.startswith("models.prices."):
        price = {"input": 1.0, "output": 1.0, name.rpartition(".")[2]: value}
        return {"models": {"prices": {"evil": price}}}
    for part in reversed(name.replace("<name>", "evil").split(".")):
        value = {part: value}
    return value  # type: ignore[no-any-return]


def flat(tree: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in tree.items():
        if isinstance(value, dict) and value:
            yield from flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def is_stricter(setting: Setting, before: Any, after: Any) -> bool:
    match setting.tighten:
        case "more":
            return set(before) <= set(after)
        case "lower":
            return bool(after) and (not before or after < before)
        case "true":
            return after is True
        case "false":
            return after is False
        case _:
            return False


@pytest.mark.parametrize("setting", TABLE, ids=lambda setting: setting.name)
@pytest.mark.parametrize("has_own", [False, True], ids=["defaults", "own"])
def test_it_only_tightens(tmp_path: Path, setting: Setting, has_own: bool) -> None:
    folder = tmp_path / ".aura"
    folder.mkdir()
    if has_own and setting.tighten == "more":
        write(user_config_file(), nest(setting.name, [MINE]))
    elif has_own and setting.tighten == "lower":
        write(user_config_file(), nest(setting.name, 5))
    before = load(tmp_path, trusted=False, environ={})
    base = dict(flat(before.model_dump(mode="json")))
    tried = 0
    for value in (*VALUES, *re.findall(r"[\w-]+", setting.kind)):  # the words of a choice too
        write(folder / "config.yaml", nest(setting.name, value))
        try:
            after = load(tmp_path, trusted=False, environ={})
        except ConfigError:
            continue  # no value that it can have
        tried += 1
        now = dict(flat(after.model_dump(mode="json")))
        changed = {name for name in {*base, *now} if base.get(name) != now.get(name)}
        assert changed <= {setting.name}, f"{value!r} changed {changed}"
        if changed:
            assert is_stricter(setting, base[setting.name], now[setting.name]), (value, now[setting.name])
        else:
            assert setting.tighten or value is None or after.notices or base.get(setting.name) == value
    assert tried


def test_what_the_prompt_calls_yours_alone_is(tmp_path: Path) -> None:
    for start in ONLY_YOURS:
        meant = [one for one in TABLE if one.name == start or one.name.startswith(f"{start}.")]
        assert meant
        assert all(one.user_only for one in meant), "the question of trust says that a folder does not set it"


def write(path: Path, tree: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(tree), encoding="utf-8")
