"""Faults in the dates of visits."""

from __future__ import annotations

from datetime import date, timedelta

from pipelines.simulate.faults.deaths import TOUCHED_BY_DEATH, can_die, let_die
from pipelines.simulate.faults.registry import Fault, Spot, consented_alone, enrolled, plants
from pipelines.simulate.faults.subject import main_consent
from pipelines.simulate.operational_records import add_deviation
from pipelines.simulate.site_records import Row, date_of


def planned(spot: Spot) -> list[Row]:
    """Return the subject's planned visits, in the order of the schedule."""
    return [row for row in spot.rows("VISDT") if row["folderseq_nsv"]]


def redate_visit(spot: Spot, row: Row, day: date) -> bool:
    """Date a visit otherwise; False, and nothing changed, where another version of the protocol was in use that day."""
    if spot.site.version_on(day) != spot.site.version_on(date_of(row, "visit_dt")):
        return False
    row["visit_dt"] = day.isoformat()
    return True


@plants("SV-02", "VISITS", "DV", suits=enrolled)
def visit_out_of_order(spot: Spot) -> list[Fault]:
    """A visit two days before the one that precedes it, and in the deviation log as outside its window."""
    visits = planned(spot)
    if len(visits) < 3:
        return []
    index = spot.rng.randrange(2, len(visits))
    row = visits[index]
    if not redate_visit(spot, row, date_of(visits[index - 1], "visit_dt") - timedelta(days=2)):
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
    first = spot.choose(planned(spot)[2:])
    if first is None:
        return []
    day = (date_of(first, "visit_dt") + timedelta(days=1)).isoformat()
    second = {**first, "recordid": spot.site.next_record(), "visit_dt": day}
    spot.site.tables["VISDT"].rows.append(second)
    return [spot.fault("SV-04", "VISDT", second, f"{second['instancename']} is recorded twice")]


@plants("SV-08", "VISITS", "CONSENT", suits=consented_alone)
def visit_before_activation(spot: Spot) -> list[Fault]:
    """A visit before the site was activated, and so also before consent."""
    row = add_unscheduled(spot, spot.site.activation - timedelta(days=spot.rng.randint(2, 9)))
    return [
        spot.fault("SV-08", "VISDT", row, "a visit before the site's activation"),
        spot.fault("IC-02", "CONSENT", main_consent(spot), "follows from the visit before the site's activation"),
    ]


@plants("SV-09", "VISITS", *TOUCHED_BY_DEATH, suits=can_die)
def visit_after_death(spot: Spot) -> list[Fault]:
    """A visit two days after the subject's death."""
    row = add_unscheduled(spot, let_die(spot).day + timedelta(days=2))
    return [spot.fault("SV-09", "VISDT", row, f"{row['instancename']} is dated after death")]
