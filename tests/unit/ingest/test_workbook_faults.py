"""What is no workbook, is broken, or is made to do harm is refused for the true reason, at once (F43-F47)."""

from __future__ import annotations

import io
import zipfile
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from workbook_files import MAIN, read, refusal_of, table, with_parts, with_sheet, workbook

from pipelines.ingest.readers import archive, workbook_package, workbook_parts, workbook_sheet
from pipelines.ingest.refusal import Refusal

GOOD = table(("a", "b"), ("x", 1))
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
BOOK = "xl/workbook.xml"
SHEET = "xl/worksheets/sheet1.xml"
RELATIONS = "xl/_rels/workbook.xml.rels"
DOCTYPE = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>'


def other_office(part: str, root: str) -> bytes:
    relations = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" '
        f'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="{part}"/>'
        "</Relationships>"
    )
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as file:
        file.writestr("_rels/.rels", relations)
        file.writestr(part, root)
    return content.getvalue()


def zip_of(**parts: bytes) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as file:
        for name, part in parts.items():
            file.writestr(name, part)
    return content.getvalue()


def part_of(name: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(GOOD)) as file:
        return file.read(name)


@pytest.mark.parametrize(
    ("data", "code", "words"),
    [
        (b"", "empty_file", "0 bytes"),
        (b"site,subject\n", "not_xlsx", "no ZIP"),
        (OLE + "Workbook".encode("utf-16-le"), "not_xlsx", "old Excel file"),
        (OLE + "EncryptedPackage".encode("utf-16-le"), "encrypted", "password"),
        (GOOD[:-100], "truncated_file", "missing"),
        (zip_of(a=b"1"), "not_xlsx", "ZIP file"),
        (other_office("xl/workbook.bin", "x"), "not_xlsx", "xlsb"),
        (other_office("word/document.xml", "<w:document xmlns:w='w'/>"), "not_xlsx", "no Excel workbook"),
        (with_parts(GOOD, {SHEET: None}), "malformed_xlsx", "sheet1.xml is missing"),
        (with_parts(GOOD, {SHEET: b"<worksheet"}), "malformed_xlsx", "no XML"),
        (with_parts(GOOD, {SHEET: part_of(SHEET)[:-30]}), "malformed_xlsx", "no XML"),
        (with_parts(GOOD, {"xl/sharedStrings.xml": None}), "malformed_xlsx", "sharedStrings.xml is missing"),
        (with_parts(GOOD, {BOOK: part_of(BOOK).replace(b"rId1", b"rId99")}), "malformed_xlsx", "not there"),
        (table(), "empty_file", "no sheet"),
    ],
)
def test_what_is_no_whole_workbook_is_refused(data: bytes, code: str, words: str) -> None:
    refusal = refusal_of(data)
    assert (refusal.code, words in refusal.text) == (code, True)


