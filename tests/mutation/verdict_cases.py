"""The rows of a check's specs in one table, and whether a mutant gives another verdict on any of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby
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
        VerdictCase("example_fail", check.example_fail, check.parameters, frozenset({"fail"})),
        VerdictCase("example_pass", check.example_pass, check.parameters, frozenset({"pass"})),
        VerdictCase("a blank row", {}, check.parameters, DECIDED),
    ]
    for example in (check.example_fail, check.example_pass):
        for name in sorted(example.keys() - never_blank(check.model)):
            row = {**example, name: None}
            cases.append(VerdictCase(f"an example without {name}", row, check.parameters, DECIDED))
    for case in boundary_cases:
        cases.append(VerdictCase(case["case"], case["row"], parameters_of(check, case), frozenset({case["gives"]})))
    return [replace(case, row=row_of(check, case.row)) for case in cases]


class VerdictTable:
    """The cases of one check as a table, so that a mutant costs one query for each setting of the parameters."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, check: Check, cases: list[VerdictCase]) -> None:
        self.connection = connection
        ordered = sorted(cases, key=lambda case: repr(case.parameters))
        self.cases = ordered
        numbered = groupby(enumerate(ordered), key=lambda entry: repr(entry[1].parameters))
        self.settings = [
            (group[0][1].parameters, group[0][0], group[-1][0]) for group in (list(entries) for _, entries in numbered)
        ]
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE spec_row AS SELECT 0 AS number, * FROM {CHECKS_SCHEMA}.{check.model} LIMIT 0"
        )
        for number, case in enumerate(ordered):
            names = ", ".join(map(quote_name, ["number", *case.row]))
            marks = ", ".join("?" for _ in range(len(case.row) + 1))
            connection.execute(f"INSERT INTO spec_row ({names}) VALUES ({marks})", [number, *case.row.values()])

    def first_difference(self, applies_when: str, fails_when: str) -> VerdictCase | None:
        """Return the first case whose verdict these predicates turn, or None; what DuckDB refuses turns the first."""
        for parameters, first, last in self.settings:
            try:
                verdicts = list(self._verdicts(applies_when, fails_when, parameters, first, last))
            except duckdb.Error:  # the check would say `error`
                return self.cases[first]
            for number, verdict in verdicts:
                if verdict not in self.cases[number].allowed:
                    return self.cases[number]
        return None

    def _verdicts(
        self, applies_when: str, fails_when: str, parameters: dict[str, ParameterValue], first: int, last: int
    ) -> Iterator[tuple[int, str]]:
        applies, fails = (render_predicate(text, parameters) for text in (applies_when, fails_when))
        query = f"SELECT number, ({applies}\n), ({fails}\n) FROM spec_row WHERE number BETWEEN {first} AND {last}"
        for number, is_in_population, is_failing in self.connection.execute(query).fetchall():
            if is_in_population is None or (is_in_population and is_failing is None):
                yield number, "undecided"
            elif not is_in_population:
                yield number, "none"
            else:
                yield number, "fail" if is_failing else "pass"
