"""Faults in the adverse event that a subject died of, and in events beside it."""

from __future__ import annotations

from datetime import timedelta

from pipelines.simulate.faults.deaths import TOUCHED_BY_DEATH, can_die, let_die
from pipelines.simulate.faults.events import resolved, set_end
from pipelines.simulate.faults.registry import Fault, Spot, plants
from pipelines.simulate.subject_course import CUTOFF


@plants("AE-02", *TOUCHED_BY_DEATH, suits=can_die)
def event_after_death(spot: Spot) -> list[Fault]:
    """An event that starts two days after the death."""
    row, ended = spot.choose(resolved(spot)), spot.course.ended
    if row is None or ended is None or ended + timedelta(days=3) > CUTOFF:
        return []
    start = let_die(spot).day + timedelta(days=2)
    row.update(aestdat_yy_nsv=str(start.year), aestdat_mm_nsv=str(start.month), aestdat_dd_nsv=str(start.day))
    set_end(row, start + timedelta(days=1))
    return [spot.fault("AE-02", "AE", row, "starts two days after the death")]


@plants("AE-05", *TOUCHED_BY_DEATH, suits=can_die)
def fatal_but_not_severe(spot: Spot) -> list[Fault]:
    """A fatal event of moderate severity, or of grade 4."""
    row = let_die(spot).event
    row.update(({"aesev": "MODERATE"}, {"aetoxgr": "4"})[spot.variant % 2])
    return [spot.fault("AE-05", "AE", row, "fatal, but not of the greatest grade and severity")]


@plants("AE-13", *TOUCHED_BY_DEATH, suits=can_die)
def grade_5_without_death(spot: Spot) -> list[Fault]:
    """A second event of a subject who died has grade 5, and has resolved."""
    row = spot.choose(resolved(spot))
    if row is None:
        return []
    let_die(spot)
    row["aetoxgr"] = "5"
    return [spot.fault("AE-13", "AE", row, "grade 5, but resolved")]


@plants("AE-14", *TOUCHED_BY_DEATH, suits=can_die)
def death_date_without_fatal_outcome(spot: Spot) -> list[Fault]:
    """The event that dates the death has no outcome, or is said to go on; its grade is 4."""
    row = let_die(spot).event
    row.update(aeout="", aetoxgr="4")
    if spot.variant % 2:
        set_end(row, None)
        row.update(aeout="NOT RECOVERED/NOT RESOLVED", aeongo="X", aeenrf="AFTER")
    return [spot.fault("AE-14", "AE", row, "a date of death, but the outcome is not fatal")]


@plants("AE-15", *TOUCHED_BY_DEATH, suits=can_die)
def led_to_death_without_date(spot: Spot) -> list[Fault]:
    """A second event of a subject who died is said to have led to death, without a date."""
    row = spot.choose(resolved(spot))
    if row is None:
        return []
    let_die(spot)
    row.update(aeser="Y", aesdth="Y")
    return [spot.fault("AE-15", "AE", row, "led to death, but has no date of death")]


@plants("AE-16", *TOUCHED_BY_DEATH, suits=can_die)
def death_date_without_criterion(spot: Spot) -> list[Fault]:
    """The fatal event was life-threatening and did not result in death, as the form has it."""
    row = let_die(spot).event
    row.update(aesdth=("N", "")[spot.variant % 2], aeslife="Y")
    return [
        spot.fault("AE-16", "AE", row, "a date of death, but did not result in death"),
        spot.fault("AE-05", "AE", row, "follows: fatal, but did not result in death"),
        spot.fault("AE-13", "AE", row, "follows: grade 5, but did not result in death"),
    ]


@plants("AE-17", *TOUCHED_BY_DEATH, suits=can_die)
def fatal_event_ends_before_death(spot: Spot) -> list[Fault]:
    """The fatal event ends the day before the death, or has no end."""
    death = let_die(spot)
    if spot.variant % 2:
        set_end(death.event, None)
        death.event.update(aeongo="X", aeenrf="AFTER")
        return [spot.fault("AE-17", "AE", death.event, "a fatal event without an end")]
    set_end(death.event, death.day - timedelta(days=1))
    return [spot.fault("AE-17", "AE", death.event, "a fatal event that ends the day before the death")]
