"""A delivery that shrank beyond its contract is held until a person decides (F19, F25)."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl
import pytest
from holding_desk import CONTRACT, FULL, NOW, SHORT, decision, rows, statuses
from ingest_desk import SITE, STUDY, Desk

from pipelines.errors import UserError
from pipelines.ingest import current_deliveries, decide, held_deliveries, read_deliveries
from pipelines.ingest.decisions import Verdict


@pytest.fixture
def desk(desk_for: Callable[..., Desk]) -> Desk:
    """A source whose files may have ten per cent of rows less, and lack five per cent of the subjects."""
    return desk_for(delivery=CONTRACT)


def reason(desk: Desk) -> str:
    return str(read_deliveries(desk.home, STUDY).sort("sequence")["reason"][-1])


@pytest.mark.parametrize(("kept", "status"), [(100, "accepted"), (95, "accepted"), (94, "held"), (89, "held")])
def test_only_beyond_the_share_is_it_held(desk: Desk, kept: int, status: str) -> None:
    desk.take("edc/AE.csv", FULL)
    event = desk.take("edc/AE.csv", rows(*range(kept)) if kept < 100 else rows(*range(1, 101)))
    assert event.status == status


def test_a_truncated_upload_is_held_by_its_row_drop(desk_for: Callable[..., Desk]) -> None:
    """F19: cut at a row's end, 11 of 100 rows are gone; at exactly ten it would be taken."""
    desk = desk_for(delivery={"max_row_drop": "0.1"})
    desk.take("edc/AE.csv", FULL)
    assert desk.take("edc/AE_2.csv", rows(*range(90))).status == "accepted"
    event = desk.take("edc/AE_3.csv", rows(*range(80)))
    assert event.reason == "row_drop: AE has 80 rows, the current one 90: 11.11 % fewer, 10 % are agreed"
    assert desk.current().height == 90


def test_vanished_keys_hold_a_delivery_with_as_many_rows(desk: Desk) -> None:
    """F25: six of 100 keys are gone and six others came."""
    desk.take("edc/AE.csv", FULL)
    event = desk.take("edc/AE.csv", rows(*range(6, 106)))
    assert event.status == "held"
    assert event.reason == "vanished_rows: AE lacks 6 of 100 keys of the current one: 6 %, 5 % are agreed"


def test_keys_are_compared_as_text_is(desk: Desk) -> None:
    desk.take("edc/AE.csv", FULL)
    wide = "".join(f" {''.join(chr(ord(d) + 0xFEE0) for d in str(n))}\u00a0,x\n" for n in range(100))
    assert desk.take("edc/AE.csv", "subjid,aeterm\n" + wide).status == "accepted"


def test_a_held_delivery_is_kept_and_told_and_the_current_one_stays(desk: Desk) -> None:
    first = desk.take("edc/AE.csv", FULL)
    held = desk.take("edc/AE.csv", SHORT)
    assert (desk.home.store / str(held.store) / "original.csv").read_text() == SHORT
    assert desk.listed() == [("AE.csv", "accepted"), ("AE.csv", "held")]
    (current,) = current_deliveries(desk.home, STUDY)
    assert current.sha256 == first.sha256
    (waits,) = held_deliveries(desk.home, STUDY)
    assert (waits.sha256, waits.rows, waits.previous_rows) == (held.sha256, 89, 100)
    assert waits.held_for == held.reason
    assert desk.ingest() == []


def test_an_accepted_one_is_current_at_once_and_the_ledger_keeps_who_when_and_why(desk: Desk) -> None:
    desk.take("edc/AE.csv", FULL)
    held = desk.take("edc/AE.csv", SHORT)
    decision(desk, "accepted", "edc/AE.csv")
    assert desk.listed() == [("AE.csv", "superseded"), ("AE.csv", "accepted")]
    assert desk.current().height == 89
    told = f"accepted: by anna on 2026-05-04: 11 subjects withdrew; it was held for {held.reason}"
    assert reason(desk) == told
    assert (desk.ingest(), held_deliveries(desk.home, STUDY)) == ([], [])


def test_a_rejected_one_is_refused_and_stays_so(desk: Desk, desk_for: Callable[..., Desk]) -> None:
    desk.take("edc/AE.csv", FULL)
    desk.take("edc/AE.csv", SHORT)
    decision(desk, "rejected", why="cut off")
    assert desk.listed() == [("AE.csv", "accepted"), ("AE.csv", "refused")]
    assert reason(desk).startswith("rejected: by anna on 2026-05-04: cut off; it was held for row_drop: ")
    mended = desk_for(columns={"required": ["subjid"]}, delivery={}).study
    assert desk.ingest(mended) == []
    assert desk.current().height == 100


