"""Faults between the serious events of EDC, the safety log and the IRB; each in an event that is added for it."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from pipelines.simulate.event_records import add_serious_event
from pipelines.simulate.faults.registry import Fault, Spot, enrolled, plants
from pipelines.simulate.safety_records import case_of, report_event, submission_of
from pipelines.simulate.site_records import Row
from pipelines.simulate.style import write_time
from pipelines.simulate.subject_course import CUTOFF

# So long before the cut-off an event has to begin that all that is due on it is due by then.
_LONG_ENOUGH = timedelta(days=40)


def _serious_event(spot: Spot, days: int | None = 4) -> Row | None:
    """Append a serious event of so many days, or one that goes on; None where it finds no room in the course."""
    course = spot.course
    last = min(course.last_day - timedelta(days=8), CUTOFF - _LONG_ENOUGH)
    room = (last - course.first_dose).days
    if room < 1:
        return None
    start = course.first_dose + timedelta(days=spot.rng.randint(1, room))
    end = None if days is None else start + timedelta(days=days)
    event = add_serious_event(spot.site, course, spot.rng, start, end)
    event["aecontrt"] = "N"  # treated, it would call for a medication
    spot.site.kept_cases.add(case_of(spot.site, event))
    return event


@plants("SAE-01", "SAFETY", suits=enrolled)
def reported_late(spot: Spot) -> list[Fault]:
    """The initial report went out more than a day after the site learnt of the event, or has no date."""
    event = _serious_event(spot)
    if event is None:
        return []
    initial = report_event(spot.site, spot.course, event)[0]
    learnt = datetime.fromisoformat(initial["awareness_date"])
    if spot.variant % 3 == 0:
        initial["report_date"] = write_time(learnt + timedelta(hours=24, minutes=spot.rng.randint(1, 2000)))
        return [spot.fault("SAE-01", "SAFETY", initial, "reported more than 24 hours after awareness")]
    if spot.variant % 3 == 1:
        initial["awareness_date"] = learnt.date().isoformat()
        initial["report_date"] = (learnt.date() + timedelta(days=2)).isoformat()
        return [spot.fault("SAE-01", "SAFETY", initial, "reported two days after awareness")]
    initial["report_date"] = ""
    return [spot.fault("SAE-01", "SAFETY", initial, "the report has no date")]


@plants("SAE-02", "SAFETY", suits=enrolled)
def serious_event_not_reported(spot: Spot) -> list[Fault]:
    """A serious event that the safety log does not have."""
    event = _serious_event(spot)
    if event is None:
        return []
    return [spot.fault("SAE-02", "AE", event, "a serious event without a safety report")]


@plants("SAE-03", "SAFETY", suits=enrolled)
def follow_up_missing(spot: Spot) -> list[Fault]:
    """Of an event that goes on there is no report after the initial one, or none in answer to a request."""
    event = _serious_event(spot, days=None)
    if event is None:
        return []
    rows = report_event(spot.site, spot.course, event)
    if spot.variant % 2:
        rows[-1]["follow_up_due_date"] = (CUTOFF - timedelta(days=1)).isoformat()
        return [spot.fault("SAE-03", "SAFETY", rows[-1], "a follow-up was asked for by the day before the extract")]
    log = spot.site.tables["SAFETY"].rows
    log[:] = [row for row in log if row is rows[0] or row["case_number"] != rows[0]["case_number"]]
    return [spot.fault("SAE-03", "SAFETY", rows[0], "no follow-up since the initial report")]


@plants("SAE-04", "SAFETY", suits=enrolled)
def case_is_no_serious_event(spot: Spot) -> list[Fault]:
    """A safety case of an event that EDC does not have, or has as one that is not serious."""
    event = _serious_event(spot)
    if event is None:
        return []
    initial = report_event(spot.site, spot.course, event)[0]
    if spot.variant % 2:
        # With sequelae it is none of the events that faults of other checks are planted in.
        event.update(aeser="N", aeshosp="N", aeout="RECOVERED/RESOLVED WITH SEQUELAE")
        return [spot.fault("SAE-04", "SAFETY", initial, "the event is not serious in EDC")]
    events = spot.site.tables["AE"].rows
    events[:] = [row for row in events if row is not event]
    return [spot.fault("SAE-04", "SAFETY", initial, "the event is not in EDC")]


@plants("SAE-05", "SAFETY", suits=enrolled)
def report_differs(spot: Spot) -> list[Fault]:
    """The safety log has another date, outcome, term, criterion or causality than EDC."""
    event = _serious_event(spot)
    if event is None:
        return []
    rows = report_event(spot.site, spot.course, event)
    event["aecaseno"] = rows[0]["case_number"]
    item, value = (
        ("onset_date", (date.fromisoformat(rows[0]["onset_date"]) + timedelta(days=5)).isoformat()),
        ("outcome", "RECOVERED/RESOLVED WITH SEQUELAE"),
        ("preferred_term", "Bronchitis"),
        ("criteria", "AESHOSP, AESLIFE"),
        ("causality", "Y"),
        ("end_date", (date.fromisoformat(rows[-1]["end_date"]) + timedelta(days=2)).isoformat()),
    )[spot.variant % 6]
    for row in rows if item != "end_date" else rows[1:]:
        row[item] = value
    return [spot.fault("SAE-05", "AE", event, f"the safety log has another {item}")]


@plants("IRB-04", "SAFETY", suits=enrolled)
def reaction_not_submitted(spot: Spot) -> list[Fault]:
    """A suspected unexpected reaction was submitted to the IRB after more than fifteen days, or not at all."""
    event = _serious_event(spot)
    if event is None:
        return []
    event.update(aerel="Y", aerel1="Y", aerel2="N")
    initial = report_event(spot.site, spot.course, event)[0]
    submission = submission_of(spot.site, initial["case_number"])
    if submission is not None and spot.variant % 2:
        learnt = date.fromisoformat(initial["awareness_date"][:10])
        submission["submission_date"] = (learnt + timedelta(days=spot.rng.randint(16, 35))).isoformat()
        return [spot.fault("IRB-04", "SAFETY", initial, "submitted to the IRB after more than fifteen days")]
    submissions = spot.site.tables["IRB"].rows
    submissions[:] = [row for row in submissions if row is not submission]
    return [spot.fault("IRB-04", "SAFETY", initial, "not submitted to the IRB")]
