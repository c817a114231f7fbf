"""The XPT reader gives every dataset, row and number of a file exactly, or refuses it for the true reason."""

from __future__ import annotations

import mmap
import struct
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest
from dataset_files import MISSING, Column, header, ibm, library, member, padded, reading, text, texts, xpt
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.ingest.readers import sas_transport
from pipelines.ingest.refusal import Refusal

TERM, DOSE = text("AETERM", 10), Column("DOSE")


def row(term: str, dose: bytes, encoding: str = "utf-8") -> bytes:
    return term.encode(encoding).ljust(10) + dose


def rows_of(data: bytes, **declared: str) -> list[tuple[str, ...]]:
    (table,) = reading("xpt", data, **declared).tables
    return texts(table)


def refusal_of(data: bytes, **declared: str) -> Refusal:
    with pytest.raises(Refusal) as caught:
        reading("xpt", data, **declared)
    return caught.value


@pytest.mark.parametrize("version", [5, 8])
def test_text_loses_its_padding_only_and_numbers_nothing(version: int) -> None:
    rows = [row("  Nausea", ibm(0.1)), row("", MISSING), row("A B", ibm(-12345678.5))]
    (table,) = reading("xpt", xpt([TERM, DOSE], rows, version=version)).tables
    assert table.name == "AE"
    assert table.header == ("AETERM", "DOSE")
    # IBM floating point has the bits of 0.1 and of the other number.
    assert texts(table) == [("  Nausea", "0.1"), ("", ""), ("A B", "-12345678.5")]


def test_special_missing_values_are_kept_and_told() -> None:
    rows = [row(letter, letter.encode() + bytes(7)) for letter in "A_Z"] + [row("none", MISSING), row("1", ibm(1))]
    found = reading("xpt", xpt([TERM, DOSE], rows))
    assert [dose for _, dose in texts(found.tables[0])] == [".A", "._", ".Z", "", "1"]
    assert [(remark.code, remark.table) for remark in found.remarks] == [("special_missing", "AE")]
    assert "3 special" in found.remarks[0].text


@pytest.mark.parametrize(
    ("form", "number", "shown"),
    [
        ("DATE", 22646, "2022-01-01"), ("YYMMDD", -138061, "1582-01-01"), ("E8601DA", 0, "1960-01-01"),
        ("MINGUO", 2936549, "9999-12-31"), ("DATETIME", -1, "1959-12-31T23:59:59"),
        ("E8601DT", 1923141900.25, "2020-12-09T14:05:00.25"), ("DATETIME", -0.5, "1959-12-31T23:59:59.5"),
        ("NLDATEL", 22646, "2022-01-01"), ("DEUDFDD", 22646, "2022-01-01"), ("YYQRC", 22646, "2022-01-01"),
        ("NLDATMAP", 0, "1960-01-01T00:00:00"), ("E8601DX", 0, "1960-01-01T00:00:00"), ("E8601LZ", 60, "00:01:00"),
        ("TIME", 86399, "23:59:59"), ("TOD", 0.125, "00:00:00.125"), ("BEST", 22646, "22646"), ("", 5, "5"),
        ("NLNUM", 5, "5"),
    ],
)  # fmt: skip
def test_days_and_times_land_in_iso_8601(form: str, number: float, shown: str) -> None:
    found = reading("xpt", xpt([Column("D", form=form)], [ibm(number)]))
    assert texts(found.tables[0]) == [(shown,)]
    assert not found.remarks


@pytest.mark.parametrize(("form", "number"), [("DATE", 0.5), ("DATE", 2936550), ("TIME", 86400), ("TIME", -1)])
def test_what_its_format_cannot_show_stays_a_number_and_is_told(form: str, number: float) -> None:
    found = reading("xpt", xpt([Column("D", form=form)], [MISSING, ibm(number)]))
    assert texts(found.tables[0]) == [("",), (f"{number:g}" if number < 1000 else str(int(number)),)]
    assert [(remark.code, remark.row) for remark in found.remarks] == [("unreadable_date", 2)]


def test_short_numbers_are_read() -> None:
    columns = [Column("A", 3), Column("B", 5), text("C", 1)]
    data = xpt(columns, [ibm(1234)[:3] + ibm(0.5)[:5] + b"x", b".\0\0" + b"Q\0\0\0\0" + b"y"])
    assert rows_of(data) == [("1234", "0.5", "x"), ("", ".Q", "y")]


def test_every_dataset_of_a_file_is_read() -> None:
    data = library() + member([TERM], [b"a".ljust(10)] * 9) + member([DOSE], [ibm(2)], name="EX")
    found = reading("xpt", data)
    assert [(table.name, table.rows.num_rows) for table in found.tables] == [("AE", 9), ("EX", 1)]
    data = library(8) + member([TERM], [b"a".ljust(10)] * 9, version=8) + member([DOSE], [], name="EX", version=8)
    found = reading("xpt", data)
    assert [(table.name, table.rows.num_rows) for table in found.tables] == [("AE", 9), ("EX", 0)]


