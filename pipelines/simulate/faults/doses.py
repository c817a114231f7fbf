"""Faults in dosing records; most are in a dose that is neither first nor last, so that nothing is counted from it."""

from __future__ import annotations

from datetime import date, timedelta

from pipelines.simulate.faults.deaths import TOUCHED_BY_DEATH, can_die, let_die
from pipelines.simulate.faults.pharmacy import dispensing_of
from pipelines.simulate.faults.registry import Fault, Spot, consented_alone, enrolled, plants
from pipelines.simulate.faults.subject import main_consent
from pipelines.simulate.operational_records import add_deviation
from pipelines.simulate.site_records import Row, date_of
from pipelines.simulate.subject_course import Course


def on_active_drug(course: Course) -> bool:
    """Whether the subject was randomised to the drug."""
    return course.enrolled and not course.placebo


def inner_doses(spot: Spot) -> list[Row]:
    """Return the doses that were given, without the first and the last two."""
    return [row for row in spot.rows("EX")[1:-2] if row["experf"] == "Y"]


def _change(spot: Spot, **values: str) -> Row | None:
    """Set items of one inner dose, and return it."""
    row = spot.choose(inner_doses(spot))
    if row is not None:
        row.update(values)
    return row


def _plant(spot: Spot, check_id: str, detail: str, **values: str) -> list[Fault]:
    row = _change(spot, **values)
    return [] if row is None else [spot.fault(check_id, "EX", row, detail)]


def _explain(spot: Spot, day: date) -> None:
    """Enter a dosing deviation, so that no finding says that it is missing."""
    row = add_deviation(spot.site, spot.course, spot.rng, day)
    row.update(deviation="Dose differs from the protocol", companycategory="STUDY DRUG")


def _dummy_dose(spot: Spot, day: date) -> Row:
    """Append a dose of the dummy, which counts neither as first nor as last dose, and comes from no kit."""
    row = {
        **spot.rows("EX")[0],
        "recordid": spot.site.next_record(), "extrt": "DOUBLE DUMMY", "exdose": "0", "experf": "Y",
        "exst_dt": day.isoformat(), "exen_dt": day.isoformat(), "kitno": "", "unitstaken": "0",
    }  # fmt: skip
    spot.site.tables["EX"].rows.append(row)
    return row


@plants("EX-02", "EX", suits=on_active_drug)
def given_dose_marked_not_given(spot: Spot) -> list[Fault]:
    """A dose of 100 mg, marked as not given."""
    return _plant(spot, "EX-02", "100 mg, marked as not given", experf="N")


@plants("EX-03", "EX", suits=enrolled)
def dose_entered_twice(spot: Spot) -> list[Fault]:
    """A dose is entered again on another page."""
    first = spot.choose(inner_doses(spot))
    if first is None:
        return []
    second = {**first, "recordid": spot.site.next_record(), "kitno": "", "unitstaken": "0"}
    spot.site.tables["EX"].rows.append(second)
    return [spot.fault("EX-03", "EX", second, "entered on two pages")]


@plants("EX-04", "EX", "RAND", "DV", suits=enrolled)
def dose_before_randomisation(spot: Spot) -> list[Fault]:
    """Randomisation is dated two days after the first dose; the deviation log says so."""
    doses = spot.rows("EX")
    lists = spot.rows("IXRSRAND")
    if not doses or len(lists) != 1:
        return []
    first = date_of(doses[0], "exst_dt")
    lists[0]["rand_dt"] = f"{first + timedelta(days=2)}{lists[0]['rand_dt'][10:]}"
    _explain(spot, first)
    return [spot.fault("EX-04", "EX", doses[0], "two days before randomisation")]


@plants("EX-05", "EX", "DV", suits=on_active_drug)
def dose_of_another_level(spot: Spot) -> list[Fault]:
    """A dose of 150 mg where the protocol has 100 mg; the deviation log says so."""
    row = _change(spot, exdose="150")
    if row is None:
        return []
    _explain(spot, date_of(row, "exst_dt"))
    return [spot.fault("EX-05", "EX", row, "150 mg is no level of the protocol")]


@plants("EX-06", "EX", *TOUCHED_BY_DEATH, suits=can_die)
def dose_after_death(spot: Spot) -> list[Fault]:
    """A dose of the dummy two days after death."""
    if not spot.rows("EX"):
        return []
    row = _dummy_dose(spot, let_die(spot).day + timedelta(days=2))
    return [spot.fault("EX-06", "EX", row, "two days after death")]


