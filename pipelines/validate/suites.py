"""Loads the catalogue: suites in Great Expectations' own schema, written as YAML, checked before anything runs.

Great Expectations takes an unknown expectation type without a word, so everything that can be wrong is refused here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipelines.errors import ConfigError, UserError, did_you_mean
from pipelines.located_yaml import LocatedYaml, load_located_yaml
from pipelines.sql_text import columns_in
from pipelines.validate.check_models import CheckModel, load_check_models
from pipelines.validate.needs import clause_problems
from pipelines.validate.parameters import ParameterValue, placeholders_in, render_predicate

EXPECTATION_TYPE = "expect_rows_to_hold"
CATALOGUE_SEVERITY = {"critical": "critical", "warning": "major", "info": "minor"}
# Placeholders of a query text that every check-ready model can fill.
COMMON_PLACEHOLDERS = {"subject": "subject", "site": "site", "dataset": "dataset"}


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Predicates(_Strict):
    applies_when: str
    fails_when: str


class _CheckMeta(_Strict):
    id: str = Field(pattern=r"^[A-Z]+-\d{2}$")
    title: str
    scope: str
    needs: list[str] = Field(min_length=1)
    population: str
    failing_condition: str
    not_looked_at: dict[str, str] = {}
    parameters: dict[str, ParameterValue] = {}
    bounds: dict[str, tuple[float, float]] = {}
    choices: dict[str, list[str]] = {}
    item_pattern: dict[str, str] = {}
    reference: str
    same_as: list[str] = []
    query_text: str
    shows: dict[str, str] = {}
    severity_column: str | None = None
    owner: str
    example_with: dict[str, ParameterValue] = {}
    example_fail: dict[str, Any] = Field(min_length=1)
    example_pass: dict[str, Any] = Field(min_length=1)


class _Expectation(_Strict):
    type: str
    kwargs: _Predicates
    severity: Literal["critical", "warning", "info"]
    meta: _CheckMeta


class _SuiteMeta(_Strict):
    model: str
    group: str


class _SuiteFile(_Strict):
    name: str
    meta: _SuiteMeta
    expectations: list[_Expectation] = Field(min_length=1)


@dataclass(frozen=True)
class Check:
    """One check of the catalogue: a predicate over one row of a check-ready model, and all that is said about it.

    `needs` are clauses that must all hold: `AE.AESTDTC`, `LB`, or alternatives as `SV.SVSTDTC or VS.VSDTC` and
    `AE.AEDICTVER or {meddra_version}`, where a parameter that the study states does as well. `parameters` are the
    suite's defaults; a run replaces them by the study's.
    `not_looked_at` are the clauses of the two texts that no predicate covers yet, each with the reason.
    `shows` fills the placeholders of `query_text` with columns of the model. `item_pattern` is what each item of a list
    parameter must look like, as a whole.
    """

    id: str
    title: str
    group: str
    category: str
    severity: str
    scope: str
    suite: str
    model: str
    needs: tuple[str, ...]
    applies_when: str
    fails_when: str
    applies_when_text: str
    fails_when_text: str
    not_looked_at: dict[str, str]
    parameters: dict[str, ParameterValue]
    bounds: dict[str, tuple[float, float]]
    choices: dict[str, list[str]]
    item_pattern: dict[str, str]
    reference: str
    same_as: tuple[str, ...]
    query_text: str
    shows: dict[str, str]
    severity_column: str | None
    owner: str
    example_with: dict[str, ParameterValue]
    example_fail: dict[str, Any]
    example_pass: dict[str, Any]

    @property
    def example_parameters(self) -> dict[str, ParameterValue]:
        """The parameters that the examples are judged with: the defaults under those of `example_with`."""
        return {**self.parameters, **self.example_with}


@dataclass(frozen=True)
class Suite:
    """One topic at one grain: the checks that run on one check-ready model."""

    name: str
    category: str
    group: str
    model: str
    checks: tuple[Check, ...]
    path: Path


def load_checks(directory: Path) -> list[Check]:
    """Return all checks, in the order of suites (by path) and of their entries."""
    return [check for suite in load_suites(directory) for check in suite.checks]


def load_suites(directory: Path) -> list[Suite]:
    """Read every `<category>/<topic>.yml` below `directory`.

    Raises:
        ConfigError: with file and line: an unknown key, expectation type, model, column, placeholder or dataset, a
            check id that occurs twice, a check without examples, a predicate that is not one SQL expression.
    """
    models = load_check_models()
    first_seen: dict[str, str] = {}
    suites = []
    for path in sorted(directory.glob("*/*.yml")):
        document = load_located_yaml(path, as_text=False)
        suite = _read_suite(document, models)
        for index, check in enumerate(suite.checks):
            if check.id in first_seen:
                where = ("expectations", index, "meta", "id")
                raise document.error(f"check {check.id} is already defined in {first_seen[check.id]}", where)
            first_seen[check.id] = str(path)
        suites.append(suite)
    if not suites:
        raise UserError(f"{directory}: no suite found; the catalogue is <category>/<topic>.yml below it")
    return suites


def _read_suite(document: LocatedYaml, models: dict[str, CheckModel]) -> Suite:
    try:
        parsed = _SuiteFile.model_validate(document.data)
    except ValidationError as error:
        raise _first_error(document, error) from error
    category, topic = document.path.parent.name, document.path.stem
    if parsed.name != f"{category}.{topic}":
        raise document.error(f'the suite at this path is named "{category}.{topic}"', ("name",))
    if parsed.meta.model not in models:
        hint = did_you_mean(parsed.meta.model, models)
        raise document.error(f'"{parsed.meta.model}" is not a check-ready model.{hint}', ("meta", "model"))
    checks = []
    for index, expectation in enumerate(parsed.expectations):
        if expectation.type != EXPECTATION_TYPE:
            hint = did_you_mean(expectation.type, [EXPECTATION_TYPE])
            raise document.error(
                f'unknown expectation type "{expectation.type}".{hint}', ("expectations", index, "type")
            )
        check = _as_check(parsed, category, expectation)
        for location, problem in _problems(check, models[check.model]):
            raise document.error(f"{check.id}: {problem}", ("expectations", index, *location))
        checks.append(check)
    return Suite(parsed.name, category, parsed.meta.group, parsed.meta.model, tuple(checks), document.path)


def _first_error(document: LocatedYaml, error: ValidationError) -> ConfigError:
    errors = error.errors()
    # A required key that is misspelt is both missing and unknown; its line is where it is written.
    first = next((one for one in errors if one["type"] == "extra_forbidden"), errors[0])
    location = tuple(first["loc"])
    if first["type"] == "extra_forbidden":
        known = [name for model in _Strict.__subclasses__() for name in model.model_fields]
        return document.error(f'unknown key "{location[-1]}".{did_you_mean(str(location[-1]), known)}', location)
    return document.error(f"{'.'.join(map(str, location))}: {first['msg']}", location)


def _as_check(suite: _SuiteFile, category: str, expectation: _Expectation) -> Check:
    meta = expectation.meta
    return Check(
        id=meta.id,
        title=meta.title,
        group=suite.meta.group,
        category=category,
        severity=CATALOGUE_SEVERITY[expectation.severity],
        scope=meta.scope,
        suite=suite.name,
        model=suite.meta.model,
        needs=tuple(meta.needs),
        applies_when=expectation.kwargs.applies_when,
        fails_when=expectation.kwargs.fails_when,
        applies_when_text=meta.population,
        fails_when_text=meta.failing_condition,
        not_looked_at=meta.not_looked_at,
        parameters=meta.parameters,
        bounds=meta.bounds,
        choices=meta.choices,
        item_pattern=meta.item_pattern,
        reference=meta.reference,
        same_as=tuple(meta.same_as),
        query_text=meta.query_text,
        shows=meta.shows,
        severity_column=meta.severity_column,
        owner=meta.owner,
        example_with=meta.example_with,
        example_fail=meta.example_fail,
        example_pass=meta.example_pass,
    )


Problem = tuple[tuple[str | int, ...], str]


def _problems(check: Check, model: CheckModel) -> Iterator[Problem]:
    """Yield (where, what) for each mistake of a check; the first one is reported."""
    for key in ("applies_when", "fails_when"):
        yield from _predicate_problems(key, getattr(check, key), check, model)
    shown = [*check.shows.values(), *([check.severity_column] if check.severity_column else [])]
    yield from _unknown_columns(("meta", "shows"), shown, model)
    for placeholder in re.findall(r"{(\w+)}", check.query_text):
        if placeholder not in check.shows and placeholder not in COMMON_PLACEHOLDERS:
            yield ("meta", "query_text"), f"{{{placeholder}}} of the query text is not in shows"
    for key in ("example_fail", "example_pass"):
        yield from _unknown_columns(("meta", key), getattr(check, key), model)
    for name in check.example_with.keys() - check.parameters.keys():
        yield ("meta", "example_with"), f'"{name}" is not one of its parameters.{did_you_mean(name, check.parameters)}'
    for name, pattern in check.item_pattern.items():
        yield from ((("meta", "item_pattern", name), problem) for problem in _pattern_problems(check, name, pattern))
    for clause in check.not_looked_at:
        if clause not in f"{check.applies_when_text}\n{check.fails_when_text}":
            yield ("meta", "not_looked_at"), f'"{clause}" stands neither in population nor in failing_condition'
    for clause in check.needs:
        yield from ((("meta", "needs"), problem) for problem in clause_problems(clause, check.parameters))


def _predicate_problems(key: str, predicate: str, check: Check, model: CheckModel) -> Iterator[Problem]:
    undeclared = [name for name in placeholders_in(predicate) if name.split(".")[0] not in check.parameters]
    if undeclared:
        yield ("kwargs", key), f"{{{undeclared[0]}}} is not one of its parameters"
        return
    try:
        used = sorted(columns_in(render_predicate(predicate, check.parameters)))
    except (UserError, ValueError) as error:  # ValueError: one end is taken of a parameter that is no range
        yield ("kwargs", key), str(error)
        return
    yield from _unknown_columns(("kwargs", key), used, model)


def _unknown_columns(at: tuple[str | int, ...], names: Iterable[str], model: CheckModel) -> Iterator[Problem]:
    known = {column.casefold() for column in model.columns}
    for name in names:
        if name.casefold() not in known:
            yield at, f"{model.name} has no column {name}.{did_you_mean(name, model.columns)}"


def _pattern_problems(check: Check, name: str, pattern: str) -> Iterator[str]:
    if not isinstance(check.parameters.get(name), list):
        yield f'"{name}" is not one of its list parameters'
    try:
        re.compile(pattern)
    except re.error as error:
        yield f'"{pattern}" is not a regular expression: {error}'


__all__ = ["EXPECTATION_TYPE", "Check", "ConfigError", "Suite", "load_checks", "load_suites"]
