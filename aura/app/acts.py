"""What a face may have done, by the names that go over the socket."""

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any

from aura.app.approvals import Grant
from aura.app.hosted import HostedSession
from aura.app.session import OTHERS
from aura.app.steering import FOR_EVER
from aura.app.wire import read_verdict
from aura.core.errors import AuraError
from aura.core.events import (
    AutoSwitched,
    ChecksSet,
    DoneSwitched,
    Event,
    LimitsSet,
    ModeSwitched,
    NoticeShown,
    ThinkingSwitched,
    TodosChanged,
)
from aura.core.messages import Image
from aura.core.run import Run
from aura.core.tools import Answer
from aura.runs.orders import Wanted
from aura.store.codec import decode_recorded, decode_value, encode_value

# What people cause with a key; all else is recorded by what it happens to.
OF_PEOPLE = (
    AutoSwitched,
    ChecksSet,
    DoneSwitched,
    LimitsSet,
    ModeSwitched,
    NoticeShown,
    ThinkingSwitched,
    TodosChanged,
)

GRANTS: dict[str, Grant] = {"": "", "session": "session", "project": "project"}

Act = Callable[[HostedSession, Mapping[str, Any]], Any]


async def obey(session: HostedSession, data: Mapping[str, Any]) -> str:
    """Do what a face asks for; the line of the reply, with what came of it or the sentence of what went wrong."""
    reply: dict[str, Any] = {"type": "reply", "id": data.get("id")}
    try:
        return encode_value({**reply, "value": await _do(session, data)})
    except AuraError as error:
        sentence, code = error.sentence, error.exit_code
    except (KeyError, TypeError, ValueError) as error:
        sentence, code = f"The engine cannot make sense of what it was asked ({error!r}).", 1
    except Exception as error:  # noqa: BLE001 - kept in a file, and told to who asked
        sentence, code = session.work.tell_crash(error), 1
    return encode_value({**reply, "error": sentence, "exit_code": code})


async def _do(session: HostedSession, data: Mapping[str, Any]) -> Any:
    act = ACTS.get(str(data.get("do", "")))
    if act is None:
        name = str(data.get("do", ""))[:40]
        raise AuraError(f"This engine does not know {name!r}; restart it to use this version of aura.")
    value = act(session, data)
    return await value if asyncio.iscoroutine(value) else value


def _submit(session: HostedSession, data: Mapping[str, Any]) -> Any:
    images = tuple(Image(str(one["media_type"]), str(one["data"])) for one in data.get("images", ()))
    return session.submit(str(data["line"]), images)


def _answer(session: HostedSession, data: Mapping[str, Any]) -> Any:
    chosen = tuple(str(one) for one in data.get("chosen", ()))
    answer = Answer(str(data["text"]), chosen, answered=bool(data.get("answered")))
    return session.answer(str(data["name"]), answer)


def _record(session: HostedSession, data: Mapping[str, Any]) -> None:
    event: Event = decode_recorded(json.dumps(data["event"])).event
    if not isinstance(event, OF_PEOPLE) or event.type != data["event"].get("type"):
        raise AuraError("This is not for a person to record.")
    session.record(event)


def _decide(session: HostedSession, data: Mapping[str, Any]) -> Any:
    scope = GRANTS.get(str(data.get("scope") or ""))
    if scope is None:
        raise AuraError("A rule holds for the session or for the project.")
    return session.decide(str(data["name"]), read_verdict(data["verdict"]), scope)


async def _pursue(session: HostedSession, data: Mapping[str, Any]) -> Run:
    return await session.steering.pursue(float(data.get("patience", FOR_EVER)), from_afar=True)


def _order(session: HostedSession, data: Mapping[str, Any]) -> Any:
    return session.steering.order(decode_value(Wanted, data["wanted"]), from_afar=True)


def _rewind(session: HostedSession, data: Mapping[str, Any]) -> Any:
    files, conversation = data.get("files") is True, data.get("conversation") is not False
    others = OTHERS.get(str(data.get("others", "mine")))
    if others is None:
        raise AuraError(
            "Files that were changed since stay (mine), get the old one, or the old one beside them."
        )
    return session.rewind(int(data["to"]), files=files, conversation=conversation, others=others)


ACTS: dict[str, Act] = {
    "submit": _submit,
    "steer": lambda session, data: session.steer(str(data["text"])),
    "enqueue": lambda session, data: session.enqueue(str(data["text"])),
    "unqueue": lambda session, data: session.unqueue(str(data["name"])),
    "interrupt": lambda session, data: session.interrupt(kill=bool(data.get("kill"))),
    "decide": _decide,
    "answer": _answer,
    "record": _record,
    "rewind": _rewind,
    "pursue": _pursue,
    "order": _order,
    "query": lambda session, data: session.query(str(data["name"]), **data.get("arguments", {})),
}
