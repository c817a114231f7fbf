"""Faults in the monitor's visits, letters and action items."""

from __future__ import annotations

from datetime import date, timedelta

from pipelines.simulate.faults.registry import Fault, Spot, plants
from pipelines.simulate.monitoring_records import add_action_item, visits_of
from pipelines.simulate.site_records import Row
from pipelines.simulate.subject_course import CUTOFF


def _about_site(check_id: str, row: Row, detail: str) -> list[Fault]:
    return [Fault(check_id, "", "MONITORING", row, detail)]


@plants("MON-01")
def letter_late(spot: Spot) -> list[Fault]:
    """The letter on the initiation visit was sent after more than fifteen days, or not at all."""
    row = visits_of(spot.site, "INITIATION")[0]
    if spot.variant % 2:
        row.update(letter_date="", cra_sign_date="", pi_acknowledged_date="")
        return _about_site("MON-01", row, "no letter")
    sent = date.fromisoformat(row["visit_end_date"]) + timedelta(days=spot.rng.randint(16, 40))
    row.update(letter_date=sent.isoformat(), cra_sign_date=sent.isoformat())
    row["pi_acknowledged_date"] = (sent + timedelta(days=5)).isoformat()
    return _about_site("MON-01", row, "letter sent more than fifteen days after the visit")


@plants("MON-02")
def action_item_late(spot: Spot) -> list[Fault]:
    """An action item is still open after its due date, or was closed a few days after it."""
    opened = spot.site.activation + timedelta(days=spot.rng.randint(40, 90))
    late = spot.rng.randint(1, 20)
    closed = None if spot.variant % 2 else opened + timedelta(days=30 + late)
    due = opened + timedelta(days=30) if spot.variant % 3 else None
    row = add_action_item(spot.site, "Replace the expired gloves", opened, due, closed)
    return _about_site("MON-02", row, f"closed {late} days late" if closed else "open after its due date")


# A site that another fault closes has no planned visits any more.
@plants("MON-03", at_site=("MONITORING",))
def no_visit_in_a_long_time(spot: Spot) -> list[Fault]:
    """At an open site a monitoring visit was left out, or the last two."""
    visits = visits_of(spot.site, "INTERIM")
    if spot.site.closure is not None or len(visits) < 5:
        return []
    missed = visits[-2:] if spot.variant % 2 else [visits[len(visits) // 2]]
    before = visits[visits.index(missed[0]) - 1]
    rows = spot.site.tables["MONITORING"].rows
    rows[:] = [row for row in rows if not any(row is other for other in missed)]
    return _about_site("MON-03", before, "no visit for more than ten weeks after it")


@plants("MON-04")
def letter_not_signed(spot: Spot) -> list[Fault]:
    """The letter on the selection visit is not signed by the monitor, or not acknowledged by the investigator."""
    row = visits_of(spot.site, "SELECTION")[0]
    if not row["letter_date"] or date.fromisoformat(row["letter_date"]) + timedelta(days=30) >= CUTOFF:
        return []
    signer = ("cra_sign_date", "pi_acknowledged_date")[spot.variant % 2]
    row[signer] = ""
    return _about_site("MON-04", row, f"{signer} is blank")
