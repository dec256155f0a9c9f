"""Open any model by its name; what a kind of model needs is imported when it is opened."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from aura.core.errors import ConfigError
from aura.core.models import Model
from aura.hookspecs import ModelFamily

if TYPE_CHECKING:
    from aura.models.catalog import Notice
    from aura.models.naming import Overrides

SCRIPT = "script:"
RECORDED = "recorded:"


def open_model(
    name: str,
    *,
    overrides: "Overrides | None" = None,
    families: Iterable[ModelFamily] = (),
    notice: "Notice | None" = None,
) -> Model:
    """The model of a name: `script:FILE`, `recorded:FILE`, a plugin's prefix, or what `catalog.resolve` finds.

    Resolving may ask a server for its window, for at most some seconds: use a thread inside an event loop. `notice`
    gets sentences for people. Raises `ConfigError` when the name means nothing or a key is missing.
    """
    for family in families:
        if name.startswith(family.prefix):
            model: Model = family.open(name)
            return model
    if name.startswith(SCRIPT):
        from aura.models.scripted import ScriptedModel

        return ScriptedModel.load(_file_of(name, SCRIPT))
    if name.startswith(RECORDED):
        from aura.models.recorded import RecordedModel

        return RecordedModel.load(_file_of(name, RECORDED))
    from aura.models.catalog import resolve
    from aura.models.litellm import LiteLLM

    opened = LiteLLM(resolve(name, overrides=overrides, notice=notice))
    opened.warm_up()
    return opened


def _file_of(name: str, prefix: str) -> str:
    path = name.removeprefix(prefix).strip()
    if not path:
        raise ConfigError(f"`{prefix}` needs a file: `{prefix}FILE`.")
    return path
