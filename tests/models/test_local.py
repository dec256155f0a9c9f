"""Local servers: found by asking, with the window they really serve, and never in the way when they misbehave."""

import socket
import time
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aura.models.local import (
    LocalModel,
    LocalServer,
    ask_server,
    find_servers,
    ollama_advice,
    server_url,
    tidy_host,
)
from aura.models.providers import find_provider
from tests.models.fakes import LLAMACPP, LMSTUDIO, VLLM, answering, ollama, show_model

NOWHERE = "127.0.0.1:9"  # the port of `discard`: nobody listens
EMPTY = {
    "OLLAMA_HOST": NOWHERE,
    "LM_STUDIO_API_BASE": f"http://{NOWHERE}/v1",
    "LLAMACPP_API_BASE": NOWHERE,
    "VLLM_API_BASE": NOWHERE,
}


def ask(provider: str, answers: Mapping[str, Any]) -> tuple[LocalModel, ...]:
    with answering(answers) as fake:
        server = ask_server(provider, fake.url, timeout=5)
    return server.models if server else ()


def test_nothing_is_found_where_nothing_runs() -> None:
    assert find_servers(EMPTY) == ()


def test_all_servers_are_found_side_by_side() -> None:
    small = ollama(qwen3_8b=show_model(40960))
    with (
        answering(small) as one,
        answering(LMSTUDIO) as two,
        answering(LLAMACPP) as three,
        answering(VLLM) as four,
    ):
        environ = {
            "OLLAMA_HOST": one.url,
            "LM_STUDIO_API_BASE": f"{two.url}/v1",
            "LLAMACPP_API_BASE": three.url,
            "VLLM_API_BASE": f"{four.url}/v1/",
        }
        found = find_servers(environ, timeout=5)
        only = find_servers(environ, timeout=5, only=["vllm"])
    assert [server.provider for server in found] == ["ollama", "lmstudio", "llamacpp", "vllm"]
    assert [server.url for server in found] == [one.url, two.url, three.url, four.url]
    assert [server.provider for server in only] == ["vllm"]


def test_ollama_gives_its_default_window_not_the_models() -> None:
    (model,) = ask("ollama", ollama(qwen3_8b=show_model(40960)))
    assert model == LocalModel(
        "qwen3:8b", 4096, 40960, loaded=False, capabilities=frozenset({"text", "tools"})
    )


def test_ollama_gives_what_the_model_file_asks_for() -> None:
    (model,) = ask("ollama", ollama(qwen3_8b=show_model(40960, parameters="stop x\nnum_ctx   16384")))
    assert model.window == 16384


def test_ollama_gives_what_a_loaded_model_was_loaded_with() -> None:
    answers = ollama(running={"qwen3:8b": 32000}, qwen3_8b=show_model(40960, parameters="num_ctx 16384"))
    (model,) = ask("ollama", answers)
    assert (model.window, model.loaded) == (32000, True)


def test_ollama_never_gives_more_than_the_model_was_made_for() -> None:
    (model,) = ask("ollama", ollama(tiny_1b=show_model(2048)))
    assert model.window == 2048


def test_ollama_cloud_models_have_their_full_window() -> None:
    (model,) = ask("ollama", ollama(big_cloud=show_model(262144)))
    assert model.window == 262144


def test_ollama_lists_loaded_models_first_and_no_embedding_models() -> None:
    answers = ollama(
        running={"z:1": 8192},
        a_1=show_model(8192),
        z_1=show_model(8192),
        vectors_1=show_model(512, capabilities=("embedding",)),
    )
    assert [model.name for model in ask("ollama", answers)] == ["z:1", "a:1"]


def test_ollama_without_details_is_still_there() -> None:
    (model,) = ask("ollama", {"/api/tags": {"models": [{"name": "old:1"}]}})
    assert model == LocalModel("old:1", 4096)


def test_lm_studio_gives_the_window_of_what_is_loaded() -> None:
    busy, idle = ask("lmstudio", LMSTUDIO)
    assert busy == LocalModel("busy", 8192, 131072, loaded=True, capabilities=frozenset({"tools", "vision"}))
    assert idle == LocalModel("idle", 0, 32768)


def test_llama_cpp_gives_the_window_of_a_slot() -> None:
    (model,) = ask("llamacpp", LLAMACPP)
    assert model == LocalModel("gemma.gguf", 65536, 131072, loaded=True, capabilities=frozenset({"vision"}))


def test_vllm_gives_its_longest_request() -> None:
    (model,) = ask("vllm", VLLM)
    assert (model.name, model.window) == ("Qwen/Qwen3-8B", 40960)


def test_another_program_on_the_usual_port_is_not_taken_for_a_model_server() -> None:
    other = {"/v1/models": {"data": [{"id": "something"}]}, "/props": {"colour": "red"}, "/api/tags": ["x"]}
    with answering(other) as fake:
        found = [ask_server(kind, fake.url, timeout=5) for kind in ("ollama", "lmstudio", "llamacpp", "vllm")]
    assert found == [None] * 4


