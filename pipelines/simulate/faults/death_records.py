"""Faults between the records that tell of a subject's death."""

from __future__ import annotations

from datetime import timedelta

from pipelines.simulate.faults.deaths import TOUCHED_BY_DEATH, can_die, let_die
from pipelines.simulate.faults.registry import Fault, Spot, plants
from pipelines.simulate.subject_course import CUTOFF, Course


def ongoing(course: Course) -> bool:
    """Whether the subject is still in the study."""
    return course.outcome == "ongoing"


@plants("DM-06", *TOUCHED_BY_DEATH, suits=can_die)
def death_without_date(spot: Spot) -> list[Fault]:
    """Demographics flag the death and leave its date blank."""
    row = let_die(spot).demographics
    row["dthdt"] = ""
    return [spot.fault("DM-06", "DM", row, "the death is flagged, its date is blank")]


@plants("DM-16", *TOUCHED_BY_DEATH, suits=ongoing)
def death_told_by_demographics_alone(spot: Spot) -> list[Fault]:
    """Demographics record a death on the day of the extract; no event and no disposition does."""
    row = spot.rows("DM")[0]
    row.update(dthfl="Y", dthdt=CUTOFF.isoformat())
    return [spot.fault("DM-16", "DM", row, "no event and no disposition records the death")]


@plants("DM-17", *TOUCHED_BY_DEATH, suits=can_die)
def another_day_of_death(spot: Spot) -> list[Fault]:
    """Demographics date the death three days after the disposition does, and the contact that told of it agrees."""
    death = let_die(spot)
    death.demographics["dthdt"] = death.contact["ss_dt"] = (death.day + timedelta(days=3)).isoformat()
    return [spot.fault("DM-17", "DM", death.demographics, "the disposition dates the death three days earlier")]


@plants("DM-18", *TOUCHED_BY_DEATH, suits=can_die)
def death_not_flagged(spot: Spot) -> list[Fault]:
    """An adverse event and the disposition tell of a death, demographics do not."""
    row = let_die(spot).demographics
    row.update(dthfl="", dthdt="")
    return [spot.fault("DM-18", "DM", row, "the death is not in demographics")]
