"""A kill, a full disk, an unreadable file, a link or a second run leaves the store whole (F01, F02, F06, F46, F52)."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from ingest_desk import Desk
from killing import after_each_kill, content_of

from pipelines.errors import UserError
from pipelines.ingest import current_deliveries, read_deliveries, unusable_site_folders
from pipelines.ingest.store import holding_site


def test_a_kill_at_any_step_leaves_the_state_before_or_after(
    desk: Desk, killing: Callable[[int], Callable[[], int]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    desk.put("edc/AE.csv", "a,b\n1,2\n")
    desk.ingest()
    desk.put("edc/AE.csv", "a,b\n3,4\n5,6\n")
    desk.put("edc/AE_2.csv", "a,b\n7\n")
    shutil.copytree(desk.home.store, tmp_path / "before")
    day = desk.day
    steps = killing(0)
    desk.ingest()
    total = steps()
    monkeypatch.undo()
    wanted = content_of(desk.home.store)
    assert total >= 14

    def ingest() -> None:
        desk.day = day
        desk.ingest()

    for n in after_each_kill(desk.home.store, tmp_path / "before", total, killing, monkeypatch, ingest):
        (delivery,) = current_deliveries(desk.home, "ST-1")
        assert pl.read_parquet(delivery.rows_path)["a"].to_list() in (["1"], ["3", "5"])
        assert read_deliveries(desk.home, "ST-1").height in (1, 3)
        ingest()
        assert content_of(desk.home.store) == wanted, f"killed at step {n}"


def test_the_same_input_gives_the_same_bytes(desk: Desk, tmp_path: Path) -> None:
    desk.put("edc/AE.csv", "a,b\n1,2\n" * 1 + "3,4\n" * 5000)
    desk.ingest()
    first = content_of(desk.home.store)
    desk.home.store.rename(tmp_path / "aside")
    desk.day = 1
    desk.ingest()
    assert content_of(desk.home.store) == first


def test_a_full_disk_is_told_with_the_place_and_a_later_run_goes_on(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.put("edc/AE.csv", "a\n1\n")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UserError, match=r"store/ST-1/101: cannot be written \(No space left on device\)"):
        desk.ingest()
    monkeypatch.undo()
    assert read_deliveries(desk.home, "ST-1").height == 0
    assert [event.status for event in desk.ingest()] == ["accepted"]


def test_a_file_that_cannot_be_read_is_tried_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    bad = desk.put("edc/AE.csv", "a\n1\n")
    desk.put("edc/AE_2.csv", "a\n2\n")
    real = Path.open

    def failing(path: Path, *args: Any, **named: Any) -> Any:
        if path == bad:
            raise OSError(5, "Input/output error")
        return real(path, *args, **named)

    monkeypatch.setattr(Path, "open", failing)
    first, second = desk.ingest()
    assert (first.status, first.reason) == ("refused", "unreadable: Input/output error; it will be tried again")
    assert second.status == "accepted"
    assert desk.ingest() == []
    monkeypatch.undo()
    (event,) = desk.ingest()
    assert (event.file, event.status) == ("AE.csv", "accepted")


def test_a_file_that_changes_while_it_is_read_waits(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    path = desk.put("edc/AE.csv", "a\n1\n")
    real = Path.open

    def growing(opened: Path, *args: Any, **named: Any) -> Any:
        if opened == path:
            monkeypatch.undo()
            path.write_text("a\n1\n2\n")
        return real(opened, *args, **named)

    monkeypatch.setattr(Path, "open", growing)
    (event,) = desk.ingest()
    assert event.reason == "unreadable: the file changed while it was read; it will be tried again"
    (event,) = desk.ingest()
    assert (event.status, event.rows) == ("accepted", 2)


def test_links_out_of_the_site_are_refused(desk: Desk, tmp_path: Path) -> None:
    desk.put("edc/AE_1.csv", "a\n1\n")
    outside = tmp_path / "secret.csv"
    outside.write_text("a\nSECRET\n")
    folder = desk.home.landing / "ST-1" / "101" / "edc"
    (folder / "AE_out.csv").symlink_to(outside)
    (folder / "AE_lost.csv").symlink_to(folder / "absent.csv")
    (folder / "AE_in.csv").symlink_to(folder / "AE_1.csv")
    (folder / "AE_loop.csv").symlink_to(folder / "AE_loop.csv")
    (folder / "AE_folder.csv").mkdir()
    os.mkfifo(folder / "AE_pipe.csv")
    got = {event.file: (event.status, event.reason.split(":")[0]) for event in desk.ingest()}
    assert got == {
        "AE_1.csv": ("accepted", ""),
        "AE_in.csv": ("duplicate", "duplicate of edc/AE_1.csv"),
        "AE_out.csv": ("refused", "outside_landing"),
        "AE_lost.csv": ("refused", "unreadable"),
        "AE_loop.csv": ("refused", "unreadable"),
    }
    assert not any(b"SECRET" in content for content in content_of(desk.home.store).values())


def test_a_site_folder_that_links_out_of_landing_is_no_site(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    desk.put("edc/AE.csv", "a\n")
    (desk.home.landing / "ST-1" / "102").symlink_to(tmp_path / "elsewhere")
    assert unusable_site_folders(desk.home, "ST-1") == ["102"]


def test_names_with_control_characters_are_refused_and_shown_escaped(desk: Desk) -> None:
    desk.put("edc/AE_\x1b[31m\n.csv", "a\n")
    folder = os.fsencode(desk.home.landing / "ST-1" / "101" / "edc")
    Path(os.fsdecode(folder + b"/AE_\xff.csv")).write_text("a\n")
    events = desk.ingest()
    assert {event.reason.split(":")[0] for event in events} == {"unusable_name"}
    assert all(event.file.isprintable() for event in events)
    assert len({event.file for event in events}) == 2
    assert desk.ingest() == []


def test_a_damaged_ledger_is_an_error_with_its_line(desk: Desk) -> None:
    desk.take("edc/AE.csv", "a\n")
    ledger = desk.home.store / "ST-1" / "101" / "deliveries.jsonl"
    ledger.write_text(ledger.read_text() + '{"sequence": 2, "si')
    with pytest.raises(UserError, match=r"deliveries\.jsonl:2: "):
        read_deliveries(desk.home, "ST-1")


@pytest.fixture
def held(desk: Desk) -> Iterator[threading.Event]:
    """Another run holds the site until the event is set."""
    taken, release = threading.Event(), threading.Event()

    def hold() -> None:
        with holding_site(desk.home.store / "ST-1" / "101"):
            taken.set()
            release.wait(10)

    other = threading.Thread(target=hold)
    other.start()
    assert taken.wait(10)
    yield release
    release.set()
    other.join(10)


def test_a_second_run_of_a_site_waits_for_the_first(desk: Desk, held: threading.Event) -> None:
    desk.put("edc/AE.csv", "a\n")
    done = threading.Event()
    second = threading.Thread(target=lambda: (desk.ingest(), done.set()))
    second.start()
    assert not done.wait(0.2)
    held.set()
    assert done.wait(10)
    second.join(10)
    assert desk.listed() == [("AE.csv", "accepted")]
