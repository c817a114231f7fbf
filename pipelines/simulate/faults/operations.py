"""Faults in queries, page entry, deviations and the screening log."""

from __future__ import annotations

from datetime import timedelta

from pipelines.simulate.faults.registry import Fault, Spot, enrolled, plants
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
