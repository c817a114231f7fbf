"""Writes what the sponsor's monitor leaves at a site: visits with their letters, and action items; all in time."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

from pipelines.simulate.site_records import Row, SiteRecords
from pipelines.simulate.subject_course import CUTOFF
from pipelines.working_days import is_working_day

_ITEMS = (
    "File the current CV of the sub-investigator",
    "Sign the delegation log",
    "Réconcilier le journal des températures",
    "Answer open queries; see list",
    "Count returned kits",
)


def record_monitoring(site: SiteRecords, rng: Random) -> None:
    """Append visits from selection on, an interim one at most every nine weeks or so, and what they asked for."""
    last_day = site.closure or CUTOFF
    _visit(site, "SELECTION", site.activation - timedelta(days=rng.randint(70, 90)), rng)
    _visit(site, "INITIATION", site.activation - timedelta(days=rng.randint(4, 12)), rng)
    day = _working_day(site, site.activation + timedelta(days=rng.randint(28, 50)))
    while day < last_day:
        row = _visit(site, "INTERIM", day, rng)
        for item in rng.sample(_ITEMS, rng.choice((0, 0, 1, 2))):
            opened = date.fromisoformat(row["visit_end_date"])
            due = opened + timedelta(days=30) if rng.random() < 0.7 else None
            add_action_item(site, item, opened, due, opened + timedelta(days=rng.randint(4, 28)))
        day = _working_day(site, day + timedelta(days=rng.randint(42, 58)))
    if site.closure is not None:
        _visit(site, "CLOSE-OUT", site.closure, rng)


def add_action_item(site: SiteRecords, item: str, opened: date, due: date | None, closed: date | None) -> Row:
    """Append an action item; one that is closed after the cut-off is still open."""
    return site.add(
        "MONITORING", monitoring_id=f"AI-{site.next_record()}", record_type="ACTION ITEM", item=item,
        opened_date=opened, due_date=due, closed_date=closed if closed and closed <= CUTOFF else None,
    )  # fmt: skip


def visits_of(site: SiteRecords, visit_type: str) -> list[Row]:
    """Return the site's monitoring visits of a type, the earliest first."""
    return [row for row in site.tables["MONITORING"].rows if row["visit_type"] == visit_type]


def _visit(site: SiteRecords, visit_type: str, start: date, rng: Random) -> Row:
    """Append a visit of a day or two; what would come after the cut-off is not there yet."""
    end = min(start + timedelta(days=rng.choice((0, 0, 1))), CUTOFF)
    letter = end + timedelta(days=rng.randint(4, 14))
    acknowledged = letter + timedelta(days=rng.randint(2, 20))
    return site.add(
        "MONITORING", monitoring_id=f"MV-{site.next_record()}", record_type="VISIT", visit_type=visit_type,
        visit_start_date=start, visit_end_date=end, letter_date=letter if letter <= CUTOFF else None,
        cra_sign_date=letter if letter <= CUTOFF else None,
        pi_acknowledged_date=acknowledged if acknowledged <= CUTOFF else None,
    )  # fmt: skip


def _working_day(site: SiteRecords, day: date) -> date:
    while not is_working_day(site.country, day):
        day += timedelta(days=1)
    return day
