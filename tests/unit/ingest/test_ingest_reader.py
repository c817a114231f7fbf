"""The CSV reader gives exactly what Python's csv module gives, or refuses with the line (F20, F33, F36, F37, F47)."""

from __future__ import annotations

import csv
import io
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.ingest.readers import READERS
from pipelines.ingest.readers import csv_text as csv_text_room
from pipelines.ingest.refusal import Refusal
from pipelines.study_source import Columns, Source

AWKWARD = ["a", "7", " ", '"', "\n", "\r", "\r\n", ",", ";", "\t", "é", "\u2028", "\x0b", "\x1c", "\0", "\\", "'", "NA"]


def read(data: bytes, **declared: str) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    (table,) = READERS["csv"].read(data, Source(path="edc/AE.csv", **declared)).tables
    columns = [column.to_pylist() for column in table.rows.columns]
    return table.header, list(zip(*columns, strict=True))


def refusal_of(data: bytes, **declared: str) -> Refusal:
    with pytest.raises(Refusal) as caught:
        read(data, **declared)
    return caught.value


def python_rows(text: str, delimiter: str = ",") -> list[tuple[str, ...]]:
    return [tuple(row) for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)]


def quoted(value: str) -> str:
    return '"' + value.replace('"', '""') + '"'


def written(rows: list[tuple[str, ...]], delimiter: str, line_end: str, quote_all: bool) -> str:
    special = {delimiter, '"', "\r", "\n"}

    def cell(value: str, alone: bool) -> str:
        needed = quote_all or special & set(value) or (alone and not value)
        return quoted(value) if needed else value

    lines = [delimiter.join(cell(value, len(row) == 1) for value in row) for row in rows]
    return "".join(line + line_end for line in lines)


@st.composite
def files(draw: st.DrawFn) -> tuple[str, str, list[tuple[str, ...]]]:
    """A well-formed file: its text, its delimiter and the rows that were written."""
    width = draw(st.integers(1, 5))
    value = st.lists(st.sampled_from(AWKWARD), max_size=5).map("".join)
    rows = draw(st.lists(st.tuples(*[value] * width), max_size=8))
    rows = [tuple(f"c{place}" for place in range(width)), *rows]
    delimiter = draw(st.sampled_from(",;\t|"))
    line_end = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    text = written(rows, delimiter, line_end, draw(st.booleans()))
    return text.removesuffix(line_end) if draw(st.booleans()) else text, delimiter, rows


def test_well_formed_files_are_read_value_by_value() -> None:
    widths: Counter[int] = Counter()

    @settings(max_examples=200, deadline=None, derandomize=True, database=None)
    @given(files())
    def check(file: tuple[str, str, list[tuple[str, ...]]]) -> None:
        text, delimiter, rows = file
        assert python_rows(text, delimiter) == rows
        header, got = read(text.encode(), delimiter=delimiter)
        assert [header, *got] == rows
        widths[len(header)] += 1

    check()
    assert len(widths) == 5


def test_damaged_files_are_read_as_python_reads_them_or_refused() -> None:
    outcomes: Counter[str] = Counter()

    @settings(max_examples=200, deadline=None, derandomize=True, database=None)
    @given(files(), st.integers(0, 200), st.sampled_from(['"', ",", "\n", "\r", "", "x"]))
    def check(file: tuple[str, str, list[tuple[str, ...]]], place: int, damage: str) -> None:
        text, delimiter, _ = file
        place = min(place, len(text))
        text = text[:place] + damage + text[place + (damage == "") :]
        try:
            header, got = read(text.encode(), delimiter=delimiter)
        except Refusal as refusal:
            outcomes[refusal.code] += 1
        else:
            outcomes["accepted"] += 1
            assert [header, *got] == python_rows(text, delimiter)

    check()
    assert outcomes["accepted"] > 60, outcomes
    assert outcomes["row_count_mismatch"] == 0, outcomes
    assert {"ragged_row", "malformed_quote"} <= set(outcomes), outcomes


