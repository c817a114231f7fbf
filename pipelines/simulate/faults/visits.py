"""Faults in the dates of visits."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from pipelines.simulate.faults.deaths import TOUCHED_BY_DEATH, can_die, let_die
from pipelines.simulate.faults.registry import Fault, Spot, consented_alone, enrolled, plants
from pipelines.simulate.faults.subject import main_consent, main_consents
from pipelines.simulate.operational_records import add_deviation
from pipelines.simulate.site_records import Row, date_of
from pipelines.simulate.subject_course import SCHEDULE, working_day_from
from pipelines.working_days import is_working_day

# Below so many visits, one or two of which other faults may take away, a single one is no longer rare (SV-07).
_MANY_VISITS = 30


def planned(spot: Spot) -> list[Row]:
    """Return the subject's planned visits, in the order of the schedule."""
    return [row for row in spot.rows("VISDT") if row["folderseq_nsv"]]


def working_day_near(spot: Spot, day: date, offsets: Iterable[int]) -> date | None:
    """Return a day so many days from another on which the site works, so that it is no finding by itself (SV-07)."""
    near = [day + timedelta(days=offset) for offset in offsets]
    working = [other for other in near if is_working_day(spot.site.country, other)]
    return spot.rng.choice(working) if working else None


def redate_visit(spot: Spot, row: Row, day: date) -> bool:
    """Date a visit otherwise; False, and nothing changed, where that makes another finding.

    Another version of the protocol was in use that day, or it was before the subject signed the form already in use.
    """
    before = date_of(row, "visit_dt")
    signed = [date_of(again, "consdt") for again in main_consents(spot)[1:] if again["consdt"]]
    if spot.site.version_on(day) != spot.site.version_on(before) or any(day < again <= before for again in signed):
        return False
    row["visit_dt"] = day.isoformat()
    return True


@plants("SV-02", "VISITS", "DV", suits=enrolled)
def visit_out_of_order(spot: Spot) -> list[Fault]:
    """A visit two days or more before the one that precedes it, and in the deviation log as outside its window."""
    visits = planned(spot)
    # Without the latest visit of a subject who goes on: moved back, it would look lost from sight (DS-08).
    movable = len(visits) - (spot.course.outcome == "ongoing")
    if movable < 3:
        return []
    index = spot.rng.randrange(2, movable)
    row = visits[index]
    before = date_of(visits[index - 1], "visit_dt") - timedelta(days=2)
    if not redate_visit(spot, row, working_day_from(before, spot.site.country, -1)):
        return []
    deviation = add_deviation(spot.site, spot.course, spot.rng, date_of(row, "visit_dt"))
    deviation.update(companycategory="VISIT WINDOW", visit=row["instancename"])
    return [
        spot.fault("SV-02", "VISDT", row, f"{row['instancename']} is dated before the visit that precedes it"),
        spot.fault("SV-01", "VISDT", row, f"{row['instancename']} is dated before its window"),
    ]


def add_unscheduled(spot: Spot, day: date) -> Row:
    """Append a visit that the schedule does not have."""
    number = sum(not row["folderseq_nsv"] for row in spot.rows("VISDT")) + 1
    return spot.site.add_page(
        "VISDT", spot.course, "Visit Date", f"Unscheduled {number}", None,
        visit_dt=day, visitdat_yy_nsv=day.year, peperf="Y", svupdes="Subject asked for advice",
    )  # fmt: skip


@plants("SV-04", "VISITS", suits=enrolled)
def visit_twice(spot: Spot) -> list[Fault]:
    """A planned visit is recorded again, a day later."""
    country, a_day = spot.site.country, timedelta(days=1)
    before_work = [row for row in planned(spot)[2:] if is_working_day(country, date_of(row, "visit_dt") + a_day)]
    first = spot.choose(before_work)
    if first is None:
        return []
    day = (date_of(first, "visit_dt") + a_day).isoformat()
    second = {**first, "recordid": spot.site.next_record(), "visit_dt": day}
    spot.site.tables["VISDT"].rows.append(second)
    return [spot.fault("SV-04", "VISDT", second, f"{second['instancename']} is recorded twice")]


@plants("SV-08", "VISITS", "CONSENT", suits=consented_alone)
def visit_before_activation(spot: Spot) -> list[Fault]:
    """A visit before the site was activated, and so also before consent."""
    before = spot.site.activation - timedelta(days=spot.rng.randint(2, 9))
    row = add_unscheduled(spot, working_day_from(before, spot.site.country, -1))
    return [
        spot.fault("SV-08", "VISDT", row, "a visit before the site's activation"),
        spot.fault("IC-02", "CONSENT", main_consent(spot), "follows from the visit before the site's activation"),
    ]


@plants("SV-09", "VISITS", *TOUCHED_BY_DEATH, suits=can_die)
def visit_after_death(spot: Spot) -> list[Fault]:
    """A visit two days or more after the subject's death."""
    day = working_day_from(let_die(spot).day + timedelta(days=2), spot.site.country)
    row = add_unscheduled(spot, day)
    return [spot.fault("SV-09", "VISDT", row, f"{row['instancename']} is dated after death")]


@plants("SV-07", "VISITS", suits=enrolled)
def visit_on_day_off(spot: Spot) -> list[Fault]:
    """A visit on a weekend or holiday within its window, at a site that works on no other."""
    visits = planned(spot)
    if len(spot.site.tables["VISDT"].rows) < _MANY_VISITS or len(visits) < 4:
        return []
    index = spot.rng.randrange(2, len(visits) - 1)  # before the last, after which participation may end
    plan = SCHEDULE[index]
    due = spot.course.first_dose + timedelta(days=plan.day - 1)
    near = [due + timedelta(days=offset) for offset in range(-plan.before, plan.after + 1)]
    off = [day for day in near if not is_working_day(spot.site.country, day)]
    if not off:
        return []
    row = visits[index]
    if not redate_visit(spot, row, off[spot.variant % len(off)]):
        return []
    return [spot.fault("SV-07", "VISDT", row, f"{row['instancename']} is on a day off")]
