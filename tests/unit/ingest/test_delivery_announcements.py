"""Files that are not read yet: they grow (F18), or nobody has announced them; what a manifest refuses (F19, F31)."""

from __future__ import annotations

import hashlib
import os
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from ingest_desk import SITE, STUDY, Desk, study_of

from pipelines.ingest import ingest_site, waiting_files
from pipelines.settings import Home

A = "subjid,aeterm\n1,Headache\n2,Cough\n"
LATER = datetime(2030, 1, 1, tzinfo=UTC)


def manifest(content: str = A, *, file: str = "AE.csv", rows: str = "2", head: str = "", more: str = "") -> str:
    sha256 = hashlib.sha256(content.encode()).hexdigest()
    return f"file,rows,sha256{head}\n{file},{rows},{sha256}{more}\n"


def waiting(desk: Desk) -> list[tuple[str, str]]:
    return [(one.file, one.why) for one in waiting_files(desk.home, desk.study, lambda: LATER)]


def test_a_growing_upload_is_never_read_early(desk_for: Callable[..., Desk]) -> None:
    """F18: a writer at 1 KB/s, looked at each second: 0 early reads, and one once it has rested."""
    desk = desk_for(delivery={"at_rest_seconds": 30})
    line = "1,Headache " + "x" * 1_000 + "\n"
    start = datetime(2026, 3, 1, 8, tzinfo=UTC)
    read: list[int] = []
    content = "subjid,aeterm\n"
    for second in range(120):
        now = start + timedelta(seconds=second)
        if second < 60:
            content += line
            os.utime(desk.put("edc/AE.csv", content), (now.timestamp(),) * 2)
        read += [second for _ in ingest_site(desk.home, desk.study, SITE, now=lambda now=now: now)]
    assert read == [59 + 30]
    assert desk.current().height == 60


def test_a_time_that_is_yet_to_come_does_not_keep_a_file_out(desk_for: Callable[..., Desk]) -> None:
    """A sender whose clock is wrong, or that gives its local time for UTC, dates a file into the future."""
    desk = desk_for(delivery={"at_rest_seconds": 30})
    path = desk.put("edc/AE.csv", A)
    arrived = datetime.now(UTC)
    os.utime(path, (arrived.timestamp() + 9 * 3_600,) * 2)
    told = {seconds: desk_waits(desk, arrived + timedelta(seconds=seconds)) for seconds in (-60, 20, 40)}
    assert told == {
        -60: ["it changed after the present time of this machine; set the clock right"],
        20: ["it changed less than 30 seconds ago"],
        40: [],
    }


def desk_waits(desk: Desk, now: datetime) -> list[str]:
    return [one.why for one in waiting_files(desk.home, desk.study, lambda: now)]


@pytest.mark.parametrize("ending", [".part", ".tmp", ".filepart", ".PART"])
def test_names_of_transfer_programs_are_left_alone(desk: Desk, ending: str) -> None:
    """F18."""
    desk.put(f"edc/AE.csv{ending}", A)
    assert desk.ingest() == []


def test_a_file_waits_for_its_marker(desk_for: Callable[..., Desk]) -> None:
    """F18: without `.done` it is not read, and the marker itself is no delivery."""
    desk = desk_for("edc/*", delivery={"announced_by": "done"})
    desk.put("edc/AE.csv", A)
    assert desk.ingest() == []
    assert waiting(desk) == [("edc/AE.csv", "AE.csv.done is not there yet")]
    desk.put("edc/AE.csv.done", "")
    assert [(event.file, event.status) for event in desk.ingest()] == [("AE.csv", "accepted")]
    assert (desk.ingest(), waiting(desk)) == ([], [])


def test_the_marker_of_the_file_before_announces_nothing(desk_for: Callable[..., Desk]) -> None:
    desk = desk_for(delivery={"announced_by": "done"})
    desk.put("edc/AE.csv", A)
    desk.put("edc/AE.csv.done", "")
    desk.ingest()
    desk.put("edc/AE.csv", A + "3,Fever\n")
    assert desk.ingest() == []
    assert waiting(desk) == [("edc/AE.csv", "AE.csv.done is older than the file")]
    desk.put("edc/AE.csv.done", "")
    assert [event.rows for event in desk.ingest()] == [3]


def test_a_marker_of_a_source_without_markers_is_an_unknown_file(desk: Desk) -> None:
    desk.put("edc/AE.csv.done", "")
    (event,) = desk.ingest()
    assert event.reason.startswith("unknown_source:")


def test_a_file_waits_until_the_manifest_lists_it(desk_for: Callable[..., Desk]) -> None:
    desk = desk_for("edc/*.csv", delivery={"announced_by": "manifest"})
    desk.put("edc/AE.csv", A)
    assert (desk.ingest(), waiting(desk)) == ([], [("edc/AE.csv", "manifest.csv is not there yet")])
    desk.put("edc/manifest.csv", manifest(file="AE_2.csv"))
    assert (desk.ingest(), waiting(desk)[0]) == ([], ("edc/AE.csv", "manifest.csv does not list it yet"))
    desk.put("edc/manifest.csv", manifest(rows=""))
    assert [(event.file, event.status, event.rows) for event in desk.ingest()] == [("AE.csv", "accepted", 2)]
    assert desk.ingest() == []


