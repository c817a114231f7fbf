"""Faults in queries, page entry, deviations and the screening log."""

from __future__ import annotations

from datetime import timedelta

from pipelines.simulate.faults.registry import Fault, Spot, enrolled, plants
from pipelines.simulate.faults.subject import after_consent
from pipelines.simulate.operational_records import add_deviation, add_query
from pipelines.simulate.site_records import date_of
from pipelines.simulate.subject_course import CUTOFF


@plants("Q-01", "QUERY")
def query_open_too_long(spot: Spot) -> list[Fault]:
    """A query that has been open for more than thirty days."""
    days = spot.rng.randint(31, 55)
    row = add_query(spot.site, spot.course, spot.rng, "Open", CUTOFF - timedelta(days=days), None, None)
    return [spot.fault("Q-01", "QUERIES", row, f"open for {days} days")]


@plants("Q-02", "QUERY")
def answer_not_reviewed(spot: Spot) -> list[Fault]:
    """A query that was answered more than fourteen days ago and is not closed."""
    days = spot.rng.randint(15, 25)
    answered = CUTOFF - timedelta(days=days)
    row = add_query(spot.site, spot.course, spot.rng, "Answered", answered - timedelta(days=4), answered, None)
    return [spot.fault("Q-02", "QUERIES", row, f"answered {days} days ago and not closed")]


@plants("Q-03", "QUERY")
def query_dates_out_of_order(spot: Spot) -> list[Fault]:
    """Closed, or answered, before it was opened."""
    opened = CUTOFF - timedelta(days=60)
    before = opened - timedelta(days=2)
    if spot.variant % 2:
        row = add_query(spot.site, spot.course, spot.rng, "Closed", opened, before, opened + timedelta(days=3))
        return [spot.fault("Q-03", "QUERIES", row, "answered two days before it was opened")]
    row = add_query(spot.site, spot.course, spot.rng, "Closed", opened, None, before)
    return [spot.fault("Q-03", "QUERIES", row, "closed two days before it was opened")]


@plants("E-01", "PAGE")
def page_entered_late(spot: Spot) -> list[Fault]:
    """A page that was entered more than ten days after the visit."""
    row = spot.choose(spot.rows("DATA_PAGES"))
    if row is None:
        return []
    lag = spot.rng.randint(11, 40)
    row["min_entereddate"] = (date_of(row, "visit_date") + timedelta(days=lag)).isoformat()
    row["data_entry_lag"] = str(lag)
    return [spot.fault("E-01", "DATA_PAGES", row, f"entered {lag} days after the visit")]


@plants("DV-02", "DV")
def deviation_without_date(spot: Spot) -> list[Fault]:
    """A deviation without a date."""
    row = add_deviation(spot.site, spot.course, spot.rng, None)
    return [spot.fault("DV-02", "DEVIATIONS", row, "deviation without a date")]


@plants("X-06", "DV")
def deviation_without_month(spot: Spot) -> list[Fault]:
    """A deviation's date with year and day, and no month: no date in the agreed form either."""
    if any("---" in row["deviationdate"] for row in spot.site.tables["DEVIATIONS"].rows):
        return []
    row = add_deviation(spot.site, spot.course, spot.rng, None)
    row["deviationdate"] = f"{spot.course.screening.year}---15"
    return [
        spot.fault("X-06", "DEVIATIONS", row, f"deviation dated {row['deviationdate']}"),
        Fault("X-09", "", "DEVIATIONS", row, "follows: the date cannot be read"),
    ]


@plants("LOG-01", "LOG", suits=enrolled)
def log_differs(spot: Spot) -> list[Fault]:
    """The log lacks a randomised subject, or calls one a screen failure."""
    log = spot.site.tables["ENROLL"].rows
    if len(log) < 2:
        return []
    row = spot.rows("ENROLL")[0]
    if spot.variant % 2:
        row.update(enrollyn="N", sfreas="Withdrew consent")
        detail = f"the log calls randomised subject {spot.course.subject} a screen failure"
    else:
        log[:] = [other for other in log if other is not row]
        detail = f"the log lacks subject {spot.course.subject}"
    return [Fault("LOG-01", "", "ENROLL", log[0], detail)]


@plants("Q-04", "QUERY")
def query_of_no_page(spot: Spot) -> list[Fault]:
    """A query on a visit of which there is no page."""
    opened = CUTOFF - timedelta(days=spot.rng.randint(3, 20))
    row = add_query(spot.site, spot.course, spot.rng, "Open", opened, None, None)
    row["visit"] = "Week 52"
    return [spot.fault("Q-04", "QUERIES", row, "query on a page that is not there")]


@plants("Q-05", "QUERY")
def closed_without_answer(spot: Spot) -> list[Fault]:
    """A query that somebody raised and closed, without an answer."""
    opened = CUTOFF - timedelta(days=40)
    row = add_query(spot.site, spot.course, spot.rng, "Closed", opened, None, opened + timedelta(days=6))
    row.update(answertext="", querytype="manual", markinggroup="DM to Site")
    return [spot.fault("Q-05", "QUERIES", row, "closed without an answer")]


@plants("E-08", "PAGE")
def page_entered_before_visit(spot: Spot) -> list[Fault]:
    """A page that was entered two days before its visit."""
    row = spot.choose(spot.rows("DATA_PAGES"))
    if row is None:
        return []
    row.update(min_entereddate=(date_of(row, "visit_date") - timedelta(days=2)).isoformat(), data_entry_lag="-2")
    return [spot.fault("E-08", "DATA_PAGES", row, "entered two days before the visit")]


@plants("DV-04", "DV", "CONSENT")
def deviation_at_no_time(spot: Spot) -> list[Fault]:
    """A deviation that is dated before consent, or after the list was written."""
    early = spot.course.consent.signed - timedelta(days=10)
    day = (early, CUTOFF + timedelta(days=4))[spot.variant % 2]
    row = add_deviation(spot.site, spot.course, spot.rng, day)
    return [spot.fault("DV-04", "DEVIATIONS", row, f"dated {'before consent' if day == early else 'in the future'}")]


@plants("IE-05", "DV", "IE", suits=enrolled)
def deviation_against_criteria(spot: Spot) -> list[Fault]:
    """A deviation on eligibility, of a subject who fulfils all criteria."""
    row = add_deviation(spot.site, spot.course, spot.rng, after_consent(spot, spot.course.screening))
    row.update(deviation="Washout too short", companycategory="ELIGIBILITY", visit="Screening")
    return [spot.fault("IE-05", "DEVIATIONS", row, "on eligibility, and all criteria are fulfilled")]
