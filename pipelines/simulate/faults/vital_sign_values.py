"""Faults in vital signs that show beside the subject's own values, their unit, or the subject's death."""

from __future__ import annotations

from datetime import timedelta

from pipelines.simulate.faults.deaths import TOUCHED_BY_DEATH, can_die, let_die
from pipelines.simulate.faults.measurements import few_visits, grown, measured
from pipelines.simulate.faults.registry import Fault, Spot, plants
from pipelines.simulate.subject_course import Course


def many_visits(course: Course) -> bool:
    """Whether the subject has values enough for one of them to stand out from the others."""
    return len(course.planned_visits) >= 6


@plants("VS-05", "VS", suits=lambda course: course.enrolled and few_visits(course))
def weight_jumps(spot: Spot) -> list[Fault]:
    """The last weight is a fifth more than the one some weeks before it."""
    weighed = [row for row in measured(spot) if row["weight"]]
    if len(weighed) < 2:
        return []
    row = weighed[-1]
    row["weight"] = f"{float(weighed[-2]['weight']) * 1.2:.1f}"
    return [spot.fault("VS-05", "VS", row, "a fifth more than the weight before it")]


@plants("VS-06", "VS", suits=many_visits)
def value_stands_out(spot: Spot) -> list[Fault]:
    """One pulse is far from the subject's others, and plausible by itself."""
    rows = [row for row in measured(spot) if row["pulse"]]
    if len(rows) < 6:
        return []
    row = spot.rng.choice(rows)
    row["pulse"] = str(int(row["pulse"]) + 52)
    return [spot.fault("VS-06", "VS", row, "a pulse far above the subject's others")]


@plants("VS-07", "VS", *TOUCHED_BY_DEATH, suits=can_die)
def measured_after_death(spot: Spot) -> list[Fault]:
    """The last vital signs are dated three days after death; each of their results is a finding."""
    rows = measured(spot)
    if not rows or rows[-1]["height"]:
        return []
    row = rows[-1]
    day = let_die(spot).day + timedelta(days=3)
    row.update(vs_dt=day.isoformat(), vsby=spot.site.who_does("VITAL SIGNS", day))
    results = [column for column in ("sysbp", "diabp", "pulse", "temp", "weight") if row[column]]
    return [spot.fault("VS-07", "VS", row, f"{column} is dated after death") for column in results]


@plants("VS-09", "VS", suits=few_visits)
def pressures_equal(spot: Spot) -> list[Fault]:
    """The diastolic pressure is entered as the systolic one too."""
    row = spot.choose(measured(spot))
    if row is None:
        return []
    row["sysbp"] = row["diabp"]
    return [spot.fault("VS-09", "VS", row, f"blood pressure {row['diabp']}/{row['diabp']}")]


@plants("VS-11", "VS", suits=few_visits)
def fahrenheit_as_celsius(spot: Spot) -> list[Fault]:
    """A temperature in Fahrenheit, labelled Celsius, which is also above all plausible limits."""
    row = spot.choose(measured(spot))
    if row is None:
        return []
    row["temp"] = f"{98 + spot.rng.randint(0, 9) / 10:.1f}"
    return [
        spot.fault("VS-11", "VS", row, "a temperature in Fahrenheit, labelled Celsius"),
        spot.fault("VS-02", "VS", row, "a temperature above the plausible limits"),
    ]


@plants("VS-12", "VS", suits=grown)
def height_in_another_unit(spot: Spot) -> list[Fault]:
    """A height in metres or inches, labelled centimetres, which is also below all plausible limits."""
    row = next((row for row in measured(spot) if row["height"]), None)
    if row is None:
        return []
    height = float(row["height"])
    row["height"] = f"{height / 100:.2f}" if spot.variant % 2 else f"{height / 2.54:.0f}"
    return [
        spot.fault("VS-12", "VS", row, f"height {row['height']}, labelled cm"),
        spot.fault("VS-02", "VS", row, "a height below the plausible limits"),
    ]
