"""The XLSX reader: every value of every sheet exactly, what is hidden as well, and a remark on what is odd (F42)."""

from __future__ import annotations

import io
import mmap
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from dataset_files import texts
from hypothesis import given, settings
from hypothesis import strategies as st
from workbook_files import codes, read, refusal_of, table, with_parts, with_sheet, workbook

from pipelines.onboarding.document_templates import chosen_datasets, dictionary_rows, write_templates
from pipelines.study import Study
from pipelines.study_layouts import template_columns

DAY = datetime(2024, 6, 12, tzinfo=UTC).replace(tzinfo=None)


def test_values_land_in_their_exact_shortest_form(tmp_path: Path) -> None:
    data = table(("t", "n", "b"), ("007", 7, True), ("  ä\n<5 ", 0.1, False), ("x", 1e300, True), ("y", -2.5, False))
    (found,) = read(data).tables
    assert (found.name, found.header) == ("DM", ("t", "n", "b"))
    assert texts(found) == [
        ("007", "7", "TRUE"), ("  ä\n<5 ", "0.1", "FALSE"), ("x", "1e+300", "TRUE"), ("y", "-2.5", "FALSE")
    ]  # fmt: skip
    assert found.places.to_pylist() == [f"sheet DM, row {number}" for number in range(2, 6)]
    path = tmp_path / "DM.xlsx"
    path.write_bytes(data)
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        assert texts(read(mapped).tables[0]) == texts(found)


def test_each_sheet_is_a_table_and_hidden_ones_are_told() -> None:
    def fill(book: Any, sheet: Any) -> None:
        sheet.write_row(0, 0, ("a",))
        for name, hide in (("secret", "hide"), ("buried", "very_hidden"), ("empty", "activate")):
            other = book.add_worksheet(name)
            getattr(other, hide)()
            if name != "empty":
                other.write_column(0, 0, ("b", "x"))

    found = read(workbook(fill))
    assert [(one.name, one.header, texts(one)) for one in found.tables] == [
        ("DM", ("a",), []), ("secret", ("b",), [("x",)]), ("buried", ("b",), [("x",)]), ("empty", (), [])
    ]  # fmt: skip
    assert codes(found) == [("hidden_sheet", "secret"), ("hidden_sheet", "buried")]


def test_hidden_rows_and_columns_are_read_and_told() -> None:
    def fill(_: Any, sheet: Any) -> None:
        for row in range(5):
            sheet.write_row(row, 0, (f"a{row}", f"b{row}", f"c{row}"))
        sheet.set_row(2, None, None, {"hidden": True})
        sheet.set_row(4, 0)
        sheet.set_row(9, None, None, {"hidden": True})
        sheet.set_column(1, 1, None, None, {"hidden": True})
        sheet.set_column(7, 9, None, None, {"hidden": True})

    found = read(workbook(fill))
    assert len(texts(found.tables[0])) == 4
    assert [(remark.code, remark.text[0], remark.text[-5:]) for remark in found.remarks] == [
        ("hidden_rows", "2", "row 3"), ("hidden_columns", "1", "umn B")
    ]  # fmt: skip


def test_merged_cells_stand_in_the_header_over_each_column_and_below_once() -> None:
    def fill(_: Any, sheet: Any) -> None:
        sheet.merge_range("A1:A2", "subject")
        sheet.merge_range("B1:C1", "dose")
        sheet.write_row(1, 1, ("mg", "day"))
        sheet.write_row(2, 0, ("1", "5", "2"))
        sheet.merge_range("A4:C4", "withdrawn")

    found = read(workbook(fill), header_rows=2)
    assert found.tables[0].header == ("subject", "dose / mg", "dose / day")
    assert texts(found.tables[0]) == [("1", "5", "2"), ("withdrawn", "", "")]
    assert codes(found) == [("merged_cells", "DM")]
    assert "first area begins at A4" in found.remarks[0].text


def test_formulas_give_the_value_that_was_calculated() -> None:
    def fill(_: Any, sheet: Any) -> None:
        sheet.write_row(0, 0, ("n", "t"))
        sheet.write_formula("A2", "=1+1", None, 2)
        sheet.write_formula("B2", '="a"', None, "a")

    found = read(workbook(fill))
    assert texts(found.tables[0]) == [("2", "a")]
    assert [(remark.code, remark.text[:7]) for remark in found.remarks] == [("formulas", "2 cells")]
    blank = with_sheet(
        '<row r="1"><c r="A1" t="str"><v>h</v></c></row><row r="2"><c r="A2" t="str"><f>B1</f><v/></c></row>'
    )
    assert read(blank).tables[0].rows.num_rows == 0


