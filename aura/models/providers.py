"""Who serves models: how each is written, which variables it is set up by, and which of its models are taken first."""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Provider:
    """One provider.

    `name` stands before the slash in a model's name; `aliases` may stand there too. `keys` and `bases` are
    environment variables, the first of each is the one that people are told of. `wire` is litellm's word for the
    provider (empty: `name`). `main` and `small` are taken when nothing is configured (empty: there is no telling).
    `url` is where a local server listens unless it is told otherwise. `keyless` providers need no key from aura.
    """

    name: str
    title: str
    keys: tuple[str, ...] = ()
    bases: tuple[str, ...] = ()
    main: str = ""
    small: str = ""
    aliases: tuple[str, ...] = ()
    wire: str = ""
    url: str = ""
    keyless: bool = False

    @property
    def word(self) -> str:
        """What litellm calls the provider."""
        return self.wire or self.name

    @property
    def local(self) -> bool:
        """Whether this is a server that people run on their own machine."""
        return bool(self.url)


# The order decides which provider is taken when keys of several are found.
# The models are the newest that the price list of litellm 1.106.2 knows.
PROVIDERS = (
    Provider(
        name="anthropic",
        title="Anthropic",
        keys=("ANTHROPIC_API_KEY",),
        bases=("ANTHROPIC_BASE_URL", "ANTHROPIC_API_BASE"),
        main="claude-sonnet-5-5",
        small="claude-haiku-5-5",
        aliases=("claude",),
    ),
    Provider(
        name="openai",
        title="OpenAI",
        keys=("OPENAI_API_KEY",),
        bases=("OPENAI_BASE_URL", "OPENAI_API_BASE"),
        main="gpt-6.1-sol",
        small="gpt-6-luna",
    ),
    Provider(
        name="gemini",
        title="Google Gemini",
        keys=("GEMINI_API_KEY", "GOOGLE_API_KEY"),
        main="gemini-4-argon",
        small="gemini-3.5-flash-lite",
        aliases=("google",),
    ),
    Provider(
        name="openrouter",
        title="OpenRouter",
        keys=("OPENROUTER_API_KEY",),
        bases=("OPENROUTER_API_BASE",),
        main="openrouter/auto",
    ),
    Provider("xai", "xAI", ("XAI_API_KEY",), (), "grok-4.7", "grok-4.3", ("grok",)),
    Provider("deepseek", "DeepSeek", ("DEEPSEEK_API_KEY",), (), "deepseek-v4-pro", "deepseek-flash"),
    Provider("mistral", "Mistral", ("MISTRAL_API_KEY",), (), "mistral-large-4", "mistral-small-latest"),
    Provider("moonshot", "Moonshot", ("MOONSHOT_API_KEY",), (), "kimi-k3", "kimi-k2.5", ("kimi",)),
    Provider("zai", "Z.ai", ("ZAI_API_KEY",), (), "glm-5.3", "glm-5.3-flash", ("zhipu",)),
    Provider("dashscope", "Qwen", ("DASHSCOPE_API_KEY",), (), "qwen3.8-max", "qwen3.8-flash", ("qwen",)),
    Provider("minimax", "MiniMax", ("MINIMAX_API_KEY",), (), "MiniMax-M3", "MiniMax-M2.1"),
    Provider("groq", "Groq", ("GROQ_API_KEY",), (), "openai/gpt-oss-120b", "openai/gpt-oss-20b"),
    Provider("cerebras", "Cerebras", ("CEREBRAS_API_KEY",), (), "gpt-oss-120b", "gpt-oss-120b"),
    Provider(
        name="together_ai",
        title="Together AI",
        keys=("TOGETHER_API_KEY", "TOGETHERAI_API_KEY", "TOGETHER_AI_API_KEY"),
        main="zai-org/GLM-5.3",
        small="zai-org/GLM-5.3-Flash",
        aliases=("together",),
    ),
    Provider(
        name="fireworks_ai",
        title="Fireworks AI",
        keys=("FIREWORKS_API_KEY", "FIREWORKS_AI_API_KEY"),
        main="glm-5p3",
        small="glm-5p3-flash",
        aliases=("fireworks",),
    ),
    Provider("azure", "Azure OpenAI", ("AZURE_API_KEY", "AZURE_OPENAI_API_KEY"), ("AZURE_API_BASE",)),
    Provider("bedrock", "Amazon Bedrock", keyless=True),
    Provider("vertex_ai", "Google Vertex AI", aliases=("vertex",), keyless=True),
    Provider(
        name="ollama",
        title="Ollama",
        keys=("OLLAMA_API_KEY",),
        bases=("OLLAMA_HOST", "OLLAMA_API_BASE"),
        aliases=("ollama_chat",),
        wire="ollama_chat",
        url="http://127.0.0.1:11434",
        keyless=True,
    ),
    Provider(
        name="lmstudio",
        title="LM Studio",
        keys=("LM_STUDIO_API_KEY", "LM_API_TOKEN"),
        bases=("LM_STUDIO_API_BASE", "LMSTUDIO_BASE_URL"),
        aliases=("lm_studio", "lm-studio"),
        wire="lm_studio",
        url="http://127.0.0.1:1234",
        keyless=True,
    ),
    Provider(
        name="llamacpp",
        title="llama.cpp",
        keys=("LLAMACPP_API_KEY", "LLAMA_API_KEY"),
        bases=("LLAMACPP_API_BASE", "LLAMACPP_BASE_URL"),
        aliases=("llama.cpp", "llama_cpp", "llamafile"),
        wire="hosted_vllm",
        url="http://127.0.0.1:8080",
        keyless=True,
    ),
    Provider(
        name="vllm",
        title="vLLM",
        keys=("VLLM_API_KEY", "HOSTED_VLLM_API_KEY"),
        bases=("VLLM_API_BASE", "HOSTED_VLLM_API_BASE", "VLLM_BASE_URL"),
        aliases=("hosted_vllm",),
        wire="hosted_vllm",
        url="http://127.0.0.1:8000",
        keyless=True,
    ),
)

# One word for the newest of a family, as people say it.
NICKNAMES = {
    "sonnet": "anthropic/claude-sonnet-5-5",
    "opus": "anthropic/claude-opus-5-5",
    "haiku": "anthropic/claude-haiku-5-5",
}

_BY_NAME = {word: provider for provider in PROVIDERS for word in (provider.name, *provider.aliases)}


def find_provider(word: str) -> Provider | None:
    """The provider of a name or alias, in any case; None when aura has no entry for it."""
    return _BY_NAME.get(word.strip().lower())


def local_providers() -> Iterator[Provider]:
    """The servers that people run on their own machine."""
    return (provider for provider in PROVIDERS if provider.local)
