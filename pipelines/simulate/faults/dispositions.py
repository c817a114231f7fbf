"""Faults between the ends of treatment and participation and the adverse events that led to them."""

from __future__ import annotations

from datetime import timedelta

from pipelines.simulate.faults.events import resolved
from pipelines.simulate.faults.registry import Fault, Spot, plants
from pipelines.simulate.site_records import date_of
from pipelines.simulate.subject_course import Course


def left_without_event(course: Course) -> bool:
    """Whether the subject's participation ended alive, and not for an adverse event."""
    return course.outcome in ("completed", "discontinued") and not course.stopped_by_event


def ongoing(course: Course) -> bool:
    """Whether the subject is still in the study."""
    return course.outcome == "ongoing"


@plants("DS-05", "AE", "DS", suits=left_without_event)
def treatment_stopped_for_no_event(spot: Spot) -> list[Fault]:
    """Treatment was stopped for an adverse event, and the drug was withdrawn for none."""
    row = next(row for row in spot.rows("DS") if row["recordid"].startswith("DISCTX"))
    row.update(dsscat="TREATMENT DISCONTINUATION", dsdecod="ADVERSE EVENT", dsterm="ADVERSE EVENT")
    return [spot.fault("DS-05", "DS", row, "no adverse event has the drug withdrawn")]


@plants("DS-06", "DS", suits=left_without_event)
def study_discontinued_twice(spot: Spot) -> list[Fault]:
    """The end of participation is recorded again, a day later."""
    first = next(row for row in spot.rows("DS") if row["dsscat"].startswith("STUDY"))
    day = (date_of(first, "dsst_dt") + timedelta(days=1)).isoformat()
    second = {**first, "recordid": spot.site.next_record(), "dsst_dt": day, "record_dt": day}
    spot.site.tables["DS"].rows.append(second)
    return [spot.fault("DS-06", "DS", first, "a second study discontinuation record")]


@plants("DS-09", "AE", "DS", "EX", suits=ongoing)
def drug_withdrawn_and_still_treated(spot: Spot) -> list[Fault]:
    """The drug was withdrawn for an event of a subject whose treatment never ended."""
    row = spot.choose(resolved(spot))
    if row is None:
        return []
    row.update(aeacn="DRUG WITHDRAWN", aeacn1="DRUG WITHDRAWN")
    return [spot.fault("DS-09", "AE", row, "drug withdrawn, and no end of treatment")]


@plants("DS-12", "AE", "DS", suits=ongoing)
def discontinued_and_still_in_study(spot: Spot) -> list[Fault]:
    """An event ended the participation of a subject who is still in the study."""
    row = spot.choose(resolved(spot))
    if row is None:
        return []
    row.update(aeacnoth="SUBJECT DISCONTINUED FROM STUDY", aeacnot1="", aeacnot2="")
    return [spot.fault("DS-12", "AE", row, "discontinued from the study, and no end of participation")]
