"""The functions of functions.sql in DuckDB: what is certain of partial dates."""

from __future__ import annotations

from datetime import date, timedelta

import duckdb
import pytest
from check_tables import call
from hypothesis import given
from hypothesis import strategies as st

YEAR, MONTH, DAY, MINUTE = "2024", "2024-05", "2024-05-10", "2024-05-10T12:30"


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("2025", YEAR), ("2025-01", YEAR), ("2025-01-01", YEAR), ("2025-01-01T00:00", YEAR),
        ("2025", MONTH), ("2024-06", MONTH), ("2024-06-01", MONTH), ("2024-06-01T00:00", MONTH),
        ("2025", DAY), ("2024-06", DAY), ("2024-05-11", DAY), ("2024-05-11T00:00", DAY),
        ("2025", MINUTE), ("2024-06", MINUTE), ("2024-05-11", MINUTE), ("2024-05-10T12:31", MINUTE),
    ],
)  # fmt: skip
def test_it_is_after_for_certain(a: str, b: str, functions: duckdb.DuckDBPyConnection) -> None:
    assert call(functions, "certainly_after", a, b) is True
    assert call(functions, "certainly_after", b, a) is False


@pytest.mark.parametrize("b", [YEAR, MONTH, DAY, MINUTE])
@pytest.mark.parametrize("a", [YEAR, MONTH, DAY, MINUTE])
def test_equal_as_far_as_both_go_is_not_after(a: str, b: str, functions: duckdb.DuckDBPyConnection) -> None:
    assert call(functions, "certainly_after", a, b) is False


@pytest.mark.parametrize(
    ("a", "b"), [("2024-12-31", "2024"), ("2024-05-31", MONTH), ("2024-05-10T23:59", DAY), ("2024-12", "2024")]
)
def test_the_end_of_a_period_is_not_after_the_period(a: str, b: str, functions: duckdb.DuckDBPyConnection) -> None:
    assert call(functions, "certainly_after", a, b) is False


@pytest.mark.parametrize(("a", "b"), [(None, DAY), (DAY, None), (None, None)])
def test_a_blank_date_is_not_after_anything(a: str | None, b: str | None, functions: duckdb.DuckDBPyConnection) -> None:
    assert call(functions, "certainly_after", a, b) is False


def test_seconds_do_not_count(functions: duckdb.DuckDBPyConnection) -> None:
    assert call(functions, "certainly_after", "2024-05-10T12:30:59", "2024-05-10T12:30:01") is False


@pytest.mark.parametrize(
    ("iso", "first", "final"),
    [
        ("2024", date(2024, 1, 1), date(2024, 12, 31)),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2023-02", date(2023, 2, 1), date(2023, 2, 28)),
        ("1900-02", date(1900, 2, 1), date(1900, 2, 28)),
        ("2000-02", date(2000, 2, 1), date(2000, 2, 29)),
        ("2024-12", date(2024, 12, 1), date(2024, 12, 31)),
        ("2024-02-29", date(2024, 2, 29), date(2024, 2, 29)),
        ("2024-02-29T23:59", date(2024, 2, 29), date(2024, 2, 29)),
        ("2023-02-29", None, None),
        (None, None, None),
    ],
)
def test_the_first_and_final_day_of_a_partial_date(
    iso: str | None, first: date | None, final: date | None, functions: duckdb.DuckDBPyConnection
) -> None:
    assert call(functions, "first_day", iso) == first
    assert call(functions, "final_day", iso) == final


@pytest.mark.parametrize(
    ("a", "b", "days"),
    [
        ("2024-01-01", "2024-01-31", 30), ("2024-01-31", "2024-01-01", -30), ("2024-01-01", "2024-01-01", 0),
        ("2024-02-28", "2024-03-01", 2), ("2023-02-28", "2023-03-01", 1), ("2024-01", "2024-03-01", 30),
        ("2024-01-01", "2024-03", 60), ("2024-01", "2024-01", -30), ("2023", "2024", 1),
        ("2024-01-01T23:59", "2024-01-02T00:00", 1), (None, "2024-01-01", None), ("2024-01-01", None, None),
    ],
)  # fmt: skip
def test_the_fewest_days_between(
    a: str | None, b: str | None, days: int | None, functions: duckdb.DuckDBPyConnection
) -> None:
    assert call(functions, "least_days_between", a, b) == days


