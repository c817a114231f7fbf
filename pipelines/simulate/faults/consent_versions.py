"""Faults in which version of a consent form was signed, in which language, and whether the log says the same day."""

from __future__ import annotations

from datetime import timedelta

from pipelines.simulate.amendments import is_seen_under_amendment, may_sign_amendment
from pipelines.simulate.consent_records import sign, sign_again
from pipelines.simulate.faults.registry import Fault, Spot, consented_alone, plants
from pipelines.simulate.faults.subject import main_consent, main_consents, redate_form
from pipelines.simulate.irb_records import versions_in_use
from pipelines.simulate.site_records import Row, date_of

_LANGUAGES = ("en", "fr", "de", "es")


@plants("ICF-01", "CONSENT")
def version_not_approved(spot: Spot) -> list[Fault]:
    """A form that the IRB approved later, or that the site's list of versions does not have."""
    consent, amended = main_consent(spot), spot.site.versions[-1]
    later = versions_in_use(spot.site)[1:]
    consent["icfver"] = "2.1"
    if spot.variant % 2 == 0 and later and date_of(consent, "consdt") < amended.approved:
        consent["icfver"] = amended.consent_form
        return [spot.fault("ICF-01", "CONSENT", consent, f"version {amended.consent_form} before its approval")]
    return [spot.fault("ICF-01", "CONSENT", consent, "version 2.1 is not in the site's list")]


@plants("ICF-02", "CONSENT", "VISITS", "DS", suits=may_sign_amendment)
def amended_form_not_signed(spot: Spot) -> list[Fault]:
    """The subject never signed the amended form, or three days after the first visit at which it was in use."""
    again, amended = main_consents(spot)[1:], spot.site.versions[-1]
    after = [row for row in spot.rows("VISDT") if date_of(row, "visit_dt") > amended.effective]
    if not again or not after:
        return []
    visit = min(after, key=lambda row: row["visit_dt"])
    late = date_of(visit, "visit_dt") + timedelta(days=3)
    if spot.variant % 2 and late <= spot.course.last_day:
        sign(again[0], late)
        detail = f"{amended.consent_form} was signed three days after {visit['instancename']}"
    else:
        rows = spot.site.tables["CONSENT"].rows
        rows[:] = [row for row in rows if row is not again[0]]
        detail = f"{amended.consent_form} was in use at {visit['instancename']} and is not signed"
    return [spot.fault("ICF-02", "VISDT", visit, detail)]


@plants("ICF-07", "CONSENT")
def form_in_another_language(spot: Spot) -> list[Fault]:
    """The form that was signed is in a language that is not the subject's."""
    consent = main_consent(spot)
    consent["icflang"] = next(language for language in _LANGUAGES if language != spot.site.hospital.language)
    return [spot.fault("ICF-07", "CONSENT", consent, f"the form is in {consent['icflang']}")]


@plants("ICF-08", "CONSENT", "VISITS", suits=is_seen_under_amendment)
def old_form_signed_again(spot: Spot) -> list[Fault]:
    """At a visit after the amended form was signed, the subject signs the old one."""
    last, old, amended = main_consents(spot)[-1], spot.site.versions[0], spot.site.versions[-1]
    visits = [date_of(row, "visit_dt") for row in spot.rows("VISDT")]
    days = [day for day in visits if day > max(date_of(last, "consdt"), amended.effective)]
    if last["icfver"] != amended.consent_form or not days:
        return []
    consent = sign_again(spot.site, last, old.consent_form, days[0])
    return [spot.fault("ICF-08", "CONSENT", consent, f"{old.consent_form}, superseded since {amended.effective}")]


@plants("SRC-01", "CONSENT", "DM", suits=consented_alone)
def log_has_another_day(spot: Spot) -> list[Fault]:
    """The consent log has the day before the one that demographics and disposition have."""
    consent = redate_form(spot, date_of(main_consent(spot), "consdt") - timedelta(days=1))
    if consent is None:
        return []
    row: Row = spot.rows("DM")[0]
    return [
        spot.fault("SRC-01", "DM", row, "the consent log has the day before"),
        spot.fault("IC-06", "DM", row, "follows from the consent log"),
    ]
