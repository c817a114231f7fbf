"""Faults that show only when several datasets of a subject are laid side by side."""

from __future__ import annotations

from datetime import timedelta

from pipelines.simulate.faults.demographics import of_age, screen_failure
from pipelines.simulate.faults.registry import Fault, Spot, completed, enrolled, plants
from pipelines.simulate.faults.visits import working_day_near
from pipelines.simulate.site_records import Row, date_of
from pipelines.simulate.subject_course import CUTOFF


def demographics(spot: Spot) -> Row:
    """Return the record that stands for the subject."""
    return spot.rows("DM")[0]


@plants("IC-06", "DM", "CONSENT")
def consent_dated_twice(spot: Spot) -> list[Fault]:
    """Demographics date the consent a day later than the consent form and the disposition."""
    row = demographics(spot)
    row["rficdat"] = (date_of(row, "rficdat") + timedelta(days=1)).isoformat()
    return [
        spot.fault("IC-06", "DM", row, "demographics date the consent a day later"),
        spot.fault("SRC-01", "DM", row, "follows: the consent log has the day before"),
    ]


@plants("VS-04", "VS")
def no_height(spot: Spot) -> list[Fault]:
    """The height is not recorded at any visit."""
    for row in spot.rows("VS"):
        row["height"] = ""
    return [spot.fault("VS-04", "DM", demographics(spot), "no height is recorded")]


@plants("VS-10", "VS", suits=lambda course: of_age(course) and completed(course))
def height_changes(spot: Spot) -> list[Fault]:
    """A second height, five centimetres more, of an adult."""
    row = next((row for row in spot.rows("VS")[1:] if row["vsperf"] == "Y"), None)
    if row is None:
        return []
    row["height"] = str(spot.course.height + 5)
    return [spot.fault("VS-10", "DM", demographics(spot), f"heights {spot.course.height} and {row['height']}")]


@plants("VS-08", "VS", suits=completed)
def vital_signs_repeated(spot: Spot) -> list[Fault]:
    """The vital signs of one visit are entered again at the two visits after it."""
    rows = [row for row in spot.rows("VS") if row["vsperf"] == "Y"]
    if len(rows) < 4 or not rows[1]["pulse"]:
        return []
    for row in rows[2:4]:
        row.update({column: rows[1][column] for column in ("sysbp", "diabp", "pulse", "temp", "weight")})
    return [spot.fault("VS-08", "VS", rows[1], "the same vital signs at three visits")]


@plants("AE-11", "AE", "LB", "CM", "SAFETY", suits=completed)
def no_event_in_a_long_time(spot: Spot) -> list[Fault]:
    """A subject who took part to the end has no adverse event; none is called for by a laboratory result either."""
    if any(row["lbclsig"] == "Y" for row in spot.rows("LB")):
        return []
    events = spot.site.tables["AE"].rows
    events[:] = [row for row in events if row["subjid"] != spot.course.subject]
    for row in spot.rows("CM"):
        row["cmaeno"] = ""
    return [spot.fault("AE-11", "DM", demographics(spot), "no adverse event in the whole study")]


@plants("IE-02", "IE", suits=enrolled)
def criterion_not_answered(spot: Spot) -> list[Fault]:
    """A criterion has no answer, or no row at all."""
    row = spot.choose(spot.rows("IE"))
    if row is None:
        return []
    if spot.variant % 2 == 0:
        row["ieorres"] = ""
    else:
        rows = spot.site.tables["IE"].rows
        rows[:] = [other for other in rows if other is not row]
    return [spot.fault("IE-02", "DM", demographics(spot), f"{row['ietestcd']} is not answered")]


@plants("IE-03", "IE", suits=enrolled)
def assessed_after_randomisation(spot: Spot) -> list[Fault]:
    """A criterion was assessed the day after randomisation."""
    row = spot.choose(spot.rows("IE"))
    if row is None:
        return []
    row["ie_dt"] = (spot.course.first_dose + timedelta(days=1)).isoformat()
    return [spot.fault("IE-03", "IE", row, f"{row['ietestcd']} was assessed after randomisation")]


@plants("DS-07", "EX", suits=screen_failure)
def screen_failure_with_dose(spot: Spot) -> list[Fault]:
    """Study drug after a failed screening, on the day when treatment would have begun."""
    course = spot.course
    day = course.screening + timedelta(days=12)
    dose = spot.site.add_page(
        "EX", course, "Study Drug Administration", "Screening", 1,
        extrt="SIM-1234", exdosu="mg", exdosfrm="TABLET", exdosfrq="QD", exdose="100", exroute="ORAL", experf="Y",
        exst_dt=day, exen_dt=day,
    )  # fmt: skip
    return [
        spot.fault("DS-07", "DM", demographics(spot), "a screen failure with a dose"),
        spot.fault("SRC-02", "EX", dose, "follows: nothing was dispensed"),
    ]


@plants("DS-13", "RAND", suits=enrolled)
def no_stratum(spot: Spot) -> list[Fault]:
    """A stratification factor of the randomisation is blank."""
    column = ("stratum2", "stratum1")[spot.variant % 2]
    spot.rows("IXRSRAND")[0][column] = ""
    return [spot.fault("DS-13", "DM", demographics(spot), f"{column} is blank")]


@plants("DM-15")
def visit_at_another_site(spot: Spot) -> list[Fault]:
    """A subject of the neighbouring site is seen here some days after its last visit there."""
    neighbour = spot.site.neighbour
    guest = neighbour.traveller if neighbour is not None else None
    if neighbour is None or guest is None or spot.site.closure is not None:
        return []
    last = max(visit.day for visit in guest.visits)
    day = working_day_near(spot, last, range(1, 5))
    if day is None or day >= CUTOFF:
        return []
    row = spot.site.add_page(
        "VISDT", guest, "Visit Date", "Unscheduled 9", None,
        visit_dt=day, visitdat_yy_nsv=day.year, peperf="Y", svupdes="Subject was travelling",
    )  # fmt: skip
    return [Fault("DM-15", guest.subject, "VISDT", row, f"seen at site {neighbour.site} a few days earlier")]
