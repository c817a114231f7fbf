"""The data points of a REDCap export: blank fields too, so that a check can tell missing from hidden."""

from __future__ import annotations

from pathlib import Path

import pytest
from redcap_case import KEYS, LONGITUDINAL, Project, as_csv, rows_of


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def test_data_points_hold_blank_fields_too(project: Project) -> None:
    points = project.points(LONGITUDINAL)
    assert points.header == (*KEYS, "instrument", "field_name", "value")
    assert points.keys == frozenset(points.header[:-1])
    assert points.places is not None
    found = {
        (place, *row[-3:-1]): row[-1] for place, row in zip(points.places.to_pylist(), rows_of(points), strict=True)
    }
    assert len(found) == points.rows.num_rows == 2 * 3 + 2 * 1 + 2 * 1
    assert found["row 1", "enrolment", "race"] == "1"
    assert found["row 5", "enrolment", "race"] == ""
    assert found["row 5", "enrolment", "pregnant"] == ""
    assert found["row 4", "ae", "ae_term"] == ""


def test_an_instrument_that_nobody_opened_has_no_data_points(project: Project) -> None:
    header = (
        "record_id", "sex", "race___1", "race____1", "race___ab", "enrolment_complete", "weight", "vitals_complete",
    )  # fmt: skip
    rows = [
        ("1", "", "0", "0", "0", "0", "", "0"),
        ("2", "", "0", "0", "0", "2", "", ""),
        ("3", "", "1", "0", "0", "0", "0", "0"),
    ]
    points = rows_of(project.points(as_csv([header, *rows])))
    assert [(record, field) for record, _, field, _ in points] == [
        ("2", "sex"), ("3", "sex"), ("2", "race"), ("3", "race"), ("3", "weight"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("cells", "value"),
    [
        (("1", "1", "0"), "1;-1"),
        (("0", "0", "1"), "aB"),
        (("", "", ""), ""),
        (("0", "0", "0"), ""),
        (("x", "1", ""), "x;-1"),
    ],
)
def test_a_checkbox_is_one_data_point(project: Project, cells: tuple[str, ...], value: str) -> None:
    data = as_csv([("record_id", "sex", "race___1", "race____1", "race___ab"), ("1", "0", *cells)])
    points = rows_of(project.points(data))
    assert ("1", "enrolment", "race", value) in points


def test_a_checkbox_without_all_its_choices_is_no_data_point_and_is_told(project: Project) -> None:
    data = as_csv([("record_id", "sex", "race___1", "race___unk"), ("1", "0", "0", "0")])
    reading = project.read(data, missing=["UNK"])
    assert [row[-2:] for row in rows_of(reading.on_request["data_points"]())] == [("sex", "0")]
    (text,) = [remark.text for remark in reading.remarks if remark.code == "choices_not_exported"]
    assert text.endswith(": race (-1, aB)")
    (enrolment,) = [table for table in reading.tables if table.name == "enrolment"]
    assert "race___1" in enrolment.header
