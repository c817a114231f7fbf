"""Branching logic as REDCap dictionaries write it: what is read, and what is left undecided (E-05, E-06)."""

from __future__ import annotations

import pytest
from check_tables import open_with_functions


@pytest.mark.parametrize(
    ("value", "clause", "holds"),
    [
        ("18", "[age] = 18", True),
        ("18.0", "[age] = 18", True),
        ("18.0", "[age] = '18'", None),
        ("", "[age] = 0", None),
        ("", "[age] = '0'", False),
        ("", "[age] <> ''", False),
        ("5", "[age] != ''", True),
        ("9", "[age] < '18'", True),
        ("18", "[age] >= 18", True),
        ("18", "[age] > 18", False),
        ("", "[age] < 18", None),
        ("2024-01-02", "[day] > '2024-01-01'", None),
        ("a\nb", "[note] = 'a\nb'", True),
        (None, "[age] <> '1'", None),
        (None, "[age] = '1'", None),
    ],
)
def test_a_clause_holds_or_not_or_is_left_undecided(value: str | None, clause: str, holds: bool | None) -> None:
    sql = (
        "SELECT is_readable_logic(c), clause_holds(v, clause_operator(c), clause_value(c), clause_is_number(c)) "
        "FROM (SELECT $1::varchar AS v, $2::varchar AS c)"
    )
    assert open_with_functions().execute(sql, [value, clause]).fetchone() == (True, holds)


@pytest.mark.parametrize(
    "logic",
    [
        "([a] = 1 or [b] = 1) and [c] = 2", "not [a] = 1", "[visit_1][a] = 1", "datediff([a], [b], 'd') > 3",
        "[a] = [b]", "[a] = 1 + 1", "[a] = 1 [b] = 2", "[a] = 1 and", "[a] = yes",
    ],
)  # fmt: skip
def test_other_logic_is_not_read(logic: str) -> None:
    assert open_with_functions().execute("SELECT is_readable_logic($1)", [logic]).fetchone() == (False,)


def test_words_inside_quotes_join_nothing() -> None:
    sql = "SELECT logic_tokens($1)"
    tokens = open_with_functions().execute(sql, ["[a]='x or y' AND [b(-1)]=1 or [c]<>\"and\""]).fetchone()
    assert tokens == (["[a]='x or y'", "AND", "[b(-1)]=1", "or", '[c]<>"and"'],)
