"""The specs hold each predicate in place: what is changed in it turns a case, or its reason is written down."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import duckdb
import pytest
from check_rows import CHECKS
from check_tables import create_tables, open_with_functions
from spec_cases import load_cases

from mutation.figure import LEAST_SHARE, CheckFigure, measure, share_killed, unused_excuses
from mutation.mutants import mutants_of
from mutation.predicate_tree import parse, to_sql
from mutation.verdict_cases import VerdictTable, cases_of
from pipelines.validate.check_models import load_check_models
from pipelines.validate.parameters import ParameterValue

CASES = load_cases()


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with open_with_functions() as opened:
        create_tables(opened, *load_check_models())
        yield opened


@pytest.fixture(scope="module")
def figures() -> list[CheckFigure]:
    return list(measure(CHECKS))


def test_at_least_95_percent_of_the_mutants_are_caught(figures: list[CheckFigure]) -> None:
    assert len(figures) == len(CHECKS)
    assert [figure.check_id for figure in figures if figure.broken] == []
    assert share_killed(figures) >= LEAST_SHARE, "`make mutation` lists what survives"


def test_what_every_check_must_notice_is_noticed(figures: list[CheckFigure]) -> None:
    coarse = {"applies_when dropped", "applies_when negated", "fails_when negated"}
    assert [m for figure in figures for m in (*figure.survivors, *figure.excused) if m.change in coarse] == []


def test_each_written_reason_is_needed(figures: list[CheckFigure]) -> None:
    assert unused_excuses(figures) == []


def test_a_predicate_that_went_through_its_tree_says_the_same(connection: duckdb.DuckDBPyConnection) -> None:
    for check in CHECKS.values():
        table = VerdictTable(connection, check, cases_of(check, CASES.get(check.id, [])))
        lists = {name for name, value in check.parameters.items() if isinstance(value, list)}
        applies, fails = (to_sql(parse(text, lists)) for text in (check.applies_when, check.fails_when))
        assert table.first_difference(applies, fails) is None, check.id


def changes(fails_when: str, applies_when: str = "true", **parameters: ParameterValue) -> list[str]:
    check = replace(CHECKS["AE-01"], applies_when=applies_when, fails_when=fails_when, parameters=parameters)
    names = [mutant.change for mutant in mutants_of(check)]
    return [name.removeprefix("fails_when: ") for name in names if "negated" not in name]


@pytest.mark.parametrize(
    ("predicate", "expected"),
    [
        ("n < m", ["n < m -> n <= m"]),
        ("n >= 18", ["n >= 18 -> n > 18", "n >= 18 -> n >= 19", "n >= 18 -> n >= 17"]),
        ("n > -2.5", ["n > -2.5 -> n >= -2.5", "n > -2.5 -> n > -2.4", "n > -2.5 -> n > -2.6"]),
        ("a = 'Y'", ["a = 'Y' -> a != 'Y'", "a = 'Y' -> a = 'Y~'"]),
        ("a is null", ["a IS NULL -> a IS NOT NULL"]),
        ("not is_open", ["NOT is_open -> is_open"]),
        ("a in ('x', 'y')", ["a IN ('x', 'y') -> a IN ('y')", "a IN ('x', 'y') -> a IN ('x')"]),
        ("a not in ('x')", ["a NOT IN ('x') -> true"]),
        ("coalesce(p, false)", ["COALESCE(p, false) -> p", "COALESCE(p, false) -> COALESCE(p, true)"]),
        ("upper(a) is null", ["upper(a) IS NULL -> upper(a) IS NOT NULL", "upper(a) -> a"]),
        ("first_day(a) is null", ["first_day(a) IS NULL -> first_day(a) IS NOT NULL", "first_day(a) -> final_day(a)"]),
        ("certainly_differ(a, b)", ["certainly_differ(a, b) -> certainly_after(a, b)"]),
        (
            "certainly_after(a, b)",
            [
                "certainly_after(a, b) -> certainly_after(b, a)",
                "certainly_after(a, b) -> NOT certainly_after(b, a)",
            ],
        ),
    ],
)
def test_one_place_is_changed_at_a_time(predicate: str, expected: list[str]) -> None:
    assert changes(predicate) == expected


def test_each_single_and_and_or_turns_with_the_precedence_of_the_written_words() -> None:
    check = replace(CHECKS["AE-01"], applies_when="true", fails_when="p and q and r or s")
    fails = {mutant.fails_when for mutant in mutants_of(check)}
    assert {
        "((p OR (q AND r)) OR s)", "(((p AND q) OR r) OR s)", "((p AND q AND r) AND s)",
    } <= fails  # fmt: skip


def test_parameters_move_by_one_of_their_last_place() -> None:
    assert changes("n > {days}", days=7)[1:] == ["n > {days} -> n > ({days} + 1)", "n > {days} -> n > ({days} - 1)"]
    assert changes("n > {share}", share=0.25)[1:] == [
        "n > {share} -> n > ({share} + 0.01)",
        "n > {share} -> n > ({share} - 0.01)",
    ]
    assert "n < {HR.low} -> n < ({HR.low} + 1)" in changes("n < {HR.low}", HR="30..220")
    assert changes("{strict}", strict=True) == ["{strict} -> NOT {strict}"]
    assert changes("a in {tests}", tests=["PH"]) == ["a IN {tests} -> false"]


def test_the_population_is_dropped_unless_it_is_everything() -> None:
    assert "applies_when dropped" in changes("n > 1", applies_when="n is not null")
    assert "applies_when dropped" not in changes("n > 1")


def test_without_its_cases_mutants_survive(connection: duckdb.DuckDBPyConnection) -> None:
    check = CHECKS["DM-02"]
    table = VerdictTable(connection, check, cases_of(check, []))
    survivors = [m for m in mutants_of(check) if table.first_difference(m.applies_when, m.fails_when) is None]
    assert any("max_age_exclusive" in mutant.change for mutant in survivors)
