"""What settles a held delivery and what does not: newer and older files, a second word, a renamed source (F21, F24)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from holding_desk import CONTRACT, FULL, SHORT, decision, rows, statuses
from ingest_desk import SITE, STUDY, Desk, study_of

from pipelines.errors import UserError
from pipelines.ingest import current_deliveries, held_deliveries
from pipelines.ingest.decisions import Verdict


@pytest.fixture
def desk(desk_for: Callable[..., Desk]) -> Desk:
    """A source whose files may have ten per cent of rows less, and lack five per cent of the subjects."""
    return desk_for(delivery=CONTRACT)


def test_a_held_file_that_is_sent_again_stays_one_question(desk: Desk, desk_for: Callable[..., Desk]) -> None:
    """F21: also under its own name; and a mended configuration still judges it again."""
    desk.take("edc/AE.csv", FULL)
    desk.take("edc/AE.csv", SHORT)
    again = desk.take("edc/AE.csv", SHORT)
    assert (again.status, again.reason) == ("duplicate", "duplicate of edc/AE.csv, which is held")
    assert len(held_deliveries(desk.home, STUDY)) == 1
    desk.ingest(desk_for(columns={"required": ["aeterm"]}, delivery={"max_row_drop": "0.2"}).study)
    assert (desk.current().height, held_deliveries(desk.home, STUDY)) == (89, [])


def test_what_was_rejected_does_not_bring_back_what_the_site_replaced(desk: Desk) -> None:
    """Else a second word about the same name would take other bytes than those that lie there."""
    desk.take("edc/AE.csv", FULL)
    desk.take("edc/AE.csv", rows(*range(50)))
    desk.take("edc/AE.csv", SHORT)
    decision(desk, "rejected")
    assert statuses(desk) == ["accepted", "superseded", "refused"]
    with pytest.raises(UserError, match="it was rejected already by anna"):
        decision(desk, "accepted")


def test_what_was_rejected_leaves_the_held_file_of_another_name_to_be_decided(desk: Desk) -> None:
    desk.take("edc/AE.csv", FULL)
    desk.take("edc/AE_2.csv", SHORT)
    desk.take("edc/AE_3.csv", rows(*range(50)))
    decision(desk, "rejected", "AE_3.csv")
    assert statuses(desk) == ["accepted", "held", "refused"]
    decision(desk, "accepted", "AE_2.csv")
    assert desk.current().height == 89


def test_one_that_is_read_again_and_rejected_is_held_no_more(desk: Desk, desk_for: Callable[..., Desk]) -> None:
    desk.take("edc/AE.csv", FULL)
    desk.take("edc/AE.csv", SHORT)
    desk.ingest(desk_for(missing=["NA"], delivery={"max_row_drop": "0.1"}).study)
    decision(desk, "rejected")
    assert statuses(desk) == ["accepted", "superseded", "refused"]


def test_rejected_bytes_that_come_back_under_their_name_are_still_rejected(desk: Desk) -> None:
    desk.take("edc/AE.csv", FULL)
    held = desk.take("edc/AE.csv", SHORT)
    decision(desk, "rejected", why="cut off")
    desk.take("edc/AE.csv", rows(*range(101)))
    back = desk.take("edc/AE.csv", SHORT)
    assert back.reason == f"rejected: by anna on 2026-05-04: cut off; it was held for {held.reason}"
    assert (back.status, desk.current().height) == ("refused", 101)


@pytest.mark.parametrize(("verdict", "status"), [(None, "held"), ("rejected", "refused")])
def test_a_renamed_source_does_not_take_what_is_held_or_was_rejected(
    desk: Desk, verdict: Verdict | None, status: str
) -> None:
    """A new name in study.yml has no delivery before, so nothing would shrink; and yet it is the same file."""
    desk.take("edc/AE.csv", FULL)
    desk.take("edc/AE.csv", SHORT)
    if verdict:
        decision(desk, verdict)
    contract = desk.study.sources["AE"].delivery
    renamed = study_of(adverse={"path": "edc/AE*.csv", "delivery": contract})
    (event,) = desk.ingest(renamed)
    assert (event.source, event.status) == ("adverse", status)
    assert current_deliveries(desk.home, STUDY)[0].rows == 100
    assert desk.ingest(renamed) == []
    if not verdict:
        decision(desk, "accepted")
        assert {one.source: one.rows for one in current_deliveries(desk.home, STUDY)} == {"AE": 89, "adverse": 89}


def test_a_decision_that_came_late_does_not_hide_what_is_held_after_it(
    desk: Desk, desk_for: Callable[..., Desk]
) -> None:
    """The accepted one goes after the re-reading of the file before it, and is no other when it is read again."""
    desk.take("edc/AE_0.csv", FULL)
    desk.take("edc/AE_1.csv", SHORT)
    (desk.home.landing / STUDY / SITE / "edc" / "AE_1.csv").unlink()
    desk.study = desk_for(missing=["NA"], delivery={"max_row_drop": "0.1"}).study
    desk.ingest()
    decision(desk, "accepted", "AE_1.csv")
    desk.take("edc/AE_2.csv", rows(*range(20)))
    assert desk.take("edc/AE_1.csv", SHORT).status == "duplicate"
    assert [one.file for one in held_deliveries(desk.home, STUDY)] == ["AE_2.csv"]


def test_the_good_file_sent_again_in_place_of_a_held_one_settles_it(desk: Desk) -> None:
    """The upload was cut off, and the site repeats the one that is in use."""
    desk.take("edc/AE.csv", FULL)
    desk.take("edc/AE.csv", SHORT)
    desk.take("edc/AE.csv", FULL)
    assert statuses(desk) == ["accepted", "superseded", "duplicate"]
    with pytest.raises(UserError, match="its last delivery is duplicate"):
        decision(desk, "accepted")


def test_the_current_file_sent_again_leaves_a_held_one_of_another_name(desk: Desk) -> None:
    desk.take("edc/AE.csv", FULL)
    desk.take("edc/AE_2.csv", SHORT)
    desk.take("edc/AE.csv", FULL)
    assert statuses(desk) == ["accepted", "held", "duplicate"]


def test_an_accepted_file_that_is_older_by_its_own_word_leaves_the_held_one_to_be_decided(
    desk_for: Callable[..., Desk],
) -> None:
    """F24: nothing older goes before a newer one without anybody's knowing."""

    def made(day: int, count: int) -> str:
        return "id,day\n" + "".join(f"{number},2024-05-{day:02}\n" for number in range(count))

    dated = {"extract_date": "day", "dates": {"day": ["YYYY-MM-DD"]}}
    desk = desk_for(delivery={"max_row_drop": "0.1"}, **dated)
    desk.take("edc/AE_1.csv", made(1, 100))
    desk.take("edc/AE_6.csv", made(6, 50))
    desk.take("edc/AE_5.csv", made(5, 100))
    assert statuses(desk) == ["superseded", "held", "accepted"]
    decision(desk, "accepted", "AE_6.csv")
    assert statuses(desk) == ["superseded", "accepted", "superseded"]
    assert desk.take("edc/AE_7.csv", made(4, 50)).status == "superseded"
