"""Faults in the contacts that follow a subject's participation."""

from __future__ import annotations

from datetime import timedelta

from pipelines.simulate.faults.deaths import TOUCHED_BY_DEATH, can_die, let_die
from pipelines.simulate.faults.registry import Fault, Spot, plants
from pipelines.simulate.subject_course import Course


def outlived_the_study(course: Course) -> bool:
    """Whether the subject left the study alive."""
    return course.enrolled and course.ended is not None and course.death is None


@plants("SV-11", *TOUCHED_BY_DEATH, suits=can_die)
def alive_after_death(spot: Spot) -> list[Fault]:
    """A contact ten days after death finds the subject alive."""
    death = let_die(spot)
    row = spot.site.add_page(
        "SURVIVAL", spot.course, "Survival Follow-up", "Survival Follow-up 2", None,
        ss_dt=death.day + timedelta(days=10), ssorres="ALIVE",
    )  # fmt: skip
    return [spot.fault("SV-11", "SURVIVAL", row, "recorded alive ten days after death")]


@plants("SV-12", "SURVIVAL", "DS", suits=outlived_the_study)
def dead_and_not_in_disposition(spot: Spot) -> list[Fault]:
    """A contact reports a death that disposition does not have."""
    row = spot.rows("SURVIVAL")[0]
    row["ssorres"] = "DEAD"
    return [spot.fault("SV-12", "SURVIVAL", row, "recorded dead, and disposition has no death")]


@plants("SV-13", *TOUCHED_BY_DEATH, suits=can_die)
def dead_before_death(spot: Spot) -> list[Fault]:
    """A contact reports the death days before it happened."""
    death = let_die(spot)
    death.contact["ss_dt"] = (death.day - timedelta(days=4)).isoformat()
    return [
        spot.fault("SV-13", "SURVIVAL", death.contact, "recorded dead four days before the death in demographics"),
        spot.fault("SV-12", "SURVIVAL", death.contact, "recorded dead four days before the death in disposition"),
    ]


@plants("SV-14", "SURVIVAL", suits=outlived_the_study)
def not_done_with_status(spot: Spot) -> list[Fault]:
    """A contact that is marked as not done has a status."""
    row = spot.rows("SURVIVAL")[0]
    row["ssstat"] = "NOT DONE"
    return [spot.fault("SV-14", "SURVIVAL", row, "contact not done, and a status is recorded")]
