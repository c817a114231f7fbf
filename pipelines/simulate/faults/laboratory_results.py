"""Faults in laboratory results: what was reported, its conversion, unit, specimen and date, and tests not done."""

from __future__ import annotations

from datetime import timedelta

from pipelines.simulate.faults.deaths import TOUCHED_BY_DEATH, can_die, let_die
from pipelines.simulate.faults.registry import Fault, Spot, plants
from pipelines.simulate.faults.subject import main_consent
from pipelines.simulate.site_records import Row, date_of

# Of a whole result, what is blank where the test was not done.
_RESULT = ("orres", "orresu", "siresc", "siresn", "siresu", "lbnrind_nsv", "lbclsig")
# A sample of another day than the visit's others is of a panel of its own: one panel of a visit has one date.
_OWN_PANEL = "SINGLE TEST"


def numeric_results(spot: Spot, *codes: str) -> list[Row]:
    """Return the subject's numeric results as reported, of all tests or of some."""
    return [
        row
        for row in spot.rows("LB")
        if row["siresn"] and row["orres"] == row["siresn"] and (not codes or row["lbtstcd"] in codes)
    ]


def _scale(row: Row, factor: float) -> None:
    """Multiply a result, which then is outside the range and of no clinical significance."""
    number = f"{float(row['siresn']) * factor:g}"
    row.update(dict.fromkeys(("orres", "siresc", "siresn"), number))
    row.update(lbnrind_nsv="HIGH" if factor > 1 else "LOW", lbclsig="N")


def _plant(spot: Spot, check_id: str, rows: list[Row], detail: str, **values: str) -> list[Fault]:
    """Set items of one of the results."""
    row = spot.choose(rows)
    if row is None:
        return []
    row.update(values)
    return [spot.fault(check_id, "LB", row, f"{row['lbtstcd']}: {detail}")]


@plants("LB-02", "LB")
def result_not_converted(spot: Spot) -> list[Fault]:
    """A result below the limit of quantification without a standard result."""
    values = {"orres": "<1", "siresc": "", "siresn": "", "lbclsig": ""}
    return _plant(spot, "LB-02", numeric_results(spot), "no standard result", **values)


@plants("LB-04", "LB")
def result_in_the_other_unit(spot: Spot) -> list[Fault]:
    """A glucose in mg/dL, labelled mmol/L."""
    row = spot.choose(numeric_results(spot, "GLUC"))
    if row is None:
        return []
    _scale(row, 18)
    return [spot.fault("LB-04", "LB", row, "glucose in mg/dL, labelled mmol/L")]


@plants("LB-05", "LB")
def result_in_words(spot: Spot) -> list[Fault]:
    """A word in place of a number."""
    values = {"orres": "hemolyzed", "siresc": "hemolyzed", "siresn": "", "lbclsig": ""}
    return _plant(spot, "LB-05", numeric_results(spot, "K", "SODIUM", "AST"), "no number", **values)


@plants("LB-06", "LB", *TOUCHED_BY_DEATH, suits=can_die)
def sample_after_death(spot: Spot) -> list[Fault]:
    """A sample of the last visit is dated two days after death."""
    visits = [row["visnum"] for row in numeric_results(spot)]
    row = spot.choose([row for row in numeric_results(spot) if row["visnum"] == visits[-1]])
    if row is None:
        return []
    row.update(lb_dt=(let_die(spot).day + timedelta(days=2)).isoformat(), battrnam=_OWN_PANEL)
    return [spot.fault("LB-06", "LB", row, "two days after death")]


@plants("LB-07", "LB")
def significance_not_assessed(spot: Spot) -> list[Fault]:
    """A result outside the range of which is not said whether it is of clinical significance."""
    rows = [row for row in numeric_results(spot) if row["lbclsig"] == "N"]
    return _plant(spot, "LB-07", rows, "outside the range and not assessed", lbclsig="")


@plants("LB-08", "LB", "AE", "MH", "CONSENT", suits=lambda course: course.consent.signed < course.screening)
def significant_without_event(spot: Spot) -> list[Fault]:
    """A screening result of clinical significance; all events of the subject begin with treatment or later."""
    if not all(row["aestdat_dd_nsv"] for row in spot.rows("AE")):  # a partial date may be that of the sample
        return []
    consent = main_consent(spot)["consdt"]
    rows = [row for row in numeric_results(spot) if row["visnum"] == "1" and row["lb_dt"] > consent]
    if rows:  # a condition that goes on would explain it
        history = spot.site.tables["MH"].rows
        history[:] = [row for row in history if row["subjid"] != spot.course.subject]
    return _plant(spot, "LB-08", rows, "significant, without an event", lbclsig="Y")


@plants("LB-09", "LB")
def two_results_of_one_sample(spot: Spot) -> list[Fault]:
    """A second, slightly higher result of the same test of the same sample."""
    rows = [
        row for row in numeric_results(spot) if float(row["siresn"]) + 1 < float(row["sinrhi"]) and not row["lbclsig"]
    ]
    first = spot.choose(rows)
    if first is None:
        return []
    number = f"{first['orres']}{'5' if '.' in first['orres'] else '.5'}"
    second = {**first, **dict.fromkeys(("orres", "siresc", "siresn"), number)}
    spot.site.tables["LB"].rows.append(second)
    return [spot.fault("LB-09", "LB", second, f"{first['lbtstcd']}: {first['orres']} and {number}")]