def test_two_datasets_of_one_name_are_refused() -> None:
    assert refusal_of(library() + member([TERM], []) + member([DOSE], [], name="ae")).code == "duplicate_dataset"


def test_identifiers_are_keys() -> None:
    columns = [text(name, 4) for name in ("STUDYID", "usubjid", "SUBJID", "SITEID", "AETERM")]
    (table,) = reading("xpt", xpt(columns, [b"S-1 0001001 101 x   "])).tables
    assert (table.subject, table.site) == ("usubjid", "SITEID")
    assert table.keys == {"STUDYID", "usubjid", "SUBJID", "SITEID"}


@pytest.mark.parametrize(
    ("encoding", "term"),
    [("utf-8", "é漢字"), ("cp932", "頭痛"), ("gb18030", "头痛"), ("cp1252", "Übelk."), ("cp949", "두통")],
)
def test_text_is_decoded_as_declared(encoding: str, term: str) -> None:
    data = xpt([TERM], [term.encode(encoding).ljust(10), b"plain".ljust(10)])
    assert rows_of(data, encoding=encoding) == [(term,), ("plain",)]


def test_text_in_another_encoding_is_refused_with_its_place() -> None:
    refusal = refusal_of(xpt([DOSE, TERM], [ibm(1) + b"a".ljust(10), ibm(1) + "bé".encode("cp1252").ljust(10)]))
    assert (refusal.code, refusal.text) == (
        "undecodable", "row 2, column 2: byte 1 of the value (counted from 0) is not utf-8"
    )  # fmt: skip


def test_blank_rows_at_the_end_count_as_far_as_the_format_can_say(monkeypatch: pytest.MonkeyPatch) -> None:
    wide, narrow = text("A", 100), text("A", 30)
    assert rows_of(xpt([wide], [b"x".ljust(100), b" " * 100, b" " * 100])) == [("x",), ("",), ("",)]
    # Of rows that are shorter than a record, those at the end might be its padding.
    assert rows_of(xpt([narrow], [b"x".ljust(30), b" " * 30])) == [("x",)]
    # Version 8 states how many there are, and a piece may end with blank rows too.
    monkeypatch.setattr(sas_transport, "PIECE_ROWS", 2)
    rows = [b"x".ljust(30), b" " * 30, b" " * 30, b"y".ljust(30), b" " * 30]
    assert rows_of(xpt([narrow], rows, version=8)) == [("x",), ("",), ("",), ("y",), ("",)]


def test_rows_are_read_in_pieces_of_bounded_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sas_transport, "PIECE_ROWS", 7)
    data = xpt([TERM, DOSE], [row(f"t{n}", ibm(n)) for n in range(50)])
    assert rows_of(data) == [(f"t{n}", str(n)) for n in range(50)]


def test_a_mapped_file_is_read_as_one_in_memory(tmp_path: Path) -> None:
    path = tmp_path / "ünï.xpt"
    path.write_bytes(xpt([TERM, DOSE], [row("a", ibm(1))]))
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        (table,) = reading("xpt", mapped).tables
        assert texts(table) == [("a", "1")]


@pytest.mark.parametrize("name", ["AE\0\0", "AE      "])
def test_padding_of_names_is_no_part_of_them(name: str) -> None:
    (table,) = reading("xpt", xpt([TERM], [], name=name)).tables
    assert table.name == "AE"


GOOD = xpt([TERM, DOSE], [row("a", ibm(1)), row("b", ibm(2)), row("c", ibm(3)), row("d", ibm(4)), row("e", ibm(5))])
GOOD_8 = xpt([TERM, DOSE], [row("a", ibm(1))] * 9, version=8)


