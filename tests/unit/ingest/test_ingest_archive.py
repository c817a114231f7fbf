"""A ZIP is foreign ground: bombs, links and names that lead elsewhere refuse it before it is unpacked (F45, F46)."""

from __future__ import annotations

import io
import mmap
import os
import stat
import struct
import tempfile
import tracemalloc
import warnings
import zipfile
from pathlib import Path

import pytest
from ingest_desk import Desk, study_of

from pipelines.ingest.readers import archive as archive_room
from pipelines.ingest.readers import read_export
from pipelines.ingest.readers.archive import list_members, read_member
from pipelines.ingest.refusal import Refusal
from pipelines.settings import Home
from pipelines.study_source import Source

CSV = b"a,b\n1,2\n"


def zipped(*members: tuple[str | zipfile.ZipInfo, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", compression) as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # zipfile warns of repeated names, which are wanted here
        for name, data in members:
            file.writestr(name, data)
    return whole.getvalue()


def refusal_of(data: bytes | mmap.mmap, pattern: str = "*") -> Refusal:
    with pytest.raises(Refusal) as caught:
        read_member(data, pattern)
    return caught.value


def test_the_one_member_that_fits_is_read() -> None:
    data = zipped(("edc/", b""), ("edc/AE.csv", CSV), ("edc/DM.csv", b"x\n"), ("__MACOSX/edc/._AE.csv", b"\0"))
    assert read_member(data, "*AE.csv") == ("edc/AE.csv", CSV)
    assert list_members(data) == ["edc/AE.csv", "edc/DM.csv"]


def test_a_table_tells_its_member() -> None:
    source = Source(path="edc/*.zip", member="*/AE.csv")
    (table,) = read_export(zipped(("edc/AE.csv", CSV)), source).tables
    assert (table.member, table.header, table.rows.num_rows) == ("edc/AE.csv", ("a", "b"), 1)


def test_a_pattern_must_fit_one() -> None:
    data = zipped(("a/AE.csv", CSV), ("b/AE.csv", CSV), ("c/DM.csv", CSV))
    assert refusal_of(data, "*AE.csv").reason.startswith("ambiguous_member: 2 of 3 members fit *AE.csv; ")
    assert refusal_of(data, "*LB.csv").reason.startswith("no_such_member: 0 of 3 members fit *LB.csv; ")
    assert refusal_of(zipped(), "*").reason.startswith("no_such_member: 0 of 0 ")


def test_a_mapped_file_is_read_and_can_be_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "x.zip").write_bytes(zipped(("AE.csv", CSV)))
    monkeypatch.setattr(archive_room, "IN_MEMORY_BYTES", 3)
    with (tmp_path / "x.zip").open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        name, content = read_member(mapped, "*.csv")
    assert isinstance(content, mmap.mmap)
    assert (name, content[:]) == ("AE.csv", CSV)


def test_a_broken_mapped_file_can_be_closed(tmp_path: Path) -> None:
    for number, data in enumerate((CSV, zipped(("AE.csv", CSV))[:-10], encrypted(), zipped(("DM.csv", CSV)))):
        path = tmp_path / f"{number}.zip"
        path.write_bytes(data)
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
            refusal = refusal_of(mapped, "AE.csv")
        assert refusal.code in ("not_an_archive", "broken_archive", "encrypted_archive", "no_such_member")


def test_sources_take_their_members_of_a_delivered_archive(home: Home) -> None:
    shared = {"path": "edc/*.zip"}
    desk = Desk(home, study_of(AE={**shared, "member": "*AE.csv"}, DM={**shared, "member": "*DM.csv"}))
    desk.put("edc/monday.zip", zipped(("x/AE.csv", CSV), ("x/DM.csv", b"subject\n1\n2\n")))
    assert [(event.source, event.status, event.rows) for event in desk.ingest()] == [
        ("AE", "accepted", 1),
        ("DM", "accepted", 2),
    ]
    desk.put("edc/tuesday.zip", bomb())
    assert {event.reason.split(":")[0] for event in desk.ingest()} == {"zip_bomb"}
    assert desk.current("DM")["subject"].to_list() == ["1", "2"]


def bomb() -> bytes:
    return zipped(("AE.csv", bytes(100_000_000)))


def overlapping() -> bytes:
    """Two entries of the directory that point at the same member, as in Fifield's bomb."""
    data = zipped(("AE.csv", CSV))
    directory = data.index(b"PK\x01\x02")
    end = data.index(b"PK\x05\x06")
    entry = data[directory:end]
    second = entry.replace(b"AE.csv", b"BE.csv")
    tail = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 2, 2, 2 * len(entry), directory, 0)
    return data[:directory] + entry + second + tail


def encrypted() -> bytes:
    data = bytearray(zipped(("AE.csv", CSV)))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


def linked() -> bytes:
    entry = zipfile.ZipInfo("AE.csv")
    entry.create_system = 3
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    return zipped((entry, b"/etc/passwd"))