def test_any_openai_server_is_asked_for_its_models() -> None:
    (model,) = ask("", {"/v1/models": {"data": [{"id": "m", "context_length": 9000}]}})
    assert model.window == 9000
    with answering({"/v1/models": {"data": [{"id": "m"}]}}) as fake:
        server = ask_server("", f"{fake.url}/v1", timeout=5, key="secret")
    assert server is not None and server.models[0].window == 0
    assert fake.asked == [("/v1/models", "Bearer secret")]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[1, 2]",
        b'"x"',
        b"null",
        b'{"models": 5}',
        b'{"models": [1]}',
        b"\xff\xfe",
        b"{" * 100,
    ],
)
def test_nonsense_is_no_server(body: bytes) -> None:
    with answering(dict.fromkeys(("/api/tags", "/api/v0/models", "/props", "/v1/models"), body)) as fake:
        found = [
            ask_server(kind, fake.url, timeout=5) for kind in ("ollama", "lmstudio", "llamacpp", "vllm", "")
        ]
    assert found == [None] * 5


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda leaf: (
            st.lists(leaf)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "models",
                        "data",
                        "name",
                        "id",
                        "model_info",
                        "capabilities",
                        "parameters",
                        "meta",
                        "type",
                        "state",
                    ]
                ),
                leaf,
            )
        ),
        max_leaves=8,
    )
)
def test_any_json_is_survived(answer: Any) -> None:
    class Door:
        url = "http://x"

        def ask(self, path: str, body: object = None) -> Any:
            return answer

    from aura.models import local

    for reader in (
        local._ask_ollama,
        local._ask_lmstudio,
        local._ask_llamacpp,
        local._ask_vllm,
        local._ask_openai,
    ):
        models = reader(Door())  # type: ignore[arg-type]
        assert models is None or all(model.name for model in models)


def test_an_error_status_is_no_server() -> None:
    with answering(VLLM, status=500) as fake:
        assert ask_server("vllm", fake.url, timeout=5) is None


def test_a_server_that_says_nothing_is_given_up_soon() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        started = time.monotonic()
        assert ask_server("vllm", f"http://127.0.0.1:{silent.getsockname()[1]}", timeout=0.05) is None
        assert time.monotonic() - started < 5


@pytest.mark.parametrize("url", ["http://127.0.0.1:99999", "http://[::1", "http://", "http://127.0.0.1:1/ x"])
def test_an_address_that_is_none_is_no_server(url: str) -> None:
    assert ask_server("vllm", url) is None


@pytest.mark.parametrize(
    ("value", "url"),
    [
        ("0.0.0.0", "http://127.0.0.1:11434"),
        ("0.0.0.0:8080", "http://127.0.0.1:8080"),
        (":8080", "http://127.0.0.1:8080"),
        ("box", "http://box:11434"),
        ("box:1", "http://box:1"),
        ("http://box", "http://box:11434"),
        ("http://box:1/", "http://box:1"),
        ("http://box:1/v1", "http://box:1"),
        ("http://box:1/api/", "http://box:1"),
        ("http://box:1/proxy/v1", "http://box:1/proxy"),
        ("https://box", "https://box:443"),
        ("[::1]:1", "http://[::1]:1"),
        ("box:port", "http://127.0.0.1:11434"),
    ],
)
def test_an_address_in_any_form_people_write(value: str, url: str) -> None:
    assert tidy_host(value, "http://127.0.0.1:11434") == url


def test_a_blank_variable_means_the_usual_port() -> None:
    provider = find_provider("ollama")
    assert provider is not None
    assert server_url(provider, {"OLLAMA_HOST": " "}) == "http://127.0.0.1:11434"
    assert server_url(provider, {"OLLAMA_API_BASE": "http://box:5"}) == "http://box:5"


def test_a_model_is_found_with_and_without_latest() -> None:
    server = LocalServer("ollama", "", (LocalModel("llama3:latest"), LocalModel("qwen3:8b")))
    assert server.find("llama3") == LocalModel("llama3:latest")
    assert server.find("qwen3:8b") == LocalModel("qwen3:8b")
    assert server.find("qwen3") is None


def test_advice_names_the_cut_and_the_two_ways_out() -> None:
    said = ollama_advice(LocalModel("qwen3:8b", 4096, 40960), 32768)
    assert "4,096 tokens of 40,960" in said and "32,768" in said
    assert "OLLAMA_CONTEXT_LENGTH" in said and "--context-window" in said
    assert ollama_advice(LocalModel("qwen3:8b", 32768, 40960), 32768) == ""
    assert "too little" in ollama_advice(LocalModel("tiny", 2048, 2048), 2048)


@given(st.text(alphabet="abc:/.[]0123456789@?# v1") | st.text())
def test_any_text_as_an_address_is_tidied_once_and_for_all(value: str) -> None:
    tidied = tidy_host(value, "http://127.0.0.1:11434")
    assert tidied.count("://") == 1
    assert tidy_host(tidied, "http://127.0.0.1:11434") == tidied
