"""The models of a session, opened by the settings."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from aura.agent.respond import Responder
from aura.app.begin import is_explicit
from aura.app.options import SessionOptions
from aura.config.schema import Settings
from aura.core.errors import AuraError, ConfigError
from aura.core.events import CHOSEN, ModelChanged
from aura.core.models import Model
from aura.core.recorder import Recorder
from aura.hookspecs import ModelFamily
from aura.models.catalog import WAYS, choose_default, choose_small
from aura.models.naming import Overrides, read_overrides
from aura.models.open import RECORDED, SCRIPT, open_model
from aura.models.recorded import record as record_model
from aura.plugins import Plugins
from aura.safety.redact import redact


@dataclass(frozen=True, slots=True)
class Chain:
    """The models of a session: those that answer, in order, one for small jobs, and those that verify and review.

    `verifier` and `reviewer` are None when none was named.
    """

    models: tuple[Model, ...]
    small: Model
    verifier: Model | None = None
    reviewer: Model | None = None


async def open_chain(
    options: SessionOptions,
    settings: Settings,
    families: Iterable[ModelFamily],
    notice: Callable[[str], None],
    chosen: str = "",
) -> Chain:
    """The models by the settings; without any, the error is the screenful on how to get one.

    `chosen` is what a person switched to before: it answers unless another model was named for this start.
    """
    overrides = read_overrides(settings.models)
    families = tuple(families)

    def open_one(name: str) -> Model:
        return open_model(name, overrides=overrides, families=families, notice=notice)

    def open_verifier() -> Model | None:
        return open_one(settings.auto.verifier) if settings.auto.verifier else None

    def open_reviewer() -> Model | None:
        return open_one(settings.models.reviewer) if settings.models.reviewer else None

    def open_all() -> Chain:
        if options.model is not None:
            return Chain((options.model,), options.model, open_verifier(), open_reviewer())
        if chosen and not is_explicit(settings, "model"):
            try:
                return open_chosen(chosen)
            except AuraError as error:
                notice(f"{chosen}, chosen in this session before, cannot be used now: {error.sentence}")
        main = choose_default(settings.model, overrides=overrides)
        if main is None:
            raise ConfigError(WAYS.rstrip())
        return open_chosen(main)

    def open_chosen(main: str) -> Chain:
        models = tuple(open_one(name) for name in (main, *settings.models.fallback))
        small = _open_small(main, models[0], settings, overrides, open_one)
        return Chain(models, small, open_verifier(), open_reviewer())

    chain = await asyncio.to_thread(open_all)
    if options.record is None:
        return chain
    recorded = record_model(chain.models[0], options.record, redact)
    return replace(chain, models=(recorded, *chain.models[1:]))


def make_switch(
    settings: Settings, plugins: Plugins, responder: Responder, record: Recorder
) -> Callable[[str], Awaitable[str]]:
    """A function that makes another model answer from the next step on; it returns the model's full name.

    It raises `ConfigError` when the name means nothing or a key is missing; then all stays as it was.
    """
    overrides = read_overrides(settings.models)

    async def switch(name: str) -> str:
        families = tuple(plugins.model_families())
        model, lasting = await asyncio.to_thread(_open_lasting, name, overrides, families)
        responder.models[0] = model
        responder.restart_chain()
        record(ModelChanged(lasting, CHOSEN))
        return model.info.name

    return switch


def list_reviewers(chain: Chain, now: Sequence[Model]) -> tuple[Model, ...]:
    """Who reviews calls, in order: the one named for it, the small model, then those that answer `now`.

    A script reviews only when it was named for it: it has its replies for something else.
    """
    others = [model for model in (chain.small, *now) if not model.info.name.startswith((SCRIPT, RECORDED))]
    named = [chain.reviewer] if chain.reviewer is not None else []
    return tuple({id(model): model for model in (*named, *others)}.values())


def check_model(name: str, settings: Settings, families: Iterable[ModelFamily]) -> str:
    """The name by which another process finds a model that can be used; raises `ConfigError` when it cannot."""
    return _open_lasting(name, read_overrides(settings.models), tuple(families))[1]


def _open_lasting(name: str, overrides: Overrides, families: tuple[ModelFamily, ...]) -> tuple[Model, str]:
    """The model of a name, and the name by which another process finds it."""
    model = open_model(name, overrides=overrides, families=families)
    prefixes = (SCRIPT, RECORDED, *(family.prefix for family in families))
    return model, _name_whole(name) if name.startswith(prefixes) else model.info.name


def name_given(settings: Settings) -> str:
    """The model that was named for this start, as another process would find it; empty when none was."""
    return _name_whole(settings.model) if is_explicit(settings, "model") else ""


def _name_whole(name: str) -> str:
    """The name of a model, with the whole path where it is a file."""
    for prefix in (SCRIPT, RECORDED):
        if name.startswith(prefix):
            return f"{prefix}{Path(name.removeprefix(prefix)).expanduser().resolve()}"
    return name


def _open_small(
    main: str, model: Model, settings: Settings, overrides: Overrides, open_one: Callable[[str], Model]
) -> Model:
    """The model for small jobs; one that cannot be opened unasked is replaced by the main one."""
    name = choose_small(main, settings.models.small, overrides=overrides)
    if name == main:
        return model
    try:
        return open_one(name)
    except AuraError:
        if settings.models.small:
            raise
        return model