@pytest.mark.parametrize("value", ["", "<v></v>"])
def test_a_formula_without_a_value_is_refused_with_its_cell(value: str) -> None:
    refusal = refusal_of(with_sheet(f'<row r="1"/><row r="7"><c r="C7"><f>SUM(A1:A2)</f>{value}</c></row>'))
    assert refusal.code == "formula_without_value"
    assert 'sheet "DM", cell C7' in refusal.text


@pytest.mark.parametrize("is_1904", [False, True])
@pytest.mark.parametrize(
    ("form", "value", "shown"),
    [
        ("yyyy-mm-dd", DAY, "2024-06-12"), ("d.m.yyyy", DAY, "2024-06-12"), ("[$-411]ggge年m月d日", DAY, "2024-06-12"),
        ("mmm-yy", DAY.replace(day=1), "2024-06"), ("mmm-yy", DAY, "2024-06-12"), ("d-mmm", DAY, "2024-06-12"),
        ("yyyy", DAY.replace(month=1, day=1), "2024"), ("yyyy", DAY, "2024-06-12"), ("mmmm", DAY, "2024-06-12"),
        ("dd/mm/yyyy hh:mm", DAY, "2024-06-12T00:00:00"),
        ("dd/mm/yyyy hh:mm", DAY.replace(hour=14, minute=5, second=59), "2024-06-12T14:05:59"),
        ("yyyy-mm-dd", DAY.replace(hour=6), "2024-06-12T06:00:00"),
        ("h:mm AM/PM", DAY.replace(hour=14), "2024-06-12T14:00:00"),
        ("yyyy-mm-dd hh:mm:ss.000", DAY.replace(microsecond=250_000), "2024-06-12T00:00:00.250"),
    ],
)  # fmt: skip
def test_dates_land_in_iso_8601_as_far_as_their_format_shows(
    form: str, value: datetime, shown: str, is_1904: bool
) -> None:
    def fill(book: Any, sheet: Any) -> None:
        sheet.write(0, 0, "d")
        sheet.write_datetime(1, 0, value, book.add_format({"num_format": form}))

    found = read(workbook(fill, date_1904=is_1904))
    assert texts(found.tables[0]) == [(shown,)]
    assert not found.remarks


@pytest.mark.parametrize(
    ("form", "serial", "is_1904", "shown"),
    [
        ("yyyy-mm-dd", 1, False, "1900-01-01"), ("yyyy-mm-dd", 59, False, "1900-02-28"),
        ("yyyy-mm-dd", 61, False, "1900-03-01"), ("yyyy-mm-dd", 2958465, False, "9999-12-31"),
        ("yyyy-mm-dd", 0, True, "1904-01-01"), ("h:mm", 0.75, False, "18:00:00"), ("h:mm", 0.75, True, "18:00:00"),
        ("[h]:mm", 1.25, False, "30:00:00"), ("0.00", 45455, False, "45455"), ('0.0"d"', 0.5, False, "0.5"),
    ],
)  # fmt: skip
def test_numbers_are_days_of_the_workbook_s_calendar(form: str, serial: float, is_1904: bool, shown: str) -> None:
    found = read(_numbers(form, serial, is_1904))
    assert texts(found.tables[0]) == [(shown,)]
    assert not found.remarks


def _numbers(form: str, serial: float, is_1904: bool = False) -> bytes:
    def fill(book: Any, sheet: Any) -> None:
        sheet.write(0, 0, "d")
        sheet.write_number(1, 0, serial, book.add_format({"num_format": form}))

    return workbook(fill, date_1904=is_1904)


@pytest.mark.parametrize(("serial", "shown"), [(60, "60"), (0, "0"), (-1, "-1"), (2958466, "2958466")])
def test_a_number_that_is_no_day_stays_a_number_and_is_told(serial: float, shown: str) -> None:
    found = read(_numbers("yyyy-mm-dd", serial))
    assert texts(found.tables[0]) == [(shown,)]
    assert codes(found) == [("unreadable_date", "DM")]


def test_country_s_own_formats_are_dates() -> None:
    styles = '<cellXfs><xf numFmtId="0"/><xf numFmtId="31"/></cellXfs>'
    data = with_parts(
        with_sheet('<row r="1"><c r="A1"><v>1</v></c></row><row r="2"><c r="A2" s="1"><v>45455</v></c></row>'),
        {"xl/styles.xml": f'<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">{styles}</styleSheet>'.encode()},
    )  # fmt: skip
    assert texts(read(data).tables[0]) == [("2024-06-12",)]


def test_dates_that_excel_made_of_something_else_are_told() -> None:
    def fill(book: Any, sheet: Any) -> None:
        sheet.write_column(0, 0, ("gene", "TP53", "BRCA1"))
        sheet.write_datetime(3, 0, DAY.replace(month=9, day=2), book.add_format({"num_format": "d-mmm"}))

    found = read(workbook(fill))
    assert codes(found) == [("dates_among_texts", "DM")]
    assert "cell A4" in found.remarks[0].text


