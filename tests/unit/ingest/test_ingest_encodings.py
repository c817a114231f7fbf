"""The declared encoding alone is read, exactly; any other is refused with the byte or the mark (F33, F47)."""

from __future__ import annotations

import mmap
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from pipelines.ingest.readers import READERS
from pipelines.ingest.readers import encoded_text as encoded_text_room
from pipelines.ingest.readers.encoded_text import as_utf8
from pipelines.ingest.readers.reader import Content, Reading
from pipelines.ingest.refusal import Refusal
from pipelines.study_source import Source

WORDS = {
    "utf-8": "né 日本 한국 中文",
    "utf-8-sig": "né 日本",
    "utf-16": "né 日本 𠮷",
    "utf-16-le": "né 日本",
    "utf-16-be": "né 日本 𠮷",
    "utf-32": "né 𠮷",
    "gb18030": "中文€𠮷é",
    "gbk": "中文",
    "big5": "中文許功蓋",  # their second bytes are a backslash and a bar
    "big5hkscs": "中文",
    "shift_jis": "日本ソ表能",
    "cp932": "①髙㈱～－ｱ",
    "euc-jp": "日本",
    "iso-2022-jp": "日本",
    "euc-kr": "한국",
    "cp949": "똠방각하",
    "cp1252": "né €–“”",
    "iso-8859-15": "né €",
    "cp1251": "Боль",
}


