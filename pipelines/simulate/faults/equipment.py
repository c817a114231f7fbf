"""Faults in the calibration of devices, beside what was measured with them."""

from __future__ import annotations

from datetime import timedelta

from pipelines.simulate.equipment_records import add_calibration
from pipelines.simulate.faults.measurements import measured
from pipelines.simulate.faults.registry import Fault, Spot, plants
from pipelines.simulate.site_records import date_of


@plants("EQ-01", "VS")
def device_not_calibrated(spot: Spot) -> list[Fault]:
    """One visit's vital signs were measured with a spare device, whose calibration was out, or came later."""
    row = spot.choose(measured(spot))
    if row is None:
        return []
    device, day = f"SPARE-{spot.site.next_record()}", date_of(row, "vs_dt")
    row["vsdevice"] = device
    calibrated = day + timedelta(days=3) if spot.variant % 2 else day - timedelta(days=366)
    add_calibration(spot.site, device, "VS", calibrated)
    return [Fault("EQ-01", "", "VS", row, f"{device} was calibrated on {calibrated}, and used on {day}")]
