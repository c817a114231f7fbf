"""Faults in the dates of visits."""

from __future__ import annotations

from datetime import timedelta

from pipelines.simulate.faults.registry import Fault, Spot, consented_alone, enrolled, plants
from pipelines.simulate.faults.subject import main_consent
from pipelines.simulate.site_records import Row, date_of


def planned(spot: Spot) -> list[Row]:
    """Return the subject's planned visits, in the order of the schedule."""
    return [row for row in spot.rows("VISDT") if row["folderseq_nsv"]]


@plants("SV-02", "VISITS", suits=enrolled)
def visit_out_of_order(spot: Spot) -> list[Fault]:
    """A visit two days before the one that precedes it in the schedule, but after the one before that."""
    visits = planned(spot)
    if len(visits) < 3:
        return []
    index = spot.rng.randrange(2, len(visits))
    row = visits[index]
    row["visit_dt"] = (date_of(visits[index - 1], "visit_dt") - timedelta(days=2)).isoformat()
    return [spot.fault("SV-02", "VISDT", row, f"{row['instancename']} is dated before the visit that precedes it")]


@plants("SV-04", "VISITS", suits=enrolled)
def visit_twice(spot: Spot) -> list[Fault]:
    """A planned visit is recorded again, a day later."""
    first = spot.choose(planned(spot)[1:])
    if first is None:
        return []
    day = (date_of(first, "visit_dt") + timedelta(days=1)).isoformat()
    second = {**first, "recordid": spot.site.next_record(), "visit_dt": day}
    spot.site.tables["VISDT"].rows.append(second)
    return [spot.fault("SV-04", "VISDT", second, f"{second['instancename']} is recorded twice")]


@plants("SV-08", "VISITS", "CONSENT", suits=consented_alone)
def visit_before_activation(spot: Spot) -> list[Fault]:
    """Screening before the site was activated, and so also before consent."""
    row = planned(spot)[0]
    row["visit_dt"] = (spot.site.activation - timedelta(days=spot.rng.randint(2, 9))).isoformat()
    return [
        spot.fault("SV-08", "VISDT", row, "screening before the site's activation"),
        spot.fault("IC-02", "CONSENT", main_consent(spot), "follows from screening before the site's activation"),
    ]


@plants("SV-09", "VISITS", "DM", suits=lambda course: course.enrolled and course.death is None)
def visit_after_death(spot: Spot) -> list[Fault]:
    """Demographics date the subject's death two days before the last visit."""
    last = planned(spot)[-1]
    row = spot.rows("DM")[0]
    row["dthfl"] = "Y"
    row["dthdt"] = (date_of(last, "visit_dt") - timedelta(days=2)).isoformat()
    return [spot.fault("SV-09", "VISDT", last, f"{last['instancename']} is dated after death")]
