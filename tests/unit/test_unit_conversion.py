"""The table of units, as the mart of vital signs reads it."""

from __future__ import annotations

import csv

import pytest

from pipelines.settings import DBT_PROJECT_DIR

with (DBT_PROJECT_DIR / "seeds" / "unit_conversion.csv").open(encoding="utf-8", newline="") as file:
    UNITS = {row["unit"]: row for row in csv.DictReader(file)}


@pytest.mark.parametrize(
    ("unit", "value", "standard"),
    [
        ("C", 37, (37, "C")), ("°C", 37, (37, "C")), ("F", 98.6, (37, "C")), ("°F", 98.6, (37, "C")),
        ("℃", 37, (37, "C")), ("ºC", 37, (37, "C")), ("℉", 98.6, (37, "C")), ("ºF", 98.6, (37, "C")),
        ("IN", 70, (177.8, "cm")), ("LB", 154, (69.8532, "kg")), ("G", 3500, (3.5, "kg")),
    ],
)  # fmt: skip
def test_a_unit_becomes_the_standard_one(unit: str, value: float, standard: tuple[float, str]) -> None:
    conversion = UNITS[unit]
    converted = (value + float(conversion["shift"])) * float(conversion["factor"])
    assert (round(converted, 4), conversion["standard_unit"]) == standard


def test_units_are_in_upper_case_as_they_are_looked_up() -> None:
    assert all(unit == unit.upper() for unit in UNITS)
