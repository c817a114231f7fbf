"""Reads YAML so that every value knows its line; what it means is not decided here."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from pipelines.errors import ConfigError

Location = tuple[str | int | float, ...]

# No file of ours goes half as deep; one that does has an anchor inside itself.
_DEEPEST = 50


@dataclass(frozen=True)
class LocatedYaml:
    """The content of a YAML file, and the 1-based line of each key and item by its path."""

    path: Path
    data: Any
    lines: dict[Location, int]

    def line_of(self, location: Location) -> int:
        """Return the line of `location`, or of the nearest parent that is written in the file."""
        for length in range(len(location), -1, -1):
            line = self.lines.get(location[:length])
            if line is not None:
                return line
        return 1

    def error(self, message: str, location: Location = ()) -> ConfigError:
        """Return an error that points at `location`."""
        return ConfigError(message, self.path, self.line_of(location))


def load_located_yaml(path: Path, *, as_text: bool) -> LocatedYaml:
    """Read a YAML file.

    Args:
        path: the file.
        as_text: keep every scalar as the text that is written (`no`, `007` and `1.10` stay as they are), for
            files whose model knows the types; otherwise scalars get YAML's own types.

    Raises:
        ConfigError: the file is absent, not UTF-8, not YAML, empty, or repeats a key.
    """
    loader_class = yaml.CBaseLoader if as_text else yaml.CSafeLoader
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise ConfigError("there is no such file", path) from error
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", path) from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"byte {error.start} is not UTF-8; save the file as UTF-8", path) from error
    loader = loader_class(text)
    try:
        node = loader.get_single_node()
        if node is None:
            raise ConfigError("the file is empty", path, 1)
        lines: dict[Location, int] = {}
        data = _build(loader, node, (), lines, path)
    except yaml.reader.ReaderError as error:
        line: int | None = text[: error.position].count("\n") + 1
        raise ConfigError("not readable as YAML: a control character; delete it", path, line) from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise ConfigError(f"not readable as YAML: {error.problem}", path, line) from error
    except yaml.YAMLError as error:
        raise ConfigError(f"not readable as YAML: {error}", path) from error
    finally:
        loader.dispose()
    return LocatedYaml(path, data, lines)


def _build(loader: Any, node: yaml.Node, location: Location, lines: dict[Location, int], path: Path) -> Any:
    lines.setdefault(location, node.start_mark.line + 1)
    if len(location) > _DEEPEST:
        raise ConfigError("nested too deeply; is an anchor used inside itself?", path, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        mapping: dict[Any, Any] = {}
        for key_node, value_node in node.value:
            key = loader.construct_object(key_node, deep=True)
            line = key_node.start_mark.line + 1
            if not isinstance(key, str | int | float | bool):
                raise ConfigError("a key must be a plain word", path, line)
            if key in mapping:
                raise ConfigError(f'"{key}" is given twice; keep one of them', path, line)
            lines[(*location, key)] = line
            mapping[key] = _build(loader, value_node, (*location, key), lines, path)
        return mapping
    if isinstance(node, yaml.SequenceNode):
        return [_build(loader, item, (*location, index), lines, path) for index, item in enumerate(node.value)]
    try:
        return loader.construct_object(node, deep=True)
    except ValueError as error:
        raise ConfigError(f"not a value: {error}", path, node.start_mark.line + 1) from error