def crowded() -> bytes:
    """65,535 empty members, made of bytes because zipfile takes long to write them."""
    name = b"x%05d"
    local = b"".join(struct.pack("<4s5H3L2H", b"PK\x03\x04", *[0] * 8, 6, 0) + name % n for n in range(65_535))
    entries = b"".join(
        struct.pack("<4s6H3L5H2L", b"PK\x01\x02", *[0] * 9, 6, *[0] * 5, 36 * n) + name % n for n in range(65_535)
    )
    tail = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 65_535, 65_535, len(entries), len(local), 0)
    return local + entries + tail


@pytest.mark.parametrize(
    ("made", "code"),
    [
        (bomb, "zip_bomb"),
        (overlapping, "overlapping_members"),
        (encrypted, "encrypted_archive"),
        (linked, "link_in_archive"),
        (crowded, "too_many_members"),
        (lambda: zipped(*[(f"{n}", b"") for n in range(10_001)]), "too_many_members"),
        (lambda: zipped(("AE.csv", CSV), compression=zipfile.ZIP_LZMA), "unsupported_compression"),
        (lambda: zipped(("AE.csv", CSV), ("ae.csv", CSV)), "repeated_member"),
        (lambda: zipped(("AE.csv", CSV), ("AE.csv", CSV)), "repeated_member"),
        (lambda: CSV, "not_an_archive"),
        (lambda: b"MZ" + zipped(("AE.csv", CSV)), "not_an_archive"),
        (lambda: zipped(("AE.csv", CSV))[:-10], "broken_archive"),
        (lambda: zipped(("AE.csv", CSV))[:60], "broken_archive"),
        (lambda: zipped(("AE.csv", CSV), compression=zipfile.ZIP_STORED).replace(CSV, b"a,b\n1,3\n"), "broken_archive"),
    ],
)
def test_it_is_refused_before_anything_is_unpacked(made, code) -> None:
    data = made()
    tracemalloc.start()
    try:
        refusal = refusal_of(data)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert refusal.code == code
    assert peak < 16_000_000, f"{peak} bytes were taken to refuse {len(data)}"


def test_sizes_are_capped(monkeypatch: pytest.MonkeyPatch) -> None:
    noise = os.urandom(2_000)
    monkeypatch.setattr(archive_room, "MAX_MEMBER_BYTES", 1_000)
    assert refusal_of(zipped(("AE.csv", noise))).code == "member_too_large"
    monkeypatch.setattr(archive_room, "MAX_MEMBER_BYTES", 2_000)
    monkeypatch.setattr(archive_room, "MAX_UNPACKED_BYTES", 3_000)
    assert refusal_of(zipped(("AE.csv", noise), ("DM.csv", noise))).code == "archive_too_large"
    assert read_member(zipped(("AE.csv", noise)), "*") == ("AE.csv", noise)


def test_a_size_that_is_a_lie_is_found_out() -> None:
    data = bytearray(zipped(("AE.csv", b"x" * 5_000)))
    for place in (22, data.index(b"PK\x01\x02") + 24):
        data[place : place + 4] = struct.pack("<L", 100)
    assert refusal_of(bytes(data)).code == "broken_archive"


def test_an_archive_in_an_archive_is_not_opened_by_itself() -> None:
    inner = zipped(("AE.csv", CSV))
    for _ in range(5):
        inner = zipped(("deeper.zip", inner))
    with pytest.raises(Refusal) as caught:
        read_export(inner, Source(path="edc/*.zip", member="*"))
    assert caught.value.code == "not_text"


@pytest.mark.parametrize(
    "name",
    [
        "../AE.csv",
        "edc/../../AE.csv",
        "..\\AE.csv",
        "/etc/AE.csv",
        "\\AE.csv",
        "C:\\AE.csv",
        "c:AE.csv",
        "//host/share/AE.csv",
        "CON",
        "edc/aux.csv",
        "LPT1 .csv",
        "x" * 256 + ".csv",
        "folder/" * 200 + "AE.csv",
        "AE\n.csv",
        "AE\x1b[31m.csv",
        "a//AE.csv",
    ],
)
def test_a_name_that_leads_elsewhere_refuses_and_nothing_is_written(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    entry = zipfile.ZipInfo("placeholder")
    entry.filename = name
    refusal = refusal_of(zipped((entry, CSV), ("fine.csv", CSV)), "fine.csv")
    assert refusal.code == "unsafe_member_name"
    assert "AE" not in refusal.reason
    assert list(tmp_path.iterdir()) == []


def test_a_name_is_not_cut_at_a_nul() -> None:
    data = zipped(("AE.csv#.exe", CSV)).replace(b"AE.csv#.exe", b"AE.csv\0.exe")
    assert refusal_of(data, "AE.csv").code == "unsafe_member_name"


@pytest.mark.parametrize(
    ("encoding", "name"),
    [("cp437", "Müller/AE.csv"), ("cp932", "有害事象.csv"), ("gb18030", "不良事件.csv"), ("utf-8", "é.csv")],
)
def test_a_name_in_another_code_page_is_found_by_its_pattern(encoding: str, name: str) -> None:
    raw = name.encode(encoding)
    stand_in = "x" * len(raw)
    data = zipped((stand_in, CSV)).replace(stand_in.encode(), raw)
    assert read_member(data, name) == (name, CSV)
    assert read_member(data, "*.csv")[1] == CSV
    assert list_members(zipped((name, CSV))) == [name]  # marked as UTF-8 by zipfile
