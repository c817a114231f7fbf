"""Faults in the pharmacy: stock, kits, temperatures, and dispensing beside the doses in EDC."""

from __future__ import annotations

from datetime import date, timedelta

from pipelines.simulate.faults.registry import Fault, Spot, enrolled, plants
from pipelines.simulate.pharmacy_records import READ_AT, REFRIGERATOR, assign, read_temperatures
from pipelines.simulate.site_records import Row, SiteRecords, date_of
from pipelines.simulate.subject_course import CUTOFF

_OTHER_REFRIGERATOR = "Refrigerator 2"


def dispensing_of(site: SiteRecords, kit_number: str) -> Row:
    """Return the entry of the accountability log that dispenses a kit."""
    return _movement(site, "DISPENSED", kit_number)


def _movement(site: SiteRecords, movement: str, kit_number: str) -> Row:
    return next(
        row
        for row in site.tables["IP_LOG"].rows
        if row["movement"] == movement and row["kit_number"] == kit_number
    )  # fmt: skip


def _kit_numbers(spot: Spot) -> list[str]:
    """Return the kits that the subject brought something back of, in the order of dispensing."""
    return [row["kit_number"] for row in spot.rows("IP_LOG") if row["movement"] == "RETURNED BY SUBJECT"]


def _is_counted(site: SiteRecords, first: date, last: date) -> bool:
    """Whether stock is counted on one of these days."""
    counts = [date_of(row, "movement_date") for row in site.tables["IP_LOG"].rows if row["movement"] == "COUNT"]
    return any(first <= day <= last for day in counts)


def _spare_kit(spot: Spot) -> Row | None:
    return spot.choose([row for row in spot.site.tables["KIT"].rows if not row["subject"]])


@plants("IP-01", at_site=("IP_LOG",))
def stock_not_balanced(spot: Spot) -> list[Fault]:
    """A count differs from the log by one unit, or a kit is entered as received after it was dispensed."""
    log = spot.site.tables["IP_LOG"].rows
    if spot.variant % 2 == 0:
        row = next(row for row in reversed(log) if row["movement"] == "COUNT")
        row["quantity"] = str(int(row["quantity"]) + 1)
        return [Fault("IP-01", "", "IP_LOG", row, "one unit more was counted than the log has")]
    for dispensed in [row for row in log if row["movement"] == "DISPENSED"]:
        received = _movement(spot.site, "RECEIVED", dispensed["kit_number"])
        late = date_of(dispensed, "movement_date") + timedelta(days=5)
        if not _is_counted(spot.site, date_of(received, "movement_date"), late):
            received["movement_date"] = late.isoformat()
            return [Fault("IP-01", "", "IP_LOG", dispensed, "dispensed before it was received, by the log")]
    return []


@plants("IP-02", "KIT", suits=enrolled)
def dispensed_after_excursion(spot: Spot) -> list[Fault]:
    """A kit was stored warm for forty minutes; nobody decided on it before it was dispensed."""
    for kit in spot.rows("KIT"):
        dispensed = dispensing_of(spot.site, kit["kit_number"])
        received, given = date_of(kit, "received_date"), date_of(dispensed, "movement_date")
        if (given - received).days < 10:
            continue
        kit["storage_unit"] = _OTHER_REFRIGERATOR
        first = received + timedelta(days=1)
        read_temperatures(spot.site, spot.rng, _OTHER_REFRIGERATOR, first, first + timedelta(days=5))
        readings = spot.site.tables["TEMP_LOG"].rows
        warm = readings[-3]
        warm["temperature"] = "11.4"
        for time in ("08:20", "08:40"):
            readings.append({**warm, "reading_date": warm["reading_date"].replace(READ_AT, time)})
        readings.append({**warm, "reading_date": warm["reading_date"].replace(READ_AT, "09:00"), "temperature": "5.0"})
        if spot.variant % 2:
            kit.update(disposition="USABLE", disposition_date=(given + timedelta(days=1)).isoformat())
        return [spot.fault("IP-02", "IP_LOG", dispensed, f"{kit['kit_number']} was stored too warm")]
    return []


