"""Words a mistake in study.yml for who wrote it: which line, which key, and the nearest name that is right there."""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import BaseModel, ValidationError

from pipelines.errors import ConfigError, did_you_mean
from pipelines.located_yaml import LocatedYaml, Location

_SHAPES = {
    "list_type": "give a list here: [a, b], or one entry a line that begins with -",
    "dict_type": "give names with values here: {name: value}",
    "model_type": "give names with values here: {name: value}",
    "string_type": "give one value here, not a list and not names with values",
}


def first_error(document: LocatedYaml, error: ValidationError, model: type[BaseModel]) -> ConfigError:
    """Return the first of pydantic's errors as one that names the line and the cure."""
    # A misspelt key is also a missing one; told as unknown, it comes with the right name.
    first = min(error.errors(), key=lambda one: one["type"] != "extra_forbidden")
    location: Location = tuple(first["loc"])
    if first["type"] == "extra_forbidden":
        known = allowed_keys(model, location[:-1])
        hint = did_you_mean(str(location[-1]), known) or f" Known here: {', '.join(known)}."
        return document.error(f'unknown key "{location[-1]}".{hint}', location)
    if first["type"] == "missing":
        return document.error(f'{_within(location[:-1])}"{location[-1]}" is missing', location)
    if first["type"] == "literal_error":
        known = [str(value) for value in get_args(_plain(_type_at(model, location)))]
        hint = did_you_mean(str(first["input"]), known)
        return document.error(f'"{first["input"]}" is not one of {", ".join(known)}.{hint}', location)
    message = _SHAPES.get(first["type"], first["msg"].removeprefix("Value error, "))
    return document.error(f"{_within(location)}{message}", location)


def allowed_keys(model: type[BaseModel], location: Location) -> list[str]:
    """Return the keys that may stand at a place of the file; none where any name may."""
    kind = _plain(_type_at(model, location))
    if not (isinstance(kind, type) and issubclass(kind, BaseModel)):
        return []
    return [field.alias or name for name, field in kind.model_fields.items()]


def _within(location: Location) -> str:
    place = ".".join(str(part) for part in location if part != "[key]")
    return f"{place}: " if place else ""


def _type_at(model: type[BaseModel], location: Location) -> Any:
    kind: Any = model
    for part in location:
        kind = _type_below(_plain(kind), part)
    return kind


def _type_below(kind: Any, part: str | int | float) -> Any:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return next((field.annotation for name, field in kind.model_fields.items() if part in (name, field.alias)), Any)
    arguments = get_args(kind)
    if get_origin(kind) in (list, dict) and arguments:
        return arguments[-1]
    return Any


def _plain(kind: Any) -> Any:
    """Take Annotated and `| None` off a type."""
    while get_origin(kind) not in (None, list, dict, Literal):
        arguments = [argument for argument in get_args(kind) if argument is not type(None)]
        if get_origin(kind) is not Annotated and len(arguments) > 1:
            return Any
        kind = arguments[0]
    return kind
