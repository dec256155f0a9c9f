"""Reads one settings file: YAML, with the line that each value stands on."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from aura.config.paths import read_regular
from aura.core.errors import ConfigError

LARGEST = 1_000_000  # bytes; a settings file beyond that is a mistake
DEEPEST = 20
MOST_NODES = 50_000  # references multiply what a small file says

Keys = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """The values of one layer by their path, and where each stands: `places` also knows sections and list items."""

    name: str
    file: str = ""
    values: Mapping[Keys, Any] = field(default_factory=dict)
    places: Mapping[Keys, str] = field(default_factory=dict)

    def place(self, path: Keys) -> str:
        """Where the path, or the nearest part above it, was set: `file:line`, or the name of a variable or flag."""
        for end in range(len(path), 0, -1):
            if path[:end] in self.places:
                return self.places[path[:end]]
        return self.file or self.name


def read_file(path: Path, name: str) -> Source:
    """The layer in a YAML file, empty when there is none; raises `ConfigError` with file and line."""
    try:
        data = read_regular(path, LARGEST + 1)
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror or error}.") from None
    return parse_settings(data, path, name)


def parse_settings(data: bytes, path: Path, name: str) -> Source:
    """The layer in the bytes of a YAML file; raises `ConfigError` with file and line."""
    if len(data) > LARGEST:
        raise ConfigError(f"{path} is larger than {LARGEST:,} bytes; this cannot be a settings file.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise ConfigError(f"{path}:{line}: the file is not UTF-8; save it as UTF-8.") from None
    return _Reader(path, name).read(text)


class _Reader:
    """Turns the nodes of one YAML document into values and places."""

    def __init__(self, path: Path, name: str) -> None:
        self._path = path
        self._name = name
        self._values: dict[Keys, Any] = {}
        self._places: dict[Keys, str] = {}
        self._nodes = 0

    def read(self, text: str) -> Source:
        try:
            loader = yaml.SafeLoader(text)
            try:
                root = loader.get_single_node()
                if root is not None:
                    self._read_root(loader, root)
            finally:
                loader.dispose()
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line = f":{mark.line + 1}" if mark else ""
            raise ConfigError(f"{self._path}{line}: this is not YAML: {_explain(error)}.") from None
        except (yaml.YAMLError, ValueError) as error:
            raise ConfigError(f"{self._path}: this is not YAML: {str(error).splitlines()[0]}.") from None
        return Source(self._name, str(self._path), self._values, self._places)

    def _read_root(self, loader: yaml.SafeLoader, root: yaml.Node) -> None:
        if _is_null(root):
            return
        if not isinstance(root, yaml.MappingNode):
            raise ConfigError(f"{self._locate(root)}: settings are lines of the form `name: value`.")
        self._read_section(loader, root, ())

    def _read_section(self, loader: yaml.SafeLoader, node: yaml.MappingNode, prefix: Keys) -> None:
        if len(prefix) > DEEPEST:
            raise ConfigError(f"{self._locate(node)}: this is nested too deeply, or refers to itself.")
        if prefix and not node.value:
            self._values[prefix] = {}
        seen = set()
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise ConfigError(f"{self._locate(key)}: a name has to be plain text.")
            path = (*prefix, key.value)
            if path in seen:
                raise ConfigError(f"{self._locate(key)}: {'.'.join(path)} is set twice.")
            seen.add(path)
            self._count(key)
            self._places[path] = self._locate(key)
            self._read_value(loader, value, path)

    def _read_value(self, loader: yaml.SafeLoader, node: yaml.Node, path: Keys) -> None:
        if isinstance(node, yaml.MappingNode):
            self._read_section(loader, node, path)
            return
        if isinstance(node, yaml.SequenceNode):
            for index, item in enumerate(node.value):
                self._places[*path, str(index)] = self._locate(item)
            self._weigh(node)
        self._values[path] = loader.construct_object(node, deep=True)

    def _weigh(self, node: yaml.SequenceNode) -> None:
        """Count a list with all that is in it, before it is built."""
        waiting: list[yaml.Node] = [node]
        while waiting:
            item = waiting.pop()
            self._count(item)
            if isinstance(item, yaml.SequenceNode):
                waiting += item.value
            elif isinstance(item, yaml.MappingNode):
                waiting += [part for pair in item.value for part in pair]

    def _count(self, node: yaml.Node) -> None:
        self._nodes += 1
        if self._nodes > MOST_NODES:
            raise ConfigError(f"{self._locate(node)}: this is too much, or refers to itself.")

    def _locate(self, node: yaml.Node) -> str:
        return f"{self._path}:{node.start_mark.line + 1}"


def _is_null(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:null"


def _explain(error: yaml.MarkedYAMLError) -> str:
    problem = (error.problem or "it cannot be read").rstrip(".")
    if "\\t" in problem or "'\\t'" in problem:
        return "lines are indented with spaces, never with tabs"
    return f"{problem} ({error.context})" if error.context else problem
