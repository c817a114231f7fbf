"""What becomes of a cell's number or moment: all its digits, and nothing that was not meant (F42)."""

from __future__ import annotations

from typing import Any

import pytest
from dataset_files import texts
from workbook_files import MAIN, read, with_parts, with_sheet, workbook


@pytest.mark.parametrize(
    ("form", "is_told"),
    [("000", True), ('"S"000', True), ("000\\-0000", True), ("00000;-00000", True), ("0", False), ("0.00", False),
     ("00.0", False), ("#,##0", False), ('"00"0', False), ("0.00;(000)", False)],
)  # fmt: skip
def test_zeros_that_only_the_format_shows_are_told(form: str, is_told: bool) -> None:
    def fill(book: Any, sheet: Any) -> None:
        sheet.write(0, 0, "subject")
        sheet.write_number(1, 0, 7, book.add_format({"num_format": form}))

    found = read(workbook(fill))
    assert texts(found.tables[0]) == [("7",)]
    assert bool(found.remarks) == is_told


@pytest.mark.parametrize("digits", ["110101199003071234", "9007199254740993", "-12345678901234567890"])
def test_whole_numbers_keep_all_their_digits(digits: str) -> None:
    data = with_sheet(f'<row r="1"><c r="A1"><v>1</v></c></row><row r="2"><c r="A2"><v>{digits}</v></c></row>')
    assert texts(read(data).tables[0]) == [(digits,)]


@pytest.mark.parametrize(
    ("form", "written", "shown"),
    [
        ("yyyy-mm-dd", "2024-06-12T00:00:00", "2024-06-12"), ("dd.mm.yyyy", "2024-06-12T00:00:00.000Z", "2024-06-12"),
        ("yyyy-mm-dd hh:mm", "2024-06-12T00:00:00", "2024-06-12T00:00:00"), ("dd.mm.yyyy", "2024-06-12", "2024-06-12"),
        ("dd.mm.yyyy", "2024-06-12T14:05:00.5", "2024-06-12T14:05:00.500"),
        ("mmm-yy", "2024-06-01T00:00:00", "2024-06"),
        ("hh:mm", "1899-12-30T14:05:00", "14:05:00"), ("dd.mm.yyyy", "1900-01-05T00:00:00", "1900-01-05T00:00:00"),
        ("General", "2024-06-12T00:00:00", "2024-06-12T00:00:00"), ("dd.mm.yyyy", "next week", "next week"),
        ("dd.mm.yyyy", "2024-06-12T00:00:00+02:00", "2024-06-12T00:00:00+02:00"),
    ],
)  # fmt: skip
def test_dates_that_strict_workbooks_write_as_moments_are_what_their_format_shows(
    form: str, written: str, shown: str
) -> None:
    formats = f'<numFmts><numFmt numFmtId="200" formatCode="{form}"/></numFmts>'
    styles = (
        f'<styleSheet xmlns="{MAIN}">{formats}<cellXfs><xf numFmtId="0"/><xf numFmtId="200"/></cellXfs></styleSheet>'
    )
    sheet = f'<row r="1"><c r="A1"><v>1</v></c></row><row r="2"><c r="A2" s="1" t="d"><v>{written}</v></c></row>'
    assert texts(read(with_parts(with_sheet(sheet), {"xl/styles.xml": styles.encode()})).tables[0]) == [(shown,)]