@plants("LB-10", "LB")
def decimal_place_shifted(spot: Spot) -> list[Fault]:
    """A sodium ten times as high, or a tenth, of the subject's others."""
    rows = numeric_results(spot, "SODIUM")
    row = spot.choose(rows)
    if row is None or len(rows) < 4:
        return []
    _scale(row, 0.1 if spot.variant % 2 else 10)
    return [spot.fault("LB-10", "LB", row, f"sodium is {row['orres']}")]


@plants("LB-11", "LB")
def no_original_unit(spot: Spot) -> list[Fault]:
    """A numeric result without an original unit."""
    rows = [row for row in numeric_results(spot) if row["orresu"]]
    return _plant(spot, "LB-11", rows, "no original unit", orresu="")


@plants("LB-12", "LB")
def limits_exchanged(spot: Spot) -> list[Fault]:
    """The reference limits in each other's field, or the lower one in both."""
    row = spot.choose([row for row in numeric_results(spot) if row["sinrlo"] and row["sinrhi"]])
    if row is None:
        return []
    row["sinrlo"], row["sinrhi"] = row["sinrlo"] if spot.variant % 2 else row["sinrhi"], row["sinrlo"]
    row["lbclsig"] = "N"  # the result is outside such a range
    return [spot.fault("LB-12", "LB", row, f"range {row['sinrlo']} to {row['sinrhi']}")]


@plants("LB-13", "LB")
def sample_out_of_visit_order(spot: Spot) -> list[Fault]:
    """One sample is dated two days before those of the visit that precedes it."""
    days = {row["visnum"]: row["lb_dt"] for row in numeric_results(spot)}
    visits = list(days)
    if len(visits) < 3:
        return []
    row = spot.rng.choice([row for row in numeric_results(spot) if row["visnum"] == visits[-1]])
    previous = date_of({"day": days[visits[-2]]}, "day")
    row.update(lb_dt=(previous - timedelta(days=2)).isoformat(), battrnam=_OWN_PANEL)
    return [spot.fault("LB-13", "LB", row, "dated before the sample of the visit that precedes it")]


@plants("LB-14", "LB")
def bounded_result_without_number(spot: Spot) -> list[Fault]:
    """A result below the limit of quantification without a numeric standard result."""
    values = {"orres": "<1", "siresc": "<1", "siresn": "", "lbclsig": ""}
    return _plant(spot, "LB-14", numeric_results(spot), "no numeric standard result", **values)


@plants("LB-15", "LB")
def sample_without_month(spot: Spot) -> list[Fault]:
    """A sample date with year and day, and no month: no date in the agreed form either."""
    if any("---" in row["lb_dt"] for row in spot.site.tables["LB"].rows):
        return []
    row = spot.choose(numeric_results(spot))
    if row is None:
        return []
    row["lb_dt"] = f"{row['lb_dt'][:4]}---{row['lb_dt'][8:]}"
    return [
        spot.fault("LB-15", "LB", row, f"sample date {row['lb_dt']}"),
        Fault("X-09", "", "LB", row, "follows: the date cannot be read"),
    ]


@plants("LB-16", "LB")
def no_specimen(spot: Spot) -> list[Fault]:
    """A result without its specimen."""
    return _plant(spot, "LB-16", numeric_results(spot), "no specimen", lbspec="")


@plants("DM-10", "LB", suits=lambda course: course.sex == "M")
def pregnancy_test_of_a_man(spot: Spot) -> list[Fault]:
    """A pregnancy test of a subject who is a man."""
    first = next((row for row in spot.rows("LB") if row["lbtstcd"] == "PROT"), None)
    if first is None:
        return []
    row = {**first, "battrnam": "PREGNANCY", "lbtstcd": "HCG", "lbtstnam": "Choriogonadotropin Beta"}
    spot.site.tables["LB"].rows.append(row)
    return [spot.fault("DM-10", "LB", row, "pregnancy test of a man")]


@plants("X-04", "LB")
def not_done_with_result(spot: Spot) -> list[Fault]:
    """A test that is marked as not done, and has a result."""
    values = {"lbstat": "NOT DONE", "lbreasnd": "Sample clotted"}
    return _plant(spot, "X-04", numeric_results(spot), "not done, and has a result", **values)


@plants("X-05", "LB")
def not_done_without_reason(spot: Spot) -> list[Fault]:
    """Two tests that were not done, one with a reason and one without."""
    rows = numeric_results(spot)
    if len(rows) < 2:
        return []
    for row in spot.rng.sample(rows, 2):
        row.update(dict.fromkeys(_RESULT, ""), lbstat="NOT DONE", lbreasnd="Sample clotted")
    row["lbreasnd"] = ""
    return [spot.fault("X-05", "LB", row, f"{row['lbtstcd']}: not done, without a reason")]