@pytest.fixture(params=["whole", "in pieces"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Small files are decoded whole, large ones in pieces: here of three bytes, so that characters are cut."""
    if request.param == "in pieces":
        monkeypatch.setattr(encoded_text_room, "IN_MEMORY_BYTES", 0)
        monkeypatch.setattr(encoded_text_room, "PIECE_BYTES", 3)
    return str(request.param)


def read(data: Content, encoding: str) -> Reading:
    return READERS["csv"].read(data, Source(path="edc/AE.csv", encoding=encoding))


def refusal_of(data: Content, encoding: str) -> Refusal:
    with pytest.raises(Refusal) as caught:
        read(data, encoding)
    return caught.value


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize(("encoding", "words"), WORDS.items())
def test_every_encoding_is_read_as_it_was_written(encoding: str, words: str) -> None:
    (table,) = read(f"id,{words}\r\n1,{words}\r\n".encode(encoding), encoding).tables
    assert table.header == ("id", words)
    assert table.rows.column(1).to_pylist() == [words]


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-16-be", "gb18030", "utf-32-le"])
def test_a_byte_order_mark_of_the_declared_encoding_is_no_part_of_the_header(encoding: str) -> None:
    mark = "" if encoding == "utf-16" else "\ufeff"
    (table,) = read(f"{mark}a,b\n1,é\n".encode(encoding), encoding).tables
    assert (table.header, table.rows.column(1).to_pylist()) == (("a", "b"), ["é"])


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize(
    ("data", "encoding", "offset"),
    [
        (b"a,b\n1,caf\xe9\n2,x\n", "utf-8", 9),
        (b"\xef\xbb\xbfa,b\n1,caf\xe9\n", "utf-8", 12),
        (b"a,b\n1,\xed\xa0\x80\n", "utf-8", 6),  # half a pair of surrogates
        (b"a,b\n1,\xc0\xaf\n", "utf-8", 6),  # longer than need be
        (b"a,b\n1,\xe6\x97", "utf-8", 6),
        (b"a,b\n1,\xe9\n", "ascii", 6),
        (b"a,b\n1,\x81\n", "cp1252", 6),
        ("a,b\n日,".encode("cp932") + b"\x87\x9f\n", "cp932", 7),
        ("a,b\n日,".encode("cp932") + b"\x83", "cp932", 7),
        ("a,b\n日,".encode("shift_jis") + "①\n".encode("cp932"), "shift_jis", 7),
        ("a,b\n中,".encode("gb18030") + b"\xff\n", "gb18030", 7),
        ("a,b\n中,".encode("gb18030") + b"\x81\x30\x81", "gb18030", 7),
        ("a,b\n中,".encode("big5") + b"\xfe\xfe\n", "big5", 7),
        ("a,b\n한,".encode("euc-kr") + "똠\n".encode("cp949"), "euc-kr", 7),
        ("a,b\n한,".encode("cp949") + b"\xff\n", "cp949", 7),
        ("a,b\n1,é".encode("utf-16-le")[:-1], "utf-16-le", 12),
        (b"\xfe\xff" + "a,b\n1,".encode("utf-16-be") + b"\xdc\x00\x00\n", "utf-16", 14),
        (b"\xff\xfe" + "a,b\n1,".encode("utf-16-le") + b"\x00\xd8a\x00", "utf-16-le", 14),
    ],
)
def test_a_byte_that_is_not_of_the_encoding_is_named(data: bytes, encoding: str, offset: int) -> None:
    refusal = refusal_of(data, encoding)
    assert refusal.reason.startswith(f"undecodable: byte {offset} (counted from 0) is not {encoding}")


def test_a_standard_s_name_for_what_windows_writes_is_explained() -> None:
    assert refusal_of("a\n①\n".encode("cp932"), "shift_jis").text.endswith("its encoding is cp932")
    assert refusal_of("a\n똠\n".encode("cp949"), "euc-kr").text.endswith("its encoding is cp949")
    assert refusal_of(b"a\n\xff\n", "utf-8").text.endswith("is not utf-8")


@pytest.mark.parametrize("first", ["utf-8", "cp1252"])
def test_two_encodings_in_one_file_are_refused_in_the_stricter_one(first: str) -> None:
    second = {"utf-8": "cp1252", "cp1252": "utf-8"}[first]
    head = "a,b\n1,né\n".encode(first)
    data = head + "2,né\n".encode(second)
    where = len(head) + 3 if first == "utf-8" else 7
    assert f"byte {where} " in refusal_of(data, "utf-8").text


@pytest.mark.parametrize(
    ("mark", "declared", "cure"),
    [
        ("utf-16-le", "utf-8", "UTF-16 (little-endian), but study.yml says utf-8; write encoding: utf-16 "),
        ("utf-16-be", "utf-8", "UTF-16 (big-endian), but study.yml says utf-8; write encoding: utf-16 "),
        ("utf-16-be", "utf-16-le", "UTF-16 (big-endian), but study.yml says utf-16-le; write encoding: utf-16 "),
        ("utf-8", "cp1252", "UTF-8, but study.yml says cp1252; write encoding: utf-8 "),
        ("utf-8", "shift_jis", "UTF-8, but study.yml says shift_jis; write encoding: utf-8 "),
        ("utf-8", "utf-16", "UTF-8, but study.yml says utf-16; write encoding: utf-8 "),
        ("utf-32-le", "utf-16", "UTF-32 (little-endian), but study.yml says utf-16; write encoding: utf-32 "),
        ("gb18030", "utf-8", "GB18030, but study.yml says utf-8; write encoding: gb18030 "),
    ],
)
def test_a_byte_order_mark_that_contradicts_the_declaration_tells_the_true_encoding(mark, declared, cure) -> None:
    refusal = refusal_of("\ufeffa,b\n1,2\n".encode(mark), declared)
    assert refusal.code == "encoding_mismatch"
    assert cure in refusal.text + " "


def test_a_mark_inside_the_text_is_a_character_of_its_cell() -> None:
    (table,) = read("\ufeffa,b\n\ufeff1,2\n\ufeff\ufeff3,4\n".encode(), "utf-8").tables
    assert table.header == ("a", "b")
    assert table.rows.column(0).to_pylist() == ["\ufeff1", "\ufeff\ufeff3"]


def test_the_order_of_bytes_is_never_guessed() -> None:
    assert refusal_of("a,b\n1,2\n".encode("utf-16-le"), "utf-16").code == "no_byte_order_mark"
    for order in ("le", "be"):
        refusal = refusal_of("a,b\n1,2\n".encode(f"utf-16-{order}"), "utf-8")
        assert refusal.code == "encoding_mismatch"
        assert refusal.text.endswith(f"write encoding: utf-16-{order}")


def test_decoding_adds_no_replacement_character() -> None:
    outcomes: Counter[str] = Counter()

    @settings(max_examples=400, deadline=None, derandomize=True, database=None)
    @given(st.sampled_from(sorted(WORDS)), st.binary(min_size=1, max_size=12))
    def check(encoding: str, tail: bytes) -> None:
        data = f"a,b\n1,{WORDS[encoding]}".encode(encoding) + tail
        try:
            text = bytes(as_utf8(data, encoding)).decode()
        except Refusal as refusal:
            outcomes[refusal.code] += 1
        else:
            outcomes["read"] += 1
            assert text == data.decode(encoding).removeprefix("\ufeff")
            # Only bytes that say U+FFFD themselves give one.
            assert "\ufffd" not in text or "\ufffd".encode(encoding) in data

    check()
    assert outcomes["read"] > 40, outcomes
    assert outcomes["undecodable"] > 100, outcomes


def test_characters_that_were_lost_before_are_told() -> None:
    (remark,) = read("a,b\n1,x\n2,caf\ufffd\ufffd\n".encode(), "utf-8").remarks
    assert (remark.code, remark.row) == ("lost_characters", 2)
    assert remark.text.startswith("2 characters were lost ")
    assert read(b"a,b\n1,x\n", "utf-8").remarks == ()


@pytest.mark.parametrize(
    "begin",
    [
        b"PK\x03\x04", b"PK\x05\x06", b"%PDF-1.7", b"MZ\x90\x00\x03", b"\xd0\xcf\x11\xe0\xa1\xb1", b"\x1f\x8b\x08",
        b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07\x01", b"\x7fELF\x02", b"PAR1", b"SQLite format 3\x00", b"\x89PNG\r\n",
        b"\xff\xd8\xff\xe0", b"{\\rtf1", bytes(12) + b"\xc2\xea\x81\x60", b"HEADER RECORD*******LIBRARY HEADER",
        b"$FL2@(#)", b'<?xml version="1.0"?>', b"\xef\xbb\xbf<?xml version", b"\r\n<!DOCTYPE html>", b"<HTML><body>",
    ],
)  # fmt: skip
def test_a_file_of_another_type_is_told_by_its_first_bytes(begin: bytes) -> None:
    for encoding in ("utf-8", "cp1252"):
        assert refusal_of(begin + b"\n1,2\n", "utf-8" if begin.startswith(b"\xef") else encoding).code == "not_text"


def test_a_web_page_in_utf_16_is_told() -> None:
    assert refusal_of("<html><body>".encode("utf-16"), "utf-16").text == "this is a web page, not delimited text"


def test_a_mapped_file_is_read_and_refused_without_holding_it(tmp_path: Path) -> None:
    for name, text, encoding in (
        ("good", b"a,b\n1,2\n", "utf-8"),
        ("ragged", b"a,b\n1\n", "utf-8"),
        ("quoted", b'a,b\n1,"2\n', "utf-8"),
        ("undecodable", b"a,b\n1,\xff\n", "utf-8"),
        ("legacy", b"a,b\n1,\xe9\n", "cp1252"),
    ):
        (tmp_path / name).write_bytes(text)
        with (tmp_path / name).open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
            caught = None
            try:
                read(mapped, encoding)
            except Refusal as refusal:
                caught = refusal  # as intake keeps it
        assert mapped.closed
        assert (caught is None) == (name in ("good", "legacy")), name


@pytest.mark.parametrize("encoding", ["rot13", "base64", "zlib", "klingon", "undefined"])
def test_what_is_no_encoding_of_text_cannot_be_declared(encoding: str) -> None:
    with pytest.raises(ValidationError, match="is not a known encoding"):
        Source(path="edc/AE.csv", encoding=encoding)


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize(("written", "declared"), [("utf-16-le", "utf-16-be"), ("utf-16-be", "utf-16-le")])
def test_the_other_order_of_bytes_is_refused(written: str, declared: str) -> None:
    """Without a mark, nearly every pair of bytes is some character: the file would be one odd header and no row."""
    for text in ("subj,term\n1,né\n", "对象,名\r\n1,头\r\n"):
        refusal = refusal_of(text.encode(written), declared)
        assert refusal.code == "encoding_mismatch"
        assert f"encoding: {written}" in refusal.text


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize(
    ("text", "declared", "told"),
    [
        ("né", "cp1252", True),
        ("对象头痛发热咳嗽恶心呕吐", "gb18030", True),
        ("Боль", "cp1251", True),
        ("plain", "cp1252", False),
        ("né", "utf-8", False),
        ("né", "utf-8-sig", False),
    ],
)
def test_utf8_that_is_read_as_something_else_is_told(text: str, declared: str, told: bool) -> None:
    remarks = read(f"a,b\n1,{text}\n".encode(), declared).remarks
    assert [remark.code for remark in remarks] == (["seems_utf8"] if told else [])
    assert all(text not in remark.text for remark in remarks)


@pytest.mark.parametrize("encoding", [name for name in WORDS if not name.startswith("utf")])
def test_text_in_the_declared_encoding_does_not_seem_utf8(encoding: str) -> None:
    assert read(f"a,b\n1,{WORDS[encoding]}\n".encode(encoding), encoding).remarks == ()


def test_a_tar_archive_is_refused() -> None:
    head = b"a.csv".ljust(257, b"\0") + b"ustar\x0000"
    assert refusal_of(head.ljust(1024, b"\0"), "utf-8").code == "not_text"
