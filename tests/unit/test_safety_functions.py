"""The functions of functions.sql in DuckDB that compare events with safety cases, and reports with what they name."""

from __future__ import annotations

import duckdb
import pytest
from check_tables import call


@pytest.mark.parametrize(
    ("a", "b", "is_alike"),
    [
        ("Pneumonia", " pneumonia ", True), ("Pneumonia", "Pneumonia, right lung", True),
        ("Pneumonia", "Sepsis", False), ("Rash", "Nausea", False), (None, "Sepsis", None), ("Sepsis", None, None),
    ],
)  # fmt: skip
def test_terms_are_alike_whatever_their_case(
    a: str | None, b: str | None, is_alike: bool | None, functions: duckdb.DuckDBPyConnection
) -> None:
    likeness = call(functions, "term_similarity", a, b)
    assert (likeness if likeness is None else float(str(likeness)) >= 0.8) is is_alike


def test_the_same_term_is_entirely_alike(functions: duckdb.DuckDBPyConnection) -> None:
    assert call(functions, "term_similarity", "Übelkeit", "ÜBELKEIT") == 1


@pytest.mark.parametrize(
    ("raw", "is_list"),
    [
        ("AESDTH", True), ("aeshosp, AESDTH", True), (" AESMIE;AESOD ", True), ("AESDTH AESLIFE", True),
        ("DEATH", False), ("AESDTH, death", False), ("AESDTHX", False), ("", False), (None, False),
    ],
)  # fmt: skip
def test_a_list_of_criteria_names_variables_only(
    raw: str | None, is_list: bool, functions: duckdb.DuckDBPyConnection
) -> None:
    assert call(functions, "lists_criteria", raw) is is_list


@pytest.mark.parametrize(
    ("raw", "items"),
    [
        (" c-1 ", {"C-1"}), ("C-1, c-2;C-3", {"C-1", "C-2", "C-3", "C-1, C-2;C-3"}),
        ("C-1 ; C-1", {"C-1", "C-1 ; C-1"}), ("C-1 C-2", {"C-1 C-2"}),
    ],
)  # fmt: skip
def test_a_report_names_the_whole_of_its_text_and_each_part(
    raw: str, items: set[str], functions: duckdb.DuckDBPyConnection
) -> None:
    named = call(functions, "named_items", raw)
    assert isinstance(named, list)
    assert sorted(named) == sorted(items)
