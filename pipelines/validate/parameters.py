"""The thresholds of checks: defaults in the suite, overrides in study.yml, and their way into a predicate."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from pipelines.errors import ConfigError, did_you_mean
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
        ConfigError: an unknown check or parameter (with the nearest name), a value of another type, or one outside the
            bounds or not among the choices that the suite gives.
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
        low, high = check.bounds.get(name, (float("-inf"), float("inf")))
        value = values[name]
        if isinstance(value, int | float) and not low <= value <= high:
            raise document.error(f"{check.id} {name}: {value} is outside {low:g}..{high:g}", at)
        choices = check.choices.get(name)
        for chosen in value if isinstance(value, list) else [value]:
            if choices and chosen not in choices:
                hint = did_you_mean(str(chosen), choices)
                raise document.error(f'{check.id} {name}: "{chosen}" is not one of {", ".join(choices)}.{hint}', at)
    return values


def _converted(text: Any, default: ParameterValue) -> ParameterValue:
    """Convert the text of study.yml to the type of the default."""
    if isinstance(default, list):
        return [str(item) for item in text] if isinstance(text, list) else [str(text)]
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
    return text


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
