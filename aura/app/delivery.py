"""Two ways for a notice to leave: a command of the user's, and a POST to an address of theirs."""

import asyncio
import contextlib
import json
import os
import signal
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlsplit

from aura.core.errors import AuraError
from aura.models.transport import client
from aura.tools.environment import build_environment

SECONDS = 10.0  # for a command, and for each try of a POST
PAUSES = (1.0, 3.0)  # seconds before the second try, and before the third
OF_DESKTOPS = ("DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS")
MAY_PASS = (408, 425, 429)  # statuses below 500 that another try may change


class DeliveryFailed(AuraError):
    """A notice did not arrive; the sentence says why, without the address."""


@dataclass(frozen=True, slots=True)
class Notice:
    """What is told: the occasion, the session's name, a line about what, a line about why, the folder, Unix time."""

    event: str
    session: str
    title: str
    text: str
    workspace: str
    at: float

    @property
    def document(self) -> bytes:
        """The same as JSON, version 1."""
        return json.dumps({"v": 1, **asdict(self)}).encode()


async def run_command(command: Sequence[str], notice: Notice) -> None:
    """Run a command for a notice: one text in the shell, several as a program with its arguments.

    It starts in the user's home, in the environment that commands of the model have and with what a desktop needs.
    What it prints is dropped; after `SECONDS` it is killed with its group. Raises `DeliveryFailed`.
    """
    argv = ("/bin/sh", "-c", *command) if len(command) == 1 else tuple(command)
    environment = build_environment(os.environ, OF_DESKTOPS) | {
        "AURA_EVENT": notice.event,
        "AURA_SESSION": notice.session,
        "AURA_TITLE": notice.title,
        "AURA_TEXT": notice.text,
        "AURA_WORKSPACE": notice.workspace,
    }
    try:
        process = await asyncio.create_subprocess_exec(
            *argv,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
            cwd=_find_home(),
            env=environment,
        )
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise DeliveryFailed(f"The command of runs.notify cannot be started ({why}).") from None
    try:
        async with asyncio.timeout(SECONDS):
            await process.communicate(notice.document)
    except TimeoutError:
        raise DeliveryFailed(
            f"The command of runs.notify took longer than {SECONDS:g} s and was ended."
        ) from None
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
    if process.returncode:
        raise DeliveryFailed(f"The command of runs.notify ended with exit code {process.returncode}.")


def _find_home() -> Path:
    """Nothing of a workspace is found by chance from there."""
    home = Path.home()
    return home if home.is_dir() else Path("/")


async def post(url: str, notice: Notice, pauses: Sequence[float] = PAUSES) -> None:
    """POST a notice as JSON; redirects are not followed. What may pass is tried again after each of `pauses` (seconds).

    Raises `DeliveryFailed`.
    """
    host = _find_host(url)
    problem, may_pass = await _try(url, notice)
    for pause in pauses:
        if not may_pass:
            break
        await asyncio.sleep(pause)
        problem, may_pass = await _try(url, notice)
    if problem:
        raise DeliveryFailed(f"The webhook of runs.notify at {host} {problem}.")


def _find_host(url: str) -> str:
    with contextlib.suppress(ValueError):
        parts = urlsplit(url)
        if parts.hostname and parts.scheme in ("http", "https"):
            return parts.hostname
    raise DeliveryFailed("The webhook of runs.notify is no address with http:// or https://.")


async def _try(url: str, notice: Notice) -> tuple[str, bool]:
    """One try: what went wrong (empty: nothing), and whether another one may change that."""
    import httpx

    headers = {"Content-Type": "application/json", "User-Agent": "aura"}
    try:
        async with (
            asyncio.timeout(SECONDS),
            client().stream(
                "POST", url, content=notice.document, headers=headers, follow_redirects=False
            ) as reply,
        ):
            status = reply.status_code
    except TimeoutError:
        return f"did not answer within {SECONDS:g} s", True
    except httpx.InvalidURL:
        return "cannot be read as an address", False
    except httpx.HTTPError as error:
        return f"cannot be reached ({type(error).__name__})", True
    if 300 <= status < 400:
        return "leads elsewhere, which is not followed", False
    return (
        (f"answered with status {status}", status >= 500 or status in MAY_PASS)
        if status >= 400
        else ("", False)
    )
