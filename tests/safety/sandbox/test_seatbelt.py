"""The profile for macOS, as text: nobody has run it on a Mac yet."""

import os
import platform
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aura.core.errors import AuraError
from aura.core.sandbox import Level, SandboxSpec
from aura.safety.sandbox.pins import NAMES
from aura.safety.sandbox.seatbelt import UNTRIED, SeatbeltSandbox, build_profile, list_ancestors

HOME, TMP, WORKSPACE = Path("/Users/ada"), Path("/private/var/t"), Path("/Users/ada/relay")
PARTS = st.lists(
    st.text(min_size=1, max_size=8).filter(lambda part: part.isprintable() and "/" not in part), max_size=4
)
PATHS = PARTS.map(lambda parts: Path("/", *[part for part in parts if part not in {".", ".."}]))


def is_balanced(text: str) -> bool:
    depth = 0
    for part in re.findall(r'#?"[^"]*"|[()]', text):
        depth += {"(": 1, ")": -1}.get(part, 0)
        if depth < 0:
            return False
    return depth == 0


@given(
    PATHS,
    st.lists(PATHS, max_size=3),
    st.lists(PATHS, max_size=3),
    st.sampled_from(("none", "proxy", "host")),
)
def test_no_path_becomes_part_of_the_profile(
    workspace: Path, write: list[Path], protect: list[Path], net: str
) -> None:
    spec = SandboxSpec(workspace, write=tuple(write), protect=tuple(protect), net=net)  # type: ignore[arg-type]
    profile, paths = build_profile(spec, HOME, TMP, 1234)
    assert is_balanced(profile)
    assert set(re.findall(r'\(param "(\w+)"\)', profile)) == set(paths)
    other = SandboxSpec(Path("/x"), write=tuple(write), protect=tuple(protect), net=spec.net)
    if not protect:
        assert build_profile(other, HOME, TMP, 1234)[0] == profile


def test_the_order_is_broad_then_open_then_closed() -> None:
    spec = SandboxSpec(
        WORKSPACE,
        read=(HOME / ".cargo",),
        hide=(HOME / ".cargo/credentials",),
        protect=(WORKSPACE / "a/b/locked",),
    )
    profile, paths = build_profile(spec, HOME, TMP)
    rules = profile.splitlines()
    keys = {path: key for key, path in paths.items()}

    def place(start: str, path: Path) -> int:
        key = keys[os.path.realpath(path)]
        return next(at for at, rule in enumerate(rules) if rule.startswith(start) and key in rule)

    assert rules[:3] == ["(version 1)", "(allow default)", "(deny file-write*)"]
    assert 2 < place("(allow file-write*", WORKSPACE) < place("(deny file-write*", WORKSPACE / "a/b/locked")
    home = next(
        at for at, rule in enumerate(rules) if rule.startswith('(deny file-read* (subpath (param "HOME')
    )
    assert (
        home
        < place("(allow file-read*", HOME / ".cargo")
        < place("(deny file-read*", HOME / ".cargo/credentials")
    )
    assert place("(deny file-write-unlink", WORKSPACE / "a/b")
    assert list_ancestors(spec) == (WORKSPACE / "a/b", WORKSPACE / "a")


@pytest.mark.parametrize("name", [*NAMES, ".git/config", ".git/hooks/pre-commit", ".git/modules/a/config"])
def test_protected_names_are_closed_even_where_they_are_not_there_yet(name: str) -> None:
    profile, _ = build_profile(SandboxSpec(WORKSPACE), HOME, TMP)
    patterns = [
        found
        for line in profile.splitlines()
        if "file-write* (require-all" in line
        for found in re.findall(r'#"(.*?)"', line)
    ]
    assert any(re.search(pattern, f"{WORKSPACE}/{name}") for pattern in patterns)
    assert not any(re.search(pattern, f"{WORKSPACE}/src/main.py") for pattern in patterns)
    assert not any(re.search(pattern, f"{WORKSPACE}/.git/objects/ab") for pattern in patterns)


def test_the_network_is_closed_but_for_the_proxy() -> None:
    closed, _ = build_profile(SandboxSpec(WORKSPACE), HOME, TMP)
    proxied, _ = build_profile(SandboxSpec(WORKSPACE, net="proxy"), HOME, TMP, 4321)
    opened, _ = build_profile(SandboxSpec(WORKSPACE, net="host"), HOME, TMP)
    assert closed.endswith("(deny network*)\n")
    assert proxied.endswith('(deny network*)\n(allow network-outbound (remote ip "localhost:4321"))\n')
    assert "network" not in opened


@pytest.mark.skipif(platform.system() == "Darwin", reason="there it may be")
def test_elsewhere_it_is_not_there_and_runs_nothing(tmp_path: Path) -> None:
    assert SeatbeltSandbox().probe().level is Level.NONE
    with pytest.raises(AuraError, match="was not run"):
        SeatbeltSandbox().launch(SandboxSpec(tmp_path), ["true"], cwd=tmp_path, environment={})


def test_it_says_that_nobody_has_tried_it() -> None:
    assert "not been tried" in UNTRIED