@pytest.mark.parametrize(
    ("iso", "opens", "closes", "days"),
    [
        ("2024-03-10", "2024-03-14", "2024-03-20", 4), ("2024-03-25", "2024-03-14", "2024-03-20", 5),
        ("2024-03-14", "2024-03-14", "2024-03-20", 0), ("2024-03-20", "2024-03-14", "2024-03-20", 0),
        ("2024-03-25", "2024-03-14", None, 0), ("2024-03-10", None, "2024-03-20", 0),
        ("2024-03-25", None, "2024-03-20", 5), ("2024-04-02", "2024-01", "2024-03", 2),
        ("2024-03", "2024-03-14", "2024-03-20", 0), (None, "2024-03-14", None, 0),
    ],
)  # fmt: skip
def test_the_fewest_days_from_a_span(
    iso: str | None, opens: str | None, closes: str | None, days: int, functions: duckdb.DuckDBPyConnection
) -> None:
    assert call(functions, "days_from_span", iso, opens, closes) == days


@pytest.mark.parametrize(
    ("a", "b", "days"),
    [
        ("2024-01-01", "2024-01-31", 30), ("2024-01-01", "2024-01-01", 0), ("2024-03", "2024-04-02", 2),
        ("2024-03", "2024-03-02", 0),
        ("2024-01-01T23:59", "2024-01-02T00:00", 1), (None, "2024-01-01", 0), (None, None, 0),
    ],
)  # fmt: skip
def test_days_apart_do_not_ask_which_date_comes_first(
    a: str | None, b: str | None, days: int, functions: duckdb.DuckDBPyConnection
) -> None:
    assert call(functions, "days_apart", a, b) == days
    assert call(functions, "days_apart", b, a) == days


@pytest.mark.parametrize(
    ("one", "other", "days"),
    [
        (("2024-05-01", "2024-05-10"), ("2024-05-14", "2024-05-20"), 4),
        (("2024-05-01", "2024-05-10"), ("2024-05-10", "2024-05-20"), 0),
        (("2024-05-01", "2024-05-20"), ("2024-05-05", "2024-05-06"), 0),
        # What is partial or blank reaches as far as it can.
        (("2024-04", "2024-05"), ("2024-06-03", "2024-06"), 3),
        (("2024-04", None), ("2024-06-03", None), 0),
        ((None, "2024-05-10"), ("2024-05-14", None), 4),
        ((None, None), ("2024-05-14", "2024-05-20"), 0),
        # A span that ends before it starts lies somewhere between its dates at least.
        (("2024-05-05", "2024-05-01"), ("2024-05-03", "2024-05-03"), 2),
    ],
)
def test_days_between_spans_are_the_fewest_that_their_dates_allow(
    one: tuple[str | None, str | None],
    other: tuple[str | None, str | None],
    days: int,
    functions: duckdb.DuckDBPyConnection,
) -> None:
    assert call(functions, "days_between_spans", *one, *other) == days
    assert call(functions, "days_between_spans", *other, *one) == days


@pytest.mark.parametrize(
    ("a", "b", "by"),
    [
        ("2024-01-10", "2024-01-10", True), ("2024-01-11", "2024-01-10", False), ("2024-01", "2024-01-31", True),
        ("2024-01", "2024-01-30", False), ("2024-01-10", "2024-01", False), ("2024-01-01", "2024-01", True),
        ("2024-01-10T14:00", "2024-01-10T14:00", True), ("2024-01-10T14:01", "2024-01-10T14:00", False),
        ("2024-01-10T14:00", "2024-01-10", False), ("2024-01-10", "2024-01-10T14:00", False),
        ("2024-01-10T14:00", "2024-01-11", True), ("2024-01-10", "2024-01-11T00:00", True),
        (None, "2024-01-10", False), ("2024-01-10", None, False),
    ],
)  # fmt: skip
def test_a_date_lies_by_another_whatever_they_leave_open(
    a: str | None, b: str | None, by: bool, functions: duckdb.DuckDBPyConnection
) -> None:
    assert call(functions, "certainly_by", a, b) is by


@pytest.mark.parametrize(
    ("a", "b", "differ"),
    [
        ("2024-01-02", "2024-01-03", True),
        ("2024-01-03", "2024-01-02", True),
        ("2024-01-02", "2024-01", False),
        ("2024-01-02T10:00", "2024-01-02", False),
        (None, "2024", False),
        ("2024", None, False),
    ],
)
def test_dates_differ_when_one_is_certainly_after_the_other(
    a: str | None, b: str | None, differ: bool, functions: duckdb.DuckDBPyConnection
) -> None:
    assert call(functions, "certainly_differ", a, b) is differ


@pytest.mark.parametrize(
    ("birth", "day", "lowest", "highest"),
    [
        ("1990-01-02", "2024-01-01", 33, 33),
        ("1990-01-02", "2024-01-02", 34, 34),
        ("1990-01-02", "2024-01-02T08:00", 34, 34),
        ("1990", "2024-06-15", 33, 34),
        ("1990", "2024-12-31", 34, 34),
        ("1990-06", "2024-06-15", 33, 34),
        ("1990-06-15", "2024", 33, 34),
        # Born on a leap day: a year older on the first of March.
        ("2000-02-29", "2001-02-28", 0, 0),
        ("2000-02-29", "2001-03-01", 1, 1),
        ("2024-05-02", "2024-05-01", -1, -1),
        (None, "2024", None, None),
        ("1990", None, None, None),
    ],
)
def test_the_ages_that_are_possible(
    birth: str | None, day: str | None, lowest: int | None, highest: int | None, functions: duckdb.DuckDBPyConnection
) -> None:
    assert call(functions, "lowest_age", birth, day) == lowest
    assert call(functions, "highest_age", birth, day) == highest