@pytest.mark.parametrize(
    ("announced", "reason"),
    [
        (manifest(A + "3,Fever\n", rows="3"), "manifest_mismatch: its sha256"),  # the upload was cut at a row's end
        (manifest(rows="3"), "manifest_mismatch: it has 2 rows, the manifest announces 3"),
        (manifest(head=",site", more=",102"), "site_mismatch: the manifest announces it for another site than 101"),
        (manifest(head=",study", more=",ST-2"), "study_mismatch: the manifest announces it for another study"),
    ],
)
def test_what_differs_from_its_manifest_is_refused_until_one_of_them_is_mended(
    desk_for: Callable[..., Desk], announced: str, reason: str
) -> None:
    """F19: a truncated upload is refused by hash and by count; F31, F32: a manifest names another site or study."""
    desk = desk_for(delivery={"announced_by": "manifest"})
    desk.put("edc/AE.csv", A)
    desk.put("edc/manifest.csv", announced)
    (event,) = desk.ingest()
    assert event.status == "refused"
    assert event.reason.startswith(reason)
    assert event.security == reason.startswith("study")
    assert desk.ingest() == []  # told once
    desk.put("edc/manifest.csv", manifest(head=",site,study", more=f",{SITE},{STUDY}"))
    assert [event.status for event in desk.ingest()] == ["accepted"]
    assert desk.ingest() == []


def test_rows_are_counted_where_sources_share_a_table(home: Home) -> None:
    """F19: two sources read the one table of a file, and a manifest cannot mean another."""
    shared = {name: {"path": "edc/AE.csv", "delivery": {"announced_by": "manifest"}} for name in ("AE", "MH")}
    desk = Desk(home, study_of(**shared))
    desk.put("edc/AE.csv", A)
    desk.put("edc/manifest.csv", manifest(rows="3"))
    told = "manifest_mismatch: it has 2 rows, the manifest announces 3"
    assert [(event.source, event.reason) for event in desk.ingest()] == [("AE", told), ("MH", told)]
    desk.put("edc/manifest.csv", manifest())
    assert [event.status for event in desk.ingest()] == ["accepted", "accepted"]


def test_the_file_before_sent_under_the_manifest_of_the_new_one_is_no_mere_duplicate(
    desk_for: Callable[..., Desk],
) -> None:
    desk = desk_for(delivery={"announced_by": "manifest"})
    desk.put("edc/manifest.csv", manifest())
    desk.take("edc/AE.csv", A)
    desk.put("edc/manifest.csv", manifest(A + "3,Fever\n", rows="3"))
    assert desk.ingest() == []  # the new one is on its way
    event = desk.take("edc/AE.csv", A)
    assert (event.status, event.reason.partition(":")[0]) == ("refused", "manifest_mismatch")
    assert (desk.ingest(), desk.current().height) == ([], 2)
    assert desk.take("edc/AE.csv", A + "3,Fever\n").status == "accepted"


def test_a_file_that_is_announced_and_never_came_is_told(desk_for: Callable[..., Desk]) -> None:
    """Not of one that was read and then cleared away."""
    desk = desk_for("edc/*.csv", delivery={"announced_by": "manifest"})
    path = desk.put("edc/AE.csv", A)
    other = manifest("id\n", file="LB.csv").partition("\n")[2]
    desk.put("edc/manifest.csv", manifest() + other)
    desk.ingest()
    path.unlink()
    assert waiting(desk) == [("edc/LB.csv", "manifest.csv lists it, and it is not there")]
    desk.put("edc/LB.csv", "id\n")
    assert waiting(desk) == []


def test_a_manifest_names_a_file_in_either_unicode_form(desk_for: Callable[..., Desk]) -> None:
    """F35: a Mac writes the parts of a letter, the export the letter."""
    desk = desk_for(delivery={"announced_by": "manifest"})
    desk.put("edc/" + unicodedata.normalize("NFD", "AE_Köln.csv"), A)
    desk.put("edc/manifest.csv", manifest(file=unicodedata.normalize("NFC", "AE_Köln.csv")))
    assert [event.status for event in desk.ingest()] == ["accepted"]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("name,rows\nAE.csv,2\n", "its columns are file, rows, sha256"),
        ("file,rows,sha256\nAE.csv,2,abc\n", "sha256 is 64 hexadecimal digits"),
        (manifest(rows="two"), "rows is a whole number"),
        (manifest() + manifest().partition("\n")[2], "each file once"),
        (manifest(more=",surplus"), "each line names one file"),
        ("\xff", "its columns are"),
    ],
)
def test_a_manifest_that_cannot_be_read_is_told_once_and_its_files_wait(
    desk_for: Callable[..., Desk], content: str, told: str
) -> None:
    desk = desk_for(delivery={"announced_by": "manifest"})
    desk.put("edc/AE.csv", A)
    desk.put("edc/manifest.csv", content)
    (event,) = desk.ingest()
    assert (event.file, event.status) == ("manifest.csv", "refused")
    assert event.reason.startswith("manifest_unreadable: ")
    assert told in event.reason
    assert (desk.ingest(), waiting(desk)) == ([], [("edc/AE.csv", "manifest.csv cannot be read")])
    desk.put("edc/manifest.csv", manifest())
    assert [event.status for event in desk.ingest()] == ["accepted"]


def test_a_manifest_in_another_encoding_names_the_byte(desk_for: Callable[..., Desk]) -> None:
    desk = desk_for(delivery={"announced_by": "manifest"})
    desk.put("edc/manifest.csv", b"file,rows,sha256\n\xff")
    (event,) = desk.ingest()
    assert "it is not UTF-8 (byte 17)" in event.reason
