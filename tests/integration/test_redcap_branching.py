"""A REDCap project configured as the documentation shows: a hidden blank is no missing value, a shown one is (E-05, E-06)."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from check_rows import CHECKS
from check_tables import open_with_functions

from pipelines.ingest.readers import READERS
from pipelines.settings import DBT_PROJECT_DIR, PROJECT_ROOT
from pipelines.standardize.mapping import raw_view_sql
from pipelines.standardize.source_files import SourceFiles
from pipelines.study import Study, load_study
from pipelines.validate.parameters import render_predicate
from pipelines.vocabulary import load_vocabulary

sys.path.insert(0, str(PROJECT_ROOT / "tests" / "unit" / "ingest"))
from redcap_case import as_csv, dictionary_bytes, field

DICTIONARY = dictionary_bytes(
    field("record_id", "enrolment"),
    field("sex", "enrolment", "radio", choices="0, Female | 1, Male", required="y"),
    field("pregnant", "enrolment", "yesno", logic="[sex] = '0'", required="y"),
    field("race", "enrolment", "checkbox", choices="1, Asian | 2, Other", required="y"),
    field("other_race", "enrolment", logic="[race(2)] = '1'", required="y"),
)
HEADER = (
    "record_id", "redcap_data_access_group", "sex", "pregnant", "race___1", "race___2", "other_race", "enrolment_complete",
)  # fmt: skip
EXPORT = as_csv(
    [
        HEADER,
        ("1", "101", "1", "", "1", "0", "", "2"),  # pregnant is hidden, and the logic of other_race is not readable
        ("2", "101", "0", "", "0", "1", "", "2"),  # pregnant is shown and blank
        ("3", "101", "0", "1", "0", "0", "", "0"),  # no race is ticked
        ("4", "101", "1", "1", "1", "0", "", "2"),  # a man is pregnant
        ("5", "101", "", "", "0", "0", "", "0"),  # nobody has opened the form
        ("6", "101", "0", "UNK", "1", "1", "", "1"),  # unknown is an answer
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
def study(tmp_path: Path) -> Study:
    """The study.yml of the documentation."""
    text = (PROJECT_ROOT / "docs" / "export-formats.md").read_text(encoding="utf-8")
    section = text[text.index("## REDCap") :]
    (block, *_) = re.findall(r"```yaml\n(.*?)```", section, re.DOTALL)
    path = tmp_path / "RC-1" / "study.yml"
    path.parent.mkdir()
    path.write_text(block, encoding="utf-8")
    (path.parent / "dictionary.csv").write_bytes(DICTIONARY)
    return load_study(path)


def delivered(study: Study, name: str, folder: Path) -> SourceFiles:
    """Write what a source takes of the export, with its lineage, as the store keeps it."""
    source = study.sources[name]
    (table,) = [table for table in READERS["redcap"].read(EXPORT, source).tables if table.name == source.table]
    rows = table.rows.num_rows
    lineage = [pa.repeat("RC-1/101/edc/export.csv/" + name, rows), pa.arange(1, rows + 1), pa.repeat("101", rows)]
    names = ["__source_file", "__source_row", "__site", *table.header]
    pq.write_table(pa.table([*lineage, *table.rows.columns], names=names), folder / f"{name}.parquet")
    return SourceFiles((str(folder / f"{name}.parquet"),), frozenset(table.header))


def model_sql(path: str) -> str:
    text = (DBT_PROJECT_DIR / "models" / path).read_text(encoding="utf-8")
    return re.sub(r"{{ (?:ref|source)\(([^)]*)\) }}", lambda found: found[1].replace("', '", ".").strip("'"), text)


@pytest.fixture
def data_points(study: Study, tmp_path: Path) -> duckdb.DuckDBPyConnection:
    """A warehouse in which the models of data points were run on the study."""
    connection = open_with_functions()
    files = {name: delivered(study, name, tmp_path) for name in study.sources}
    for name, columns in STAGED.items():
        dataset = load_vocabulary()[name.upper()]
        connection.execute(f"CREATE TABLE {name} AS SELECT {columns} FROM ({raw_view_sql(study, dataset, files)})")
    connection.execute("CREATE SCHEMA settings")
    connection.execute(
        "CREATE TABLE settings.parameter AS SELECT 'E-05' AS check_id, 'missing_codes' AS name, 'UNK' AS value"
    )
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
    assert findings(data_points, "E-05") == {("2", "pregnant"), ("3", "race")}


def test_a_value_in_a_hidden_field_is_told(data_points: duckdb.DuckDBPyConnection) -> None:
    assert findings(data_points, "E-06") == {("4", "pregnant")}


def test_ticked_choices_are_listed_ones(data_points: duckdb.DuckDBPyConnection) -> None:
    assert findings(data_points, "E-07") == set()
    known = data_points.execute("SELECT count(*) FROM data_points WHERE is_listed_option").fetchone()
    assert known == (10,)


def test_subjects_and_sites_are_those_of_the_export(study: Study) -> None:
    (table,) = [t for t in READERS["redcap"].read(EXPORT, study.sources["ENROLMENT"]).tables if t.name == "enrolment"]
    assert study.sources["ENROLMENT"].subject is not None
    assert table.subject == study.sources["ENROLMENT"].subject.item
    assert table.rows.num_rows == 6
