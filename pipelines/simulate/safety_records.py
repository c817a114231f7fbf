"""Writes the safety log of a subject from its serious events, and the submissions of suspected reactions to the IRB."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from pipelines.simulate.exports import SERIOUSNESS, SOURCES
from pipelines.simulate.site_records import Row, SiteRecords
from pipelines.simulate.style import write_time
from pipelines.simulate.subject_course import CUTOFF, Course

_FINAL = ("RECOVERED/RESOLVED", "RECOVERED/RESOLVED WITH SEQUELAE", "FATAL")
_UNTIL_FIRST_FOLLOW_UP = timedelta(days=12)
_UNTIL_DUE = timedelta(days=15)
_BETWEEN_FOLLOW_UPS = timedelta(days=28)


def record_safety(site: SiteRecords, course: Course) -> None:
    """Bring a subject's safety log, and what the IRB got, in step with the serious events as EDC has them now."""
    log, kept = site.tables["SAFETY"].rows, site.kept_cases
    held = [row for row in site.rows_of("SAFETY", course.subject) if row["case_number"] not in kept]
    log[:] = [row for row in log if not any(row is other for other in held)]
    reactions = set()
    for event in site.rows_of("AE", course.subject):
        if case_of(site, event) in kept:
            continue
        event["aecaseno"] = ""
        if event["aeser"] == "Y":
            initial = report_event(site, course, event)[0]
            if initial["category"] == "SUSAR":
                reactions.add(initial["case_number"])
    withdrawn = {row["case_number"] for row in held} - reactions
    submissions = site.tables["IRB"].rows
    submissions[:] = [row for row in submissions if row["refers_to"] not in withdrawn]


def case_of(site: SiteRecords, event: Row) -> str:
    """Return the number of the case that reports an event."""
    return f"{site.study}-{event['recordid']}"


def report_event(site: SiteRecords, course: Course, event: Row) -> list[Row]:
    """Append the reports on one event, the initial one first, and return them; a suspected reaction goes to the IRB."""
    number = int(event["recordid"])
    case_number = case_of(site, event)
    # Some sites leave the number out: then event and case know each other by term and onset.
    event["aecaseno"] = case_number if number % 3 else ""
    learnt = _learnt_of(site, event, number)
    submitted = learnt.date() + timedelta(days=2 + number % 9)
    category = "SUSAR" if event["aerel"] == "Y" else "SAE"
    if category == "SUSAR" and submitted <= CUTOFF:
        _submit(site, case_number, submitted)
    outcome = event["aeout"]
    common = {
        SOURCES["SAFETY"].subject or "": course.subject,
        "case_number": case_number, "category": category, "term": event["aeterm"],
        "preferred_term": event["mdrpt_nsv"], "onset_date": _date_text(event, "aest"),
        "awareness_date": write_time(learnt), "causality": event["aerel"],
        "criteria": " ".join(name.upper() for name in SERIOUSNESS if event[name] == "Y"),
    }  # fmt: skip
    follow_ups = list(_follow_ups(event, learnt.date(), is_final=outcome in _FINAL))
    rows = [
        site.add(
            "SAFETY", **common, report_type="INITIAL", report_number=1,
            report_date=write_time(learnt + timedelta(hours=1 + number % 20)),
            outcome="NOT RECOVERED/NOT RESOLVED" if follow_ups else outcome,
            follow_up_due_date=learnt.date() + _UNTIL_DUE,
        )
    ]  # fmt: skip
    for position, day in enumerate(follow_ups, start=2):
        rows.append(
            site.add(
                "SAFETY", **common, report_type="FOLLOW-UP", report_number=position, report_date=day, outcome=outcome,
                end_date=_date_text(event, "aeen"),
            )
        )  # fmt: skip
    if outcome in _FINAL and follow_ups[-1] + timedelta(days=7) <= CUTOFF:
        rows[-1]["closed_date"] = (follow_ups[-1] + timedelta(days=7)).isoformat()
    return rows


def submission_of(site: SiteRecords, case_number: str) -> Row | None:
    """Return the submission to the IRB that reports a case."""
    return next((row for row in site.tables["IRB"].rows if row["refers_to"] == case_number), None)


def _submit(site: SiteRecords, case_number: str, day: date) -> None:
    row = submission_of(site, case_number)
    if row is None:
        row = site.add(
            "IRB", submission_id=f"SR-{case_number}", submission_type="SAFETY REPORT", decision="ACKNOWLEDGED",
            refers_to=case_number,
        )  # fmt: skip
    row["submission_date"] = day.isoformat()


def _learnt_of(site: SiteRecords, event: Row, number: int) -> datetime:
    """Return when the site learnt of an event: when it had certainly begun, and not before the site was active."""
    year, month, day = (event[f"aestdat_{part}_nsv"] for part in ("yy", "mm", "dd"))
    started = date(int(year), int(month or 12), int(day or 28)) if year else site.activation
    heard = min(max(started, site.activation), CUTOFF - timedelta(days=1))
    return datetime.combine(heard, time(8 + number % 9, number * 7 % 60))


def _follow_ups(event: Row, learnt: date, *, is_final: bool) -> Iterator[date]:
    """Yield the days of the follow-ups: one when the outcome is final, else one after the other until the cut-off."""
    if is_final:
        parts = [event[f"aeendat_{part}_nsv"] for part in ("yy", "mm", "dd")]
        ended = date(*map(int, parts)) if all(parts) else learnt
        yield min(max(ended, learnt) + timedelta(days=5), CUTOFF)
        return
    day = learnt + _UNTIL_FIRST_FOLLOW_UP
    while day <= CUTOFF:
        yield day
        day += _BETWEEN_FOLLOW_UPS


def _date_text(event: Row, prefix: str) -> str:
    """Return a date of an event as far as it is known."""
    year, month, day = (event[f"{prefix}dat_{part}_nsv"] for part in ("yy", "mm", "dd"))
    known = [part for part in (year, month and month.zfill(2), month and day and day.zfill(2)) if part]
    return "-".join(known)
