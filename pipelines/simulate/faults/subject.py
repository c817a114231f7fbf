"""Faults in what is known of a subject once: demographics, consent, eligibility, disposition."""

from __future__ import annotations

from datetime import date, timedelta

from pipelines.simulate.consent_records import MAIN, sign
from pipelines.simulate.faults.registry import Fault, Spot, consented_alone, enrolled, plants
from pipelines.simulate.operational_records import add_deviation
from pipelines.simulate.site_records import Row, date_of
from pipelines.simulate.subject_course import Course, age_on


def represented(course: Course) -> bool:
    """Whether a representative signed for the subject."""
    return course.consent.by_representative


def main_consents(spot: Spot) -> list[Row]:
    """Return the subject's main consents, the first one first."""
    return [row for row in spot.rows("CONSENT") if row["conscat"] == MAIN]


def main_consent(spot: Spot) -> Row:
    """Return the subject's first main consent."""
    return main_consents(spot)[0]


def after_consent(spot: Spot, day: date) -> date:
    """Return a day, or that of the main consent where this is signed later."""
    signed = [row["consdt"] for row in spot.rows("CONSENT") if row["conscat"] == "MAINCONSENT" and row["consdt"]]
    return max(day, date.fromisoformat(min(signed))) if signed else day


@plants("DM-01", "DM")
def second_demographics(spot: Spot) -> list[Fault]:
    """The demographics page is there twice; the later one repeats the first."""
    first = spot.rows("DM")[0]
    later = date_of(first, "record_dt") + timedelta(days=9)
    second = {**first, "recordid": spot.site.next_record(), "record_dt": later.isoformat()}
    spot.site.tables["DM"].rows.append(second)
    return [spot.fault("DM-01", "DM", second, "second demographics record")]


@plants("DM-02", "DM", "CONSENT", suits=lambda course: course.age >= 19)
def age_outside_limits(spot: Spot) -> list[Fault]:
    """The age is blank, or over the limit and so by the birth date."""
    row = spot.rows("DM")[0]
    if spot.variant % 2 == 0:
        row["age"] = ""
        return [spot.fault("DM-02", "DM", row, "age is blank")]
    row["age"] = "112"
    born = date_of(row, "brthdat")
    row["brthdat_yy_nsv"] = str(born.year - (112 - spot.course.age))
    row["brthdat"] = f"{row['brthdat_yy_nsv']}{born.isoformat()[4:].replace('02-29', '02-28')}"
    return [spot.fault("DM-02", "DM", row, "age is 112")]


@plants("DM-04", "DM", suits=enrolled)
def other_arm(spot: Spot) -> list[Fault]:
    """The subject got the other treatment."""
    row = spot.rows("DM")[0]
    row["actarm"], row["actarmcd"] = ("Active 100 mg", "ACT") if row["armcd"] == "PBO" else ("Placebo", "PBO")
    return [spot.fault("DM-04", "DM", row, "actual arm is not the planned arm")]


@plants("DM-13", "AE", "LB", "CONSENT", suits=lambda course: course.enrolled and consented_alone(course))
def before_birth(spot: Spot) -> list[Fault]:
    """A year of the last century: in an adverse event, or in a pregnancy test, which then also precedes consent."""
    if spot.variant % 2 == 0:
        row = spot.choose([row for row in spot.rows("AE") if row["aestdat_dd_nsv"] and row["aeser"] == "N"])
        if row is None:
            return []
        row.update(aestdat_yy_nsv="1925", aetrtem="N")
        return [spot.fault("DM-13", "AE", row, "adverse event starts before birth")]
    row = spot.choose([row for row in spot.rows("LB") if row["lbtstcd"] == "HCG"])
    if row is None:
        return []
    # Nobody is delegated to take samples in that year, so nobody is named.
    row.update(lb_dt=f"1925{row['lb_dt'][4:].replace('02-29', '02-28')}", lbby="")
    return [
        spot.fault("DM-13", "LB", row, "pregnancy test dated before birth"),
        spot.fault("IC-02", "CONSENT", main_consent(spot), "follows from the pregnancy test dated before birth"),
    ]


@plants("DM-14", "DM", "LB")
def unknown_site(spot: Spot) -> list[Fault]:
    """Demographics name a site that the CTMS does not have."""
    row = spot.rows("DM")[0]
    row["siteid"] = "9999"
    return [
        spot.fault("DM-14", "DM", row, "site 9999 is not in the site master"),
        spot.fault("DM-08", "DM", row, "follows from the site that is not in the site master"),
    ]


@plants("IC-01", "CONSENT", "DM", suits=lambda course: course.enrolled and consented_alone(course))
def no_consent(spot: Spot) -> list[Fault]:
    """The main consent is not recorded."""
    rows = spot.site.tables["CONSENT"].rows
    if len(rows) < 2:
        return []
    mine = main_consents(spot)
    rows[:] = [row for row in rows if not any(row is consent for consent in mine)]
    return [spot.fault("IC-01", "DM", spot.rows("DM")[0], "no main consent is recorded")]


def redate_form(spot: Spot, day: date) -> Row | None:
    """Date the signatures of the first main consent otherwise, and return it.

    None, and nothing changed, where another version of the form was in use on that day, where the subject was of
    another age then, or has a deviation from before it.
    """
    consent, text, site = main_consent(spot), day.isoformat(), spot.site
    deviations = [row["deviationdate"] for row in spot.rows("DEVIATIONS")]
    if site.version_on(day) != site.version_on(date_of(consent, "consdt")) or day < site.versions[0].approved:
        return None
    if age_on(spot.course.birth, day) != spot.course.age or any("" < deviation < text for deviation in deviations):
        return None
    sign(consent, day)
    return consent


