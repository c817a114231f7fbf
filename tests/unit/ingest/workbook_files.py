"""Workbooks for tests: written with xlsxwriter, or with a sheet's XML put in by hand where no writer would write it."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping
from typing import Any

import pytest
import xlsxwriter
from dataset_files import reading

from pipelines.ingest.readers import Reading
from pipelines.ingest.refusal import Refusal

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def workbook(fill: Callable[[Any, Any], None], **options: Any) -> bytes:
    """Return a workbook whose one sheet, DM, `fill` writes."""
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True, **options}) as book:
        fill(book, book.add_worksheet("DM"))
    return content.getvalue()


def table(*rows: tuple[Any, ...]) -> bytes:
    """Return a workbook with these rows."""

    def fill(_: Any, sheet: Any) -> None:
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)

    return workbook(fill)


def with_parts(data: bytes, parts: Mapping[str, bytes | None]) -> bytes:
    """Return a workbook with parts replaced, added, or, where None, left out."""
    content = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            if entry.filename not in parts:
                new.writestr(entry, old.read(entry))
        for name, part in parts.items():
            if part is not None:
                new.writestr(name, part)
    return content.getvalue()


def with_sheet(rows: str, before: str = "", after: str = "") -> bytes:
    """Return a workbook whose sheet has this XML for its rows."""
    sheet = f'<worksheet xmlns="{MAIN}">{before}<sheetData>{rows}</sheetData>{after}</worksheet>'
    return with_parts(table(("a",)), {"xl/worksheets/sheet1.xml": sheet.encode()})


def read(data: Any, **declared: Any) -> Reading:
    return reading("xlsx", data, **declared)


def refusal_of(data: bytes, **declared: Any) -> Refusal:
    with pytest.raises(Refusal) as caught:
        read(data, **declared)
    return caught.value


def codes(found: Reading) -> list[tuple[str, str]]:
    return [(remark.code, remark.table) for remark in found.remarks]
