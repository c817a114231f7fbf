"""study.yml was mended, and the current delivery's file lies in landing no more: it is read again from the store."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from ingest_desk import SITE, STUDY, Desk, study_of

from pipelines.ingest import decide, ingest_study, utc_now
from pipelines.settings import Home

ROWS = "subj,term\n1,Cough\n2,Rash\n3,Fever\n"
LIMITS: dict[str, Any] = {"key": ["subj"], "max_row_drop": 0.1}


def of_ae(**more: Any) -> dict[str, Any]:
    return {"path": "edc/AE*.csv", "subject": "subj", **more}


def mended(**more: Any) -> Any:
    return study_of(AE=of_ae(aliases={"term": "AETERM"}, **more))


@pytest.fixture
def desk(home: Home) -> Desk:
    return Desk(home, study_of(AE=of_ae(delivery=LIMITS)))


def gone(desk: Desk) -> None:
    (desk.home.landing / STUDY / SITE / "edc" / "AE.csv").unlink()


def overwritten_by_a_held_one(desk: Desk) -> None:
    assert desk.take("edc/AE.csv", "subj,term\n1,Cough\n").status == "held"


def overwritten_by_a_refused_one(desk: Desk) -> None:
    assert desk.take("edc/AE.csv", 'subj,term\n1,"Cough\n').status == "refused"


@pytest.mark.parametrize("lost", [gone, overwritten_by_a_held_one, overwritten_by_a_refused_one])
def test_what_is_current_follows_the_configuration_whatever_lies_in_landing(desk: Desk, lost: Any) -> None:
    desk.take("edc/AE.csv", ROWS)
    assert desk.current().columns[-1] == "term"
    lost(desk)
    desk.study = mended(delivery=LIMITS)
    desk.ingest()
    assert desk.current()["AETERM"].to_list() == ["Cough", "Rash", "Fever"]


def test_the_reading_is_another_and_the_delivery_the_same(desk: Desk) -> None:
    before = desk.take("edc/AE.csv", ROWS)
    gone(desk)
    assert desk.ingest(mended()) == []  # nothing came
    assert desk.listed() == [("AE.csv", "accepted")]
    desk.study = mended()
    back = desk.take("edc/AE.csv", ROWS)
    assert (back.status, back.reason) == ("duplicate", f"duplicate of {before.name}")


def test_what_is_held_stays_held_and_can_be_decided(desk: Desk) -> None:
    desk.take("edc/AE.csv", ROWS)
    overwritten_by_a_held_one(desk)
    desk.study = mended(delivery=LIMITS)
    desk.ingest()
    decide(desk.home, STUDY, SITE, "AE.csv", "accepted", by="dm", why="deleted by the site", now=utc_now())
    assert desk.current()["AETERM"].to_list() == ["Cough"]


def test_what_cannot_be_read_as_declared_now_stays_as_it_was(desk: Desk) -> None:
    desk.take("edc/AE.csv", ROWS)
    gone(desk)
    assert desk.ingest(study_of(AE=of_ae(columns={"required": ["grade"]}))) == []
    assert desk.current()["term"].to_list() == ["Cough", "Rash", "Fever"]


def test_increments_are_laid_again(home: Home) -> None:
    delivery = {"content": "incremental", "key": ["subj"]}
    desk = Desk(home, study_of(AE=of_ae(delivery=delivery)))
    desk.take("edc/AE1.csv", ROWS)
    desk.take("edc/AE2.csv", "subj,term\n2,Itching\n")
    shutil.rmtree(desk.home.landing / STUDY / SITE / "edc")
    desk.ingest(mended(delivery=delivery))
    assert sorted(desk.current()["AETERM"]) == ["Cough", "Fever", "Itching"]


def test_a_site_whose_folder_is_gone_is_read_again_too(desk: Desk) -> None:
    desk.take("edc/AE.csv", ROWS)
    shutil.rmtree(desk.home.landing / STUDY)
    ingest_study(desk.home, mended())
    assert desk.current()["AETERM"].to_list() == ["Cough", "Rash", "Fever"]


def test_a_second_look_changes_nothing(desk: Desk) -> None:
    desk.take("edc/AE.csv", ROWS)
    gone(desk)
    desk.ingest(mended())
    ledger = Path(desk.home.store / STUDY / SITE / "deliveries.jsonl")
    written = (ledger.stat().st_ino, ledger.read_bytes())
    desk.ingest(mended())
    assert (ledger.stat().st_ino, ledger.read_bytes()) == written
