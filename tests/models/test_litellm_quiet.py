"""litellm in a process of its own: imported late, silent, without the network, and without `mcp`."""

import json
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[2]


def run(script: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    head = f"import sys; sys.path.insert(0, {str(ROOT)!r})\n"
    code = head + textwrap.dedent(script)
    return subprocess.run(
        [sys.executable, "-c", code], cwd=cwd, capture_output=True, text=True, timeout=110, check=False
    )


def test_nothing_heavy_is_imported_before_the_first_call(tmp_path: Path) -> None:
    done = run(
        """
        import aura.models.litellm, aura.models.reply, aura.models.convert
        print([name for name in ("litellm", "httpx", "openai", "pydantic", "aiohttp") if name in sys.modules])
        """,
        tmp_path,
    )
    assert (done.stdout.strip(), done.stderr) == ("[]", "")


def test_a_server_of_ones_own_never_needs_it(tmp_path: Path) -> None:
    done = run(
        """
        import asyncio
        from tests.models.wire.formats import BY_NAME
        from tests.models.wire.run import collect, model_for
        from tests.models.wire.server import Answer, running

        async def main():
            async with running() as server:
                server.answer(Answer(BY_NAME["plain"].events))
                model = model_for(server, BY_NAME["plain"])
                model.warm_up()
                await collect(model)
        asyncio.run(main())
        print([name for name in ("litellm", "openai", "pydantic", "aiohttp") if name in sys.modules])
        """,
        tmp_path,
    )
    assert (done.stdout.strip(), done.stderr) == ("[]", "")


def test_every_format_without_a_word_or_a_stray_connection(tmp_path: Path) -> None:
    """Warnings, logs and prints of litellm would all be seen here; a project's .env is not read."""
    (tmp_path / ".env").write_text("STRAY_SECRET=1\n", encoding="utf-8")
    done = run(
        """
        import asyncio, json, os, socket
        away = []
        def watch(event, arguments):
            if event == "socket.getaddrinfo" and arguments[0] not in ("127.0.0.1", None, "localhost"):
                away.append(str(arguments[0]))
            if event == "socket.connect" and isinstance(arguments[1], tuple) and arguments[1][0] != "127.0.0.1":
                away.append(str(arguments[1]))
        sys.addaudithook(watch)
        from tests.models.wire.formats import WIRES
        from tests.models.wire.run import collect, model_for, ask
        from tests.models.wire.server import Answer, running

        async def main():
            async with running() as server:
                for wire in WIRES:
                    server.answer(Answer(wire.events, type=wire.type), Answer([b"no"], 500, "text/plain"))
                    model = model_for(server, wire)
                    await collect(model)
                    try:
                        await collect(model)
                    except Exception as error:
                        assert type(error).__name__ == "ModelError", error
        asyncio.run(main())
        print(json.dumps([away, os.environ.get("STRAY_SECRET")]))
        """,
        tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert json.loads(done.stdout) == [[], None]


def test_without_mcp_a_call_with_tools_says_what_is_missing(tmp_path: Path) -> None:
    done = run(
        """
        import asyncio
        sys.modules["mcp"] = None
        from tests.models.wire.formats import BY_NAME
        from tests.models.wire.run import collect, model_at
        try:
            asyncio.run(collect(model_at("http://127.0.0.1:1", BY_NAME["openai"])))
        except Exception as error:
            print(type(error).__name__, error.kind, error.sentence)
        """,
        tmp_path,
    )
    assert done.returncode == 0, done.stderr
    name, kind, sentence = done.stdout.strip().split(" ", 2)
    if "mcp" in sentence:
        assert (name, kind) == ("ModelError", "unknown")
        assert "package mcp is missing; install it" in sentence
    else:
        assert kind == "network", "this litellm does not need it"


def test_a_warm_up_imports_in_the_background(tmp_path: Path) -> None:
    done = run(
        """
        import threading, time
        from tests.models.wire.formats import BY_NAME
        from tests.models.wire.run import model_at
        start = time.perf_counter()
        model_at("http://127.0.0.1:1", BY_NAME["openai"]).warm_up()
        took = time.perf_counter() - start
        until = time.monotonic() + 100
        import aura.models.litellm as door
        while door._library is None and time.monotonic() < until:
            time.sleep(0.05)
        print(took < 0.5, door._library is not None, threading.main_thread().is_alive())
        """,
        tmp_path,
    )
    assert done.stdout.split() == ["True", "True", "True"], done.stderr
