"""Files that SAS, CDISC and Viedoc wrote are read completely, with the counts of the samples' README (issue 5)."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
from dataset_files import SAMPLES, content_of, reading, texts

from pipelines.ingest.readers import Table
from pipelines.ingest.refusal import Refusal

SAS = SAMPLES / "pyreadstat" / "test_data"
JSON = SAMPLES / "datasetjson"
VIEDOC = SAMPLES / "viedoc" / "example-custom-reports"
pytestmark = [
    pytest.mark.realdata,
    pytest.mark.skipif(not SAMPLES.exists(), reason=f"the samples are not at {SAMPLES}"),
]


def the_table(form: str, path: Path) -> Table:
    (table,) = reading(form, path.read_bytes()).tables
    return table


def csv_rows(path: Path) -> list[tuple[str, ...]]:
    """Return the rows of a CSV that pandas wrote of the same data, its times in our way of writing."""
    text = path.read_text(encoding="utf-8-sig").replace(".000000", "")
    text = re.sub(r"(?m)(?<=,)(\d:\d\d:\d\d)", r"0\1", text)
    return [tuple(row) for row in csv.reader(text.splitlines())][1:]


@pytest.mark.parametrize(("name", "rows", "columns"), [("dm", 18, 26), ("ds", 53, 12), ("ae", 74, 37)])
def test_a_dataset_is_the_same_table_by_every_route(name: str, rows: int, columns: int) -> None:
    routes = {"json": "dataset-json", "ndjson": "dataset-json", "dsjc": "dataset-json", "xpt": "xpt"}
    tables = [the_table(form, JSON / f"{name}.{suffix}") for suffix, form in routes.items()]
    assert (tables[0].rows.num_rows, tables[0].rows.num_columns) == (rows, columns)
    assert all(content_of(table) == content_of(tables[0]) for table in tables)
    assert tables[0].name == name.upper()
    assert tables[0].subject == "USUBJID"


def test_dataset_json_in_japanese() -> None:
    table = the_table("dataset-json", JSON / "i18n" / "ae.json")
    assert (table.rows.num_rows, len(table.header)) == (1191, 36)
    assert texts(table)[0][table.header.index("AETERM")] == "アプリケーションサイトの紅斑"


def test_sas_datasets_are_what_their_csv_says() -> None:
    expected = csv_rows(SAS / "basic" / "sample.csv")
    assert (len(expected), len(expected[0])) == (5, 7)
    xpt = the_table("xpt", SAS / "basic" / "sample.xpt")
    assert texts(xpt) == expected
    for path in ("basic/sample.sas7bdat", "basic/sample_bincompressed.sas7bdat", "ínternátionál/sample.sas7bdat"):
        table = the_table("sas7bdat", SAS / path)
        assert texts(table) == expected
        assert [name.upper() for name in table.header] == list(xpt.header)
    assert texts(the_table("sas7bdat", SAS / "basic" / "dates.sas7bdat")) == csv_rows(SAS / "basic" / "dates.csv")


def test_days_and_times_agree_with_the_text_beside_them() -> None:
    both = [
        the_table("xpt", SAS / "basic" / "dates_xpt_v8.xpt"),
        the_table("sas7bdat", SAS / "basic/dates_xpt.sas7bdat"),
    ]
    for table in both:
        assert (table.rows.num_rows, len(table.header)) == (19, 9)
        for moment, moment_text, _, day, day_text, time, time_text, *_ in texts(table):
            assert (moment.replace("T", " "), day, time) == (moment_text, day_text, time_text)
    assert content_of(both[0])[2] == content_of(both[1])[2]
    table = the_table("sas7bdat", SAS / "basic" / "date_test.sas7bdat")
    assert (table.rows.num_rows, len(table.header)) == (20, 9)


def test_encodings_and_versions_make_no_difference() -> None:
    windows, linux = (
        the_table("sas7bdat", SAS / "sas_catalog" / f"test_data_{os}.sas7bdat") for os in ("win", "linux")
    )
    assert content_of(windows) == content_of(linux)
    assert (windows.rows.num_rows, len(windows.header)) == (3, 3)
    five, eight = (the_table("xpt", SAS / "basic" / f"sas.xpt{version}") for version in (5, 8))
    assert texts(five) == texts(eight) == [(str(number),) for number in range(1, 11)]


def test_special_missing_values_of_a_real_file_are_kept() -> None:
    found = reading("sas7bdat", (SAS / "missing_data" / "missing_test.sas7bdat").read_bytes())
    assert texts(found.tables[0]) == [(".A", ".B", ".C", ".X", ".Y", ".Z", "._", "", "1")]
    assert [remark.code for remark in found.remarks] == ["special_missing"]


def test_a_catalogue_is_refused_as_one() -> None:
    for path in SAS.rglob("*.sas7bcat"):
        with pytest.raises(Refusal, match="catalogue of formats"):
            reading("sas7bdat", path.read_bytes())


def test_kits_and_randomisation() -> None:
    folder = VIEDOC / "drug-accountability"
    kits = the_table("xlsx", folder / "Example Kit Allocation List, PHASE-II-TEMPLATE.xlsx")
    assert kits.header == ("ARMCD", "KITNO", "KITEXPDAT", "KITBATCHNO", "KITTABNO")
    assert kits.rows.num_rows == 400
    assert texts(kits)[0] == ("1", "VYA594", "2023-12-31", "B12467", "100")
    drawn = the_table("xlsx", folder / "Example Randomization List, PHASE-II-TEMPLATE.xlsx")
    assert drawn.rows.num_rows == 560


def test_every_workbook_is_read() -> None:
    paths = sorted(SAMPLES.rglob("*.xlsx"))
    assert len(paths) == 11
    for path in paths:
        assert any(table.rows.num_rows for table in reading("xlsx", path.read_bytes()).tables)
