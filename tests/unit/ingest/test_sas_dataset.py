"""The sas7bdat reader gives a file whole, from a process of its own, or refuses it; a crash is a refusal (F47)."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import pytest
from dataset_files import SAMPLES, reading, texts

from pipelines.ingest.readers import sas_dataset
from pipelines.ingest.readers.sas_dataset_header import MAGIC, DatasetHeader
from pipelines.ingest.readers.sas_dataset_workers import WORKERS
from pipelines.ingest.refusal import Refusal

FOLDER = SAMPLES / "pyreadstat" / "test_data"
pytestmark = [
    pytest.mark.realdata,
    pytest.mark.skipif(not FOLDER.exists(), reason=f"the samples are not at {FOLDER}"),
]


@pytest.fixture(scope="module")
def sample() -> bytes:
    return (FOLDER / "basic" / "sample.sas7bdat").read_bytes()


def refusal_of(data: bytes, **declared: Any) -> Refusal:
    with pytest.raises(Refusal) as caught:
        reading("sas7bdat", data, **declared)
    return caught.value


def patched(data: bytes, place: int, new: bytes) -> bytes:
    return data[:place] + new + data[place + len(new) :]


def counts_place(data: bytes) -> int:
    """Return where the numbers of rows and of deleted rows stand, in a wide file."""
    return data.index(b"\xf7\xf7\xf7\xf7\0\0\0\0", 65536) + 48


def test_a_file_that_is_none_or_cut_off_is_refused(sample: bytes) -> None:
    assert refusal_of(b"").code == "empty_file"
    assert refusal_of(b"a,b\n1,2\n").code == "not_sas7bdat"
    assert "format: xpt" in refusal_of(b"HEADER RECORD*******LIBRARY HEADER RECORD!!!!!!!".ljust(240)).text
    assert refusal_of(MAGIC + bytes(100)).code == "truncated_file"
    assert refusal_of(sample[:-1]).code == "truncated_file"
    assert refusal_of(sample[:65536]).code == "truncated_file"
    assert refusal_of(sample + b"\0").code == "malformed_sas7bdat"
    assert refusal_of(patched(sample, 200, bytes(16))).code == "malformed_sas7bdat"


def test_rows_that_are_marked_as_deleted_never_count(sample: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    place = counts_place(sample)
    assert struct.unpack_from("<QQ", sample, place) == (5, 0)
    deleted = patched(sample, place + 8, struct.pack("<Q", 2))
    found = reading("sas7bdat", deleted)
    assert (found.tables[0].rows.num_rows, found.counts) == (3, {"deleted_rows": 2})
    assert [remark.code for remark in found.remarks] == ["deleted_rows"]
    # A library that knows nothing of them gives all five.
    monkeypatch.setattr(sas_dataset, "read_header", lambda _: DatasetHeader(3, 2, names_encoding=True))
    refusal = refusal_of(sample)
    assert (refusal.code, "2 of 5 rows" in refusal.text) == ("deleted_rows", True)
    monkeypatch.undo()
    assert refusal_of(patched(sample, place + 8, struct.pack("<Q", 6))).code == "malformed_sas7bdat"


def test_a_damaged_page_is_refused_with_the_library_s_reason(sample: bytes) -> None:
    place = counts_place(sample)
    assert refusal_of(patched(sample, place - 48, bytes(8))).code == "malformed_sas7bdat"
    refusal = refusal_of(patched(sample, place, struct.pack("<Q", 4_000_000)))
    assert refusal.code == "malformed_sas7bdat"
    assert "the SAS library cannot read it" in refusal.text


@pytest.mark.parametrize(("code", "told"), [(-11, "broke off"), (1, "broke off"), (-14, "does not come to an end")])
def test_what_ends_the_other_process_is_told(
    sample: bytes, code: int, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(WORKERS, "read", lambda *_: code)
    refusal = refusal_of(sample)
    assert (refusal.code, told in refusal.text) == ("malformed_sas7bdat", True)


def test_an_encoding_that_contradicts_the_file_is_told() -> None:
    data = (FOLDER / "sas_catalog" / "test_data_win.sas7bdat").read_bytes()
    assert not reading("sas7bdat", data).remarks
    assert not reading("sas7bdat", data, encoding="cp1252").remarks
    (remark,) = reading("sas7bdat", data, encoding="utf-8").remarks
    assert (remark.code, "WINDOWS-1252" in remark.text) == ("encoding_contradicted", True)


def test_a_file_that_does_not_say_its_encoding_needs_a_declared_one(sample: bytes) -> None:
    unsaid = patched(sample, 70, b"\0")
    assert refusal_of(unsaid).code == "unknown_encoding"
    assert texts(reading("sas7bdat", unsaid, encoding="utf-8").tables[0])[0][0] == "a"


@pytest.mark.parametrize(("number", "encoding"), [(20, "utf-8"), (123, "big5"), (126, "gbk"), (138, "shift_jis")])
def test_the_encoding_that_a_file_states_is_taken(number: int, encoding: str) -> None:
    data = (FOLDER / "sas_catalog" / "test_data_linux.sas7bdat").read_bytes()
    place = data.index(b"ID3     ")
    data = patched(patched(data, place, "中中".encode(encoding).ljust(8)), 70, bytes([number]))
    assert texts(reading("sas7bdat", data).tables[0])[2][0] == "中中"


def test_text_that_is_not_in_the_declared_encoding_is_refused_with_its_place(sample: bytes) -> None:
    # The rows of this file hold one letter each.
    place = sample.index(b"e", 66_000)
    refusal = refusal_of(patched(sample, place, b"\xe9"))
    assert (refusal.code, "row 5, column 1" in refusal.text) == ("undecodable", True)
    found = reading("sas7bdat", patched(sample, place, b"\xe9"), encoding="cp1252")
    assert texts(found.tables[0])[4][0] == "é"


def test_pieces_give_the_same_as_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    data = (FOLDER / "basic" / "dates.sas7bdat").read_bytes()
    whole = texts(reading("sas7bdat", data).tables[0])
    monkeypatch.setattr(sas_dataset, "CELLS_AT_ONCE", 9)
    assert texts(reading("sas7bdat", data).tables[0]) == whole
    assert len(whole) == 50


def test_the_temporary_folder_is_left_empty(sample: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "zwischen-ablage-é"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    assert reading("sas7bdat", sample).tables[0].rows.num_rows == 5
    assert not list(folder.iterdir())