# Hypothesis: few days apart, so that equal years, months and days are common.
days = st.integers(min_value=0, max_value=800).map(lambda offset: date(2023, 1, 1) + timedelta(days=offset))
precisions = st.sampled_from([4, 7, 10])
partial_dates = st.builds(lambda day, length: day.isoformat()[:length], days, precisions)
times = st.builds("T{:02d}:{:02d}".format, st.integers(0, 23), st.integers(0, 59))
moments = st.one_of(partial_dates, st.builds(lambda day, time: day.isoformat() + time, days, times))


def days_of(partial: str) -> tuple[date, date]:
    """The first and last day that a partial date can be, by Python's calendar."""
    if len(partial) == 4:
        return date(int(partial), 1, 1), date(int(partial), 12, 31)
    if len(partial) == 7:
        year, month = map(int, partial.split("-"))
        following = date(year + month // 12, month % 12 + 1, 1)
        return date(year, month, 1), following - timedelta(days=1)
    return date.fromisoformat(partial), date.fromisoformat(partial)


@given(a=moments)
def test_nothing_is_after_itself(a: str, functions: duckdb.DuckDBPyConnection) -> None:
    assert call(functions, "certainly_after", a, a) is False


@given(a=moments, b=moments)
def test_two_dates_are_not_after_each_other(a: str, b: str, functions: duckdb.DuckDBPyConnection) -> None:
    assert not (call(functions, "certainly_after", a, b) and call(functions, "certainly_after", b, a))


@given(a=days, b=days)
def test_complete_dates_compare_as_dates(a: date, b: date, functions: duckdb.DuckDBPyConnection) -> None:
    assert call(functions, "certainly_after", a.isoformat(), b.isoformat()) is (a > b)
    assert call(functions, "least_days_between", a.isoformat(), b.isoformat()) == (b - a).days


@given(a=partial_dates, b=partial_dates)
def test_it_is_certain_exactly_when_the_periods_do_not_overlap(
    a: str, b: str, functions: duckdb.DuckDBPyConnection
) -> None:
    (first_of_a, final_of_a), (first_of_b, final_of_b) = days_of(a), days_of(b)
    assert call(functions, "certainly_after", a, b) is (first_of_a > final_of_b)
    assert call(functions, "first_day", a) == first_of_a
    assert call(functions, "final_day", a) == final_of_a
    assert call(functions, "least_days_between", a, b) == (first_of_b - final_of_a).days


@pytest.mark.parametrize(
    ("iso", "dates", "contradicting"),
    [
        ("2024-05-01", ["2024-05-01"], "2024-05-01"),
        ("2024-05-01", ["2024-05-01", "2024-05-03"], "2024-05-03"),
        ("2024-05-03", ["2024-05-01", "2024-05-03"], "2024-05-01"),
        ("2024-05-01", ["2024-05-01", "2024-05"], "2024-05"),
        ("2024-05-01", ["2024-05-01", "2024-05", "2024-05-03"], "2024-05-03"),
        ("2024-05-02", ["2024-05-01", "2024-05-02T10:00"], "2024-05-01"),
        ("2024", ["2024-05-01"], "2024-05-01"),
        (None, ["2024-05-01", "2024-05"], "2024-05-01"),
    ],
)
def test_of_several_dates_one_that_contradicts(
    iso: str | None, dates: list[str], contradicting: str, functions: duckdb.DuckDBPyConnection
) -> None:
    assert contradicting_date(functions, iso, dates) == contradicting


@given(iso=moments, dates=st.lists(moments, min_size=1, max_size=4))
def test_a_contradiction_is_never_lost_among_several_dates(
    iso: str, dates: list[str], functions: duckdb.DuckDBPyConnection
) -> None:
    told = contradicting_date(functions, iso, dates)
    assert told in dates
    assert (told != iso) == any(one != iso for one in dates)
    differ = [call(functions, "certainly_differ", iso, one) for one in dates]
    assert call(functions, "certainly_differ", iso, told) is any(differ)


def contradicting_date(functions: duckdb.DuckDBPyConnection, iso: str | None, dates: list[str]) -> object:
    earliest = min(dates, key=lambda date: str(call(functions, "earliest_first", date)))
    return call(functions, "contradicting_date", iso, earliest, min(dates), max(dates))
