"""Faults in medical history and electrocardiograms."""

from __future__ import annotations

from datetime import timedelta

from pipelines.simulate.faults.registry import Fault, Spot, enrolled, plants
from pipelines.simulate.faults.subject import main_consent
from pipelines.simulate.medication_records import add_condition
from pipelines.simulate.site_records import date_of

_BACK_PAIN = ("Back pain", "Back pain")


@plants("MH-01", "MH", "CONSENT", suits=enrolled)
def condition_began_after_consent(spot: Spot) -> list[Fault]:
    """A condition of the medical history that began some days after consent."""
    days = spot.rng.randint(2, 6)
    start = date_of(main_consent(spot), "consdt") + timedelta(days=days)
    row = add_condition(spot.site, spot.course, _BACK_PAIN, start)
    return [spot.fault("MH-01", "MH", row, f"began {days} days after consent")]


@plants("MH-02", "MH")
def condition_date_without_month(spot: Spot) -> list[Fault]:
    """A condition whose start, or end, has a year and a day and no month: no date in the agreed form either."""
    start = spot.site.activation - timedelta(days=300)
    row = add_condition(spot.site, spot.course, _BACK_PAIN, start)
    column = ("mhst_dt", "mhen_dt")[spot.variant % 2]
    row[column] = f"{start.year}---{start.day:02d}"
    if column == "mhen_dt":
        row["mhongo"] = ""
    return [
        spot.fault("MH-02", "MH", row, f"{column} is {row[column]}"),
        Fault("X-09", "", "MH", row, "follows: the date cannot be read"),
    ]


@plants("EG-01", "EG", suits=enrolled)
def electrocardiogram_out_of_order(spot: Spot) -> list[Fault]:
    """An electrocardiogram that is dated two days before that of the visit before."""
    done = [row for row in spot.rows("EG") if row["egperf"] == "Y"]
    if len(done) < 3:
        return []
    index = spot.rng.randrange(2, len(done))
    row = done[index]
    day = date_of(done[index - 1], "eg_dt") - timedelta(days=2)
    row.update(eg_dt=day.isoformat(), egby=spot.site.who_does("ECG", day))
    return [spot.fault("EG-01", "EG", row, f"dated before the electrocardiogram of {done[index - 1]['instancename']}")]