@pytest.mark.parametrize("verdict", ["accepted", "rejected"])
def test_a_second_decision_is_told_who_decided(desk: Desk, verdict: Verdict) -> None:
    desk.take("edc/AE.csv", FULL)
    desk.take("edc/AE.csv", SHORT)
    decision(desk, verdict)
    with pytest.raises(UserError, match=f"it was {verdict} already by anna on 2026-05-04: 11 subjects withdrew"):
        decision(desk, "accepted")


@pytest.mark.parametrize(
    ("site", "file", "why", "told"),
    [
        (SITE, "AE.csv", "x", "nothing of edc/AE.csv of site 101 is held: its last delivery is accepted"),
        (SITE, "AE.cvs", "x", 'no file "AE.cvs". Did you mean "edc/AE.csv"'),
        ("110", "AE.csv", "x", 'site "110" of ST-1 has delivered nothing. Did you mean "101"'),
        (SITE, "AE.csv", " \n", "say why"),
    ],
)
def test_what_is_not_held_cannot_be_decided(desk: Desk, site: str, file: str, why: str, told: str) -> None:
    desk.take("edc/AE.csv", FULL)
    with pytest.raises(UserError, match=told):
        decide(desk.home, STUDY, site, file, "accepted", by="anna", why=why, now=NOW)


def test_a_later_good_delivery_settles_what_was_held(desk: Desk) -> None:
    desk.take("edc/AE.csv", FULL)
    desk.take("edc/AE_2.csv", SHORT)
    desk.take("edc/AE_3.csv", rows(*range(101)))
    assert statuses(desk) == ["superseded", "superseded", "accepted"]
    with pytest.raises(UserError, match="a newer delivery was accepted meanwhile"):
        decision(desk, "accepted", "AE_2.csv")


def test_the_bytes_of_a_held_one_under_another_name_are_its_duplicate(desk: Desk) -> None:
    """F21."""
    desk.take("edc/AE.csv", FULL)
    desk.take("edc/AE_2.csv", SHORT)
    again = desk.take("edc/AE_3.csv", SHORT)
    assert (again.status, again.reason) == ("duplicate", "duplicate of edc/AE_2.csv, which is held")
    decision(desk, "accepted", "AE_2.csv")
    assert desk.current().height == 89


def test_a_mended_configuration_judges_a_held_one_again(desk: Desk, desk_for: Callable[..., Desk]) -> None:
    desk.take("edc/AE.csv", FULL)
    desk.take("edc/AE_2.csv", SHORT)
    mended = desk_for(columns={"required": ["aeterm"]}, delivery={"max_row_drop": "0.2"}).study
    desk.ingest(mended)
    assert [(d.file, d.rows) for d in current_deliveries(desk.home, STUDY)] == [("AE_2.csv", 89)]


def test_one_that_is_held_outlives_the_current_one_s_being_read_again(
    desk: Desk, desk_for: Callable[..., Desk]
) -> None:
    desk.take("edc/AE.csv", FULL)
    desk.take("edc/AE_2.csv", SHORT)
    mended = desk_for(missing=["NA"], delivery={"max_row_drop": "0.1"}).study
    assert sorted(event.status for event in desk.ingest(mended)) == ["accepted", "held"]
    decision(desk, "accepted", "AE_2.csv")
    assert desk.current().height == 89
    assert desk.ingest(mended) == []


def test_the_current_delivery_is_never_held_when_it_is_read_again(desk: Desk, desk_for: Callable[..., Desk]) -> None:
    desk.take("edc/AE.csv", FULL)
    desk.take("edc/AE.csv", SHORT)
    decision(desk, "accepted")
    strict = desk_for(columns={"required": ["aeterm"]}, delivery={"max_row_drop": "0"}).study
    assert [event.status for event in desk.ingest(strict)] == ["accepted"]


def test_a_header_alone_is_held_where_rows_may_not_drop_and_flagged_otherwise(desk: Desk) -> None:
    """F20: an empty file is refused; a header alone has 0 rows."""
    desk.take("edc/AE.csv", FULL)
    assert desk.take("edc/AE.csv", "").reason.startswith("empty_file")
    event = desk.take("edc/AE.csv", "subjid,aeterm\n")
    assert (event.status, event.rows) == ("held", 0)


def test_without_a_contract_nothing_is_held(desk_for: Callable[..., Desk]) -> None:
    desk = desk_for()
    desk.take("edc/AE.csv", FULL)
    assert desk.take("edc/AE.csv", rows(1)).status == "accepted"


def test_the_table_says_held(desk: Desk) -> None:
    desk.take("edc/AE.csv", FULL)
    desk.take("edc/AE.csv", SHORT)
    table = read_deliveries(desk.home, STUDY).filter(pl.col("status") == "held")
    assert table.select("file", "rows", "security").rows() == [("AE.csv", 89, False)]
