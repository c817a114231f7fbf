"""Faults in a subject's demographics that its own record shows: codes, arm, numbers, birth and age."""

from __future__ import annotations

from dataclasses import replace

from pipelines.simulate.clinical_records import person_key, record_clinical, record_randomisation
from pipelines.simulate.faults.registry import Fault, Spot, enrolled, plants
from pipelines.simulate.faults.subject import main_consent, main_consents
from pipelines.simulate.subject_course import Course


def screen_failure(course: Course) -> bool:
    """Whether the subject failed screening."""
    return not course.enrolled


def of_age(course: Course) -> bool:
    """Whether the subject is an adult some years before and after."""
    return course.age >= 22


@plants("DM-03", "DM")
def value_outside_codelist(spot: Spot) -> list[Fault]:
    """A word where the codelist has a letter, or a code of two letters where it has three."""
    row = spot.rows("DM")[0]
    column, text = (("sex", "female"), ("country", "XX"), ("race", "MIXED"), ("ethnic", "LATINO"))[spot.variant % 4]
    row[column] = text
    return [spot.fault("DM-03", "DM", row, f"{column} is {text}")]


@plants("DM-05", "DM", suits=enrolled)
def no_arm(spot: Spot) -> list[Fault]:
    """A randomised subject without arm, or without its code, and no reason."""
    row = spot.rows("DM")[0]
    column = ("armcd", "arm")[spot.variant % 2]
    row[column] = ""
    return [spot.fault("DM-05", "DM", row, f"{column} is blank")]


@plants("DM-08", "DM")
def subject_of_another_site(spot: Spot) -> list[Fault]:
    """Demographics name a site of the study that the subject's number does not begin with."""
    if spot.site.neighbour is None:
        return []
    row = spot.rows("DM")[0]
    row["siteid"] = spot.site.neighbour.site
    return [spot.fault("DM-08", "DM", row, f"site is {row['siteid']}, the number is of site {spot.site.site}")]


@plants("DM-12", "DM", suits=screen_failure)
def screened_again(spot: Spot) -> list[Fault]:
    """The same patient number with a prefix: a second screening that failed too, with records of its own."""
    first = spot.rows("DM")[0]
    again = replace(spot.course, subject=f"R-{spot.course.subject}")
    record_clinical(spot.site, again, spot.rng)
    record_randomisation(spot.site, again, spot.rng)
    second = spot.site.tables["DM"].rows[-1]
    return [
        spot.fault("DM-12", "DM", first, f"patient number is also that of {again.subject}"),
        Fault("DM-12", again.subject, "DM", second, f"patient number is also that of {spot.course.subject}"),
    ]


@plants("DM-07", "DM", "CONSENT")
def born_on_the_day_of_consent(spot: Spot) -> list[Fault]:
    """The date of consent in the birth date's field: the age is wrong, and the subject too young to consent alone."""
    row = spot.rows("DM")[0]
    consent = main_consent(spot)
    row["brthdat"] = consent["consdt"]
    alone = [signed for signed in main_consents(spot) if not signed["lar_dt"]]
    return [
        spot.fault("DM-07", "DM", row, "born on the day of consent"),
        spot.fault("DM-11", "DM", row, "follows from the birth date"),
        *(spot.fault("ICF-06", "CONSENT", signed, "follows from the birth date") for signed in alone),
    ]


@plants("DM-11", "DM", suits=of_age)
def another_age(spot: Spot) -> list[Fault]:
    """The age is two years more, or less, than the birth date says."""
    row = spot.rows("DM")[0]
    row["age"] = str(spot.course.age + (2, -2)[spot.variant % 2])
    return [spot.fault("DM-11", "DM", row, f"age is {row['age']}, by birth date {spot.course.age}")]


@plants("DM-09", "DM")
def enrolled_elsewhere(spot: Spot) -> list[Fault]:
    """The person is a subject of the neighbouring site too, under another number."""
    neighbour = spot.site.neighbour
    other = neighbour.traveller if neighbour is not None else None
    if neighbour is None or other is None:
        return []
    row = spot.rows("DM")[0]
    row["personkey"] = person_key(spot.site.study, other.subject)
    return [
        spot.fault("DM-09", "DM", row, f"the person is also {other.subject} of site {neighbour.site}"),
        Fault("DM-09", other.subject, "DM", None, f"the person is also {spot.course.subject}", neighbour),
    ]