@plants("IP-03", at_site=("TEMP_LOG",))
def no_temperatures(spot: Spot) -> list[Fault]:
    """The temperatures of two days are missing."""
    table = spot.site.tables["TEMP_LOG"]
    readings = [row for row in table.rows if row["storage_unit"] == REFRIGERATOR]
    if len(readings) < 20:
        return []
    index = spot.rng.randrange(5, len(readings) - 10)
    missing = readings[index : index + 2]
    table.rows[:] = [row for row in table.rows if not any(row is gone for gone in missing)]
    return [Fault("IP-03", "", "TEMP_LOG", readings[index + 2], "no temperature for three days")]


@plants("IP-04", "KIT", suits=enrolled)
def expired_kit(spot: Spot) -> list[Fault]:
    """A kit that expired the day before it was dispensed, or expires while it is used."""
    kit = spot.choose(spot.rows("KIT"))
    if kit is None:
        return []
    row = dispensing_of(spot.site, kit["kit_number"])
    days, detail = ((-1, "expired the day before"), (3, "expires while it is used"))[spot.variant % 2]
    kit["expiry_date"] = (date_of(row, "movement_date") + timedelta(days=days)).isoformat()
    return [spot.fault("IP-04", "IP_LOG", row, detail)]


@plants("IP-05", "KIT", suits=enrolled)
def other_kit_given(spot: Spot) -> list[Fault]:
    """Another kit was given than the one assigned, or one of two that are assigned to a visit was not given."""
    due = [row for row in spot.rows("KIT") if date_of(row, "dispense_by_date") < CUTOFF]
    kit, spare = spot.choose(due), _spare_kit(spot)
    if kit is None or spare is None:
        return []
    assign(spare, kit["subject"], kit["VISIT"], date_of(kit, "assigned_date"), int(kit["days_supplied"]))
    if spot.variant % 2:
        return [spot.fault("IP-05", "KIT", spare, f"{spare['kit_number']} was never given")]
    kit.update(dict.fromkeys(("subject", "VISIT", "assigned_date", "dispense_by_date", "days_supplied"), ""))
    row = dispensing_of(spot.site, kit["kit_number"])
    return [spot.fault("IP-05", "IP_LOG", row, f"{spare['kit_number']} was assigned, and another kit was given")]


@plants("SRC-02", "EX", "IP_LOG", suits=enrolled)
def dispensed_on_another_day(spot: Spot) -> list[Fault]:
    """The pharmacy log has a dispensing one or two days after the dose in EDC."""
    for number in spot.rng.sample(_kit_numbers(spot), len(_kit_numbers(spot))):
        row = dispensing_of(spot.site, number)
        day = date_of(row, "movement_date")
        later = day + timedelta(days=1 + spot.variant % 2)
        back = date_of(_movement(spot.site, "RETURNED BY SUBJECT", number), "movement_date")
        if later < back and not _is_counted(spot.site, day, later):
            row["movement_date"] = later.isoformat()
            return [spot.fault("SRC-02", "IP_LOG", row, f"dispensed on {later}, by EDC on {day}")]
    return []


@plants("EX-08", "EX", "IP_LOG", suits=enrolled)
def units_do_not_add_up(spot: Spot) -> list[Fault]:
    """EDC has three units more than were dispensed and not returned, or half of what the protocol plans was taken."""
    numbers = _kit_numbers(spot)
    if not numbers:
        return []
    number = spot.rng.choice(numbers)
    row = dispensing_of(spot.site, number)
    if spot.variant % 2:
        row["planned_units"] = str(2 * int(row["planned_units"]))
        return [spot.fault("EX-08", "IP_LOG", row, "half of the planned units were taken")]
    dose = next(dose for dose in spot.rows("EX") if dose["kitno"] == number)
    dose["unitstaken"] = str(int(dose["unitstaken"]) + 3)
    return [spot.fault("EX-08", "IP_LOG", row, "three units more are recorded as taken")]