def patched(data: bytes, place: int, new: bytes) -> bytes:
    return data[:place] + new + data[place + len(new) :]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty_file"),
        (b"STUDYID,AETERM\n", "not_xpt"),
        (b"**COMPRESSED** **COMPRESSED** **COMPRESSED** **COMPRESSED** **COMPRESSED********", "not_xpt"),
        (bytes(12) + b"\xc2\xea\x81\x60" + bytes(144), "not_xpt"),
        (GOOD[:-1], "truncated_file"),
        (GOOD[:-80], "truncated_file"),
        (GOOD[:240], "truncated_file"),
        (GOOD[:640], "truncated_file"),
        (GOOD[:800], "truncated_file"),
        (GOOD + b" " * 80, "malformed_xpt"),
        (GOOD_8[:-80], "truncated_file"),
        (GOOD_8 + b"x" * 80, "row_count_mismatch"),
        (xpt([TERM], [b"x" * 10] * 9, version=8, stated=8), "row_count_mismatch"),
        (xpt([TERM], [b"x" * 10] * 9, version=8, stated=17), "truncated_file"),
        (patched(GOOD, 80, b"R       "), "malformed_xpt"),
        (patched(GOOD, 240 + 73, b"00150"), "malformed_xpt"),
        (patched(GOOD, 240 + 73, b"0014x"), "malformed_xpt"),
        (patched(GOOD, 560 + 53, b"00000"), "no_columns"),
        (patched(GOOD, 560 + 53, b"99999"), "too_many_columns"),
        (patched(GOOD, 640, b"\0\3"), "malformed_xpt"),
        (patched(GOOD, 640 + 4, b"\0\0"), "malformed_xpt"),
        (patched(GOOD, 780 + 4, b"\0\x09"), "malformed_xpt"),
        (patched(GOOD, 640 + 8, b" " * 8), "malformed_xpt"),
        (patched(GOOD, 780 + 56, b"D%TE"), "malformed_xpt"),
        (patched(GOOD, 780 + 8, b"AETERM  "), "duplicate_column"),
        (xpt([TERM], [b"a\0b" + b" " * 7]), "nul_in_text"),
        # The largest IBM number, which the library reads as infinite.
        (xpt([DOSE], [b"\x7f" + b"\xff" * 7]), "value_mismatch"),
    ],
)
def test_a_broken_file_is_refused_for_the_true_reason(data: bytes, code: str) -> None:
    assert refusal_of(data).code == code


def test_no_refusal_shows_a_value() -> None:
    texts_of_refusals = [refusal_of(GOOD[:end].replace(b"a     ", b"patient")).text for end in range(0, len(GOOD), 37)]
    assert len(texts_of_refusals) > 20
    assert not any("patient" in words for words in texts_of_refusals)


def test_text_longer_than_version_5_allows_is_read_and_told() -> None:
    found = reading("xpt", xpt([text("A", 250)], [b"x".ljust(250)]))
    assert texts(found.tables[0]) == [("x",)]
    assert [remark.code for remark in found.remarks] == ["long_text_columns"]


def test_long_labels_are_passed_over() -> None:
    first = struct.pack(">HHH", 1, 6, 300) + b"AETERM" + b"L" * 300
    labels = padded(first + struct.pack(">HHH", 2, 4, 50) + b"DOSE" + b"M" * 50)
    place = GOOD_8.index(b"HEADER RECORD*******OBSV8")
    before, after = GOOD_8[:place], GOOD_8[place:]
    assert rows_of(before + header(b"LABELV8 ", b"2") + labels + after) == rows_of(GOOD_8) == [("a", "1")] * 9
    assert refusal_of(before + header(b"LABELV8 ", b"3") + labels + after).code == "malformed_xpt"


NUMBERS = st.floats(allow_nan=False, allow_infinity=False, width=64, min_value=-1e70, max_value=1e70).filter(
    lambda value: value == 0 or abs(value) > 1e-70
)
TEXTS = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x3FF), max_size=8).map(lambda value: value.rstrip(" "))


def test_what_another_writer_writes_is_read_value_by_value(tmp_path: Path) -> None:
    import pyreadstat

    path = tmp_path / "AE.xpt"
    checked = []

    @settings(max_examples=60, deadline=None, derandomize=True, database=None)
    @given(st.lists(st.tuples(TEXTS, st.one_of(st.none(), NUMBERS)), min_size=1, max_size=9), st.sampled_from([5, 8]))
    def check(rows: list[tuple[str, float | None]], version: int) -> None:
        frame = pl.DataFrame(rows, schema={"AETERM": pl.String, "DOSE": pl.Float64}, orient="row")
        pyreadstat.write_xport(frame, path, table_name="AE", file_format_version=version)
        (table,) = reading("xpt", path.read_bytes()).tables
        assert [term for term, _ in texts(table)] == [term for term, _ in rows]
        for (_, found), (_, number) in zip(texts(table), rows, strict=True):
            assert found == "" if number is None else float(found) == number
        checked.append(len(rows))

    check()
    assert len(checked) > 30


def test_pieces_beyond_the_limit_lie_on_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.ingest.readers.column_spool.MEMORY_BYTES", 200)
    monkeypatch.setattr(sas_transport, "PIECE_ROWS", 7)
    allocated = pa.total_allocated_bytes()
    data = xpt([TERM, DOSE], [row(f"t{n}", ibm(n)) for n in range(500)])
    (table,) = reading("xpt", data).tables
    assert texts(table) == [(f"t{n}", str(n)) for n in range(500)]
    assert pa.total_allocated_bytes() - allocated < table.rows.nbytes


CORPUS = sorted((Path(__file__).parents[2] / "fuzz" / "corpus" / "xpt").iterdir())


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.name)
def test_files_that_fuzzing_starts_from_or_found_are_read_or_refused(path: Path) -> None:
    read = refused = 0
    try:
        read = len(reading("xpt", path.read_bytes(), encoding="iso8859-1").tables)
    except Refusal:
        refused = 1
    assert bool(read) != bool(refused)
