"""Says when a command failed because of the sandbox, and what a person can do about it."""

import re

from aura.core.sandbox import Wall

NO_NETWORK = re.compile(
    r"could not resolve|temporary failure in name resolution|name or service not known|network is unreachable"
    r"|getaddrinfo|ENETUNREACH|EAI_AGAIN|no address associated|dial tcp|nodename nor servname|resolve host",
    re.IGNORECASE,
)
GIT_SETTINGS = re.compile(
    r"could not (?:lock|write) config file|unable to write upstream branch", re.IGNORECASE
)
READ_ONLY = re.compile(r"read-only file system|EROFS|\(os error 30\)|Errno 30", re.IGNORECASE)
LOOKED_AT = 8_000  # characters at the end of an output
FREE = ("none", "external")  # sandboxes that forbid nothing


def explain_failure(output: str, wall: Wall) -> str:
    """A sentence on what of the sandbox a failed command met, by what it printed; empty when that is not to be seen."""
    if wall.sandbox.name in FREE:
        return ""
    said = output[-LOOKED_AT:]
    if wall.spec.net == "none" and NO_NETWORK.search(said):
        return (
            "commands have no network in the sandbox: do without; a person can list hosts in `network.domains`, or run"
            " the command with `!`"
        )
    if GIT_SETTINGS.search(said):
        return "git's settings cannot be changed in the sandbox; a person can with `!git …`"
    if READ_ONLY.search(said):
        return (
            "in the sandbox only the workspace, /tmp and ~/.cache can be written, and not what is protected there;"
            " a person can add a folder to `sandbox.write`"
        )
    return ""
