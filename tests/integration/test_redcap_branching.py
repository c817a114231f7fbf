"""A REDCap project set up as the documentation shows: a hidden blank is not missing, a shown one is (E-05, E-06)."""

from __future__ import annotations

import re

import duckdb
import pytest
from check_rows import CHECKS
from check_tables import open_with_functions
from redcap_case import as_csv, dictionary_bytes, field

from pipelines.ingest import current_deliveries, ingest_site
from pipelines.ingest.layout import layout_of
from pipelines.settings import DBT_PROJECT_DIR, PROJECT_ROOT, Home
from pipelines.standardize.mapping import raw_view_sql
from pipelines.standardize.source_files import source_files
from pipelines.standardize.study_settings import list_parameters, with_missing_codes
from pipelines.study import Study, load_study
from pipelines.validate.parameters import render_predicate
from pipelines.vocabulary import load_vocabulary

DICTIONARY = dictionary_bytes(
    field("record_id", "enrolment"),
    field("sex", "enrolment", "radio", choices="0, Female | 1, Male", required="y"),
    field("pregnant", "enrolment", "yesno", logic="[sex] = '0'", required="y"),
    field("race", "enrolment", "checkbox", choices="1, Asian | 2, Other", required="y"),
    field("other_race", "enrolment", logic="[race(2)] = '1'", required="y"),
    field("due", "enrolment", logic="[sex] = 0 and [pregnant] = '1'", required="y"),
    field("grouped", "enrolment", logic="([sex] = 0) and [pregnant] = 1", required="y"),
)
HEADER = (
    "record_id", "redcap_data_access_group", "sex", "pregnant", "race___1", "race___2", "other_race",
    "due", "grouped", "enrolment_complete",
)  # fmt: skip
EXPORT = as_csv(
    [
        HEADER,
        ("1", "101", "1", "", "1", "0", "", "", "", "2"),  # all but grouped are hidden; that cannot be told
        ("2", "101", "0", "", "0", "1", "", "", "", "2"),  # pregnant and other_race are shown and blank
        ("3", "101", "0", "1", "0", "0", "", "", "", "0"),  # no race is ticked, and due is shown
        ("4", "101", "1", "1", "1", "0", "", "5", "5", "2"),  # a man is pregnant, and due
        ("5", "101", "", "", "0", "0", "", "", "", "0"),  # nobody has opened the form
        ("7", "101", "-99", "", "0", "1", "-99", "", "", "2"),  # not known, by a code that study.yml lists
        ("6", "101", "0", "UNK", "1", "1", "x", "", "", "1"),  # unknown is an answer
    ]
)
MODELS = ("int_dictionary_item", "int_branching_clause", "int_data_point_logic")
# What staging adds to the mapped columns, as far as these models look at it.
STAGED = {
    "data_dictionary": "*",
    "audit": "*, 'AUDIT' AS dataset, item_id AS record",
    "page": "*, entry_date AS entry_date_raw",
}


@pytest.fixture
def study(home: Home) -> Study:
    """The study.yml of the documentation, with an export in landing."""
    text = (PROJECT_ROOT / "docs" / "export-formats.md").read_text(encoding="utf-8")
    section = text[text.index("## REDCap") :]
    (block, *_) = re.findall(r"```yaml\n(.*?)```", section, re.DOTALL)
    path = home.study_file("RC-1")
    path.parent.mkdir(parents=True)
    path.write_text(block, encoding="utf-8")
    (path.parent / "dictionary.csv").write_bytes(DICTIONARY)
    landing = home.landing / "RC-1" / "101" / "edc"
    landing.mkdir(parents=True)
    (landing / "export_2024.csv").write_bytes(EXPORT)
    return load_study(path)


def model_sql(path: str) -> str:
    text = (DBT_PROJECT_DIR / "models" / path).read_text(encoding="utf-8")
    return re.sub(r"{{ (?:ref|source)\(([^)]*)\) }}", lambda found: found[1].replace("', '", ".").strip("'"), text)


