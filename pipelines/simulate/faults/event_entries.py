"""Faults in when an adverse event happened, and in events that are entered twice."""

from __future__ import annotations

from datetime import timedelta

from pipelines.simulate.faults.events import end_of, resolved, set_end, start_of
from pipelines.simulate.faults.registry import Fault, Spot, enrolled, plants
from pipelines.simulate.site_records import Row


def _set_start(row: Row, days_later: int) -> None:
    day = start_of(row) + timedelta(days=days_later)
    row.update(aestdat_yy_nsv=str(day.year), aestdat_mm_nsv=str(day.month), aestdat_dd_nsv=str(day.day))


def _enter_again(spot: Spot, row: Row) -> Row:
    second = {**row, "recordid": spot.site.next_record()}
    spot.site.tables["AE"].rows.append(second)
    return second


@plants("AE-07", "AE", suits=enrolled)
def event_entered_twice(spot: Spot) -> list[Fault]:
    """The same event on two pages; the second may name another relationship."""
    row = spot.choose(resolved(spot))
    if row is None:
        return []
    second = _enter_again(spot, row)
    if spot.variant % 2:
        second.update(aerel="Y", aerel1="Y", aerel2="N")
    return [spot.fault("AE-07", "AE", entry, "the event is entered twice") for entry in (row, second)]


@plants("AE-10", "AE", suits=enrolled)
def emergent_before_treatment(spot: Spot) -> list[Fault]:
    """A treatment-emergent event that began days before the first dose, after consent."""
    row = spot.choose(resolved(spot))
    if row is None:
        return []
    before = 1 + spot.variant % 4
    _set_start(row, (spot.course.first_dose - start_of(row)).days - before)
    return [spot.fault("AE-10", "AE", row, f"treatment-emergent, but began {before} days before the first dose")]


@plants("AE-24", "AE", suits=enrolled)
def episodes_overlap(spot: Spot) -> list[Fault]:
    """An event is entered once more, from the day after its start to the day after its end."""
    row = spot.choose(resolved(spot))
    if row is None:
        return []
    second = _enter_again(spot, row)
    _set_start(second, 1)
    set_end(second, end_of(row) + timedelta(days=1))
    return [spot.fault("AE-24", "AE", second, "overlaps an episode that began the day before")]


@plants("AE-26", "AE", suits=enrolled)
def event_neither_ended_nor_ongoing(spot: Spot) -> list[Fault]:
    """An event of unknown outcome, without an end date and without a word that it goes on."""
    row = spot.choose(resolved(spot))
    if row is None:
        return []
    set_end(row, None)
    row.update(aeout="UNKNOWN", aeongo="", aeenrf="")
    return [spot.fault("AE-26", "AE", row, "neither an end date nor ongoing")]
