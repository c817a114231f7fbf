"""The rows of a check's specs in one table, and whether a mutant gives another verdict on any of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import duckdb
from check_rows import never_blank, row_of
from spec_cases import Case, parameters_of

from pipelines.sql_text import quote_name
from pipelines.validate import Check
from pipelines.validate.check_models import CHECKS_SCHEMA
from pipelines.validate.parameters import ParameterValue, render_predicate

# What the specs ask of a row on which they know no more: that it is decided at all.
DECIDED = frozenset({"fail", "pass", "none"})


@dataclass(frozen=True)
class VerdictCase:
    """A row, the parameters of its study, and the verdicts that the specs allow; `told` says where it stands."""

    told: str
    row: dict[str, Any]
    parameters: dict[str, ParameterValue]
    allowed: frozenset[str]


def cases_of(check: Check, boundary_cases: list[Case]) -> list[VerdictCase]:
    """Return what tests/spec holds of a check: its examples, its cases, and that no blank leaves a row undecided."""
    cases = [
        VerdictCase("example_fail", check.example_fail, check.example_parameters, frozenset({"fail"})),
        VerdictCase("example_pass", check.example_pass, check.example_parameters, frozenset({"pass"})),
        VerdictCase("a blank row", {}, check.parameters, DECIDED),
    ]
    for example in (check.example_fail, check.example_pass):
        for name in sorted(example.keys() - never_blank(check.model)):
            row = {**example, name: None}
            cases.append(VerdictCase(f"an example without {name}", row, check.example_parameters, DECIDED))
    for case in boundary_cases:
        cases.append(VerdictCase(case["case"], case["row"], parameters_of(check, case), frozenset({case["gives"]})))
    return [replace(case, row=row_of(check, case.row)) for case in cases]


class VerdictTable:
    """The cases of one check as a table, so that a predicate costs one query for each setting of the parameters."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, check: Check, cases: list[VerdictCase]) -> None:
        self.connection = connection
        self.settings: dict[str, list[VerdictCase]] = {}
        for case in cases:
            self.settings.setdefault(repr(case.parameters), []).append(case)
        self._truths: dict[tuple[str, str], list[bool | None]] = {}
        connection.execute(
            f"""CREATE OR REPLACE TEMP TABLE spec_row AS
                SELECT '' AS setting, 0 AS number, * FROM {CHECKS_SCHEMA}.{check.model} LIMIT 0"""
        )
        named = list(dict.fromkeys(name for case in cases for name in case.row))
        columns = ", ".join(map(quote_name, ["setting", "number", *named]))
        marks = ", ".join("?" for _ in range(len(named) + 2))
        rows = [
            [setting, number, *(case.row.get(name) for name in named)]
            for setting, own in self.settings.items()
            for number, case in enumerate(own)
        ]
        connection.executemany(f"INSERT INTO spec_row ({columns}) VALUES ({marks})", rows)

    def first_difference(self, applies_when: str, fails_when: str) -> VerdictCase | None:
        """Return the first case whose verdict these predicates turn, or None; what DuckDB refuses turns the first."""
        for setting, cases in self.settings.items():
            try:
                applies, fails = self._truth_of(applies_when, setting), self._truth_of(fails_when, setting)
            except duckdb.Error:  # the check would say `error`
                return cases[0]
            for case, is_in_population, is_failing in zip(cases, applies, fails, strict=True):
                if _verdict(is_in_population, is_failing) not in case.allowed:
                    return case
        return None

    def _truth_of(self, predicate: str, setting: str) -> list[bool | None]:
        """What a predicate says of each case of a setting; asked once, since a mutant changes one of the two only."""
        if (predicate, setting) not in self._truths:
            rendered = render_predicate(predicate, self.settings[setting][0].parameters)
            query = f"SELECT ({rendered}\n) FROM spec_row WHERE setting = ? ORDER BY number"
            self._truths[predicate, setting] = [row[0] for row in self.connection.execute(query, [setting]).fetchall()]
        return self._truths[predicate, setting]


def _verdict(is_in_population: bool | None, is_failing: bool | None) -> str:
    if is_in_population is None or (is_in_population and is_failing is None):
        return "undecided"
    if not is_in_population:
        return "none"
    return "fail" if is_failing else "pass"
