"""Model servers on loopback that answer what they are told to."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class FakeServer:
    """A server whose `answers` go by path; a function is called with the request's JSON body."""

    answers: Mapping[str, Any]
    url: str = ""
    asked: list[tuple[str, str]] = field(default_factory=list)

    @property
    def port(self) -> int:
        return int(self.url.rsplit(":", 1)[1])


@contextmanager
def answering(answers: Mapping[str, Any], *, status: int = 200) -> Iterator[FakeServer]:
    """Serve JSON answers by path while the block runs; bytes are sent as they are."""
    fake = FakeServer(answers)

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.reply(b"")

        def do_POST(self) -> None:
            self.reply(self.rfile.read(int(self.headers.get("Content-Length", "0"))))

        def reply(self, body: bytes) -> None:
            fake.asked.append((self.path, self.headers.get("Authorization", "")))
            answer = fake.answers.get(self.path)
            if callable(answer):
                answer = answer(json.loads(body))
            data = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(status if answer is not None else 404)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    fake.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def show_model(
    context: int, *, parameters: str = "", capabilities: tuple[str, ...] = ("completion", "tools")
) -> Any:
    """What Ollama says of a model."""
    return {
        "model_info": {"general.architecture": "qwen3", "qwen3.context_length": context},
        "parameters": parameters,
        "capabilities": list(capabilities),
    }


def ollama(*, running: Mapping[str, int] | None = None, **models: Any) -> dict[str, Any]:
    """The answers of Ollama for models by name (`_` stands for `:`); `running` gives loaded windows."""
    named = {name.replace("_", ":"): detail for name, detail in models.items()}
    return {
        "/api/tags": {"models": [{"name": name} for name in named]},
        "/api/ps": {
            "models": [{"name": name, "context_length": size} for name, size in (running or {}).items()]
        },
        "/api/show": lambda body: named.get(body["model"]),
    }


VLLM = {
    "/v1/models": {
        "object": "list",
        "data": [{"id": "Qwen/Qwen3-8B", "max_model_len": 40960, "owned_by": "vllm"}],
    }
}
LLAMACPP = {
    "/props": {"default_generation_settings": {"n_ctx": 65536}, "modalities": {"vision": True}},
    "/v1/models": {"data": [{"id": "gemma.gguf", "meta": {"n_ctx_train": 131072}}]},
}
LMSTUDIO = {
    "/api/v0/models": {
        "data": [
            {"id": "idle", "type": "llm", "state": "not-loaded", "max_context_length": 32768},
            {
                "id": "busy",
                "type": "vlm",
                "state": "loaded",
                "max_context_length": 131072,
                "loaded_context_length": 8192,
                "capabilities": ["tool_use"],
            },
            {"id": "vectors", "type": "embeddings"},
        ]
    }
}
