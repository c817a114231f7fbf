"""Writes the calibrations of a site's devices: once a year, each before the one before it is out."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Literal

from pipelines.simulate.hospitals import Hospital
from pipelines.simulate.site_records import Row, SiteRecords
from pipelines.simulate.subject_course import CUTOFF

Measures = Literal["VS", "EG"]
DEVICE_TYPES: tuple[Measures, ...] = ("VS", "EG")

_YEAR = timedelta(days=365)


def device_of(hospital: Hospital, measures: Measures) -> str:
    """Return the device that a hospital measures vital signs with, or writes electrocardiograms."""
    return f"{'MONITOR' if measures == 'VS' else 'ECG'}-{hospital.number:03d}"


def record_equipment(site: SiteRecords) -> None:
    """Append the calibrations of both devices, from before the first visit to beyond the cut-off."""
    for measures in DEVICE_TYPES:
        calibrated = site.activation - timedelta(days=75)
        while calibrated < CUTOFF:
            add_calibration(site, device_of(site.hospital, measures), measures, calibrated)
            calibrated += _YEAR - timedelta(days=9)


def add_calibration(site: SiteRecords, device: str, measures: Measures, day: date) -> Row:
    """Append a calibration, which is due again after a year."""
    return site.add(
        "EQUIPMENT", device_id=device, device_type=measures, calibration_date=day, due_date=day + _YEAR,
        certificate_number=f"CAL-{site.next_record()}",
    )  # fmt: skip
