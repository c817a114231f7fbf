"""Faults in vital signs and laboratory results."""

from __future__ import annotations

from pipelines.simulate.faults.registry import Fault, Spot, enrolled, plants
from pipelines.simulate.laboratory_records import LAB_TESTS
from pipelines.simulate.site_records import Row
from pipelines.simulate.subject_course import Course


def grown(course: Course) -> bool:
    """Whether the subject is an adult, to whom the limits of weight and height apply."""
    return course.age >= 19


def measured(spot: Spot) -> list[Row]:
    """Return the subject's vital signs that were done, in the order of visits."""
    return [row for row in spot.rows("VS") if row["vsperf"] == "Y"]


def few_visits(course: Course) -> bool:
    """Whether the subject's own values are too few for one of them to stand out from the others."""
    return len(course.planned_visits) <= 4


@plants("VS-01", "VS", suits=few_visits)
def pressures_exchanged(spot: Spot) -> list[Fault]:
    """Systolic and diastolic pressure in each other's field, both plausible by themselves."""
    row = spot.choose(measured(spot))
    if row is None:
        return []
    row["sysbp"], row["diabp"] = "76", "118"
    return [spot.fault("VS-01", "VS", row, "blood pressure 76/118")]


@plants("VS-02", "VS", suits=few_visits)
def implausible_value(spot: Spot) -> list[Fault]:
    """A digit too many, or millimetres in a centimetre field."""
    rows = measured(spot)
    column, text = (("sysbp", "480"), ("temp", "46.7"), ("height", "1720"))[spot.variant % 3]
    if not rows or (column == "height" and not grown(spot.course)):
        return []
    row = rows[0] if column == "height" else spot.rng.choice(rows)
    row[column] = text
    return [spot.fault("VS-02", "VS", row, f"{column} is {text}")]


@plants("VS-03", "VS", suits=lambda course: course.enrolled and few_visits(course))
def weight_in_pounds(spot: Spot) -> list[Fault]:
    """The last weight of three or more is in pounds."""
    weighed = [row for row in measured(spot) if row["weight"]]
    if len(weighed) < 3:
        return []
    row = weighed[-1]
    row["weight"] = f"{float(row['weight']) * 2.2046:.1f}"
    return [
        spot.fault("VS-03", "VS", row, "weight in pounds, labelled kg"),
        spot.fault("VS-05", "VS", row, "more than twice the weight before it"),
    ]


@plants("LB-01", "LB")
def no_unit(spot: Spot) -> list[Fault]:
    """A numeric result without a standard unit."""
    row = spot.choose([row for row in spot.rows("LB") if row["siresn"] and row["siresu"]])
    if row is None:
        return []
    row["siresu"] = ""
    return [spot.fault("LB-01", "LB", row, f"{row['lbtstcd']} has no standard unit")]


@plants("LB-03", "LB", "DM", suits=enrolled)
def no_reference_range(spot: Spot) -> list[Fault]:
    """The laboratory sent one limit, or none, of one test with all of a subject's samples."""
    table = spot.site.tables["LB"].rows
    offset = spot.rng.randrange(len(LAB_TESTS))
    for test in (*LAB_TESTS[offset:], *LAB_TESTS[:offset]):
        every = [row for row in table if row["lbtstcd"] == test.code and row["siresn"]]
        mine = [row for row in spot.rows("LB") if row["lbtstcd"] == test.code and row["siresn"]]
        if mine and all(row["sinrlo"] and row["sinrhi"] for row in every):  # one finding a site and test
            for row in mine:
                row["sinrhi"] = ""
                row["sinrlo"] = row["sinrlo"] if spot.variant % 2 else ""
            return [Fault("LB-03", "", "LB", mine[0], f"{test.code}: {len(mine)} results without a reference range")]
    return []
