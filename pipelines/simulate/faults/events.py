"""Faults in adverse events and doses."""

from __future__ import annotations

from datetime import date, timedelta

from pipelines.simulate.faults.registry import Fault, Spot, enrolled, plants
from pipelines.simulate.site_records import Row, date_of

_END = ("aeendat_yy_nsv", "aeendat_mm_nsv", "aeendat_dd_nsv")


def resolved(spot: Spot) -> list[Row]:
    """Return the subject's non-serious events that have resolved, with complete dates."""
    return [
        row
        for row in spot.rows("AE")
        if row["aeout"] == "RECOVERED/RESOLVED" and row["aeser"] == "N" and row["aestdat_dd_nsv"] and row[_END[2]]
    ]


def set_end(row: Row, day: date | None) -> None:
    """Give an event an end date, or take it away."""
    parts = (day.year, day.month, day.day) if day else ("", "", "")
    row.update(dict(zip(_END, map(str, parts), strict=True)))


def end_of(row: Row) -> date:
    """Return the end of an event whose end date is complete."""
    year, month, day = (int(row[column]) for column in _END)
    return date(year, month, day)


def start_of(row: Row) -> date:
    """Return the start of an event whose start date is complete."""
    return date(int(row["aestdat_yy_nsv"]), int(row["aestdat_mm_nsv"]), int(row["aestdat_dd_nsv"]))


@plants("AE-01", "AE", suits=enrolled)
def event_ends_before_start(spot: Spot) -> list[Fault]:
    """An event that ends four days before it starts."""
    row = spot.choose(resolved(spot))
    if row is None:
        return []
    set_end(row, start_of(row) - timedelta(days=4))
    return [spot.fault("AE-01", "AE", row, "end four days before start")]


@plants("AE-06", "AE", suits=enrolled)
def outcome_against_end(spot: Spot) -> list[Fault]:
    """Resolved without an end date, or not resolved with one."""
    row = spot.choose(resolved(spot))
    if row is None:
        return []
    if spot.variant % 2:
        row["aeout"] = "NOT RECOVERED/NOT RESOLVED"
        return [spot.fault("AE-06", "AE", row, "not resolved, but with an end date")]
    set_end(row, None)
    row.update(aeongo="X", aeenrf="AFTER")
    return [spot.fault("AE-06", "AE", row, "resolved, but without an end date")]


@plants("AE-08", "AE", suits=enrolled)
def serious_without_criterion(spot: Spot) -> list[Fault]:
    """Serious, and every criterion is No."""
    row = spot.choose(resolved(spot))
    if row is None:
        return []
    row["aeser"] = "Y"
    return [spot.fault("AE-08", "AE", row, "serious without a criterion")]


@plants("EX-01", "EX", suits=enrolled)
def dose_ends_before_start(spot: Spot) -> list[Fault]:
    """A dosing period that ends three days before it starts."""
    row = spot.choose([row for row in spot.rows("EX") if row["exen_dt"] and row["experf"] == "Y"])
    if row is None:
        return []
    row["exen_dt"] = (date_of(row, "exst_dt") - timedelta(days=3)).isoformat()
    return [spot.fault("EX-01", "EX", row, "end three days before start")]
