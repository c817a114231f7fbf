"""Writes the index of a site's file: every essential record, in time, and brochures with their submission."""

from __future__ import annotations

import csv
import hashlib
from datetime import date, timedelta
from functools import cache

from pipelines.settings import DBT_PROJECT_DIR
from pipelines.simulate.site_records import Row, SiteRecords
from pipelines.simulate.subject_course import CUTOFF

EXPECTED_RECORDS_FILE = DBT_PROJECT_DIR / "seeds" / "expected_record.csv"
BROCHURE = ("02.01.01", "Investigator's Brochure")
# Records that come in several versions, or of several persons, are written by themselves.
_WRITTEN_APART = {BROCHURE[0], "02.01.06", "02.02.03", "05.02.04"}
_BROCHURE_UPDATED = CUTOFF - timedelta(days=200)


@cache
def expected_records() -> tuple[dict[str, str], ...]:
    """Return the list that ESD-01 goes by: artifact_number, artifact, stage, condition of each record."""
    with EXPECTED_RECORDS_FILE.open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


def record_site_file(site: SiteRecords) -> None:
    """Append the index of the site file, and the submissions of brochures to the IRB."""
    for number, expected in enumerate(expected_records()):
        filed = _filing_day(site, expected["stage"], number)
        applies = expected["condition"] != "USA" or site.country == "USA"
        if filed is not None and applies and expected["artifact_number"] not in _WRITTEN_APART:
            row = file_record(site, expected["artifact_number"], expected["artifact"], filed)
            if number % 7 == 0:
                row.update(is_copy="Y", original_kept="N", certified_date=filed.isoformat())
                row["certified_by"] = site.hospital.investigator.person_id
    _file_curricula(site)
    _file_consent_forms(site)
    _file_insurance(site)
    _file_brochures(site)


def file_record(
    site: SiteRecords,
    artifact_number: str,
    artifact: str,
    filed: date,
    *,
    version: str = "",
    person: str = "",
    status: str = "FINAL",
    expires: date | None = None,
) -> Row:
    """Append an entry of the index: a record that was made some days before it was filed."""
    content = "|".join((site.study, site.site, artifact_number, version, person, str(filed)))
    return site.add(
        "ISF_INDEX", document_id=f"ISF-{site.next_record()}", artifact_number=artifact_number, artifact=artifact,
        version=version, document_date=filed - timedelta(days=3), received_date=filed, status=status, person=person,
        expiry_date=expires, file_hash=hashlib.sha256(content.encode()).hexdigest()[:32],
        is_copy="N", original_kept="Y",
    )  # fmt: skip


def submit_brochure(site: SiteRecords, version: str, day: date) -> Row:
    """Append the submission of a version of the brochure to the IRB, which takes notice of it."""
    return site.add(
        "IRB", submission_id=f"IRB-{site.next_record()}", submission_type="BROCHURE", submission_date=day,
        decision="ACKNOWLEDGED", brochure_version=version,
    )  # fmt: skip


def _filing_day(site: SiteRecords, stage: str, number: int) -> date | None:
    """Return when an expected record was filed; None for one of a stage that the site has not reached."""
    if stage == "before":
        return site.activation - timedelta(days=5 + number)
    if stage == "during":
        return site.activation + timedelta(days=number % 10)
    return None if site.closure is None else min(site.closure + timedelta(days=number % 10), CUTOFF)


def _file_curricula(site: SiteRecords) -> None:
    filed = site.activation - timedelta(days=30)
    for person in site.hospital.staff:
        if person.role == "PI":
            file_record(site, "05.02.04", "Principal Investigator Curriculum Vitae", filed, person=person.person_id)
        elif person.role == "SUB-I":
            file_record(site, "05.02.05", "Sub-Investigator Curriculum Vitae", filed, person=person.person_id)


def _file_consent_forms(site: SiteRecords) -> None:
    """File the form of each version that came into force while the site was open, the earlier ones superseded."""
    used = [version for version in site.versions if site.closure is None or version.effective <= site.closure]
    for version in used:
        status = "FINAL" if version is used[-1] else "SUPERSEDED"
        file_record(
            site, "02.02.03", "Informed Consent Form", version.approved, version=version.consent_form, status=status
        )


def _file_insurance(site: SiteRecords) -> None:
    renewed, filed = CUTOFF - timedelta(days=120), site.activation - timedelta(days=45)
    file_record(site, "02.01.06", "Insurance", filed, version="1", status="SUPERSEDED", expires=renewed)
    file_record(
        site, "02.01.06", "Insurance", renewed - timedelta(days=10), version="2", expires=CUTOFF + timedelta(days=300)
    )


def _file_brochures(site: SiteRecords) -> None:
    first = site.activation - timedelta(days=60)
    is_updated = site.closure is None or site.closure > _BROCHURE_UPDATED + timedelta(days=30)
    file_record(site, *BROCHURE, first, version="9.0", status="SUPERSEDED" if is_updated else "FINAL")
    submit_brochure(site, "9.0", first + timedelta(days=8))
    if is_updated:
        file_record(site, *BROCHURE, _BROCHURE_UPDATED, version="10.0")
        submit_brochure(site, "10.0", _BROCHURE_UPDATED + timedelta(days=19))
