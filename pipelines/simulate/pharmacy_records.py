"""Writes what a site's pharmacy keeps: kits, the accountability log, the temperature log; all of it in order."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

from pipelines.simulate.site_records import Row, SiteRecords, date_of
from pipelines.simulate.subject_course import CUTOFF, SCHEDULE, Course

PRODUCT = "SIM-1234 or placebo"
KIT_UNITS = 100
REFRIGERATOR = "Refrigerator 1"
# Days between two shipments to a site; each brings the kits that are dispensed until the next.
_SHIPMENT_DAYS = 120
_SPARE_KITS = 3
# When the refrigerator is read, once a day: no two readings are more than 24 hours apart.
READ_AT = "08:00"


def record_pharmacy(site: SiteRecords, rng: Random) -> None:
    """Append kits, their movements and the temperatures of a site; doses in EX get their kit and the units taken."""
    for course in site.courses:
        if course.enrolled:
            _supply_subject(site, course, rng)
    for _ in range(_SPARE_KITS):
        add_kit(site, first_receipt(site))
    last_day = site.closure or CUTOFF
    if site.closure is not None:
        _send_back(site, site.closure)
    for day in (last_day - timedelta(days=180), last_day):
        if day > first_receipt(site):
            _count(site, day)
    read_temperatures(site, rng, REFRIGERATOR, first_receipt(site), last_day)


def first_receipt(site: SiteRecords) -> date:
    """Return the day on which the first kits come, some days before the first dose."""
    return site.activation + timedelta(days=3)


def add_kit(site: SiteRecords, received: date) -> Row:
    """Append a kit that the site received and that is assigned to nobody; return its row of the list of kits."""
    number = f"K{site.site}-{len(site.tables['KIT'].rows) + 1:04d}"
    shipment = (received - first_receipt(site)).days // _SHIPMENT_DAYS + 1
    kit = site.add(
        "KIT", kit_number=number, product=PRODUCT, lot=f"L{shipment:02d}", storage_unit=REFRIGERATOR,
        received_date=received, expiry_date=f"{received + timedelta(days=900):%Y-%m}",
    )  # fmt: skip
    move(site, "RECEIVED", kit, received, KIT_UNITS)
    return kit


def move(site: SiteRecords, movement: str, kit: Row, day: date, units: int, **values: object) -> Row:
    """Append a movement of a kit to the accountability log."""
    return site.add(
        "IP_LOG", movement_id=f"M-{site.next_record()}", movement=movement, product=kit["product"], lot=kit["lot"],
        kit_number=kit["kit_number"], quantity=units, movement_date=day,
        person=site.who_does("UNBLINDED PHARMACY", day), **values,
    )  # fmt: skip


def assign(kit: Row, subject: str, visit: str, day: date, days_supplied: int) -> None:
    """Assign a kit to a subject's visit, as the IWRS does on the day of the visit."""
    kit.update(
        subject=subject, VISIT=visit, assigned_date=day.isoformat(), days_supplied=str(days_supplied),
        dispense_by_date=(day + timedelta(days=5)).isoformat(),
    )  # fmt: skip


def read_temperatures(site: SiteRecords, rng: Random, unit: str, first: date, last: date) -> None:
    """Append a reading a day of a storage unit, inside the limits."""
    for number in range((last - first).days):
        day = first + timedelta(days=number)
        site.add(
            "TEMP_LOG", storage_unit=unit, reading_date=f"{day}T{READ_AT}", temperature=f"{rng.uniform(3.2, 6.8):.1f}",
            logger=f"LOG-{site.site}",
        )  # fmt: skip


def _supply_subject(site: SiteRecords, course: Course, rng: Random) -> None:
    """Dispense a kit at each visit with a dose, and take back at the next visit what is left of it."""
    days = {visit.name: visit.day for visit in course.planned_visits}
    for dose in site.rows_of("EX", course.subject):
        if dose["experf"] != "Y":
            dose["unitstaken"] = "0"
            continue
        start, visit = date_of(dose, "exst_dt"), dose["instancename"]
        kit = add_kit(site, _shipment_before(site, start))
        dose["kitno"] = kit["kit_number"]
        supplied = _days_to_next_visit(visit)
        assign(kit, course.subject, visit, start, supplied + 6)
        log = move(
            site, "DISPENSED", kit, start, KIT_UNITS, subject=course.subject, VISIT=visit, planned_units=supplied
        )  # fmt: skip
        back = min((day for day in days.values() if day > start), default=course.ended)
        if dose["exen_dt"] and back is not None:
            end = date_of(dose, "exen_dt")
            log["planned_units"] = str((end - start).days + 1)
            taken = _units_taken(rng, (end - start).days + 1)
            dose["unitstaken"] = str(taken)
            next_visit = next((name for name, day in days.items() if day == back), "")
            move(
                site, "RETURNED BY SUBJECT", kit, back, KIT_UNITS - taken, subject=course.subject, VISIT=next_visit
            )  # fmt: skip


def _units_taken(rng: Random, planned: int) -> int:
    """Return the tablets that a subject took: one a day, now and then one less."""
    return planned - 1 if planned >= 10 and rng.random() < 0.3 else planned


def _days_to_next_visit(visit: str) -> int:
    """Return the days that the schedule has between a visit and the next one; after the last, as many as before it."""
    days = [planned.day for planned in SCHEDULE]
    index = [planned.name for planned in SCHEDULE].index(visit)
    later = min(index + 1, len(days) - 1)
    return days[later] - days[later - 1]


def _shipment_before(site: SiteRecords, day: date) -> date:
    """Return the day of the last shipment before a dispensing."""
    first = first_receipt(site)
    return first + timedelta(days=(day - first).days // _SHIPMENT_DAYS * _SHIPMENT_DAYS)


def _send_back(site: SiteRecords, day: date) -> None:
    """Return everything that is left to the sponsor when the site closes."""
    left: dict[str, int] = {}
    for row in site.tables["IP_LOG"].rows:
        gives = row["movement"] in ("RECEIVED", "RETURNED BY SUBJECT")
        left[row["kit_number"]] = left.get(row["kit_number"], 0) + int(row["quantity"]) * (1 if gives else -1)
    for kit in site.tables["KIT"].rows:
        if left[kit["kit_number"]]:
            move(site, "RETURNED TO SPONSOR", kit, day, left[kit["kit_number"]])


def _count(site: SiteRecords, day: date) -> None:
    """Count each lot on a day, together with what subjects brought back."""
    on_hand: dict[str, int] = {}
    for row in site.tables["IP_LOG"].rows:
        if row["movement"] != "COUNT" and date_of(row, "movement_date") <= day:
            gives = row["movement"] in ("RECEIVED", "RETURNED BY SUBJECT")
            on_hand[row["lot"]] = on_hand.get(row["lot"], 0) + int(row["quantity"]) * (1 if gives else -1)
    for lot, units in sorted(on_hand.items()):
        site.add(
            "IP_LOG", movement_id=f"M-{site.next_record()}", movement="COUNT", product=PRODUCT, lot=lot, quantity=units,
            movement_date=day, person=site.who_does("UNBLINDED PHARMACY", day),
        )  # fmt: skip