@pytest.mark.parametrize("row", [1, 100, 1000, 2046, 3000])
@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("7,x", "ragged_row"),
        ("7,x,y,z", "ragged_row"),
        ("", "ragged_row"),
        ('7,"x,y', "unterminated_quote"),
        ('7,"x"y,z', "malformed_quote"),
    ],
)
def test_a_fault_is_refused_with_its_line(row: int, fault: str, code: str) -> None:
    lines = ["a,b,c", *[f"{n},x,y" for n in range(1, 3002)]]
    lines[row] = fault
    for line_end in ("\n", "\r\n", "\r"):
        refusal = refusal_of(line_end.join(lines).encode())
        assert (refusal.code, refusal.line) == (code, row + 1)


@pytest.mark.parametrize("row", [1, 100, 1000, 2046])
def test_the_open_quote_is_named_where_later_fields_are_quoted_too(row: int) -> None:
    lines = ["a,b,c", *[f'{n},"x",y' for n in range(1, 2100)]]
    lines[row] = '7,"x,y'
    refusal = refusal_of("\n".join(lines).encode())
    assert (refusal.code, refusal.line) == ("unterminated_quote", row + 1)


def test_lines_are_counted_as_an_editor_counts_them() -> None:
    refusal = refusal_of(b'a,b\n1,"two\nlines"\n2\n')
    assert (refusal.code, refusal.line) == ("ragged_row", 4)
    refusal = refusal_of(b'a,b\n1,2\n3,"two\nlines",4\n')
    assert (refusal.code, refusal.line) == ("ragged_row", 3)
    assert "lines 3 to 4" in refusal.text


@pytest.mark.parametrize("data", [b"", b"\xef\xbb\xbf", b" \r\n\n", b"\xef\xbb\xbf\n"])
def test_an_empty_file_is_refused(data: bytes) -> None:
    assert refusal_of(data).code == "empty_file"


@pytest.mark.parametrize("data", [b"a,b", b"a,b\n", b"a,b\r\n", b"a,b\r", b'"a","b"', b"\xef\xbb\xbfa,b\n"])
def test_a_header_alone_is_no_rows(data: bytes) -> None:
    assert read(data) == (("a", "b"), [])


@pytest.mark.parametrize(
    ("data", "encoding", "offset"),
    [
        (b"a,b\n1,caf\xe9\n", "utf-8", 9),
        (b"\xef\xbb\xbfa,b\n1,caf\xe9\n", "utf-8", 12),
        (b"a,b\n1,\x81\n", "cp1252", 6),
        (b"a,b\n1,\x83", "shift_jis", 6),
        ("a,b\n1,é".encode("utf-16")[:-1], "utf-16", 14),
    ],
)
def test_bytes_that_are_not_the_declared_encoding_are_refused(data: bytes, encoding: str, offset: int) -> None:
    refusal = refusal_of(data, encoding=encoding)
    assert refusal.code == "undecodable"
    assert f"byte {offset} " in refusal.text


@pytest.mark.parametrize(
    ("encoding", "word"),
    [
        ("utf-8", "né"),
        ("cp1252", "né"),
        ("shift_jis", "日本"),
        ("gb18030", "中文"),
        ("utf-16", "né"),
        ("utf-16-le", "né"),
    ],
)
def test_the_declared_encoding_is_read(encoding: str, word: str) -> None:
    assert read(f"a,b\n1,{word}\n".encode(encoding), encoding=encoding)[1] == [("1", word)]


def test_a_byte_order_mark_is_no_part_of_the_header() -> None:
    for data, encoding in ((b"\xef\xbb\xbfa\n1\n", "utf-8"), ("\ufeffa\n1\n".encode("utf-16-le"), "utf-16-le")):
        assert read(data, encoding=encoding)[0] == ("a",)


@pytest.mark.parametrize("data", [b"PK\x03\x04rest", b"%PDF-1.7\n", b"MZ\x90\x00\x03", b"\xd0\xcf\x11\xe0\xa1\xb1"])
def test_a_file_of_another_type_is_refused(data: bytes) -> None:
    assert refusal_of(data).code == "not_text"


