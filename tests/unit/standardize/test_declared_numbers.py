"""F40, F41, F30: a number is read exactly or not at all, by the decimal mark of its source; the text stays."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import jinja2
import pytest
from check_rows import CHECKS, row_of, verdict_on
from check_tables import create_tables, open_with_functions
from mapped_rows import Shelf, column, study_of

from pipelines.date_functions import read_date_sql
from pipelines.ingest.readers import READERS
from pipelines.settings import DBT_PROJECT_DIR
from pipelines.study import Study
from pipelines.study_source import Source

UNREADABLE = None
THIN_SPACE = "\u2009"

# The twenty of F40: text as delivered, decimal mark of its source, number.
TWENTY = [
    ("1,5", ".", UNREADABLE),
    ("1,5", ",", 1.5),
    ("1.5", ",", UNREADABLE),  # where the comma is the decimal mark, a point may stand between thousands
    ("1.234,5", ".", UNREADABLE),
    ("1.234,5", ",", UNREADABLE),
    ("1,234.5", ".", UNREADABLE),
    ("1 234", ".", UNREADABLE),
    (f"1{THIN_SPACE}234", ".", UNREADABLE),
    ("<5", ".", UNREADABLE),
    ("5+", ".", UNREADABLE),
    ("<0,5", ",", UNREADABLE),
    ("1e400", ".", UNREADABLE),
    ("1e5", ".", UNREADABLE),
    ("NaN", ".", UNREADABLE),
    ("inf", ".", UNREADABLE),
    ("-0", ".", 0.0),
    ("007", ".", 7.0),
    ("１．５", ".", 1.5),
    ("１，５", ",", 1.5),
    ("12345678901234567", ".", UNREADABLE),  # 12345678901234568 as a double
]


def vitals_and_doses(decimal: str) -> Study:
    source = {"path": "edc/F.csv", "subject": "subj", "decimal": decimal}
    measured = {"testcd": "TEMP", "test": "Temperature", "result": "value", "unit": {"value": "C"}}
    return study_of(
        {"F": source},
        {
            "VS": [{"from": "F", "measurements": [measured]}],
            "EX": [{"from": "F", "variables": {"EXDOSE": "value"}}],
        },
    )


def cast(function: str, *texts: str | None) -> Any:
    with open_with_functions() as connection:
        marks = ", ".join("?::VARCHAR" for _ in texts)
        row = connection.execute(f"SELECT {function}({marks})", list(texts)).fetchone()
    assert row is not None
    return row[0]


@pytest.mark.parametrize(("text", "decimal", "number"), TWENTY)
def test_the_twenty_texts_of_f40(shelf: Shelf, text: str, decimal: str, number: float | None) -> None:
    shelf.put("F", ["subj", "value"], ["1", text])
    study = vitals_and_doses(decimal)
    (dose,), (result,) = shelf.read(study, "EX"), shelf.read(study, "VS")
    assert cast("to_number", dose["EXDOSE"]) == number
    assert (dose["EXDOSE__delivered"] or dose["EXDOSE"]) == text
    assert cast("result_number", result["VSORRES"], result["VSORRES__plain"]) == number
    # A result is never rewritten, but for forms of characters (F35).
    assert result["VSORRES"] == text.replace(THIN_SPACE, " ").translate(str.maketrans("１５．，", "15.,"))


def test_they_are_twenty() -> None:
    assert len(set(TWENTY)) == 20


def test_minus_nought_is_nought() -> None:
    assert str(cast("to_number", "-0")) == str(cast("to_number", "-0.00")) == "0.0"


def test_a_result_behind_a_comparator_reads_with_either_mark(shelf: Shelf) -> None:
    shelf.put(
        "F", ["subj", "value"], *zip("12345", ["<0,5", ">= 1,5", "low, not measured", "1,5 mg", "7"], strict=True)
    )
    rows = shelf.read(vitals_and_doses(","), "VS")
    assert column(rows, "VSORRES__plain") == ["<0.5", ">= 1.5", None, None, None]
    assert column(rows, "VSORRES") == ["<0,5", ">= 1,5", "low, not measured", "1,5 mg", "7"]


def test_constants_sql_and_value_maps_are_written_with_a_point(shelf: Shelf) -> None:
    shelf.put("F", ["subj", "value"], ["1", "1,5"], ["2", "low"])
    dose: dict[str, Any] = {"item": "value", "values": {"low": "0.5"}}
    for expression, texts in (
        ({"value": "2.5"}, ["2.5", "2.5"]),
        ({"sql": "replace(value, ',', '.')"}, ["1.5", "low"]),
        (dose, ["1,5", "0.5"]),
    ):
        study = study_of(
            {"F": {"path": "edc/F.csv", "subject": "subj", "decimal": ","}},
            {"EX": [{"from": "F", "variables": {"EXDOSE": expression}}]},
        )
        assert column(shelf.read(study, "EX"), "EXDOSE") == texts


def test_another_decimal_mark_is_refused() -> None:
    with pytest.raises(ValueError, match="decimal"):
        Source.model_validate({"path": "edc/F.csv", "decimal": "'"})


DRIFT = 25_000


def test_a_type_that_changes_at_row_25_000_changes_nothing_before_it_and_nothing_is_rounded(shelf: Shelf) -> None:
    """F30: dates become text, whole numbers fractions, and numbers codes with leading zeros."""
    rows = [["1", "2024-01-05", "1", "7"]] * DRIFT
    rows += [["1", "next week", "1.5", "007"], ["1", "05/01/2024", "1,5", "7a"], ["1", "45296", "3.7", "0070"]]
    text = "subj,day,dose,report\n" + "".join(",".join(f'"{value}"' for value in row) + "\n" for row in rows)
    table = READERS["csv"].read(text.encode(), Source(path="edc/F.csv")).tables[0]
    assert table.rows.num_rows == DRIFT + 3
    shelf.put("F", table.header, *zip(*(one.to_pylist() for one in table.rows.columns), strict=True))
    study = study_of(
        {"F": {"path": "edc/F.csv", "subject": "subj", "dates": {"day": ["YYYY-MM-DD"]}}},
        {"EX": [{"from": "F", "variables": {"EXSTDTC": "day", "EXDOSE": "dose", "EXSPID": "report"}}]},
    )
    read = (
        f"SELECT source_row, EXSTDTC, {read_date_sql('EXSTDTC', ['YYYY-MM-DD'])} AS day, EXDOSE,"
        f" to_number(EXDOSE) AS dose, EXSPID FROM ({shelf.query(study, 'EX')}) ORDER BY source_row"
    )
    with open_with_functions() as connection:
        found = connection.execute(read).fetchall()
    assert {row[1:] for row in found[:DRIFT]} == {("2024-01-05", "2024-01-05", "1", 1.0, "7")}
    assert found[DRIFT:] == [
        (DRIFT + 1, "next week", None, "1.5", 1.5, "007"),
        (DRIFT + 2, "05/01/2024", None, "1,5", None, "7a"),
        (DRIFT + 3, "45296", None, "3.7", 3.7, "0070"),
    ]


def mart(connection: duckdb.DuckDBPyConnection, name: str) -> list[dict[str, Any]]:
    """Run the SQL of a mart over tables that have the names of what it refers to."""
    text = (Path(DBT_PROJECT_DIR) / "models" / "marts" / f"{name}.sql").read_text(encoding="utf-8")
    sql = jinja2.Environment(autoescape=False).from_string(text).render(ref=lambda model: model)  # noqa: S701 - SQL
    cursor = connection.execute(sql)
    names = [found[0] for found in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


@pytest.mark.parametrize(
    ("unit", "standard", "number", "flagged"),
    [
        # F41: the original result is the standard one only where its own unit is the standard one.
        ("mmol/L", "mmol/L", 95.0, {"LB-04"}),
        ("mg/dL", "mmol/L", None, {"LB-02"}),
        (None, "mmol/L", None, {"LB-02", "LB-11"}),
        (None, None, None, {"LB-01", "LB-02", "LB-11"}),
    ],
)
def test_a_laboratory_result_in_another_unit_or_in_none_is_not_converted_but_asked_about(
    unit: str | None, standard: str | None, number: float | None, flagged: set[str]
) -> None:
    result = {"LBORRES": "95", "LBORRESU": unit, "LBSTRESU": standard, "LBSTRESN_raw": None}
    with open_with_functions() as connection:
        connection.execute(
            "CREATE TABLE stg_lb(LBORRES VARCHAR, LBORRESU VARCHAR, LBSTRESU VARCHAR, LBSTRESN_raw VARCHAR,"
            " LBORRES_plain VARCHAR, LBSTRESN DOUBLE)"
        )
        connection.execute("INSERT INTO stg_lb VALUES (?, ?, ?, ?, NULL, NULL)", list(result.values()))
        (row,) = mart(connection, "lb")
        assert (row["LBORRES"], row["LBORRESU"], row["LBSTRESN"]) == ("95", unit, number)
        create_tables(connection, "check_lab_result")
        found = {**row, "LBTESTCD": "GLUC", "study_median": 5.3}
        checks = [CHECKS[name] for name in ("LB-01", "LB-02", "LB-04", "LB-11")]
        failing = {check.id for check in checks if verdict_on(connection, check, row_of(check, found)) == "fail"}
    assert failing == flagged


@pytest.mark.parametrize(
    ("original", "plain", "unit", "standard"),
    [
        ("98,6", "98.6", "F", ("37.0", 37.0, "C")),
        ("36,8", "36.8", "furlong", ("36.8", 36.8, "furlong")),
        ("36.8", None, None, ("36.8", 36.8, None)),
        ("36.8", "36,8", "C", ("36.8", None, "C")),
        ("<36,8", "<36.8", "C", ("<36,8", None, "C")),
    ],
)
def test_a_vital_sign_is_converted_by_its_unit_alone_and_stays_as_it_was_written(
    original: str, plain: str | None, unit: str | None, standard: tuple[str, float | None, str | None]
) -> None:
    with open_with_functions() as connection:
        connection.execute("CREATE TABLE stg_vs(VSORRES VARCHAR, VSORRES_plain VARCHAR, VSORRESU VARCHAR)")
        seeds = DBT_PROJECT_DIR / "seeds" / "unit_conversion.csv"
        connection.execute(f"CREATE TABLE unit_conversion AS FROM read_csv('{seeds}', header = true)")
        connection.execute("INSERT INTO stg_vs VALUES (?, ?, ?)", [original, plain, unit])
        (row,) = mart(connection, "vs")
    assert row["VSORRES"] == original
    assert (row["VSSTRESC"], row["VSSTRESN"], row["VSSTRESU"]) == standard
