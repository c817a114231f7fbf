"""Faults in single data points of the EDC, held against its data dictionary."""

from __future__ import annotations

from pipelines.simulate.faults.registry import Fault, Spot, plants


@plants("E-05", "AUDIT")
def required_value_missing(spot: Spot) -> list[Fault]:
    """A measurement is blank, or says NA or a full stop."""
    row = spot.choose([row for row in spot.rows("DATA_POINTS") if row["fieldoid"] in ("SYSBP", "DIABP", "WEIGHT")])
    if row is None:
        return []
    row["currentvalue"] = ("", "NA", ".")[spot.variant % 3]
    return [spot.fault("E-05", "DATA_POINTS", row, f"{row['fieldoid']} is {row['currentvalue'] or 'blank'}")]


@plants("E-06", "AUDIT", suits=lambda course: course.sex == "M")
def hidden_value(spot: Spot) -> list[Fault]:
    """A man who is of childbearing potential, or is not."""
    row = spot.choose([row for row in spot.rows("DATA_POINTS") if row["fieldoid"] == "CHILDPOT"])
    if row is None:
        return []
    row["currentvalue"] = "01"[spot.variant % 2]
    return [spot.fault("E-06", "DATA_POINTS", row, f"CHILDPOT of a man is {row['currentvalue']}")]


@plants("E-07", "AUDIT")
def no_option(spot: Spot) -> list[Fault]:
    """A choice that is not on the list."""
    row = spot.choose([row for row in spot.rows("DATA_POINTS") if row["fieldoid"] in ("PEPERF", "LBPERF", "CONSCAT")])
    if row is None:
        return []
    row["currentvalue"] = "7"
    return [spot.fault("E-07", "DATA_POINTS", row, f"{row['fieldoid']} is 7")]
