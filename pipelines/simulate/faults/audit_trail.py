"""Faults in the audit trail and in the signatures on the casebook."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from pipelines.simulate.audit_records import (
    add_change,
    data_entry_user,
    monitoring_days,
    precedes_monitoring,
)
from pipelines.simulate.faults.registry import Fault, Spot, completed, plants
from pipelines.simulate.site_records import Row, SiteRecords
from pipelines.simulate.style import write_time
from pipelines.simulate.subject_course import CUTOFF

# More than E-04 allows in an hour, and so many hours of other days that the user's median stays low.
_BURST = 55
_USUAL_HOURS = 10
# No change of a clean site is so late in the day.
_AFTER_HOURS = 19
# E-09 asks for so many changes and visits.
_MANY_CHANGES = 100
_MANY_VISITS = 3
_MOST_AN_HOUR = 20


@plants("E-02", "AUDIT")
def change_without_reason(spot: Spot) -> list[Fault]:
    """A change whose reason is blank, dots, or the word for none."""
    row = spot.choose(spot.rows("AUDIT_TRAIL"))
    if row is None:
        return []
    row["changereason"] = ("", "...", "N/A")[spot.variant % 3]
    return [spot.fault("E-02", "AUDIT_TRAIL", row, f"the reason is {row['changereason'] or 'blank'}")]


@plants("E-03", "AUDIT", "PAGE")
def change_after_lock(spot: Spot) -> list[Fault]:
    """A change on the day after the page was locked, and before the casebook was signed."""
    point, signature = _locked_point(spot), spot.rows("SIGNATURE")
    if point is None or not signature:
        return []
    locked = _page_of(spot.site, point)["locked"]
    row = add_change(spot.site, point, datetime.fromisoformat(locked) + timedelta(days=1), spot.rng)
    return [spot.fault("E-03", "AUDIT_TRAIL", row, f"changed a day after the lock of {locked}")]


@plants("SIG-02", "AUDIT", "PAGE", "SIGNATURE")
def change_after_signature(spot: Spot) -> list[Fault]:
    """A page was unlocked and changed two days after the signature, which was more than thirty days ago."""
    point, signatures = _locked_point(spot), spot.rows("SIGNATURE")
    if point is None or not signatures:
        return []
    moment = datetime.fromisoformat(signatures[0]["signed_at"]) + timedelta(days=2)
    if (CUTOFF - moment.date()).days <= 30:
        return []
    _page_of(spot.site, point)["unlocked"] = write_time(moment - timedelta(hours=1))
    row = add_change(spot.site, point, moment, spot.rng)
    return [spot.fault("SIG-02", "AUDIT_TRAIL", row, "changed two days after the signature, and not signed again")]


@plants("SIG-01", "SIGNATURE", "PAGE", "DS", suits=completed)
def casebook_not_signed(spot: Spot) -> list[Fault]:
    """Nobody signed the casebook of a subject who completed the study, or the investigator more than a month later."""
    signatures = spot.site.tables["SIGNATURE"].rows
    own = spot.rows("SIGNATURE")
    ends = [row for row in spot.rows("DS") if row["dsscat"].startswith("STUDY") and row["dsdecod"] == "COMPLETED"]
    pages = spot.rows("DATA_PAGES")
    if not own or len(signatures) < 2 or len(ends) != 1 or any(not page["locked"] for page in pages):
        return []
    locked = datetime.fromisoformat(pages[0]["locked"])
    if (CUTOFF - locked.date()).days <= 30:
        return []
    late = locked + timedelta(days=35)
    if spot.variant % 2 and late.date() <= (spot.site.closure or CUTOFF):
        own[0]["signed_at"] = write_time(late)
        detail = "the casebook is signed late"
    else:
        signatures[:] = [row for row in signatures if row is not own[0]]
        detail = "the casebook is not signed"
    return [
        spot.fault("SIG-01", "DS", ends[0], f"{detail} after completion"),
        spot.fault("SIG-01", "DATA_PAGES", pages[0], f"{detail} after the lock"),
    ]


@plants("E-04", at_site=("AUDIT_TRAIL",))
def many_changes_in_an_hour(spot: Spot) -> list[Fault]:
    """One user changes more than fifty values in an evening hour."""
    site = spot.site
    visits = monitoring_days(site)
    for days in range(3, 400, 7):
        day = CUTOFF - timedelta(days=days)
        points = _open_points(site, day)
        if precedes_monitoring(day, visits) or len(points) < _BURST or not _is_often_at_work(site, day):
            continue
        moment = datetime.combine(day, time(_AFTER_HOURS))
        rows = [
            add_change(site, point, moment + timedelta(minutes=minute), spot.rng)
            for minute, point in enumerate(spot.rng.sample(points, _BURST))
        ]
        return [Fault("E-04", "", "AUDIT_TRAIL", rows[-1], f"{_BURST} values changed in an hour")]
    return []


@plants("E-09", at_site=("AUDIT_TRAIL", "MONITORING"))
def changes_before_monitoring(spot: Spot) -> list[Fault]:
    """As many changes as ever on the two days before monitoring visits."""
    site = spot.site
    trail = site.tables["AUDIT_TRAIL"].rows
    first = min(date.fromisoformat(row["audittime"][:10]) for row in trail)
    last = max(date.fromisoformat(row["audittime"][:10]) for row in trail)
    visits = monitoring_days(site)
    planned = visits if len(visits) >= _MANY_VISITS else {last - timedelta(days=days) for days in (20, 75, 130)}
    days = sorted(visit - timedelta(days=before) for visit in planned for before in (1, 2))
    open_points = {day: points for day in days if first <= day <= last and (points := _open_points(site, day))}
    wanted = max(_MANY_CHANGES, len(trail))
    slots = [(day, hour) for day in open_points for hour in range(9, 18)]
    if len(slots) * _MOST_AN_HOUR < wanted:
        return []
    for number in range(wanted):
        day, hour = slots[number % len(slots)]
        moment = datetime.combine(day, time(hour, number // len(slots)))
        add_change(site, spot.rng.choice(open_points[day]), moment, spot.rng)
    for visit in sorted(planned - visits):
        _add_visit(site, visit)
    return [Fault("E-09", "", "AUDIT_TRAIL", None, f"{wanted} changes on the two days before monitoring visits")]


def _add_visit(site: SiteRecords, day: date) -> None:
    letter = (day + timedelta(days=6)).isoformat()
    site.add(
        "MONITORING",
        monitoring_id=f"M-{site.next_record()}", record_type="VISIT", visit_type="INTERIM", visit_start_date=day,
        visit_end_date=day + timedelta(days=1), letter_date=letter, cra_sign_date=letter,
        pi_acknowledged_date=day + timedelta(days=8),
    )  # fmt: skip


def _locked_point(spot: Spot) -> Row | None:
    """Return a data point with a value of the subject, whose pages are locked."""
    points = [row for row in spot.rows("DATA_POINTS") if row["currentvalue"]]
    locked = {page["datapageid"] for page in spot.rows("DATA_PAGES") if page["locked"]}
    return spot.choose([row for row in points if row["datapageid"] in locked])


def _page_of(site: SiteRecords, point: Row) -> Row:
    return next(page for page in site.tables["DATA_PAGES"].rows if page["datapageid"] == point["datapageid"])


def _open_points(site: SiteRecords, day: date) -> list[Row]:
    """Return the data points that were entered before that day, and locked after it or not yet."""
    text = day.isoformat()
    pages = {
        page["datapageid"]
        for page in site.tables["DATA_PAGES"].rows
        if page["page_status"] and page["min_entereddate"] < text and (not page["locked"] or text < page["locked"][:10])
    }
    return [row for row in site.tables["DATA_POINTS"].rows if row["datapageid"] in pages and row["currentvalue"]]


def _is_often_at_work(site: SiteRecords, day: date) -> bool:
    """Whether who enters data on that day changed values in many hours, so that the median of an hour is low."""
    user = data_entry_user(site, day)
    hours = {row["audittime"][:13] for row in site.tables["AUDIT_TRAIL"].rows if row["audituser"] == user}
    return len(hours) >= _USUAL_HOURS