def test_errors_and_numbers_with_padding_are_told() -> None:
    def fill(book: Any, sheet: Any) -> None:
        sheet.write_column(0, 0, ("site", 7, 45))
        sheet.write_number(1, 1, 7, book.add_format({"num_format": "000"}))
        sheet.write_formula(2, 1, "=NA()", None, "#N/A")

    found = read(workbook(fill))
    assert texts(found.tables[0]) == [("7", "7"), ("45", "#N/A")]
    assert sorted(code for code, _ in codes(found)) == ["error_cells", "formulas", "padded_numbers"]


def test_what_is_blank_at_the_end_does_not_count() -> None:
    def fill(book: Any, sheet: Any) -> None:
        sheet.write_row(0, 0, ("a", "b"))
        sheet.write_row(3, 0, ("x",))
        sheet.write_blank(900, 700, None, book.add_format({"bold": True}))

    found = read(workbook(fill))
    assert texts(found.tables[0]) == [("x", "")]
    assert found.tables[0].places.to_pylist() == ["sheet DM, row 4"]
    assert found.counts == {"sheets": 1, "blank_rows": 2}


def test_a_first_row_that_is_blank_is_the_header_all_the_same() -> None:
    def fill(_: Any, sheet: Any) -> None:
        sheet.write_row(1, 0, ("a", "b"))

    assert read(workbook(fill)).tables[0].header == ("", "")


def test_comments_on_cells_are_told() -> None:
    def fill(_: Any, sheet: Any) -> None:
        sheet.write(0, 0, "a")
        sheet.write_comment(0, 0, "ask Jane")

    (remark,) = read(workbook(fill)).remarks
    assert (remark.code, "Jane" in remark.text) == ("cell_comments", False)


def test_runs_are_joined_reading_aids_left_out_and_escapes_undone() -> None:
    item = "<r><t>東</t></r><r><t xml:space='preserve'> 京</t></r><rPh sb='0' eb='1'><t>トウ</t></rPh>"
    cell = f'<c r="A1" t="inlineStr"><is>{item}</is></c><c r="B1" t="str"><v>a_x000D_b_x005F_x000D_</v></c>'
    assert read(with_sheet(f'<row r="1">{cell}</row>')).tables[0].header == ("東 京", "a\rb_x000D_")


@pytest.mark.parametrize("dataset", chosen_datasets(["DELEGATION", "SAFETY"]), ids=lambda dataset: dataset.name)
def test_templates_can_be_read(tmp_path: Path, dataset: Any) -> None:
    study = Study.model_validate({"study": "S-1", "title": "t", "sponsor": "s", "sources": {}, "map": {}})
    _, path = write_templates(study, [dataset], tmp_path)
    found = read(path.read_bytes())
    data, dictionary = found.tables
    assert (data.name, list(data.header), data.rows.num_rows) == (dataset.name, template_columns(dataset), 0)
    assert texts(dictionary)[1:] == dictionary_rows(dataset)
    assert not found.remarks


CELLS = st.one_of(
    st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFFFD, exclude_categories=["Cs"]), min_size=1, max_size=9),
    st.floats(-1e300, 1e300).map(lambda number: number or 0.0),
    st.integers(-(2**50), 2**50),
    st.booleans(),
)


def test_what_another_writer_writes_is_read_value_by_value() -> None:
    from openpyxl import load_workbook

    cells_read = []

    def expected(value: Any) -> str:
        if isinstance(value, bool):
            return str(value).upper()
        return value if isinstance(value, str) else format(value, ".16g") if isinstance(value, float) else str(value)

    @settings(max_examples=40, deadline=None, derandomize=True, database=None)
    @given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=6))
    def check(rows: list[tuple[Any, Any]]) -> None:
        def fill(_: Any, sheet: Any) -> None:
            sheet.write_row(0, 0, ("a", "b"))
            for number, row in enumerate(rows, start=1):
                for column, value in enumerate(row):
                    write = {bool: sheet.write_boolean, str: sheet.write_string}.get(type(value), sheet.write_number)
                    write(number, column, value)

        data = workbook(fill)
        found = texts(read(data).tables[0])
        again = load_workbook(io.BytesIO(data), read_only=True)["DM"].iter_rows(min_row=2, values_only=True)
        for got, row, other in zip(found, rows, again, strict=True):
            for cell, value, seen in zip(got, row, other, strict=True):
                if isinstance(value, (float, int)) and not isinstance(value, bool):
                    assert float(cell) == float(expected(value)) == float(seen)
                else:
                    assert cell == expected(value)
                    assert isinstance(value, bool) or "_x" in value or seen == value
                cells_read.append(cell)

    check()
    assert len(cells_read) > 100