@pytest.fixture
def data_points(home: Home, study: Study) -> duckdb.DuckDBPyConnection:
    """A warehouse in which the models of data points were run on what was ingested."""
    assert {event.status for event in ingest_site(home, study, "101")} == {"accepted"}
    files = source_files(study, current_deliveries(home, study.study))
    connection = open_with_functions()
    for name, columns in STAGED.items():
        dataset = load_vocabulary()[name.upper()]
        connection.execute(f"CREATE TABLE {name} AS SELECT {columns} FROM ({raw_view_sql(study, dataset, files)})")
    connection.execute("CREATE SCHEMA settings")
    connection.execute("CREATE TABLE settings.parameter (check_id TEXT, name TEXT, position BIGINT, value TEXT)")
    parameters = with_missing_codes({"E-05": {"missing_codes": ["UNK"]}}, study)
    connection.executemany("INSERT INTO settings.parameter VALUES ($1, $2, $3, $4)", list_parameters(parameters))
    for model in MODELS:
        connection.execute(f"CREATE TABLE {model} AS {model_sql(f'intermediate/{model}.sql')}")
    connection.execute(f"CREATE TABLE data_points AS {model_sql('marts/checks/check_data_point.sql')}")
    return connection


def findings(connection: duckdb.DuckDBPyConnection, check_id: str) -> set[tuple[str, str]]:
    check = CHECKS[check_id]
    applies, fails = (render_predicate(text, check.parameters) for text in (check.applies_when, check.fails_when))
    return set(
        connection.execute(f"SELECT subject, field FROM data_points WHERE ({applies}\n) AND ({fails}\n)").fetchall()
    )


def test_a_hidden_blank_is_not_missing_and_a_shown_one_is(data_points: duckdb.DuckDBPyConnection) -> None:
    assert findings(data_points, "E-05") == {
        ("2", "pregnant"), ("2", "other_race"), ("3", "race"), ("3", "due"),
    }  # fmt: skip


def test_a_value_in_a_hidden_field_is_told(data_points: duckdb.DuckDBPyConnection) -> None:
    assert findings(data_points, "E-06") == {("4", "pregnant"), ("4", "due")}


def test_ticked_choices_are_listed_ones(data_points: duckdb.DuckDBPyConnection) -> None:
    assert findings(data_points, "E-07") == set()
    known = data_points.execute("SELECT count(*) FROM data_points WHERE is_listed_option").fetchone()
    # Five sexes, and three races whose ticks are more than the one of a single choice.
    assert known == (8,)


def test_a_changed_dictionary_has_the_file_read_again(home: Home, study: Study) -> None:
    assert len(ingest_site(home, study, "101")) == 3
    assert ingest_site(home, study, "101") == []
    longer = DICTIONARY + as_csv([field("weight", "enrolment")])
    (home.study_file("RC-1").parent / "dictionary.csv").write_bytes(longer)
    again = ingest_site(home, study, "101")
    assert {event.status for event in again} == {"accepted"}
    (remark,) = {remark for event in again for remark in event.remarks}
    assert (remark.code, "weight" in remark.text) == ("fields_not_exported", True)
    # Where the study lies does not matter: the same dictionary elsewhere is the same.
    moved = home.study_file("RC-1").parent.with_name("elsewhere") / "dictionary.csv"
    moved.parent.mkdir()
    moved.write_bytes(longer)
    source = study.sources["POINTS"].model_copy(update={"dictionary": str(moved)})
    assert layout_of(source).digest == layout_of(study.sources["POINTS"]).digest


def test_a_row_has_the_number_of_its_row_in_the_file(home: Home, study: Study) -> None:
    header = (*HEADER[:2], "redcap_repeat_instrument", "redcap_repeat_instance", *HEADER[2:])
    rows = [("1", "101", "visit", "1", *[""] * 8), ("1", "101", "", "", "0", "1", "1", "0", "", "", "", "2")]
    (home.landing / "RC-1" / "101" / "edc" / "export_2024.csv").write_bytes(as_csv([header, *rows]))
    ingest_site(home, study, "101")
    (enrolment,) = [one for one in current_deliveries(home, "RC-1") if one.source == "ENROLMENT"]
    lineage = duckdb.read_parquet(str(enrolment.rows_path)).select("__source_row, __source_place, sex").fetchall()
    assert lineage == [(2, "row 2", "0")]


def test_a_row_of_another_group_refuses_the_file(home: Home, study: Study) -> None:
    (home.landing / "RC-1" / "101" / "edc" / "export_2024.csv").write_bytes(EXPORT.replace(b"4,101", b"4,102"))
    events = ingest_site(home, study, "101")
    assert {event.status for event in events} == {"refused"}
    assert {event.reason.partition(":")[0] for event in events} == {"site_mismatch"}
