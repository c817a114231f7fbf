"""The same rows, delivered as XPT, Dataset-JSON and XLSX, land as the same rows; of a broken file nothing does."""

from __future__ import annotations

import json
from collections.abc import Callable

import polars as pl
import pytest
from dataset_files import Column, ibm, library, member, text, xpt
from ingest_desk import Desk
from workbook_files import table

COLUMNS = [text("USUBJID", 6), text("SITEID", 3), text("AETERM", 8), Column("DOSE")]
ROWS = [("1-001", "101", "Nausea", 0.5), ("1-002", "101", "Fever", 2)]


def as_xpt() -> bytes:
    return xpt(
        COLUMNS,
        [subject.ljust(6).encode() + b"101" + term.ljust(8).encode() + ibm(dose) for subject, _, term, dose in ROWS],
    )


def as_json() -> bytes:
    kinds = ["double" if column.name == "DOSE" else "string" for column in COLUMNS]
    described = [
        {"itemOID": c.name, "name": c.name, "label": c.name, "dataType": k} for c, k in zip(COLUMNS, kinds, strict=True)
    ]
    about = {
        "datasetJSONCreationDateTime": "2024-11-11T15:09:15",
        "datasetJSONVersion": "1.1.0",
        "itemGroupOID": "IG.AE",
    }
    about |= {"records": 2, "name": "AE", "label": "Adverse Events"}
    return json.dumps({**about, "columns": described, "rows": ROWS}).encode()


def as_xlsx() -> bytes:
    return table(tuple(column.name for column in COLUMNS), *ROWS)


@pytest.mark.parametrize(("form", "made"), [("xpt", as_xpt), ("dataset-json", as_json), ("xlsx", as_xlsx)])
def test_rows_land_alike_in_every_format(form: str, made: Callable[[], bytes], desk_for: Callable[..., Desk]) -> None:
    desk = desk_for(format=form, subject="USUBJID", site="SITEID", path="edc/AE*")
    desk.put("edc/AE.bin", made())
    (event,) = desk.ingest()
    assert (event.status, event.rows, event.reason) == ("accepted", 2, "")
    (stored,) = desk.home.store.rglob("*.parquet")
    frame = pl.read_parquet(stored)
    assert frame.select("USUBJID", "SITEID", "AETERM", "DOSE").rows() == [
        (subject, site, term, f"{dose:g}") for subject, site, term, dose in ROWS
    ]
    desk.put("edc/AE2.bin", made()[:-90])
    assert [event.status for event in desk.ingest()] == ["refused"]
    assert [event.rows for event in desk.ingest()] == []


def test_a_file_of_two_datasets_feeds_the_source_that_names_one(desk_for: Callable[..., Desk]) -> None:
    data = library() + member([text("A", 2)], [b"xx"]) + member([text("B", 2)], [b"yy"], name="EX")
    desk = desk_for(format="xpt", table="EX", path="edc/*.xpt")
    desk.put("edc/all.xpt", data)
    (event,) = desk.ingest()
    assert (event.status, event.columns) == ("accepted", ("B",))
    (refused,) = desk_for(format="xpt", path="edc/*.xpt").ingest()
    assert refused.reason.startswith("several_tables")