def test_a_header_that_begins_like_a_program_is_read() -> None:
    assert read(b"MZID,PKID\n1,2\n")[1] == [("1", "2")]


def test_sizes_are_capped() -> None:
    assert refusal_of(b"a\n" + b"x" * 1_000_001 + b"\n").code == "field_too_large"
    assert read(b"a\n" + b"x" * 1_000_000 + b"\n")[1] == [("x" * 1_000_000,)]
    assert refusal_of(",".join(["a"] * 5_001).encode()).code == "too_many_columns"
    assert len(read(",".join(["a"] * 5_000).encode())[0]) == 5_000


@pytest.mark.parametrize(
    ("second", "reason"),
    [
        (b"1,2\n3,4\n5,6\n", "row_count_mismatch: 2 rows read, but a second reader counts 3"),
        (b"1,2\n", "row_count_mismatch: 2 rows read, but a second reader counts 1"),
        (b"1\n", "row_count_mismatch: 2 rows read, but a second reader counts none (it cannot read the file)"),
        (b"1,2\n3,5\n", "value_mismatch: two readers do not read the same values in rows 1 to 2"),
        (b"1,23\n,4\n", "value_mismatch: two readers do not read the same values in rows 1 to 2"),
    ],
)
def test_a_second_reading_that_differs_refuses(second: bytes, reason: str, monkeypatch: pytest.MonkeyPatch) -> None:
    real = csv_text_room._read_again
    monkeypatch.setattr(csv_text_room, "_read_again", lambda _text, _begin, *rest: real(second, 0, *rest))
    assert refusal_of(b"a,b\n1,2\n3,4\n").reason == reason
    assert refusal_of(b'"a","b"\n"1","2"\n"3","4"\n').reason == reason
    assert refusal_of(b'a,b\n1,"2"\n3,4\n').reason == reason


def test_the_second_reading_is_one() -> None:
    source = Source(path="edc/AE.csv")
    table = csv_text_room._read_again(b'a,b\n1,"x\ny"\n2,z', 4, source, 2)
    assert table is not None
    assert [column.to_pylist() for column in table.columns] == [["1", "2"], ["x\ny", "z"]]
    assert csv_text_room._read_again(b"a,b\n1,x\n2\n", 4, source, 2) is None


def test_reasons_hold_no_value() -> None:
    for data in (b"a,b\nSECRET\n", b'a,b\n1,"SECRET\n', b'a,b\n1,"SECRET"x\n', b"a,b\nSECRET,\xff\n"):
        assert "SECRET" not in refusal_of(data).reason


@pytest.mark.parametrize(("mark", "declared"), [(";", ","), ("\t", ","), ("|", ";"), (",", ";")])
def test_another_delimiter_than_the_declared_one_is_told(mark: str, declared: str) -> None:
    """F36: read with the wrong delimiter, a table would be one column and take the place of the good delivery."""
    data = f'subject{mark}term\n1{mark}"a{mark}b"\n2{mark}\n'.encode()
    refusal = refusal_of(data, delimiter=declared)
    assert (refusal.code, refusal.line) == ("wrong_delimiter", 1)
    assert read(data, delimiter=mark) == (("subject", "term"), [("1", f"a{mark}b"), ("2", "")])


@pytest.mark.parametrize("text", ["note\na;b\n", "a;b\n1;2\n3\n", "a;b\n"])
def test_one_column_that_is_no_table_of_another_delimiter_is_read(text: str) -> None:
    header, *rows = text.split()
    assert read(text.encode()) == ((header,), [(row,) for row in rows])


def test_one_column_that_the_study_asks_for_is_read() -> None:
    source = Source(path="edc/AE.csv", columns=Columns(required=["a;b"]))
    (table,) = READERS["csv"].read(b"a;b\n1;2\n", source).tables
    assert table.header == ("a;b",)
