"""Which model a name means, where it is reached, and what is known of it."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from aura.cli.cmd_models import command
from aura.config.schema import Models, Price
from aura.core.errors import ConfigError
from aura.models import facts
from aura.models.catalog import (
    SAFE_WINDOW,
    WAYS,
    Way,
    choose_default,
    choose_small,
    describe_ways,
    find_ways,
    resolve,
    tidy_base,
)
from aura.models.listing import filter_rows, list_known, list_usable
from aura.models.naming import Overrides, find_model, read_overrides
from aura.models.providers import NICKNAMES, PROVIDERS, find_provider
from tests.models.fakes import LMSTUDIO, VLLM, answering, ollama, show_model
from tests.models.test_local import EMPTY, NOWHERE

KEYS = {"ANTHROPIC_API_KEY": "a-key", "OPENAI_API_KEY": "o-key", "GEMINI_API_KEY": "g-key"}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AURA_HOME", str(tmp_path / "home"))
    for name, value in EMPTY.items():
        monkeypatch.setenv(name, value)
    for name in ("OPENAI_BASE_URL", "OPENAI_API_BASE", "ANTHROPIC_BASE_URL", "ANTHROPIC_API_BASE"):
        monkeypatch.delenv(name, raising=False)


def given_(environ: Mapping[str, str] | None = None, **settings: object) -> Overrides:
    return Overrides(environ={**EMPTY, **(environ or {})}, **settings)  # type: ignore[arg-type]


# --- the list ---------------------------------------------------------------------------------------------


def test_every_default_is_in_the_list_and_can_call_tools() -> None:
    for provider in PROVIDERS:
        for model in (provider.main, provider.small):
            if model and provider.name != "openrouter":
                info = facts.describe(provider.name, model)
                assert info is not None, f"{provider.name}/{model}"
                assert info.window >= 100_000 and info.input_price is not None
                assert "tools" in info.capabilities, info.name
    for full in NICKNAMES.values():
        assert full in facts.model_names()


def test_small_defaults_are_not_dearer_than_the_main_ones() -> None:
    for provider in PROVIDERS:
        if provider.small:
            main, small = (
                facts.describe(provider.name, provider.main),
                facts.describe(provider.name, provider.small),
            )
            assert main is not None and small is not None
            assert (small.input_price or 0) <= (main.input_price or 0), provider.name


def test_no_default_is_retired() -> None:
    retired = [one.name for one in PROVIDERS if facts.is_retired(one.name, one.main, "2026-11-21")]
    assert retired == []


def test_no_word_means_two_providers() -> None:
    words = [word for provider in PROVIDERS for word in (provider.name, *provider.aliases)]
    assert len(words) == len(set(words))
    assert find_provider("Google") is find_provider("gemini")


def test_windows_prices_and_abilities_are_read() -> None:
    info = facts.describe("anthropic", "claude-sonnet-4-5")
    assert info is not None
    assert (info.window, info.max_output) == (200_000, 64_000)
    assert info.input_price == pytest.approx(3e-6)
    assert info.output_price == pytest.approx(15e-6)
    assert info.cache_read_price == pytest.approx(0.3e-6)
    assert info.cache_write_price == pytest.approx(3.75e-6)
    assert {"tools", "vision", "thinking", "caching"} <= info.capabilities


def test_an_unknown_price_is_none_and_a_free_model_costs_0() -> None:
    assert facts.make_info("x", {"mode": "chat"}).input_price is None
    assert facts.make_info("x", {"input_cost_per_token": 0}).input_price == 0.0
    assert facts.make_info("x", {"input_cost_per_token": "3"}).input_price is None


def test_a_model_behind_openrouter_has_its_window_but_not_its_price() -> None:
    info = facts.describe("openrouter", "anthropic/claude-sonnet-4.5")
    assert info is not None and info.window == 200_000 and info.input_price is None


def test_the_list_is_read_without_importing_litellm() -> None:
    import subprocess
    import sys

    script = (
        "import sys, aura.models.catalog, aura.models.listing; aura.models.facts.read_facts(); "
        "print([name for name in ('litellm', 'httpx', 'pydantic') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"


# --- names ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("anthropic/claude-sonnet-4-5", "anthropic/claude-sonnet-4-5"),
        ("claude-sonnet-4-5", "anthropic/claude-sonnet-4-5"),
        ("gpt-5.4", "openai/gpt-5.4"),
        ("gemini-2.5-pro", "gemini/gemini-2.5-pro"),
        ("grok-4.5", "xai/grok-4.5"),
        ("deepseek-v4-pro", "deepseek/deepseek-v4-pro"),
        ("kimi-k3", "moonshot/kimi-k3"),
        ("glm-5.3", "zai/glm-5.3"),
        ("google/gemini-2.5-pro", "gemini/gemini-2.5-pro"),
        ("Claude/claude-opus-5", "anthropic/claude-opus-5"),
        ("anthropic", "anthropic/claude-sonnet-5-5"),
        ("haiku", "anthropic/claude-haiku-5-5"),
        (" gpt-5.4 ", "openai/gpt-5.4"),
        ("groq/openai/gpt-oss-120b", "groq/openai/gpt-oss-120b"),
        ("ollama/qwen3:8b", "ollama/qwen3:8b"),
        ("ollama_chat/qwen3:8b", "ollama/qwen3:8b"),
        ("lm_studio/x/y", "lmstudio/x/y"),
        ("deepinfra/some/model", "deepinfra/some/model"),
    ],
)
def test_names(name: str, meant: str) -> None:
    assert "/".join(find_model(name, overrides=given_())) == meant


def test_an_alias_of_the_settings_comes_first() -> None:
    overrides = given_(aliases={"fast": "openai/gpt-5.4-mini", "haiku": "gemini/gemini-2.5-flash"})
    assert find_model("fast", overrides=overrides) == ("openai", "gpt-5.4-mini")
    assert find_model("haiku", overrides=overrides) == ("gemini", "gemini-2.5-flash")


def test_a_bare_name_goes_to_the_one_seller_with_a_key() -> None:
    overrides = given_({"CEREBRAS_API_KEY": "k"})
    assert find_model("gpt-oss-120b", overrides=overrides) == ("cerebras", "gpt-oss-120b")
    assert find_model("claude-sonnet-5", overrides=given_()) == ("anthropic", "claude-sonnet-5")
    azure = given_({"AZURE_API_KEY": "k"})
    assert find_model("gpt-5.4", overrides=azure) == ("azure", "gpt-5.4")


def test_a_bare_name_of_several_sellers_is_refused_with_the_choices() -> None:
    with pytest.raises(ConfigError) as caught:
        find_model("gpt-oss-120b", overrides=given_())
    assert "`cerebras/gpt-oss-120b`" in caught.value.sentence


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("claude-sonet-4-5", "`anthropic/claude-sonnet-4-5`"),
        ("anthropic/claude-sonet-4-5", "`anthropic/claude-sonnet-4-5`"),
        ("gemini-2.5-porr", "`gemini/gemini-2.5-pro`"),
        ("openai/gpt5.4", "`openai/gpt-5.4`"),
        ("qzxqzx", "`aura models --all`"),
    ],
)
def test_an_unknown_name_is_refused_with_the_nearest(name: str, nearest: str) -> None:
    with pytest.raises(ConfigError) as caught:
        resolve(name, overrides=given_(KEYS))
    assert nearest in caught.value.sentence
    assert caught.value.exit_code == 2


@given(st.text())
def test_any_text_is_a_name_or_a_sentence(text: str) -> None:
    try:
        provider, model = find_model(text, overrides=Overrides(environ=EMPTY))
    except ConfigError:
        return
    assert provider and model


# --- endpoints --------------------------------------------------------------------------------------------


def test_an_endpoint_has_key_window_and_prices() -> None:
    endpoint = resolve("claude-sonnet-4-5", overrides=given_(KEYS))
    assert endpoint.info.name == "anthropic/claude-sonnet-4-5"
    assert endpoint.info.window == 200_000
    assert (endpoint.provider, endpoint.name) == ("anthropic", "anthropic/claude-sonnet-4-5")
    assert (endpoint.api_key, endpoint.api_base, endpoint.key_name) == ("a-key", None, "ANTHROPIC_API_KEY")
    assert "a-key" not in repr(endpoint)


def test_a_missing_key_is_named_with_both_ways_to_give_it() -> None:
    with pytest.raises(ConfigError, match=r"OPENAI_API_KEY.*aura auth set openai"):
        resolve("gpt-5.4", overrides=given_())


def test_cloud_providers_find_their_credentials_themselves() -> None:
    name = next(full for full in facts.model_names() if full.startswith("bedrock/anthropic."))
    assert resolve(name, overrides=given_()).api_key is None


def test_a_window_and_prices_that_are_set_win() -> None:
    models = Models(window=50_000, max_output=1000, prices={"gpt-5.4": Price(input=1, output=2)}, timeout=5)
    overrides = read_overrides(models, environ={**EMPTY, **KEYS})
    endpoint = resolve("gpt-5.4", overrides=overrides)
    info = endpoint.info
    assert (info.window, info.max_output, endpoint.timeout) == (50_000, 1000, 5)
    prices = [info.input_price, info.output_price, info.cache_read_price, info.cache_write_price]
    assert prices == pytest.approx([1e-6, 2e-6, 1e-6, 1e-6])
    flagged = read_overrides(models, window=9000, environ={**EMPTY, **KEYS})
    assert resolve("gpt-5.4", overrides=flagged).info.window == 9000


def test_prices_of_one_model_do_not_touch_another() -> None:
    overrides = read_overrides(
        Models(prices={"openai/gpt-5.4": Price(input=1, output=2)}), environ={**EMPTY, **KEYS}
    )
    listed = facts.describe("openai", "gpt-5.4-mini")
    assert listed is not None
    assert resolve("gpt-5.4-mini", overrides=overrides).info.input_price == listed.input_price
    assert resolve("gpt-5.4", overrides=overrides).info.input_price == pytest.approx(1e-6)


def test_a_new_model_is_allowed_when_something_is_said_of_it() -> None:
    endpoint = resolve("openai/gpt-99", overrides=given_(KEYS, window=1000))
    assert (endpoint.info.window, endpoint.info.input_price) == (1000, None)
    priced = given_(KEYS, prices={"openai/gpt-99": {"input": 1e-6, "output": 2e-6}})
    said: list[str] = []
    endpoint = resolve("openai/gpt-99", overrides=priced, notice=said.append)
    assert endpoint.info.window == SAFE_WINDOW
    assert "--context-window" in said[0]


@pytest.mark.parametrize(
    ("provider", "written", "meant"),
    [
        ("openai", "http://x:1/v1", "http://x:1/v1"),
        ("openai", "http://x:1/v1/", "http://x:1/v1"),
        ("openai", "http://x:1", "http://x:1/v1"),
        ("openai", "x:1", "http://x:1/v1"),
        ("openai", "https://x/api/v1", "https://x/api/v1"),
        ("openai", "https://x/openai", "https://x/openai"),
        ("openai", "http://x:1/v1/chat/completions", "http://x:1/v1"),
        ("anthropic", "http://x:1", "http://x:1"),
        ("anthropic", "http://x:1/", "http://x:1"),
        ("anthropic", "http://x:1/v1", "http://x:1"),
        ("anthropic", "http://x:1/v1/", "http://x:1"),
        ("anthropic", "http://x:1/v1/messages", "http://x:1"),
        ("anthropic", "http://x:1/proxy/v1", "http://x:1/proxy"),
        ("azure", "https://me.openai.azure.com/", "https://me.openai.azure.com"),
        ("openai", " ", ""),
    ],
)
def test_a_base_url_in_any_form_people_write(provider: str, written: str, meant: str) -> None:
    assert tidy_base(provider, written) == meant
    assert tidy_base(provider, meant) == meant


@pytest.mark.parametrize("bad", ["ftp://x", "http://", "://"])
def test_what_is_no_address_is_refused(bad: str) -> None:
    with pytest.raises(ConfigError, match="not the address"):
        tidy_base("openai", bad)


def test_a_server_of_ones_own_needs_no_key_and_no_known_model() -> None:
    with answering({"/v1/models": {"data": [{"id": "my-model", "max_model_len": 12345}]}}) as fake:
        overrides = given_({"OPENAI_BASE_URL": fake.url})
        endpoint = resolve("my-model", overrides=overrides)
        prefixed = resolve("openai/my-model", overrides=overrides)
    assert endpoint == prefixed
    assert endpoint.info.name == "openai/my-model"
    assert endpoint.info.window == 12345
    assert endpoint.api_base == f"{fake.url}/v1"
    assert endpoint.api_key


def test_a_name_with_a_slash_of_its_own_goes_to_the_server() -> None:
    with answering(VLLM) as fake:
        endpoint = resolve("Qwen/Qwen3-8B", overrides=given_({"OPENAI_API_BASE": f"{fake.url}/v1"}))
    assert (endpoint.name, endpoint.info.window) == ("openai/Qwen/Qwen3-8B", 40960)


def test_a_name_that_looks_like_a_provider_is_one_of_the_servers() -> None:
    listed = {
        "data": [{"id": "qwen/small", "max_model_len": 9000}, {"id": "openai/gpt-oss", "max_model_len": 8000}]
    }
    with answering({"/v1/models": listed}) as fake:
        overrides = given_({**KEYS, "OPENAI_BASE_URL": fake.url})
        small, oss = (
            resolve("qwen/small", overrides=overrides),
            resolve("openai/gpt-oss", overrides=overrides),
        )
        past = resolve("anthropic/claude-sonnet-4-5", overrides=overrides)
    assert (small.name, small.info.window) == ("openai/qwen/small", 9000)
    assert (oss.name, oss.info.window) == ("openai/openai/gpt-oss", 8000)
    assert past.api_base is None


def test_a_window_that_no_one_knows_is_assumed_and_said() -> None:
    said: list[str] = []
    with answering({"/v1/models": {"data": [{"id": "m"}]}}) as fake:
        endpoint = resolve("m", overrides=given_({"OPENAI_BASE_URL": fake.url}), notice=said.append)
    assert endpoint.info.window == SAFE_WINDOW
    assert len(said) == 1 and "--context-window" in said[0]


def test_a_model_that_the_server_does_not_list_is_said() -> None:
    said: list[str] = []
    with answering({"/v1/models": {"data": [{"id": "m", "max_model_len": 9000}]}}) as fake:
        resolve("other", overrides=given_({"OPENAI_BASE_URL": fake.url}), notice=said.append)
    assert "does not list other; it lists: m" in said[0]


def test_the_server_is_not_asked_when_the_window_is_given() -> None:
    with answering({}) as fake:
        endpoint = resolve("m", overrides=given_({"OPENAI_BASE_URL": fake.url}, window=777))
    assert endpoint.info.window == 777
    assert fake.asked == []


def test_a_known_model_behind_a_gateway_keeps_what_is_known_of_it() -> None:
    overrides = given_({**KEYS, "ANTHROPIC_BASE_URL": "http://127.0.0.1:9/v1/"})
    endpoint = resolve("claude-sonnet-4-5", overrides=overrides)
    assert (endpoint.api_base, endpoint.api_key) == ("http://127.0.0.1:9", "a-key")
    assert endpoint.info.window == 200_000


def test_the_base_url_of_the_settings_gets_its_own_key_and_never_the_providers() -> None:
    with answering({"/v1/models": {"data": [{"id": "m", "max_model_len": 9000}]}}) as fake:
        plain = resolve("m", overrides=given_(KEYS, base_url=fake.url))
        own = resolve(
            "m", overrides=given_({**KEYS, "MY_KEY": "mine"}, base_url=fake.url, key_variable="MY_KEY")
        )
    assert plain.api_key not in KEYS.values()
    assert own.api_key == "mine"
    assert [authorization for _, authorization in fake.asked] == ["", "Bearer mine"]
    with pytest.raises(ConfigError, match="MY_KEY, which is not set"):
        resolve("m", overrides=given_(KEYS, base_url=fake.url, key_variable="MY_KEY"))


def test_other_providers_are_reached_past_the_base_url_of_the_settings() -> None:
    endpoint = resolve("anthropic/claude-sonnet-4-5", overrides=given_(KEYS, base_url=f"http://{NOWHERE}"))
    assert (endpoint.api_base, endpoint.api_key) == (None, "a-key")


# --- local servers ----------------------------------------------------------------------------------------


def test_ollama_is_asked_for_a_useful_window_and_that_is_said() -> None:
    said: list[str] = []
    with answering(ollama(qwen3_8b=show_model(40960))) as fake:
        endpoint = resolve("ollama/qwen3:8b", overrides=given_({"OLLAMA_HOST": fake.url}), notice=said.append)
    assert endpoint.info.window == 32768
    assert endpoint.extra == {"num_ctx": 32768}
    assert (endpoint.provider, endpoint.name) == ("ollama_chat", "ollama_chat/qwen3:8b")
    assert endpoint.api_base == fake.url
    assert endpoint.info.input_price == 0
    assert "4,096" in said[0] and "OLLAMA_CONTEXT_LENGTH" in said[0]


def test_ollama_with_a_useful_window_is_left_alone() -> None:
    said: list[str] = []
    with answering(ollama(running={"qwen3:8b": 20000}, qwen3_8b=show_model(40960))) as fake:
        endpoint = resolve("ollama/qwen3:8b", overrides=given_({"OLLAMA_HOST": fake.url}), notice=said.append)
    assert (endpoint.info.window, dict(endpoint.extra), said) == (20000, {}, [])


def test_a_window_that_is_given_is_what_ollama_is_asked_for() -> None:
    with answering(ollama(qwen3_8b=show_model(40960))) as fake:
        environ = {"OLLAMA_HOST": fake.url}
        asked = resolve("ollama/qwen3:8b", overrides=given_(environ, window=8000))
        too_much = resolve("ollama/qwen3:8b", overrides=given_(environ, window=99_999_999))
    assert (asked.info.window, asked.extra["num_ctx"]) == (8000, 8000)
    assert too_much.extra["num_ctx"] == 40960


def test_a_model_that_cannot_call_tools_is_said() -> None:
    said: list[str] = []
    with answering(
        ollama(running={"old:1": 32768}, old_1=show_model(32768, capabilities=("completion",)))
    ) as fake:
        resolve("ollama/old:1", overrides=given_({"OLLAMA_HOST": fake.url}), notice=said.append)
    assert said == [] or "tools" in said[0]


def test_a_server_that_is_not_there_and_a_model_that_is_not_there() -> None:
    with pytest.raises(ConfigError, match=r"does not answer at http://127\.0\.0\.1:9"):
        resolve("ollama/qwen3:8b", overrides=given_())
    with (
        answering(ollama(qwen3_8b=show_model(40960))) as fake,
        pytest.raises(ConfigError, match="it has: qwen3:8b"),
    ):
        resolve("ollama/mistral", overrides=given_({"OLLAMA_HOST": fake.url}))


def test_lm_studio_is_reached_by_its_openai_address() -> None:
    with answering(LMSTUDIO) as fake:
        endpoint = resolve("lmstudio/busy", overrides=given_({"LM_STUDIO_API_BASE": f"{fake.url}/v1"}))
        bare = find_model("lmstudio", overrides=given_({"LM_STUDIO_API_BASE": fake.url}))
    assert endpoint.api_base == f"{fake.url}/v1"
    assert (endpoint.name, endpoint.info.window) == ("lm_studio/busy", 8192)
    assert endpoint.api_key
    assert bare == ("lmstudio", "busy")


# --- choosing ---------------------------------------------------------------------------------------------


def test_the_configured_model_is_taken_unseen() -> None:
    assert choose_default("some/model", overrides=given_(KEYS)) == "some/model"


def test_keys_come_in_the_order_of_the_table_and_before_local_servers() -> None:
    with answering(VLLM) as fake:
        environ = {"VLLM_API_BASE": fake.url}
        assert choose_default(overrides=given_(environ)) == "vllm/Qwen/Qwen3-8B"
        assert choose_default(overrides=given_({**environ, **KEYS})) == "anthropic/claude-sonnet-5-5"
    assert choose_default(overrides=given_({"GEMINI_API_KEY": "g"})) == "gemini/gemini-4-argon"
    assert choose_default(overrides=given_()) is None


def test_a_server_of_ones_own_is_asked_which_model_it_has() -> None:
    with answering({"/v1/models": {"data": [{"id": "mine"}, {"id": "other"}]}}) as fake:
        assert choose_default(overrides=given_({"OPENAI_BASE_URL": fake.url})) == "openai/mine"
        assert choose_default(overrides=given_(base_url=fake.url)) == "openai/mine"
    assert choose_default(overrides=given_(base_url=f"http://{NOWHERE}")) is None


def test_a_local_model_without_tools_is_not_taken_by_itself() -> None:
    answers = ollama(a_1=show_model(8192, capabilities=("completion",)), b_1=show_model(8192))
    with answering(answers) as fake:
        assert choose_default(overrides=given_({"OLLAMA_HOST": fake.url})) == "ollama/b:1"


@pytest.mark.parametrize(
    ("main", "small"),
    [
        ("anthropic/claude-opus-5", "anthropic/claude-haiku-5-5"),
        ("gpt-5.4", "openai/gpt-6-luna"),
        ("openrouter/openrouter/auto", "openrouter/openrouter/auto"),
        ("script:some/file.yaml", "script:some/file.yaml"),
        ("ollama/qwen3:8b", "ollama/qwen3:8b"),
    ],
)
def test_the_small_model_is_a_cheap_one_of_the_same_provider(main: str, small: str) -> None:
    assert choose_small(main, overrides=given_(KEYS)) == small


def test_the_small_model_can_be_set_and_stays_on_a_server_of_ones_own() -> None:
    assert (
        choose_small("gpt-5.4", "groq/openai/gpt-oss-20b", overrides=given_(KEYS))
        == "groq/openai/gpt-oss-20b"
    )
    own = given_({"OPENAI_BASE_URL": f"http://{NOWHERE}"})
    assert choose_small("openai/mine", overrides=own) == "openai/mine"


def test_ways_name_what_was_found() -> None:
    ways = find_ways(given_(KEYS))
    assert ways[0] == Way("anthropic/claude-sonnet-5-5", "ANTHROPIC_API_KEY", "anthropic")
    assert describe_ways(given_(KEYS)) == "Model: anthropic/claude-sonnet-5-5 (ANTHROPIC_API_KEY)"


def test_without_any_way_the_screenful_names_all() -> None:
    said = describe_ways(given_())
    assert said == WAYS
    for word in ("ANTHROPIC_API_KEY", "aura auth set", "Ollama", "LM Studio", "OPENAI_BASE_URL", "aura demo"):
        assert word in said
    assert max(len(line) for line in said.splitlines()) <= 110
    assert len(said.splitlines()) <= 22


# --- aura models ------------------------------------------------------------------------------------------


def test_the_list_shows_what_is_usable_only() -> None:
    with answering(VLLM) as fake:
        listing = list_usable(given_({"MISTRAL_API_KEY": "m", "VLLM_API_BASE": fake.url}), today="2026-11-21")
    providers = {row.info.name.partition("/")[0] for row in listing.rows}
    assert providers == {"mistral", "vllm"}
    assert {row.source for row in listing.rows} == {"MISTRAL_API_KEY", fake.url}
    assert [row.role for row in listing.rows[:2]] == ["main", "small"]
    assert "Ollama at http://127.0.0.1:9" in listing.missing and len(listing.missing) == 3


def test_retired_models_are_left_out() -> None:
    name = "openai/gpt-3.5-turbo"
    assert name in {row.info.name for row in list_known(given_(), today="2020-01-01")}
    assert name not in {row.info.name for row in list_known(given_(), today="2030-01-01")}


def test_filter_words_all_have_to_fit() -> None:
    rows = list(list_known(given_(KEYS)))
    names = [row.info.name for row in filter_rows(rows, ["GEMINI/", "vision", "2.5-pro"])]
    assert "gemini/gemini-2.5-pro" in names
    assert all(name.startswith("gemini/") and "2.5-pro" in name for name in names)


def test_the_command_prints_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "secret-key")
    result = CliRunner().invoke(command, [])
    assert result.exit_code == 0
    assert "* anthropic/claude-sonnet-5-5" in result.output
    assert "Anthropic (ANTHROPIC_API_KEY)" in result.output
    assert "1,000,000" in result.output and "2.00" in result.output
    assert "secret-key" not in result.output


def test_the_command_prints_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "secret-key")
    content = json.loads(CliRunner().invoke(command, ["--json", "haiku"]).stdout)
    assert content["default"] == "anthropic/claude-sonnet-5-5"
    assert all("haiku" in model["name"] for model in content["models"])
    small = next(model for model in content["models"] if model["role"] == "small")
    assert small["source"] == "ANTHROPIC_API_KEY" and small["window"] == 1_000_000


def test_the_command_without_any_model_shows_the_ways() -> None:
    result = CliRunner().invoke(command, [])
    assert result.exit_code == 0
    assert "aura auth set anthropic" in result.output
    assert "No server answered: Ollama at http://127.0.0.1:9" in result.output


def test_the_command_lists_everything_on_demand() -> None:
    result = CliRunner().invoke(command, ["--all", "claude-sonnet-5-5"])
    assert "Anthropic (no key)" in result.output
    assert "None of these can be used yet" in result.output


@given(st.sampled_from(["openai", "anthropic", "azure"]), st.text(alphabet="abc:/.[]019@?# v") | st.text())
def test_any_text_as_a_base_url_is_tidied_once_and_for_all_or_refused(provider: str, value: str) -> None:
    try:
        tidied = tidy_base(provider, value)
    except ConfigError:
        return
    assert tidy_base(provider, tidied) == tidied


@pytest.mark.parametrize("provider", ["gemini", "mistral", "groq", "bedrock"])
def test_any_provider_can_be_reached_elsewhere(provider: str) -> None:
    environ = {f"{provider.upper()}_BASE_URL": "http://127.0.0.1:9/v1", f"{provider.upper()}_API_KEY": "k"}
    endpoint = resolve(f"{provider}/some-model", overrides=Overrides(window=1000, environ=environ))
    assert endpoint.api_base == "http://127.0.0.1:9/v1"
