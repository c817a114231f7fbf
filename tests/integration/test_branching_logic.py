"""Branching logic as REDCap dictionaries write it: what is read, and what is left undecided (E-05, E-06)."""

from __future__ import annotations

import pytest
from check_tables import open_with_functions
from test_redcap_branching import model_sql


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


@pytest.mark.parametrize(
    ("ticked", "choice", "mark"),
    [
        ("1;3", "3", "1"),
        ("1", "3", "0"),
        ("", "3", "0"),
        ("1, 3", "3", "1"),
        ("1|2", "3", "0"),
        ("unk", "UNK", "1"),
        ("_9", "-9", "1"),
        ("1", "UNK", None),
        ("", "4", None),
        ("1 3", "3", None),
        ("Asian", "1", None),
        (None, "1", None),
    ],
)
def test_a_choice_is_ticked_or_not_or_nobody_can_tell(ticked: str | None, choice: str, mark: str | None) -> None:
    sql = "SELECT choice_mark('|1|2|3|-9|', $1::varchar, $2)"
    assert open_with_functions().execute(sql, [ticked, choice]).fetchone() == (mark,)


@pytest.mark.parametrize(
    ("at_baseline", "at_week_4", "applies"),
    [
        ({"sex": "0", "pregnant": ""}, {}, {"BASELINE": True}),
        # To REDCap sex is blank at week 4; elsewhere it is that of the baseline.
        ({"sex": "0", "pregnant": ""}, {"pregnant": ""}, {"BASELINE": True}),
        ({"sex": "1"}, {"pregnant": ""}, {"WEEK 4": False}),
        ({"sex": "0"}, {"sex": "", "pregnant": ""}, {"WEEK 4": False}),
    ],
)
def test_a_control_of_another_visit_decides_only_what_a_blank_would(
    at_baseline: dict[str, str], at_week_4: dict[str, str], applies: dict[str, bool]
) -> None:
    connection = open_with_functions()
    connection.execute(
        "CREATE TABLE int_branching_clause AS SELECT 'F' AS form, 'PREGNANT' AS field, 0 AS alternative, "
        "'SEX' AS controlling_field, NULL::varchar AS choice, '=' AS operator, '0' AS wanted, false AS is_number"
    )
    connection.execute("CREATE TABLE int_dictionary_item (field VARCHAR, option_codes VARCHAR)")
    connection.execute("CREATE SCHEMA settings")
    connection.execute("CREATE TABLE settings.parameter (check_id VARCHAR, name VARCHAR, value VARCHAR)")
    connection.execute(
        "CREATE TABLE audit (site VARCHAR, subject VARCHAR, form VARCHAR, field VARCHAR, visit VARCHAR, "
        "log_line VARCHAR, value VARCHAR, source_name VARCHAR, source_file VARCHAR, source_row BIGINT, "
        "action VARCHAR, audit_id VARCHAR)"
    )
    for visit, values in (("BASELINE", at_baseline), ("WEEK 4", at_week_4)):
        for field, value in values.items():
            connection.execute(
                "INSERT INTO audit SELECT '1', 'a', 'f', $1, $2, NULL, $3, 's', $2, count(*), NULL, NULL FROM audit",
                [field, visit, value],
            )
    decided = connection.execute(
        f"SELECT source_file, is_applicable FROM ({model_sql('intermediate/int_data_point_logic.sql')})"
    ).fetchall()
    assert dict(decided) == applies
