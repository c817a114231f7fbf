"""Faults in concomitant medications, and in how they agree with adverse events and deviations."""

from __future__ import annotations

from datetime import date, timedelta

from pipelines.simulate.faults.events import resolved
from pipelines.simulate.faults.registry import Fault, Spot, completed, enrolled, plants
from pipelines.simulate.medication_records import (
    CARBAMAZEPINE,
    KETOCONAZOLE,
    Medication,
    add_medication,
    add_prevention,
)

_CREAM: Medication = ("Hydrocortisone cream", "HYDROCORTISONE", "D07AA02", "Dry skin")


@plants("CM-01", "CM", suits=enrolled)
def medication_ends_before_start(spot: Spot) -> list[Fault]:
    """A medication that ends four days before it starts."""
    start = spot.course.first_dose + timedelta(days=spot.rng.randint(5, 10))
    row = add_medication(spot.site, spot.course, _CREAM, start, start - timedelta(days=4))
    return [spot.fault("CM-01", "CM", row, "ends four days before it starts")]


@plants("CM-02", "CM", "AE", suits=enrolled)
def medication_for_no_event(spot: Spot) -> list[Fault]:
    """A medication refers to an event that is not there, or was given for one in the year before all events."""
    if spot.variant % 2:
        start = date(spot.course.first_dose.year - 1, 6, 10)
        row = add_medication(spot.site, spot.course, _CREAM, start, start + timedelta(days=4))
        row["cmindc"] = "Adverse event"
        return [spot.fault("CM-02", "CM", row, "given for an event, and there was none")]
    start = spot.course.first_dose + timedelta(days=4)
    row = add_medication(spot.site, spot.course, _CREAM, start, start + timedelta(days=4))
    row.update(cmindc="Rash", cmaeno=spot.site.next_record())
    return [spot.fault("CM-02", "CM", row, f"refers to event {row['cmaeno']}, which is not recorded")]


@plants("CM-03", "CM", "EX", "DV", suits=completed)
def prohibited_medication(spot: Spot) -> list[Fault]:
    """A medication that the protocol prohibits, during treatment, and the deviation log does not tell of it."""
    if any(row["companycategory"] == "PROHIBITED MEDICATION" for row in spot.rows("DEVIATIONS")):
        return []
    medication = (KETOCONAZOLE, CARBAMAZEPINE)[spot.variant % 2]
    start = spot.course.first_dose + timedelta(days=spot.rng.randint(5, 25))
    row = add_medication(spot.site, spot.course, medication, start, start + timedelta(days=3))
    return [spot.fault("CM-03", "CM", row, f"{row['cmtrt']} during treatment, and in no deviation")]


@plants("CM-04", "CM")
def medication_not_coded(spot: Spot) -> list[Fault]:
    """A concomitant medication without a standardised name."""
    start = spot.course.screening - timedelta(days=spot.rng.randint(20, 40))
    row = add_medication(spot.site, spot.course, _CREAM, start, None)
    row.update(cmtrt="hydrocort. crm", cmdecod_nsv="", atccode_nsv="")
    return [spot.fault("CM-04", "CM", row, "the medication is not coded")]


@plants("CM-05", "CM")
def medication_date_without_month(spot: Spot) -> list[Fault]:
    """A medication whose start, or end, has a year and a day and no month: no date in the agreed form either."""
    start = spot.course.screening - timedelta(days=400)
    row = add_medication(spot.site, spot.course, _CREAM, start, start + timedelta(days=20))
    column = ("cmst_dt", "cmen_dt")[spot.variant % 2]
    row[column] = f"{row[column][:4]}---{row[column][8:]}"
    return [
        spot.fault("CM-05", "CM", row, f"{column} is {row[column]}"),
        Fault("X-09", "", "CM", row, "follows: the date cannot be read"),
    ]


@plants("CM-06", "CM", "AE", suits=enrolled)
def treated_event_without_medication(spot: Spot) -> list[Fault]:
    """An event is said to have been treated with medication, and the subject has none at all."""
    event = spot.choose(resolved(spot))
    if event is None:
        return []
    event["aecontrt"] = "Y"
    medications = spot.site.tables["CM"].rows
    medications[:] = [row for row in medications if row["subjid"] != spot.course.subject]
    return [
        spot.fault("CM-06", "AE", row, "treated with medication, and none is recorded")
        for row in spot.rows("AE")
        if row["aecontrt"] == "Y"
    ]


@plants("CM-07")
def dictionary_not_current(spot: Spot) -> list[Fault]:
    """All medications of a file were coded with an old version or another dictionary, or one with a newer one."""
    rows = [row for row in spot.site.tables["CM"].rows if row["cmdecod_nsv"]]
    if len(rows) < 2:
        return []
    version = ("WHODrug Global B3 2023-09", "WHODrug Global B3 2024-09", "MedDRA 27.0")[spot.variant % 3]
    for row in rows[:1] if version.endswith("2024-09") else rows:
        row["whodrugver_nsv"] = version
    return [Fault("CM-07", "", "CM", None, f"medications coded with {version}")]


@plants("CM-08", "CM", suits=enrolled)
def prophylaxis_not_flagged(spot: Spot) -> list[Fault]:
    """A vaccination for prophylaxis, and the item that says so is blank."""
    row = add_prevention(spot.site, spot.course, spot.course.first_dose + timedelta(days=spot.rng.randint(2, 20)))
    row["cmproph"] = ""
    return [spot.fault("CM-08", "CM", row, "a prophylaxis that is not flagged as one")]
