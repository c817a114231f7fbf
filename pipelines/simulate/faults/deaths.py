"""Makes a subject die without anything wrong in the records, so that a fault can be planted in one of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from pipelines.simulate.disposition_records import end_by_death
from pipelines.simulate.event_records import add_fatal_event
from pipelines.simulate.faults.registry import Spot
from pipelines.simulate.site_records import Row
from pipelines.simulate.subject_course import Course

# What `let_die` changes of a subject: planters that call it name these in @plants.
TOUCHED_BY_DEATH = ("DM", "AE", "DS", "SURVIVAL")


@dataclass(frozen=True)
class Death:
    """The rows that tell of one subject's death: demographics, event, end of study, end of treatment, contact."""

    day: date
    demographics: Row
    event: Row
    study_end: Row
    treatment_end: Row
    contact: Row


def can_die(course: Course) -> bool:
    """Whether the subject took part to an end, be it a death already or one that can be made a death."""
    return course.enrolled and course.ended is not None


def let_die(spot: Spot) -> Death:
    """Return the rows of a subject's death; one who ended participation otherwise dies on that day, consistently."""
    course = spot.course
    if course.ended is None:
        raise ValueError("a subject without an end of participation cannot die then; see can_die")
    demographics = spot.rows("DM")[0]
    if course.death is None:
        demographics.update(dthfl="Y", dthdt=course.ended.isoformat())
        add_fatal_event(spot.site, course, spot.rng, course.ended)
        contacts = spot.site.tables["SURVIVAL"].rows
        contacts[:] = [row for row in contacts if row["subjid"] != course.subject]
        end_by_death(spot.site, course, spot.rng)
    ends = {row["dsscat"]: row for row in spot.rows("DS") if row["dscat"] == "DISPOSITION EVENT"}
    event = next(row for row in spot.rows("AE") if row["aeout"] == "FATAL")
    return Death(
        course.ended,
        demographics,
        event,
        ends["STUDY DISCONTINUATION"],
        ends["TREATMENT DISCONTINUATION"],
        spot.rows("SURVIVAL")[0],
    )
