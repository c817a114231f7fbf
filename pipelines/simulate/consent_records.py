"""Writes consent forms: their versions at a site, and what each subject signed, anew when a version asked for it."""

from __future__ import annotations

from datetime import date
from random import Random

from pipelines.simulate.irb_records import versions_in_use
from pipelines.simulate.site_records import Row, SiteRecords
from pipelines.simulate.subject_course import Course

MAIN = "MAINCONSENT"
GENETICS_VERSION = "1.0"
_SIGNATURES = ("consdt", "consenterdt", "lar_dt", "witnessdt")


def record_consent_versions(site: SiteRecords) -> None:
    """Append the versions of the main form, and the one of the consent to genetic research, in the site's language."""
    versions = versions_in_use(site)
    first = versions[0]
    language = site.hospital.language
    for version in versions:
        site.add(
            "ICF_VERSION", form_type="MAIN", icf_version=version.consent_form, form_language=language,
            version_date=version.dated, irb_approval_date=version.approved, site_effective_date=version.effective,
            reconsent_required="Y" if version.reconsent_required else "N",
        )  # fmt: skip
    site.add(
        "ICF_VERSION", form_type="GENETICS", icf_version=GENETICS_VERSION, form_language=language,
        version_date=first.dated, irb_approval_date=first.approved, site_effective_date=first.effective,
        reconsent_required="N",
    )  # fmt: skip


def record_consents(site: SiteRecords, course: Course, rng: Random) -> None:
    """Append what the subject signed: the main consent, maybe that to genetic research, and later versions."""
    consent = course.consent
    consenter = site.hospital.investigator.name
    language = site.hospital.language
    represented = consent.by_representative
    main = site.add(
        "CONSENT",
        subjid=course.subject, conscat=MAIN, icfver=site.version_on(consent.signed).consent_form,
        consdt=consent.signed, consenter=consenter,
        consenterdt=consent.consenter_signed, consmode=consent.mode, consyn="Y",
        lackscap="Y" if consent.lacks_capacity else "N",
        lar_name="M. Répondant" if represented else "", lar_dt=consent.signed if represented else None,
        lar_role=("LEGAL GUARDIAN" if consent.lacks_capacity else "PARENT") if represented else "",
        icflang=language, copygiven="Y", cannotread="Y" if consent.cannot_read else "N",
        witness="Sr. Testigo" if consent.cannot_read else "", witnessdt=consent.signed if consent.cannot_read else None,
    )  # fmt: skip
    if course.enrolled and not represented and not consent.cannot_read and rng.random() < 0.2:
        site.add(
            "CONSENT",
            subjid=course.subject, conscat="GENETICS", icfver=GENETICS_VERSION, consdt=course.first_dose,
            consenter=consenter, consenterdt=course.first_dose, consmode="ONSITE", consyn="Y", lackscap="N",
            icflang=language, copygiven="Y", cannotread="N",
        )  # fmt: skip
    _sign_later_versions(site, course, main)


def sign_again(site: SiteRecords, consent: Row, version: str, day: date) -> Row:
    """Append a signature of another version, by everybody who signed a consent, at the site and on one day."""
    again = consent | {"icfver": version, "consmode": "ONSITE"}
    sign(again, day)
    site.tables["CONSENT"].rows.append(again)
    return again


def sign(consent: Row, day: date) -> None:
    """Date all signatures of a consent."""
    consent.update({column: day.isoformat() for column in _SIGNATURES if consent[column]})


def _sign_later_versions(site: SiteRecords, course: Course, main: Row) -> None:
    """Sign a later version at the first visit at which the site uses it, where it asks those who signed before."""
    for version in versions_in_use(site):
        seen = next((visit.day for visit in course.visits if visit.day >= version.effective), None)
        if version.reconsent_required and course.consent.signed < version.effective and seen is not None:
            sign_again(site, main, version.consent_form, seen)
