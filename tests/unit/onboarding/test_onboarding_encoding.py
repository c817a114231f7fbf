"""The encoding is proposed only where one alone reads all files; where it is open, the rest of the proposal stands."""

from __future__ import annotations

import codecs

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from landed_exports import loaded, propose, put, written

from pipelines.errors import UserError
from pipelines.onboarding.dialects import Dialect, find_dialect
from pipelines.onboarding.exports import ExportFile
from pipelines.settings import Home
from pipelines.study_source import Expression


def export(text: str, encoding: str) -> bytes:
    return f"SUBJID,AETERM\n1,{text}\n".encode(encoding)


def is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def dialect_of(home: Home, *files: bytes) -> Dialect:
    """Propose for one export, one site a file."""
    for number, data in enumerate(files):
        put(home, f"10{number}/edc/AE.csv", data)
    (source,) = propose(home).sources
    return source.profile.dialect


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Übel", "cp1252"),
        ("ból głowy, gorączka", "cp1250"),
        ("Головная боль", "cp1251"),
        ("頭痛と発熱、本人の表現", "shift_jis"),
        ("ズツウ", "shift_jis"),
        ("髙橋㈱ ① 頭痛、本人 論文", "cp932"),
        ("頭痛と発熱", "euc_jp"),
        ("患者感到头痛", "gb18030"),
        ("頭痛與發燒", "big5"),
        ("裏恒粧", "cp950"),
        ("두통과 발열", "euc_kr"),
        ("똠방각하", "cp949"),
    ],
)
def test_what_is_delivered_is_among_the_encodings_that_are_named_and_none_is_chosen(
    home: Home, text: str, encoding: str
) -> None:
    dialect = dialect_of(home, export(text, encoding))
    assert dialect.encoding is None
    said = dialect.encoding_why.removeprefix("1 of 1 files are not UTF-8; ")
    named, _, question = said.partition(" can read them all: ")
    assert encoding in named.split(" and ")
    assert question == "ask which it is"


@settings(deadline=None)
@given(text=st.text(st.characters(codec="cp1251", min_codepoint=0xA0), min_size=1))
def test_every_encoding_that_is_named_reads_the_file_and_the_right_one_is_named(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    path = tmp_path_factory.mktemp("landing") / "AE.csv"
    path.write_bytes(export(text, "cp1251"))
    assume(not is_utf8(path.read_bytes()))
    dialect = find_dialect([ExportFile("101", path)])
    why = dialect.encoding_why.removeprefix("1 of 1 files are not UTF-8; ")
    named = [dialect.encoding] if dialect.encoding else why.partition(" can read")[0].split(" and ")
    assert "cp1251" in named
    for name in named:
        assert path.read_bytes().decode(name)


@pytest.mark.parametrize(
    ("files", "encoding", "why"),
    [
        ([export("Übel", "utf-8")], "utf-8", "1 of 1 files"),
        ([export("plain", "ascii"), export("Übel", "utf-8-sig")], "utf-8", "2 of 2 files"),
        ([export("頭痛", "utf-16")], "utf-16", "the mark of 1 of 1 files"),
        ([export("plain", "ascii"), export("患者丂𠀀榎", "gb18030")], "gb18030", "only gb18030 can read them all"),
    ],
)
def test_one_that_alone_reads_all_files_is_proposed(home: Home, files: list[bytes], encoding: str, why: str) -> None:
    dialect = dialect_of(home, *files)
    assert dialect.encoding == encoding
    assert why in dialect.encoding_why


@pytest.mark.parametrize(
    ("files", "why"),
    [
        # No encoding has both 0x98 alone and 0xff before a comma.
        ([b"SUBJID,AETERM\n1,\x81\x98,\xff,\x83,\x90\n"], "1 of 1 files are not UTF-8; none of gb18030, big5, "),
        ([export("頭痛", "utf-16"), export("a", "ascii")], "1 of 2 files are UTF-16 by their mark, the others not"),
        # Alone, the second would be gb18030.
        (
            [export("é", "utf-8"), export("患者丂𠀀榎", "gb18030")],
            "1 of 2 files are not UTF-8, 1 are and hold more than",
        ),
    ],
)
def test_where_no_one_encoding_is_right_for_all_files_it_is_open(home: Home, files: list[bytes], why: str) -> None:
    dialect = dialect_of(home, *files)
    assert dialect.encoding is None
    assert why in dialect.encoding_why


def test_an_encoding_that_makes_control_characters_is_not_meant(home: Home) -> None:
    # cp932 reads the euro sign's byte, 0x80, as a control character.
    named = dialect_of(home, export("5 € ", "cp1252")).encoding_why
    assert "cp1252" in named
    assert "cp932" not in named


def test_an_open_encoding_has_the_study_refused(home: Home) -> None:
    put(home, "101/edc/AE.csv", export("Übel", "cp1252"))
    with pytest.raises(UserError, match="is not a known encoding"):
        loaded(home)


@pytest.mark.parametrize("start", [b"", codecs.BOM_UTF8])
def test_the_rest_of_the_proposal_stands_where_the_encoding_is_open(home: Home, start: bytes) -> None:
    # 0x81 and 0x8d are no characters of cp1252.
    put(home, "101/edc/AE.csv", start + b"SUBJID,AETERM,AESTDAT\n1,\x81\x8d\xff,2024-01-25\n")
    put(home, "102/edc/AE.csv", "SUBJID,AETERM,AESTDAT\n2,é,2024-01-26\n".encode("utf-8-sig"))
    put(home, "103/edc/AE.csv", "SUBJID,AETERM,AESTDAT\n3,é,2024-01-27\n".encode("utf-16"))
    proposal = propose(home)
    (source,), (mapping,) = proposal.sources, proposal.mappings
    assert source.profile.dialect.encoding is None
    assert mapping.variables["AESTDTC"].value == Expression(item="AESTDAT")
    assert source.dates["AESTDAT"].why == "YYYY-MM-DD fits 3 of 3"
    assert "are refused so" not in written(home)


def test_what_is_more_than_ascii_is_counted_and_not_written_while_the_encoding_is_open(home: Home) -> None:
    rows = "1,Übel,2024-01-25,Besuch zwölf,x\n2,Husten,2024-01-26,Visit 1,ü\n"
    put(home, "101/edc/AE.csv", f"SUBJID,AETERM,AESTDAT,VISIT,Größe\n{rows}".encode("cp1252"))
    text = written(home)
    assert "1 names of columns and 3 values that are more than ASCII are left out" in text
    assert text.isascii()
    assert "AETERM: AETERM  # CONFIRM: by its name; filled in 2 of 2 rows" in text