@plants("EX-07", "EX", suits=enrolled)
def dose_without_unit(spot: Spot) -> list[Fault]:
    """The unit of a dose is blank."""
    return _plant(spot, "EX-07", "unit is blank", exdosu="")


@plants("EX-09", "EX", suits=enrolled)
def dose_without_amount(spot: Spot) -> list[Fault]:
    """The amount of a dose is blank."""
    return _plant(spot, "EX-09", "dose is blank", exdose="")


@plants("EX-10", "EX", suits=enrolled)
def not_said_whether_given(spot: Spot) -> list[Fault]:
    """A dose of which is not said whether it was given."""
    return _plant(spot, "EX-10", "not said whether it was given", experf="")


@plants("EX-11", "EX", "DV", suits=enrolled)
def dose_of_nothing(spot: Spot) -> list[Fault]:
    """A given dose of 0, or a negative one of placebo; no level of the protocol either."""
    row = _change(spot, exdose="-1" if spot.course.placebo else "0")
    if row is None:
        return []
    _explain(spot, date_of(row, "exst_dt"))
    return [
        spot.fault("EX-11", "EX", row, f"a dose of {row['exdose']}"),
        spot.fault("EX-05", "EX", row, "follows: no level of the protocol"),
    ]


@plants("EX-12", "EX", suits=enrolled)
def dose_without_date(spot: Spot) -> list[Fault]:
    """The start of a given dose is blank."""
    return _plant(spot, "EX-12", "start is blank", exst_dt="")


@plants("EX-13", "EX", suits=enrolled)
def dose_without_visit(spot: Spot) -> list[Fault]:
    """The visit of a dose is blank."""
    return _plant(spot, "EX-13", "visit is blank", instancename="")


@plants("EX-14", "EX", "IP_LOG", suits=enrolled)
def dose_out_of_visit_order(spot: Spot) -> list[Fault]:
    """A dose starts two days before the one of the visit that precedes it."""
    doses = [row for row in spot.rows("EX") if row["experf"] == "Y"]
    if len(doses) < 5:
        return []
    index = spot.rng.randrange(2, len(doses) - 1)
    row = doses[index]
    row["exst_dt"] = (date_of(doses[index - 1], "exst_dt") - timedelta(days=2)).isoformat()
    dispensed = dispensing_of(spot.site, row["kitno"])
    return [
        spot.fault("EX-14", "EX", row, "starts before the dose of the visit that precedes it"),
        spot.fault("SRC-02", "IP_LOG", dispensed, "follows: its kit was dispensed at the visit"),
    ]


@plants("EX-15", "EX", suits=enrolled)
def infusion_over_weeks(spot: Spot) -> list[Fault]:
    """Tablets of some weeks are entered as an infusion."""
    return _plant(spot, "EX-15", "an infusion that ends days after it starts", exroute="INTRAVENOUS DRIP")


@plants("EX-16", "EX", suits=on_active_drug)
def dose_without_treatment(spot: Spot) -> list[Fault]:
    """The treatment of a dose is blank."""
    return _plant(spot, "EX-16", "treatment is blank", extrt="")


@plants("EX-17", "EX", "CONSENT", "DV", suits=lambda course: course.enrolled and consented_alone(course))
def dose_before_consent(spot: Spot) -> list[Fault]:
    """A dose of the dummy two days before consent, and so before randomisation too; the deviation log says so."""
    consent = main_consent(spot)
    if not spot.rows("EX") or not consent["consdt"]:
        return []
    signed = date_of(consent, "consdt")
    row = _dummy_dose(spot, signed - timedelta(days=2))
    _explain(spot, signed)
    return [
        spot.fault("EX-17", "EX", row, "two days before consent"),
        spot.fault("EX-04", "EX", row, "follows from the dose before consent"),
        spot.fault("IC-02", "CONSENT", consent, "follows from the dose before consent"),
    ]


@plants("DV-05", "EX", "DV", suits=on_active_drug)
def dose_without_deviation(spot: Spot) -> list[Fault]:
    """A dose of 50 mg, of which the deviation log knows nothing."""
    if any(row["companycategory"] == "STUDY DRUG" for row in spot.rows("DEVIATIONS")):
        return []
    row = _change(spot, exdose="50")
    if row is None:
        return []
    return [
        spot.fault("DV-05", "EX", row, "a dose of 50 mg is not in the deviation log"),
        spot.fault("EX-05", "EX", row, "50 mg is no level of the protocol"),
    ]
