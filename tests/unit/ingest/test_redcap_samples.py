"""Exports that REDCap, Castor and Viedoc wrote are read whole: rows and columns are those counted with the samples."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from redcap_case import rows_of

from pipelines.ingest.readers import READERS, Reading
from pipelines.ingest.readers.redcap_dictionary import parse_dictionary
from pipelines.ingest.refusal import Refusal
from pipelines.settings import PROJECT_ROOT
from pipelines.study_source import Source

SAMPLES = PROJECT_ROOT.parent / "shared" / "data" / "format-samples"
PROJECTS = SAMPLES / "REDCapR" / "inst" / "test-data" / "projects"
pytestmark = [
    pytest.mark.realdata,
    pytest.mark.skipif(not SAMPLES.exists(), reason="the sample files are not in ../shared/data"),
]

# Project: rows and columns of data.csv, and rows of each instrument.
REDCAP = {
    "simple": ((5, 24), {"demographics": 5, "health": 5, "race_and_ethnicity": 5}),
    "clinical-trial-1": ((500, 13), {"demographics": 500}),
    "arm-multiple-delete": ((60, 5), {"demographics": 60}),
    "arm-single-longitudinal": ((9, 6), {"collection": 9}),
    "checkboxes-1": ((4, 13), {"form_1": 4, "form_2": 4}),
    "dag": ((3, 17), {"demographics": 3}),
    "decimal-comma": ((4, 6), {"demographics": 4}),
    "decimal-dot": ((4, 6), {"demographics": 4}),
    "repeating-instruments": ((6, 15), {"demographics": 2, "bp": 4}),
    "vignette-repeating": ((17, 15), {"intake": 2, "blood_pressure": 6, "laboratory": 4, "image": 5}),
    "nonnumeric-record-id": ((3, 3), {"demographics": 3}),
    "file-repo": ((2, 7), {"form_1": 2}),
}
CASTOR = {
    "Study": (2, 76), "AdverseEvent": (2, 15), "Medication": (2, 12), "QOLSurvey": (2, 16), "UnscheduledVisit": (1, 21),
    # Its one row has no line end, and counting line ends counts none.
    "Comorbidities": (1, 7),
}  # fmt: skip


def read(name: str, data: bytes, dictionary: Path | None = None) -> Reading:
    declared = {} if dictionary is None else {"dictionary": str(dictionary)}
    return READERS[name].read(data, Source(path="edc/e.csv", format=name, **declared))


def of_project(project: str) -> Reading:
    folder = PROJECTS / project
    (dictionary,) = folder.glob("diction*.csv")
    return read("redcap", (folder / "data.csv").read_bytes(), dictionary)


def filled(rows: list[tuple[str, ...]]) -> Iterator[str]:
    return (cell for row in rows for cell in row if cell)


@pytest.mark.parametrize("project", REDCAP)
def test_a_redcap_project_is_read_whole(project: str) -> None:
    shape, instruments = REDCAP[project]
    reading = of_project(project)
    whole, *forms, dictionary = reading.tables
    assert (whole.rows.num_rows, len(whole.header)) == shape
    assert {form.name: form.rows.num_rows for form in forms} == instruments
    assert dictionary.name == "data_dictionary"
    assert reading.remarks == ()
    keys = len(whole.keys)
    cells = sorted(cell for form in forms for cell in filled([row[keys:] for row in rows_of(form)]))
    key_places = {whole.header.index(key) for key in whole.keys}
    others = [tuple(cell for place, cell in enumerate(row) if place not in key_places) for row in rows_of(whole)]
    assert cells == sorted(filled(others))


def test_all_projects_with_data_are_looked_at() -> None:
    with_data = {path.parent.name for path in PROJECTS.glob("*/data.csv")}
    assert with_data - set(REDCAP) == {"single-column"}
    with pytest.raises(Refusal, match="empty_file"):
        of_project("single-column")


def test_groups_and_checkboxes_of_redcap() -> None:
    dag = of_project("dag").tables[0]
    assert dag.site is not None
    assert dag.rows.column(dag.header.index(dag.site)).to_pylist() == ["daga", "daga", "dagb"]
    assert of_project("arm-multiple-delete").counts["records"] == 20
    assert of_project("repeating-instruments").counts["records"] == 2
    (_, _, form_2, _) = of_project("checkboxes-1").tables
    assert sum("___" in name for name in form_2.header) == 9


def test_dictionaries_of_redcap_are_read() -> None:
    found = [parse_dictionary(path.read_bytes()) for path in SAMPLES.rglob("*ictiona*y.csv")]
    assert len(found) == 15
    extdata = parse_dictionary((SAMPLES / "redcaptools" / "inst" / "extdata" / "DataDictionary.csv").read_bytes())
    assert (len(extdata.fields), extdata.forms) == (16, ("form1", "form2", "form3"))


@pytest.mark.parametrize("dates", ["", " - Format"])
@pytest.mark.parametrize("form", CASTOR)
def test_castors_exports_are_read(form: str, dates: str) -> None:
    (path,) = (SAMPLES / "castoredc_api").rglob(f"Castor{form}{dates}.csv")
    (table,) = read("castor", path.read_bytes()).tables
    assert (table.rows.num_rows, len(table.header)) == CASTOR[form]
    assert (table.subject, table.site) == ("record_id", "institute")


def test_castors_structure_is_refused_for_what_it_is() -> None:
    (path,) = (SAMPLES / "castoRedc").rglob("*.zip")
    with pytest.raises(Refusal, match="ZIP"):
        read("castor", path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        (member,) = archive.namelist()
        with pytest.raises(Refusal, match="describes forms and holds no data"):
            read("castor", archive.read(member))


def test_viedocs_export_is_read() -> None:
    (path,) = (SAMPLES / "viedoc").rglob("SurvivalCurve_DataImport.csv")
    data = path.read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    (table,) = read("viedoc", data).tables
    assert (table.rows.num_rows + 1, table.subject) == (len(data.splitlines()), "SubjId")
    assert table.rows.num_rows == 228
    assert table.rows.column(0)[0].as_py() == "SE-003-001"
