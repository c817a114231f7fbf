"""Faults against the protocol's schedule of visits, and in the days of what belongs to one visit."""

from __future__ import annotations

from datetime import date, timedelta

from pipelines.simulate.faults.irb import beyond_approval
from pipelines.simulate.faults.registry import Fault, Spot, completed, plants
from pipelines.simulate.faults.visits import add_unscheduled, planned, redate_visit, working_day_near
from pipelines.simulate.operational_records import add_deviation
from pipelines.simulate.site_records import Row, date_of
from pipelines.simulate.subject_course import CUTOFF, SCHEDULE, Course, PlannedVisit, working_day_from


def ongoing(course: Course) -> bool:
    """Whether the subject still takes part."""
    return course.outcome == "ongoing"


def window_end(course: Course, visit: PlannedVisit) -> date:
    """Return the last day of a planned visit's window."""
    return course.first_dose + timedelta(days=visit.day - 1 + visit.after)


def _leave_window(spot: Spot) -> Row | None:
    """Move a planned visit of a subject who had all of them some days behind its window, before the next one."""
    index = spot.rng.randrange(2, len(SCHEDULE) - 1)
    day = working_day_near(spot, window_end(spot.course, SCHEDULE[index]), range(1, 5))
    if day is None:
        return None
    row = planned(spot)[index]
    return row if redate_visit(spot, row, day) else None


def log_window_deviation(spot: Spot, row: Row) -> None:
    """Enter a visit that is outside its window in the deviation log."""
    deviation = add_deviation(spot.site, spot.course, spot.rng, date_of(row, "visit_dt"))
    deviation.update(companycategory="VISIT WINDOW", visit=row["instancename"])


@plants("SV-01", "VISITS", "DV", suits=completed)
def visit_outside_window(spot: Spot) -> list[Fault]:
    """A visit after its window, which the deviation log tells of."""
    row = _leave_window(spot)
    if row is None:
        return []
    log_window_deviation(spot, row)
    return [spot.fault("SV-01", "VISDT", row, f"{row['instancename']} is dated after its window")]


@plants("DV-01", "VISITS", "DV", suits=completed)
def visit_outside_window_not_logged(spot: Spot) -> list[Fault]:
    """A visit after its window, which the deviation log does not tell of."""
    row = _leave_window(spot)
    if row is None:
        return []
    return [
        spot.fault("DV-01", "VISDT", row, f"{row['instancename']} is outside its window and in no deviation"),
        spot.fault("SV-01", "VISDT", row, f"{row['instancename']} is dated after its window"),
    ]


@plants("SV-03", "VISITS", "DV", suits=completed)
def two_visits_on_one_day(spot: Spot) -> list[Fault]:
    """A planned visit has the date of the one before it, and so lies outside its window."""
    index = spot.rng.randrange(2, len(SCHEDULE))
    visits = planned(spot)
    row = visits[index]
    if not redate_visit(spot, row, date_of(visits[index - 1], "visit_dt")):
        return []
    log_window_deviation(spot, row)
    return [
        spot.fault("SV-03", "VISDT", row, f"{row['instancename']} is dated as the visit before it"),
        spot.fault("SV-01", "VISDT", row, f"{row['instancename']} is dated before its window"),
    ]


@plants("SV-05", "VISITS", "DS", suits=completed)
def visit_not_recorded(spot: Spot) -> list[Fault]:
    """A required visit in the middle of the schedule has no record."""
    row = planned(spot)[spot.rng.randrange(2, len(SCHEDULE) - 1)]
    rows = spot.site.tables["VISDT"].rows
    rows[:] = [other for other in rows if other is not row]
    return [spot.fault("SV-05", "DM", spot.rows("DM")[0], f"{row['instancename']} is not recorded")]


@plants("SV-06", "VISITS", suits=ongoing)
def visit_in_the_future(spot: Spot) -> list[Fault]:
    """A visit after the day on which the file was extracted."""
    if spot.site.closure is not None:
        return []
    day = working_day_from(CUTOFF + timedelta(days=spot.rng.randint(1, 9)), spot.site.country)
    row = add_unscheduled(spot, day)
    return [
        spot.fault("SV-06", "VISDT", row, "a visit after the extraction of the file"),
        *beyond_approval(spot, "VISDT", row, day),
    ]


@plants("SV-10", "LB", suits=completed)
def results_of_one_visit_on_two_days(spot: Spot) -> list[Fault]:
    """One result of a visit is dated a day later than the others of its category."""
    visit = SCHEDULE[spot.rng.randrange(2, len(SCHEDULE) - 1)].name  # before the last, after which a subject may die
    row = spot.choose([row for row in spot.rows("LB") if row["visnam"] == visit and row["siresn"]])
    if row is None:
        return []
    row["lb_dt"] = (date_of(row, "lb_dt") + timedelta(days=1)).isoformat()
    return [spot.fault("SV-10", "LB", row, f"{row['lbtstcd']} of {visit} is dated a day later than the others")]


@plants("SV-15", "VISITS", suits=lambda course: not course.enrolled)
def visit_after_closure(spot: Spot) -> list[Fault]:
    """A screen failure is seen after the site was closed."""
    closed = spot.site.closure
    if closed is None:
        return []
    day = working_day_from(closed + timedelta(days=1), spot.site.country)
    if day > CUTOFF:
        return []
    row = add_unscheduled(spot, day)
    return [spot.fault("SV-15", "VISDT", row, "a visit after the site was closed")]


@plants("DS-08", "VISITS", "DM", suits=ongoing)
def lost_from_sight(spot: Spot) -> list[Fault]:
    """Nothing after the baseline visit, and no word of why."""
    rows = spot.site.tables["VISDT"].rows
    mine = spot.rows("VISDT")
    kept = planned(spot)[:2]
    rows[:] = [row for row in rows if not any(row is other for other in mine) or any(row is other for other in kept)]
    due = [visit.name for visit in SCHEDULE[2:] if window_end(spot.course, visit) < CUTOFF]
    demographics = spot.rows("DM")[0]
    return [
        spot.fault("DS-08", "VISDT", kept[-1], "no visit since the baseline, and no disposition"),
        *(spot.fault("SV-05", "DM", demographics, f"{name} is not recorded") for name in due),
    ]