@pytest.mark.parametrize(
    "part", [SHEET, BOOK, "xl/styles.xml", "xl/sharedStrings.xml", "_rels/.rels", "docProps/x.xml"]
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_document_type_is_refused_wherever_it_stands(part: str, encoding: str) -> None:
    declared = f"<?xml version='1.0' encoding='{encoding}'?>\n<!-- {'x' * 40_000} -->{DOCTYPE}<x>&b;</x>"
    assert refusal_of(with_parts(GOOD, {part: declared.encode(encoding)})).code == "doctype"


def rows_xml(cells: str) -> bytes:
    return with_sheet(f'<row r="1"><c r="A1" t="inlineStr"><is><t>h</t></is></c></row><row r="2">{cells}</row>')


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (rows_xml('<c r="A2" t="s"><v>9</v></c>'), "cell A2 refers to a text"),
        (rows_xml('<c r="A2" t="s"><v>-1</v></c>'), "cell A2 refers to a text"),
        (rows_xml('<c r="A2" t="b"><v>2</v></c>'), "cell A2 is neither"),
        (rows_xml('<c r="A2" t="x"><v>2</v></c>'), "cell A2 has a type"),
        (rows_xml('<c r="A2" s="99"><v>2</v></c>'), "cell A2 has a style"),
        (rows_xml('<c r="A2"><v>2,5</v></c>'), "cell A2 is no number"),
        (rows_xml('<c r="A2"><v>nan</v></c>'), "cell A2 is no number"),
        (rows_xml('<c r="A2"><v>1_000</v></c>'), "cell A2 is no number"),
        (rows_xml('<c r="B2"><v>1</v></c><c r="A2"><v>1</v></c>'), "do not stand in order"),
        (rows_xml('<c r="A3"><v>1</v></c>'), "does not belong there"),
        (rows_xml('<c r="XFE2"><v>1</v></c>'), "does not belong there"),
        (with_sheet('<row r="2"/><row r="2"/>'), "row 2 stands behind row 2"),
        (with_sheet('<row r="1048577"/>'), "row 1048577"),
        (with_sheet('<row r="1"/>', after='<mergeCells><mergeCell ref="A:B"/></mergeCells>'), "merged"),
    ],
)
def test_a_sheet_that_contradicts_itself_is_refused_with_its_place(data: bytes, words: str) -> None:
    refusal = refusal_of(data)
    assert (refusal.code, words in refusal.text) == ("malformed_xlsx", True)


def test_cells_without_references_are_counted() -> None:
    data = with_sheet('<row><c t="str"><v>a</v></c><c t="str"><v>b</v></c></row><row><c/><c><v>1</v></c></row>')
    (found,) = read(data).tables
    assert (found.header, found.rows.num_rows) == (("a", "b"), 1)


def test_too_many_columns_are_refused() -> None:
    assert refusal_of(with_sheet('<row r="1"><c r="XFD1"><v>1</v></c></row>')).code == "too_many_columns"


def test_bombs_are_refused_before_they_unfold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook_parts, "RATIO_FREE_BYTES", 1 << 16)
    assert refusal_of(with_parts(GOOD, {"xl/media/image1.png": bytes(4 << 20)})).code == "zip_bomb"
    monkeypatch.setattr(workbook_package, "MAX_TEXTS_BYTES", 10)
    assert refusal_of(GOOD).code == "field_too_large"
    monkeypatch.setattr(workbook_parts, "MAX_PARTS", 3)
    assert refusal_of(GOOD).code == "zip_bomb"


@pytest.mark.parametrize(
    "data",
    [
        with_sheet(f'<row r="1">{"<c/>" * 25_000}</row>'),
        with_sheet('<row r="1"><c r="A1"><v>1</v></c></row>', after="<other/>" * 25_000),
        with_parts(GOOD, {"xl/sharedStrings.xml": f'<sst xmlns="{MAIN}"><si>{"<r/>" * 25_000}</si></sst>'.encode()}),
        with_parts(GOOD, {"xl/styles.xml": f'<styleSheet xmlns="{MAIN}">{"<x/>" * 25_000}</styleSheet>'.encode()}),
        with_parts(GOOD, {"xl/workbook.xml": f'<workbook xmlns="{MAIN}">{"<x/>" * 25_000}</workbook>'.encode()}),
    ],
    ids=["row", "behind the rows", "text", "styles", "workbook"],
)
def test_no_more_than_a_row_is_held_at_once(data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook_parts, "MAX_ELEMENT_BYTES", 80_000)
    assert refusal_of(data).code == "too_large"


def test_what_excel_has_few_of_is_not_counted_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook_package, "MAX_STYLES", 10)
    styles = f'<styleSheet xmlns="{MAIN}"><cellXfs>{"<xf/>" * 11}</cellXfs></styleSheet>'
    assert "cell styles" in refusal_of(with_parts(GOOD, {"xl/styles.xml": styles.encode()})).text
    monkeypatch.setattr(workbook_sheet, "MAX_MERGED", 10)
    merged = "<mergeCells>" + '<mergeCell ref="A1:B1"/>' * 11 + "</mergeCells>"
    assert "merged" in refusal_of(with_sheet('<row r="1"><c r="A1"><v>1</v></c></row>', after=merged)).text
    monkeypatch.setattr(archive, "MAX_DIRECTORY_BYTES", 200)
    assert refusal_of(GOOD).code == "too_many_members"


