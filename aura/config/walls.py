"""The settings of the sandbox and of what commands may reach of the network. No project may set any of them."""

from typing import Literal

from pydantic import Field

from aura.config.section import USER_ONLY, Section


class Sandboxing(Section):
    """The wall around shell commands."""

    mode: Literal["auto", "required", "off", "external"] = Field(
        default="auto",
        description="auto: the strongest there is, and no command runs without one; required: only one that covers"
        " everything; off: none, commands have your rights; external: the wall is a container or a virtual machine"
        " around aura.",
        json_schema_extra=USER_ONLY,
    )
    write: tuple[str, ...] = Field(
        default=(),
        description="Folders besides the workspace that commands may write.",
        json_schema_extra=USER_ONLY,
    )
    read: tuple[str, ...] = Field(
        default=(),
        description="Folders and files of your home that commands may read, besides the tools in it.",
        json_schema_extra=USER_ONLY,
    )
    hide: tuple[str, ...] = Field(
        default=(),
        description="Folders and files that commands may not even read.",
        json_schema_extra=USER_ONLY,
    )
    processes: int = Field(
        default=512,
        ge=0,
        description="Processes that one command may have at once (0: no limit; not held when aura runs as root).",
        json_schema_extra=USER_ONLY,
    )


class Network(Section):
    """What commands may reach of the network; nothing, unless something is said here."""

    domains: tuple[str, ...] = Field(
        default=(),
        description="Hosts that commands may reach by HTTP and HTTPS, through a proxy of aura: `pypi.org`,"
        " `*.example.com`, `example.com:8443`.",
        json_schema_extra=USER_ONLY,
    )
    open: bool = Field(
        default=False,
        description="Commands have this machine's network: whatever they read can be sent anywhere.",
        json_schema_extra=USER_ONLY,
    )


class Walls(Section):
    """The groups of settings about what commands may reach."""

    sandbox: Sandboxing = Field(default_factory=Sandboxing)
    network: Network = Field(default_factory=Network)
