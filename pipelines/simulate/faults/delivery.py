"""Faults in files as a whole: columns, types, emptiness, and records that belong to nobody."""

from __future__ import annotations

from pipelines.simulate.faults.registry import Fault, Spot, plants
from pipelines.simulate.operational_records import add_deviation, add_page, add_query
from pipelines.simulate.subject_course import CUTOFF


@plants("X-01")
def nobody(spot: Spot) -> list[Fault]:
    """A record of a subject that demographics do not have, where no other check looks at it."""
    site, rng = spot.site, spot.rng
    unknown = f"{site.site}9{rng.randint(10, 99)}"
    if any(course.subject == unknown for course in site.courses):
        return []
    if spot.variant % 3 == 0:
        row = add_query(site, spot.course, rng, "Cancelled", CUTOFF, None, CUTOFF, subject=unknown)
        return [Fault("X-01", unknown, "QUERIES", row, "query of an unknown subject")]
    if spot.variant % 3 == 1:
        row = add_page(site, unknown, spot.course.visits[0], "Vital Signs", 1)
        return [Fault("X-01", unknown, "DATA_PAGES", row, "page of an unknown subject")]
    row = add_deviation(site, spot.course, rng, spot.course.screening)
    row["subjectenrollmentnumber"] = ""
    return [Fault("X-01", "", "DEVIATIONS", row, "deviation without a subject")]


@plants("X-08")
def header_only(spot: Spot) -> list[Fault]:
    """A file with a header and no rows."""
    source = "DATA_POINTS"  # of all files the one whose rows nothing but its own checks needs
    table = spot.site.tables[source]
    if not table.rows:
        return []
    table.rows.clear()
    return [Fault("X-08", "", source, None, f"{source}.csv has a header and no rows")]


@plants("X-09")
def layout_broken(spot: Spot) -> list[Fault]:
    """A column too many or too few, or values that are no date or number."""
    return (_new_column, _not_a_date, _column_missing, _not_a_number)[spot.variant % 4](spot)


def _new_column(spot: Spot) -> list[Fault]:
    table = spot.site.tables["DATA_PAGES"]
    table.columns.append("cra_comment")
    for row in table.rows[:3]:
        row["cra_comment"] = "seen at the site"
    return [Fault("X-09", "", "DATA_PAGES", None, "new column cra_comment")]


def _column_missing(spot: Spot) -> list[Fault]:
    spot.site.tables["DM"].columns.remove("raceoth")
    return [Fault("X-09", "", "DM", None, "optional column raceoth is missing")]


def _not_a_date(spot: Spot) -> list[Fault]:
    row = spot.choose(spot.site.tables["DATA_POINTS"].rows)
    if row is None:
        return []
    row["visit_date"] = "31/02/2025"
    return [Fault("X-09", "", "DATA_POINTS", row, "visit_date is 31/02/2025")]


def _not_a_number(spot: Spot) -> list[Fault]:
    row = spot.choose(spot.site.tables["DATA_POINTS"].rows)
    if row is None:
        return []
    row["n_changes"] = "1,5"
    return [Fault("X-09", "", "DATA_POINTS", row, "n_changes is 1,5")]
