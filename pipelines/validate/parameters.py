"""The thresholds of checks: defaults in the suite, overrides in study.yml, and their way into a predicate."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from pipelines.errors import ConfigError, did_you_mean
from pipelines.foreign_text import normal_form
from pipelines.located_yaml import LocatedYaml, Location
from pipelines.sql_text import quote_text
from pipelines.study import Study

if TYPE_CHECKING:
    from pipelines.validate.suites import Check

ParameterValue = bool | int | float | str | list[str]

_PLACEHOLDER = re.compile(r"{([A-Za-z_]\w*(?:\.(?:low|high))?)}")
_RANGE = re.compile(r"^(-?\d+(?:\.\d+)?)\.\.(-?\d+(?:\.\d+)?)$")


def placeholders_in(predicate: str) -> list[str]:
    """Return the names in braces, e.g. `max_days` or, for one end of a range, `SYSBP.low`."""
    return _PLACEHOLDER.findall(predicate)


def render_predicate(predicate: str, values: dict[str, ParameterValue]) -> str:
    """Put the parameters' values into a predicate as SQL literals."""

    def literal(match: re.Match[str]) -> str:
        name, _, end = match.group(1).partition(".")
        value = values[name]
        if end:
            low, high = _range_of(value)
            return low if end == "low" else high
        return _sql_literal(value)

    return _PLACEHOLDER.sub(literal, predicate)


def _range_of(value: ParameterValue) -> tuple[str, str]:
    match = _RANGE.match(str(value))
    if match is None:
        raise ValueError(f'"{value}" is not a range such as 50..260')
    return match.group(1), match.group(2)


def _sql_literal(value: ParameterValue) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, list):
        # An empty list matches nothing: blanks are NULL in every model, never ''.
        return "(" + ", ".join(quote_text(item) for item in value or [""]) + ")"
    return quote_text(value)


def resolve_parameters(
    checks: Iterable[Check], study: Study, document: LocatedYaml
) -> dict[str, dict[str, ParameterValue]]:
    """Return check id -> parameter -> value for a study: the suite's defaults under what study.yml sets.

    Raises:
        ConfigError: an unknown check or parameter (with the nearest name), a value of another type, an item that is
            given twice, or one that the bounds, the choices or the item pattern of the suite do not allow.
    """
    by_id = {check.id: check for check in checks}
    for check_id in study.parameters:
        if check_id not in by_id:
            hint = did_you_mean(check_id, by_id)
            raise document.error(f'"{check_id}" is not a check.{hint}', ("parameters", check_id))
    return {check.id: _resolve(check, study.parameters.get(check.id, {}), document) for check in by_id.values()}


def _resolve(check: Check, overrides: dict[str, Any], document: LocatedYaml) -> dict[str, ParameterValue]:
    values = dict(check.parameters)
    for name, text in overrides.items():
        at: Location = ("parameters", check.id, name)
        if name not in values:
            hint = did_you_mean(name, values)
            raise document.error(f'{check.id} has no parameter "{name}".{hint}', at)
        try:
            values[name] = _converted(text, values[name])
        except ValueError as error:
            raise document.error(f"{check.id} {name}: {error}", at) from error
        for within, problem in _problems_of(check, name, values[name]):
            raise document.error(f"{check.id} {name}: {problem}", (*at, *within))
    return values


def _problems_of(check: Check, name: str, value: ParameterValue) -> Iterator[tuple[Location, str]]:
    """Yield (where in the value, what) for whatever the suite does not allow; the first one is reported."""
    if isinstance(value, int | float):
        low, high = check.bounds.get(name, (float("-inf"), float("inf")))
        if not low <= value <= high:
            yield (), f"{value} is outside {low:g}..{high:g}"
    choices, pattern = check.choices.get(name), check.item_pattern.get(name)
    items = value if isinstance(value, list) else [value]
    seen: set[str] = set()
    for index, item in enumerate(items):
        if choices and item not in choices:
            yield (index,), f'"{item}" is not one of {", ".join(choices)}.{did_you_mean(str(item), choices)}'
        if pattern and not re.fullmatch(pattern, str(item), re.ASCII):
            yield (index,), f'"{item}" is not written as it must be: {pattern}'
        # An item with a pattern may set something: KOR=19 and KOR=20 are both about KOR.
        about = str(item).partition("=")[0] if pattern else str(item)
        if about in seen:
            yield (index,), f'"{about}" is given twice; keep one of them'
        seen.add(about)


def _converted(text: Any, default: ParameterValue) -> ParameterValue:
    """Convert the text of study.yml to the type of the default; texts to the form in which values are compared."""
    if isinstance(default, list):
        items = text if isinstance(text, list) else [text]
        if not all(isinstance(item, str) for item in items):
            raise ValueError("a list of plain values is expected: [a, b]")
        return [normal_form(item) for item in items]
    if not isinstance(text, str):
        raise ValueError("one value is expected, not a list or mapping")
    if isinstance(default, bool):
        if text not in ("true", "false"):
            raise ValueError(f'"{text}" is neither true nor false')
        return text == "true"
    if isinstance(default, int | float):
        return _number(text, default)
    if _RANGE.match(default):
        low, high = _range_of(text)
        if float(low) > float(high):
            raise ValueError(f'"{text}" begins above its end')
    return normal_form(text)


def _number(text: str, default: float) -> float:
    try:
        number = int(text) if isinstance(default, int) else float(text)
    except ValueError as error:
        kind = "a whole number" if isinstance(default, int) else "a number"
        raise ValueError(f'"{text}" is not {kind}') from error
    if not math.isfinite(number):  # nan and inf are no SQL literals
        raise ValueError(f'"{text}" is not a number')
    return number


__all__ = ["ConfigError", "ParameterValue", "placeholders_in", "render_predicate", "resolve_parameters"]
