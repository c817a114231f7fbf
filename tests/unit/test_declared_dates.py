"""F39: dates are read by declared formats alone: with parts left open, in other calendars, with times and zones."""

from __future__ import annotations

from itertools import combinations

import duckdb
import pytest
from date_texts import FORTY, READINGS, SAMPLES
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.date_formats import DATE_FORMATS, day_of_format, find_ambiguous, opposite_of
from pipelines.date_functions import read_date_sql

Functions = duckdb.DuckDBPyConnection


def read(connection: Functions, raw: str, formats: str) -> object:
    row = connection.execute(
        f"SELECT {read_date_sql('raw', formats.split('|'))} FROM (SELECT ?::VARCHAR AS raw)", [raw]
    ).fetchone()
    assert row is not None
    return row[0]


@pytest.mark.parametrize(("raw", "formats", "iso"), FORTY)
def test_the_forty_texts_of_f39(raw: str, formats: str, iso: str | None, functions: Functions) -> None:
    assert read(functions, raw, formats) == iso


def test_they_are_forty() -> None:
    assert len({(raw, formats) for raw, formats, _ in FORTY}) == 40


@pytest.mark.parametrize(("raw", "name", "iso"), READINGS)
def test_a_format_reads_what_it_names_and_nothing_else(
    raw: str, name: str, iso: str | None, functions: Functions
) -> None:
    assert read(functions, raw, name) == iso


def test_two_formats_that_read_one_text_differently_cannot_be_declared_together(functions: Functions) -> None:
    days = [name for name in DATE_FORMATS if "HH:MM" not in name]
    readings = {
        name: dict(
            functions.execute(
                f"SELECT raw, {read_date_sql('raw', [name])} FROM (SELECT unnest(?::VARCHAR[]) AS raw)", [SAMPLES]
            ).fetchall()
        )
        for name in days
    }
    assert [name for name, read in readings.items() if not any(read.values())] == []
    for one, other in combinations(days, 2):
        differing = [
            raw for raw, iso in readings[one].items()
            if iso is not None and readings[other][raw] is not None and iso != readings[other][raw]
        ]  # fmt: skip
        assert bool(differing) == (find_ambiguous([one, other]) is not None), (one, other, differing)


@pytest.mark.parametrize(
    ("formats", "ambiguous"),
    [
        (["DD/MM/YYYY HH:MM", "YYYY", "MM/DD/YYYY HH:MM AM"], ("DD/MM/YYYY HH:MM", "MM/DD/YYYY HH:MM AM")),
        (["MM-DD-YYYY", "DD-MM-YYYY HH:MM+ZONE"], ("MM-DD-YYYY", "DD-MM-YYYY HH:MM+ZONE")),
        (["DD/MM/YYYY", "DD/MM/YYYY HH:MM"], None),
        (["DD/MM/YYYY", "MM-DD-YYYY"], None),
        ([], None),
    ],
)
def test_a_time_behind_the_day_settles_no_order(formats: list[str], ambiguous: tuple[str, str] | None) -> None:
    assert find_ambiguous(formats) == ambiguous


def test_the_opposite_of_a_format_has_the_same_time() -> None:
    assert opposite_of("DD/MM/YYYY HH:MM AM") == "MM/DD/YYYY HH:MM AM"
    assert opposite_of("MM-DD-YYYY") == "DD-MM-YYYY"
    assert opposite_of("DD.MM.YYYY") is None
    assert day_of_format("YYYY-MM-DD HH:MM+ZONE") == "YYYY-MM-DD"


@settings(deadline=None)
@given(raw=st.text(alphabet="0129UNK年月日令和RMJunFeb.-/ :TZ+AP", max_size=20), name=st.sampled_from(DATE_FORMATS))
def test_no_text_breaks_a_format_or_gives_what_is_no_date(raw: str, name: str, functions: Functions) -> None:
    iso = read(functions, raw, name)
    if iso is not None:
        valid = functions.execute("SELECT iso_calendar_date(?), first_day(?) IS NOT NULL", [iso, iso]).fetchone()
        assert valid == (iso, True)
