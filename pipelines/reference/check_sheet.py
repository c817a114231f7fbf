"""All that is told of a check: what its suite says, with the meaning of its columns, its needs and its parameters."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from pipelines.reference.mart_contracts import COMMON_COLUMNS
from pipelines.settings import PROJECT_ROOT
from pipelines.sql_text import columns_in
from pipelines.validate import Check, Suite
from pipelines.validate.check_models import CheckModel, load_check_models
from pipelines.validate.needs import alternatives_of, parameter_of
from pipelines.validate.parameters import ParameterValue, render_predicate
from pipelines.vocabulary import load_vocabulary

CATEGORY_TITLES = {
    "data_entry": "Data entry",
    "gcp_documentation": "GCP documentation",
    "operations": "Operations",
    "site_signal": "Site signals",
}


@dataclass(frozen=True)
class Column:
    """A column of the check-ready model with its meaning; in an example also its value, None for a blank."""

    name: str
    meaning: str
    value_that_fails: Any = None
    value_that_passes: Any = None


@dataclass(frozen=True)
class Need:
    """One thing that must have been delivered: any of the alternatives, each with its meaning."""

    alternatives: dict[str, str]


@dataclass(frozen=True)
class Parameter:
    """A threshold: its default as study.yml would write it, and in words what a study may set."""

    name: str
    default: str
    allowed: str


@dataclass(frozen=True)
class CheckSheet:
    """A check with everything that a reader asks about it; `example` holds the columns that either example names."""

    check: Check
    suite_file: str
    suite_line: int
    model: CheckModel
    needs: tuple[Need, ...]
    parameters: tuple[Parameter, ...]
    example: tuple[Column, ...]
    columns: tuple[Column, ...]

    @property
    def severity(self) -> str:
        """The severity of its findings, in words where a row may have one of its own."""
        own = self.check.severity_column
        return f"{self.check.severity}, unless {own} says otherwise" if own else self.check.severity

    @property
    def placeholders(self) -> dict[str, tuple[str, str]]:
        """Placeholder of the query text -> the column that fills it, and its meaning."""
        meanings = {column.name: column.meaning for column in self.columns}
        return {name: (column, meanings[column]) for name, column in self.check.shows.items()}

    @property
    def example_title(self) -> str:
        """What stands over the example: also the parameters without which it would be outside the population."""
        given = ", ".join(f"{name}: {as_written(value)}" for name, value in self.check.example_with.items())
        return f"Example with {given}" if given else "Example"

    @property
    def override(self) -> str:
        """What a study writes into study.yml to set the parameters, with the defaults as values."""
        lines = [f"    {parameter.name}: {parameter.default}" for parameter in self.parameters]
        return "\n".join(["parameters:", f"  {self.check.id}:", *lines])


def describe_checks(suites: list[Suite]) -> list[CheckSheet]:
    """Return the sheet of every check of the suites, in their order."""
    return [_describe(check, suite) for suite in suites for check in suite.checks]


def by_group(sheet: CheckSheet) -> tuple[int, str, str]:
    """Return the key that puts sheets in the order of lists for people: by category, group and id."""
    return list(CATEGORY_TITLES).index(sheet.check.category), sheet.check.group, sheet.check.id


def _describe(check: Check, suite: Suite) -> CheckSheet:
    model = load_check_models()[check.model]
    return CheckSheet(
        check=check,
        suite_file=_shown_path(suite.path),
        suite_line=_line_of(suite.path, check.id),
        model=model,
        needs=tuple(Need({need: _meaning_of(need) for need in alternatives_of(clause)}) for clause in check.needs),
        parameters=tuple(
            Parameter(name, as_written(value), _allowed(check, name, value)) for name, value in check.parameters.items()
        ),
        example=tuple(_example_columns(check, model)),
        columns=tuple(Column(name, _meaning_in(model, name)) for name in _columns_of(check, model)),
    )


def _shown_path(path: Path) -> str:
    return path.relative_to(PROJECT_ROOT).as_posix() if path.is_relative_to(PROJECT_ROOT) else str(path)


def _line_of(path: Path, check_id: str) -> int:
    entry = re.compile(rf"id: {check_id}\b")
    return next(number for number, line in enumerate(_lines(path), 1) if entry.search(line))


@cache
def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


def _meaning_of(need: str) -> str:
    if parameter_of(need) is not None:
        return "set in study.yml"
    dataset, _, variable = need.partition(".")
    if dataset == "DELIVERY":
        return "the delivered files themselves"
    declared = load_vocabulary()[dataset]
    return declared.variables[variable].description if variable else declared.description.partition(";")[0]


def _meaning_in(model: CheckModel, column: str) -> str:
    # A model that carries no mart has the lineage of a finding without a word on it.
    return model.descriptions[column] or COMMON_COLUMNS[column]


def _example_columns(check: Check, model: CheckModel) -> Iterator[Column]:
    for name in dict.fromkeys([*check.example_fail, *check.example_pass]):
        yield Column(name, _meaning_in(model, name), check.example_fail.get(name), check.example_pass.get(name))


def _columns_of(check: Check, model: CheckModel) -> list[str]:
    """Return the columns that the predicates read or the query text shows, in the order of the model."""
    predicates = (render_predicate(text, check.parameters) for text in (check.applies_when, check.fails_when))
    used = {name.casefold() for predicate in predicates for name in columns_in(predicate)}
    shown = {*check.shows.values(), *([check.severity_column] if check.severity_column else [])}
    return [name for name in model.columns if name.casefold() in used or name in shown]


def as_written(value: ParameterValue) -> str:
    """Return a parameter's value as study.yml writes it."""
    return yaml.safe_dump(value, default_flow_style=True, width=1000).removesuffix("...\n").strip()


def _allowed(check: Check, name: str, value: ParameterValue) -> str:
    if isinstance(value, bool):
        return "true or false"
    if name in check.bounds:
        low, high = check.bounds[name]
        return f"{'a whole number' if isinstance(value, int) else 'a number'} from {low:g} to {high:g}"
    if name in check.choices:
        word = "any of" if isinstance(value, list) else "one of"
        return f"{word} {', '.join(check.choices[name])}"
    if isinstance(value, list):
        pattern = check.item_pattern.get(name)
        return f"a list, each item of the form `{pattern.strip('^$')}`" if pattern else "a list"
    if isinstance(value, int | float):
        return "a whole number" if isinstance(value, int) else "a number"
    return "a range, low..high" if re.fullmatch(r"-?[\d.]+\.\.-?[\d.]+", value) else "a text"