def test_a_sheet_of_another_namespace_is_not_taken_for_an_empty_one() -> None:
    sheet = '<worksheet xmlns="urn:other"><sheetData><row r="1"><c r="A1"><v>1</v></c></row></sheetData></worksheet>'
    data = workbook(lambda book, _: book.add_worksheet("B").write_row(0, 0, ["ID"]))
    refusal = refusal_of(with_parts(data, {"xl/worksheets/sheet1.xml": sheet.encode()}))
    assert (refusal.code, "namespace" in refusal.text) == ("malformed_xlsx", True)


def test_two_sheets_of_one_name_are_refused() -> None:
    data = workbook(lambda book, _: book.add_worksheet("B"))
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        book = file.read(BOOK)
    assert "same name" in refusal_of(with_parts(data, {BOOK: book.replace(b'name="B"', b'name="dm"')})).text


def test_parts_that_lie_over_each_other_are_refused() -> None:
    data = zip_of(a=b"1" * 50, b=b"2" * 50)
    first, second = data.index(b"PK\x01\x02"), data.rindex(b"PK\x01\x02")
    # Both entries of the list of parts point to the first part.
    overlapping = bytearray(data)
    overlapping[second + 42 : second + 46] = data[first + 42 : first + 46]
    assert refusal_of(bytes(overlapping)).code == "zip_bomb"


def test_a_part_that_is_encrypted_is_refused() -> None:
    data = bytearray(GOOD)
    data[GOOD.index(b"PK\x01\x02") + 8] |= 1
    assert refusal_of(bytes(data)).code == "encrypted"


def test_a_part_whose_bytes_were_changed_is_refused() -> None:
    data = bytearray(GOOD)
    place = GOOD.index(b"xl/worksheets/sheet1.xml") + 60
    data[place] ^= 0xFF
    assert refusal_of(bytes(data)).code == "malformed_xlsx"


@pytest.mark.parametrize("place", ["first", "last"])
def test_a_part_whose_name_is_not_utf_8_as_it_says_is_refused(place: str) -> None:
    data = with_parts(GOOD, {"xl/worksheets/shéet.xml": b""})
    name = "shéet".encode()
    # In front of the part itself, and in the list of all of them.
    at = data.index(name) if place == "first" else data.rindex(name)
    broken = data[:at] + b"sh\xff\xffet" + data[at + len(name) :]
    assert refusal_of(broken).code == {"first": "malformed_xlsx", "last": "truncated_file"}[place]


def test_two_parts_of_one_name_are_refused() -> None:
    content = io.BytesIO(GOOD)
    with zipfile.ZipFile(content, "a") as file, pytest.warns(UserWarning, match="Duplicate name"):
        file.writestr(SHEET, f'<worksheet xmlns="{MAIN}"/>')
    assert refusal_of(content.getvalue()).code == "malformed_xlsx"


def test_whatever_character_of_a_part_is_changed_the_file_is_read_or_refused() -> None:
    outcomes: Counter[str] = Counter()
    parts = {name: part_of(name) for name in (SHEET, BOOK, "xl/styles.xml", "xl/sharedStrings.xml", RELATIONS)}

    @settings(max_examples=150, deadline=None, derandomize=True, database=None)
    @given(
        st.sampled_from(sorted(parts)), st.floats(0, 0.999), st.sampled_from([*b'09x-<>" s/', 0xE9]), st.integers(1, 3)
    )
    def check(name: str, where: float, byte: int, length: int) -> None:
        place = int(where * len(parts[name]))
        changed = parts[name][:place] + bytes([byte]) * length + parts[name][place + length :]
        try:
            outcomes[read(with_parts(GOOD, {name: changed})).tables[0].name] += 1
        except Refusal as refusal:
            outcomes[refusal.code] += 1

    check()
    assert outcomes["DM"] > 10
    assert outcomes["malformed_xlsx"] > 10
