"""What every part of the settings tree is made of."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, PlainSerializer

LIST: dict[str, Any] = {"tighten": "more", "joined": True}
JOINED: dict[str, Any] = {"joined": True}
LOWER: dict[str, Any] = {"tighten": "lower"}
USER_ONLY: dict[str, Any] = {"user_only": True}

Value = TypeVar("Value")


def _thaw(table: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value.model_dump() if isinstance(value, BaseModel) else value for name, value in table.items()
    }


def nothing() -> Mapping[str, Any]:
    return MappingProxyType({})


Table = Annotated[Mapping[str, Value], AfterValidator(MappingProxyType), PlainSerializer(_thaw)]


class Section(BaseModel):
    """Part of the tree; unknown names are refused and nothing is converted silently."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)
