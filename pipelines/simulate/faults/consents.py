"""Faults in consents that leave the day of the main consent, and what hangs on it, as it is."""

from __future__ import annotations

from datetime import timedelta

from pipelines.simulate.consent_records import GENETICS_VERSION, sign
from pipelines.simulate.faults.irb import beyond_approval
from pipelines.simulate.faults.registry import Fault, Spot, consented_alone, plants
from pipelines.simulate.faults.subject import main_consent, sign_on
from pipelines.simulate.site_records import date_of
from pipelines.simulate.subject_course import CUTOFF


@plants("IC-03", "CONSENT", suits=consented_alone)
def consent_in_the_future(spot: Spot) -> list[Fault]:
    """A consent to genetic research that is dated some days after the export was written."""
    day = CUTOFF + timedelta(days=spot.rng.randint(1, 9))
    consent = {**main_consent(spot), "conscat": "GENETICS", "icfver": GENETICS_VERSION}
    sign(consent, day)
    if consent["cannotread"] == "Y" or any(row["conscat"] == "GENETICS" for row in spot.rows("CONSENT")):
        return []
    spot.site.tables["CONSENT"].rows.append(consent)
    return [
        spot.fault("IC-03", "CONSENT", consent, "signed after the export was written"),
        *beyond_approval(spot, "CONSENT", consent, day),
    ]


@plants("IC-05", "CONSENT", "DM", "DS", suits=lambda course: course.opens_study, once=True)
def consent_before_study_start(spot: Spot) -> list[Fault]:
    """The study's first subject signed the day before what study.yml has as the start of the study."""
    consent = sign_on(spot, spot.course.consent.signed - timedelta(days=1))
    if consent is None:
        return []
    return [Fault("IC-05", "", "CONSENT", consent, "signed the day before the configured start of the study")]


@plants("ICF-05", "CONSENT")
def no_copy(spot: Spot) -> list[Fault]:
    """That a copy was handed over is denied, or not said."""
    consent = main_consent(spot)
    consent["copygiven"] = ("N", "")[spot.variant % 2]
    return [spot.fault("ICF-05", "CONSENT", consent, "no copy of the form was handed over")]


@plants("ICF-09", "CONSENT")
def no_impartial_witness(spot: Spot) -> list[Fault]:
    """The subject cannot read; the witness did not date the signature, signed late, or is who took the consent."""
    consent = main_consent(spot)
    consent.update(cannotread="Y", witness="Sr. Testigo", witnessdt=consent["consdt"])
    if spot.variant % 3 == 0:
        consent["witnessdt"] = ""
        return [spot.fault("ICF-09", "CONSENT", consent, "the witness's date is blank")]
    if spot.variant % 3 == 1:
        consent["witnessdt"] = (date_of(consent, "consdt") + timedelta(days=1)).isoformat()
        return [spot.fault("ICF-09", "CONSENT", consent, "the witness signed a day later")]
    consent["witness"] = consent["consenter"]
    return [spot.fault("ICF-09", "CONSENT", consent, "the witness is who took the consent")]
