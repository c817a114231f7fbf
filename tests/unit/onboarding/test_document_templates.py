"""Templates of a site's documents: what is filled in is taken in, and whoever fills it in is told how."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import fastexcel
import pytest

from pipelines.errors import UserError
from pipelines.ingest import ingest_study
from pipelines.onboarding.document_templates import chosen_datasets, dictionary_rows, sources_text, write_templates
from pipelines.settings import Home
from pipelines.standardize import lay_raw_views
from pipelines.standardize.raw_views import open_for_writing
from pipelines.study import Study, load_study
from pipelines.study_layouts import template_columns

STUDY = Study.model_validate({"study": "S-1", "title": "t", "sponsor": "s", "sources": {}, "map": {}})


def test_without_a_choice_there_is_one_for_each_document_of_a_site() -> None:
    names = [dataset.name for dataset in chosen_datasets([])]
    assert {"DELEGATION", "TRAINING", "ISF_INDEX", "IP_LOG"} <= set(names)
    assert not {"AE", "QUERY"} & set(names)
    assert [dataset.name for dataset in chosen_datasets(["delegation", "AE"])] == ["DELEGATION", "AE"]


def test_a_dataset_that_is_none_is_refused_with_the_nearest() -> None:
    with pytest.raises(UserError, match=r'there is no dataset "DELEGATON"\. Did you mean "DELEGATION"'):
        chosen_datasets(["DELEGATON"])


@pytest.mark.parametrize("dataset", chosen_datasets([]), ids=lambda dataset: dataset.name)
def test_both_files_have_the_columns_and_the_spreadsheet_explains_each(tmp_path: Path, dataset) -> None:
    text, spreadsheet = write_templates(STUDY, [dataset], tmp_path)
    columns = template_columns(dataset)
    assert next(csv.reader(io.StringIO(text.read_text(encoding="utf-8-sig")))) == columns
    book = fastexcel.read_excel(spreadsheet)
    assert book.sheet_names == [dataset.name, "Data dictionary"]
    sheet = book.load_sheet(dataset.name, header_row=0)
    assert [column.name for column in sheet.available_columns()] == columns
    explained = book.load_sheet("Data dictionary", header_row=2).to_polars()
    assert explained["column"].to_list() == columns
    assert explained["meaning"].null_count() == explained["how to write it"].null_count() == 0


def test_the_same_template_is_the_same_bytes(tmp_path: Path) -> None:
    first, again = (
        [path.read_bytes() for path in write_templates(STUDY, chosen_datasets([]), tmp_path / name)]
        for name in ("first", "again")
    )
    assert first == again


def test_the_dictionary_says_what_must_be_filled() -> None:
    (delegation,) = chosen_datasets(["DELEGATION"])
    needed = {column: must for column, _, _, must in dictionary_rows(delegation)}
    assert needed["site"] == "yes"
    assert needed["person"] == needed["task"] == "tells rows apart"
    assert needed["end_date"] == ""
    (safety,) = chosen_datasets(["SAFETY"])
    assert {column for column, _, _, must in dictionary_rows(safety) if must == "yes"} == {"site", "subject"}


def test_a_template_that_is_filled_in_is_taken_in_by_the_lines_that_come_with_it(home: Home) -> None:
    datasets = chosen_datasets(["DELEGATION"])
    path = home.study_file("S-1")
    path.parent.mkdir(parents=True)
    path.write_text(f"study: S-1\ntitle: t\nsponsor: s\n{sources_text(datasets)}\n", encoding="utf-8")
    folder = home.landing / "S-1" / "101" / "isf"
    template = write_templates(STUDY, datasets, folder)[0]
    (folder / "DELEGATION.xlsx").unlink()
    filled = template.read_bytes() + b"101,D1,P1,SUB-I,DOSING,2024-05,,,N\r\n"
    template.write_bytes(filled)
    study = load_study(path)
    ingest_study(home, study)
    lay_raw_views(home, study, {})
    with open_for_writing(home, "S-1") as connection:
        rows = connection.execute("SELECT site, person, task, start_date, end_date FROM raw.delegation").fetchall()
    assert rows == [("101", "P1", "DOSING", "2024-05", None)]
