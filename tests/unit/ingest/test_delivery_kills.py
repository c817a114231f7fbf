"""A kill while a delivery is held, laid upon others or decided about leaves the state before or after (F01, F02)."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from ingest_desk import SITE, STUDY, Desk, study_of
from killing import after_each_kill, content_of

from pipelines.errors import UserError
from pipelines.ingest import current_deliveries, decide, held_deliveries
from pipelines.ingest.decisions import Verdict
from pipelines.settings import Home

HEADER = "id,term\n"
SOURCES: dict[str, dict[str, Any]] = {
    "AE": {"path": "edc/AE.csv", "delivery": {"max_row_drop": "0.1", "announced_by": "manifest"}},
    "EX": {"path": "edc/EX*.csv", "delivery": {"content": "incremental", "key": ["id"]}},
}
Killing = Callable[[int], Callable[[], int]]


def deliver(desk: Desk, adverse_events: str, exposure: str) -> None:
    """Put three files there: one with its manifest, and an increment."""
    desk.put("edc/AE.csv", adverse_events)
    desk.put("edc/EX.csv", exposure)
    sha256 = hashlib.sha256(adverse_events.encode()).hexdigest()
    desk.put("edc/manifest.csv", f"file,rows,sha256\nAE.csv,,{sha256}\n")


@pytest.fixture
def desk(home: Home) -> Desk:
    """Two sources that were delivered once, and lie in landing a second time: one shrunken, one an increment."""
    desk = Desk(home, study_of(**SOURCES))
    deliver(desk, HEADER + "1,Cough\n2,Fever\n", HEADER + "1,5 mg\n2,5 mg\n")
    desk.ingest()
    deliver(desk, HEADER + "1,Cough\n", HEADER + "2,10 mg\n3,5 mg\n")
    return desk


def state(desk: Desk) -> dict[str, list[str]]:
    current = {
        one.source: pl.read_parquet(one.rows_path)["term"].to_list() for one in current_deliveries(desk.home, STUDY)
    }
    return current | {"held": [one.file for one in held_deliveries(desk.home, STUDY)]}


BEFORE = {"AE": ["Cough", "Fever"], "EX": ["5 mg", "5 mg"], "held": []}
HELD = {"AE": ["Cough", "Fever"], "EX": ["5 mg", "10 mg", "5 mg"], "held": ["AE.csv"]}
ACCEPTED = HELD | {"AE": ["Cough"], "held": []}
REJECTED = HELD | {"held": []}


def steps_of(killing: Killing, monkeypatch: pytest.MonkeyPatch, step: Callable[[], object]) -> int:
    count = killing(0)
    step()
    monkeypatch.undo()
    return count()


def test_a_kill_while_files_are_held_and_increments_laid(
    desk: Desk, killing: Killing, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shutil.copytree(desk.home.store, tmp_path / "before")
    day = desk.day
    total = steps_of(killing, monkeypatch, desk.ingest)
    wanted = content_of(desk.home.store)
    assert (total >= 14, state(desk)) == (True, HELD)

    def ingest() -> None:
        desk.day = day
        desk.ingest()

    for n in after_each_kill(desk.home.store, tmp_path / "before", total, killing, monkeypatch, ingest):
        assert state(desk) in (BEFORE, HELD), f"killed at step {n}"
        ingest()
        assert content_of(desk.home.store) == wanted, f"killed at step {n}"


@pytest.mark.parametrize(("verdict", "after"), [("accepted", ACCEPTED), ("rejected", REJECTED)])
def test_a_kill_while_somebody_decides(
    desk: Desk,
    killing: Killing,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    verdict: Verdict,
    after: dict[str, list[str]],
) -> None:
    desk.ingest()
    shutil.copytree(desk.home.store, tmp_path / "before")

    def say() -> None:
        now = datetime(2026, 5, 4, tzinfo=UTC)
        decide(desk.home, STUDY, SITE, "AE.csv", verdict, by="anna", why="so it is", now=now)

    total = steps_of(killing, monkeypatch, say)
    wanted = content_of(desk.home.store)
    assert (total >= 3, state(desk)) == (True, after)
    for n in after_each_kill(desk.home.store, tmp_path / "before", total, killing, monkeypatch, say):
        seen = state(desk)
        assert seen in (HELD, after), f"killed at step {n}"
        if seen == HELD:
            say()
        else:
            with pytest.raises(UserError, match=f"it was {verdict} already"):
                say()
        assert desk.ingest() == []
        assert content_of(desk.home.store) == wanted, f"killed at step {n}"
