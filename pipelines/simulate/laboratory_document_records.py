"""Writes what a site keeps on its laboratories: certificates without a gap, and the normal ranges of all tests."""

from __future__ import annotations

from datetime import date, timedelta

from pipelines.simulate.laboratory_records import LAB_TESTS, LabTest, laboratory_of
from pipelines.simulate.site_records import Row, SiteRecords
from pipelines.simulate.subject_course import CUTOFF

_OF_AGE = 18


def record_laboratory_documents(site: SiteRecords) -> None:
    """Append two certificates of each laboratory, one behind the other, and two ranges of each test."""
    start, change = site.activation - timedelta(days=90), CUTOFF - timedelta(days=150)
    for laboratory in sorted({laboratory_of(site, test) for test in LAB_TESTS}):
        add_certificate(site, laboratory, "ISO15189", start, change)
        add_certificate(site, laboratory, "ISO15189", change + timedelta(days=1), CUTOFF + timedelta(days=400))
    for test in LAB_TESTS:
        _add_ranges(site, test, start, change)
        _add_ranges(site, test, change + timedelta(days=1), None)


def add_certificate(site: SiteRecords, laboratory: str, kind: str, issued: date, expires: date) -> Row:
    """Append a certificate of a laboratory."""
    return site.add(
        "LAB_CERT", laboratory=laboratory, certificate_type=kind, certificate_number=f"{kind}-{site.next_record()}",
        issue_date=issued, expiry_date=expires,
    )  # fmt: skip


def _add_ranges(site: SiteRecords, test: LabTest, first: date, last: date | None) -> None:
    """Append the range of a test; haemoglobin has one each for women, men and children, here with the same limits."""
    groups: tuple[tuple[str, int | None, int | None], ...] = (("", None, None),)
    if test.code == "HGB":
        groups = ("", 0, _OF_AGE - 1), ("F", _OF_AGE, None), ("M", _OF_AGE, None)
    for sex, youngest, oldest in groups:
        site.add(
            "LAB_CERT", laboratory=laboratory_of(site, test), testcd=test.code, sex=sex,
            age_low=youngest, age_high=oldest, range_low=f"{test.low:g}", range_high=f"{test.high:g}", unit=test.unit,
            effective_date=first, end_date=last,
        )  # fmt: skip