def sign_on(spot: Spot, day: date) -> Row | None:
    """Date the first main consent otherwise in every place that repeats the date; None where `redate_form` cannot."""
    consent = redate_form(spot, day)
    if consent is None:
        return None
    spot.rows("DM")[0]["rficdat"] = day.isoformat()
    for row in spot.rows("DS"):
        if row["dsdecod"] == "INFORMED CONSENT OBTAINED":
            row.update(dsst_dt=day.isoformat(), record_dt=day.isoformat())
    return consent


@plants("IC-02", "CONSENT", suits=consented_alone)
def consent_after_procedure(spot: Spot) -> list[Fault]:
    """Subject and consenter signed days after the first procedure."""
    consent = sign_on(spot, spot.course.screening + timedelta(days=3))
    if consent is None:
        return []
    return [spot.fault("IC-02", "CONSENT", consent, "consent three days after the first procedure")]


@plants("IC-04", "CONSENT", suits=consented_alone)
def consent_before_activation(spot: Spot) -> list[Fault]:
    """Subject and consenter signed before the site was activated."""
    day = spot.site.activation - timedelta(days=spot.rng.randint(3, 15))
    if spot.site.study_start is not None and day < spot.site.study_start:
        return []
    consent = sign_on(spot, day)
    if consent is None:
        return []
    return [spot.fault("IC-04", "CONSENT", consent, "consent before the site's activation")]


@plants("ICF-04", "CONSENT", suits=consented_alone)
def consenter_on_another_day(spot: Spot) -> list[Fault]:
    """The consenter signed two days later, or did not date the signature."""
    consent = main_consent(spot)
    late = (date_of(consent, "consdt") + timedelta(days=2)).isoformat()
    consent["consenterdt"] = (late, late, "")[spot.variant % 3]
    detail = "consenter signed two days later" if consent["consenterdt"] else "consenter's date is blank"
    return [spot.fault("ICF-04", "CONSENT", consent, detail)]


@plants("ICF-06", "CONSENT", suits=lambda course: represented(course) or consented_alone(course))
def no_representative(spot: Spot) -> list[Fault]:
    """A minor, or a subject who cannot consent alone, without the representative's date."""
    consent = main_consent(spot)
    if not represented(spot.course):
        for row in spot.rows("CONSENT"):  # it is said of the subject
            row["lackscap"] = "Y"
        detail = "lacks capacity, and no representative is named"
        return [spot.fault("ICF-06", "CONSENT", row, detail) for row in main_consents(spot)]
    consent["lar_dt"] = ""
    return [spot.fault("ICF-06", "CONSENT", consent, "the representative's date is blank")]


@plants("IE-01", "IE", "DV", suits=enrolled)
def criterion_not_met(spot: Spot) -> list[Fault]:
    """An enrolled subject with an unmet inclusion or a met exclusion criterion, which is in the deviation log."""
    row = spot.choose(spot.rows("IE"))
    if row is None:
        return []
    violate(row)
    deviation = add_deviation(spot.site, spot.course, spot.rng, after_consent(spot, spot.course.screening))
    deviation.update(deviation=f"{row['ietestcd']} not met", companycategory="ELIGIBILITY", visit="Screening")
    return [spot.fault("IE-01", "IE", row, f"enrolled, but {row['ietestcd']} is {row['ieorres']}")]


def violate(criterion: Row) -> None:
    """Answer a criterion so that the subject must not be enrolled."""
    criterion["ieorres"] = "N" if criterion["iecat"] == "INCL" else "Y"


@plants("IE-04", "IE", "DV", suits=enrolled)
def criterion_not_met_without_deviation(spot: Spot) -> list[Fault]:
    """The same, and the deviation log does not have it."""
    row = spot.choose(spot.rows("IE"))
    if row is None:
        return []
    violate(row)
    return [
        spot.fault("IE-04", "IE", row, f"{row['ietestcd']} is {row['ieorres']}, which is no deviation in the log"),
        spot.fault("IE-01", "IE", row, f"enrolled, but {row['ietestcd']} is {row['ieorres']}"),
    ]


@plants("DS-01", "DS", suits=enrolled)
def randomised_twice(spot: Spot) -> list[Fault]:
    """A second randomisation the day after the first."""
    first = next(row for row in spot.rows("DS") if row["dsdecod"] == "RANDOMIZED")
    day = (date_of(first, "dsst_dt") + timedelta(days=1)).isoformat()
    second = {**first, "recordid": spot.site.next_record(), "dsst_dt": day, "record_dt": day}
    spot.site.tables["DS"].rows.append(second)
    return [spot.fault("DS-01", "DS", second, "second randomisation")]


@plants("DS-02", "DS", "EX", suits=lambda course: course.enrolled and course.outcome not in ("ongoing", "died"))
def dose_after_end(spot: Spot) -> list[Fault]:
    """The end of participation is dated before the last dose."""
    doses = [date_of(row, "exen_dt") for row in spot.rows("EX") if row["experf"] == "Y"]
    row = next((row for row in spot.rows("DS") if row["dsscat"].startswith("STUDY")), None)
    if row is None or not doses:
        return []
    row["dsst_dt"] = (max(doses) - timedelta(days=2)).isoformat()
    return [spot.fault("DS-02", "DS", row, "last dose two days after the end of participation")]
