"""The models of a session, by its settings."""

from pathlib import Path

import pytest

from aura.app.chain import Chain, open_chain
from aura.app.options import SessionOptions
from aura.config.schema import Settings
from aura.core.errors import ConfigError
from aura.core.messages import user
from aura.core.models import Completion, Model, ModelInfo, Request
from aura.hookspecs import ModelFamily
from aura.testing import FakeModel


def family(prefix: str = "fake:") -> ModelFamily:
    """Models of a plugin: any name but `fake:broken`."""

    def open_one(name: str) -> Model:
        if name == "fake:broken":
            raise ConfigError("The model fake:broken cannot be opened.")
        return FakeModel("ok", "ok", name=name)

    return ModelFamily(prefix, open_one)


async def make(settings: dict[str, object], **options: object) -> Chain:
    """The chain for some settings."""
    tree = Settings.model_validate(settings)
    given = SessionOptions(Path(), **options)  # type: ignore[arg-type] # by name
    return await open_chain(given, tree, [family()], lambda notice: None)


def names(chain: Chain) -> list[str]:
    """The models that answer, in order."""
    return [model.info.name for model in chain.models]


async def test_the_main_model_then_the_fallbacks() -> None:
    chain = await make({"model": "fake:a", "models": {"fallback": ("fake:b", "fake:c")}})
    assert names(chain) == ["fake:a", "fake:b", "fake:c"]
    assert chain.small is chain.models[0]
    assert chain.verifier is None


async def test_small_jobs_and_the_verifier_have_models_of_their_own() -> None:
    chain = await make({"model": "fake:a", "models": {"small": "fake:s"}, "auto": {"verifier": "fake:v"}})
    assert chain.small.info.name == "fake:s"
    assert chain.verifier is not None
    assert chain.verifier.info.name == "fake:v"


@pytest.mark.parametrize(
    "settings",
    [
        {"model": "fake:broken"},
        {"model": "fake:a", "models": {"small": "fake:broken"}},
        {"model": "fake:a", "models": {"fallback": ("fake:broken",)}},
        {"model": "fake:a", "auto": {"verifier": "fake:broken"}},
    ],
)
async def test_a_model_that_was_asked_for_and_cannot_be_opened_is_an_error(
    settings: dict[str, object],
) -> None:
    with pytest.raises(ConfigError, match="fake:broken"):
        await make(settings)


async def test_without_any_model_the_error_is_the_ways_to_get_one(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OLLAMA_HOST", "LM_STUDIO_API_BASE"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with pytest.raises(ConfigError, match="Three ways"):
        await make({})


async def test_a_ready_model_answers_and_still_can_be_verified() -> None:
    model = FakeModel("ok")
    chain = await make({"model": "fake:a", "auto": {"verifier": "fake:v"}}, model=model)
    assert chain.models == (model,)
    assert chain.small is model
    assert chain.verifier is not None


async def test_the_traffic_of_the_first_model_is_recorded(tmp_path: Path) -> None:
    file = tmp_path / "traffic.jsonl"
    for model in (None, FakeModel("ok", name="ready")):
        chain = await make({"model": "fake:a", "models": {"fallback": ("fake:b",)}}, record=file, model=model)
        pieces = [piece async for piece in chain.models[0].stream(Request("", (user("hi"),)))]
        assert isinstance(pieces[-1], Completion)
        assert isinstance(chain.models[0].info, ModelInfo)
        assert file.stat().st_size
        file.unlink()


async def choose(chosen: str, origin: str = "") -> tuple[list[str], list[str]]:
    """The models of a session in which a person had switched to another, and what is told of it."""
    told: list[str] = []
    tree = Settings.model_validate({"model": "fake:a", "models": {"fallback": ("fake:b",)}})
    tree.annotate({"model": origin} if origin else {}, ())
    chain = await open_chain(SessionOptions(Path()), tree, [family()], told.append, chosen)
    return names(chain), told


async def test_the_model_that_a_person_chose_before_comes_back() -> None:
    assert await choose("") == (["fake:a", "fake:b"], [])
    assert await choose("fake:x") == (["fake:x", "fake:b"], [])
    assert await choose("fake:x", "user (config.yaml:1)") == (["fake:x", "fake:b"], [])


@pytest.mark.parametrize("origin", ["flag", "environment (AURA_MODEL)"])
async def test_a_model_named_for_this_start_wins(origin: str) -> None:
    assert await choose("fake:x", origin) == (["fake:a", "fake:b"], [])


async def test_a_chosen_model_that_is_gone_is_told_and_replaced() -> None:
    models, told = await choose("fake:broken")
    assert models == ["fake:a", "fake:b"]
    assert told == [
        "fake:broken, chosen in this session before, cannot be used now: The model fake:broken cannot be opened."
    ]
