"""X-09: each value that cannot be read is counted once, and the first of them are told as they came."""

from __future__ import annotations

from typing import Any

import duckdb
import jinja2
import pytest
from check_tables import open_with_functions

from pipelines.date_functions import date_functions_sql
from pipelines.settings import DBT_PROJECT_DIR


def macros() -> Any:
    text = (DBT_PROJECT_DIR / "macros" / "unreadable.sql").read_text(encoding="utf-8")
    return jinja2.Environment(autoescape=False).from_string(text).module  # noqa: S701 - SQL, not HTML


def unreadable_values() -> str:
    """The SQL of the macro, over records with a `day` that is read from `day_raw`."""
    return f"unnest(struct_pack({macros().unreadable_values('day is null and day_raw is not null', 'day_raw')}))"


def told_of(rows: list[tuple[int, str | None, str | None]]) -> tuple[int, int | None, str | None]:
    """Return count, first row and texts for records of (row, raw text, what was read)."""
    with open_with_functions() as connection:
        connection.execute("CREATE TABLE record(source_row BIGINT, day_raw VARCHAR, day VARCHAR)")
        connection.executemany("INSERT INTO record VALUES (?, ?, ?)", rows)
        found = connection.execute(f"SELECT {unreadable_values()} FROM record").fetchone()
    assert found is not None
    return found[0], found[1], found[2]


def test_a_value_that_stands_in_several_records_of_a_row_is_one() -> None:
    assert told_of([(2, "soon", None)] * 7 + [(5, "soon", None)] * 7) == (2, 2, '"soon"')


def test_two_values_of_one_row_are_two() -> None:
    assert told_of([(2, "soon", None), (2, "later", None)]) == (2, 2, '"later", "soon"')


def test_the_first_three_texts_are_told_in_the_order_of_their_rows() -> None:
    rows: list[tuple[int, str | None, str | None]] = [(row, f"day {row}", None) for row in (11, 3, 9, 100, 20)]
    assert told_of([*rows, (1, "2024-01-01", "2024-01-01"), (2, None, None)]) == (5, 3, '"day 3", "day 9", "day 11"')


def test_what_is_read_or_blank_is_not_told() -> None:
    assert told_of([(1, "2024-01-01", "2024-01-01"), (2, None, None)]) == (0, None, None)


def test_a_long_text_is_cut() -> None:
    assert told_of([(1, "x" * 1000, None)]) == (1, 1, '"' + "x" * 40 + '"')


@pytest.mark.parametrize("threads", [1, 8])
def test_the_number_of_threads_changes_nothing(threads: int) -> None:
    rows = "SELECT 300000 - range AS source_row, 'text ' || range AS day_raw, NULL AS day FROM range(300000)"
    with duckdb.connect(config={"threads": threads}) as connection:
        connection.execute(date_functions_sql())
        found = connection.execute(f"SELECT {unreadable_values()} FROM ({rows})").fetchone()
    assert found == (300_000, 1, '"text 299999", "text 299998", "text 299997"')


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Y", False),
        (" n ", False),
        ("U", False),
        ("na", False),
        ("Yes", True),
        ("1", True),
        ("TRUE", True),
        (None, None),
    ],
)
def test_a_flag_that_is_no_code_of_yes_or_no_is_told(text: str | None, told: bool | None) -> None:
    with duckdb.connect() as connection:
        assert connection.execute(f"SELECT {macros().is_no_flag('?')}", [text]).fetchone() == (told,)
