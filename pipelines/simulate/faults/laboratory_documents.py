"""Faults in the certificates and normal ranges of laboratories, beside the samples that they tested."""

from __future__ import annotations

from datetime import date, timedelta

from pipelines.simulate.faults.laboratory_results import numeric_results
from pipelines.simulate.faults.registry import Fault, Spot, plants
from pipelines.simulate.site_records import Row, date_of

# So far apart that no fault in the date of a sample brings one of another subject to the same day.
_ALONE = timedelta(days=3)
_DAY = timedelta(days=1)


def _results_of_a_day_alone(spot: Spot, *codes: str) -> list[Row]:
    """Return results of the subject, of all tests or of some, of days on which no other subject gave a sample."""
    others = {row["lb_dt"] for row in spot.site.tables["LB"].rows if row["subjid"] != spot.course.subject}

    def is_alone(day: date) -> bool:
        around = (day + timedelta(days=shift) for shift in range(-_ALONE.days, _ALONE.days + 1))
        return not any(near.isoformat() in others for near in around)

    return [row for row in numeric_results(spot, *codes) if is_alone(date_of(row, "lb_dt"))]


def _leave_out(rows: list[Row], first: str, last: str, day: date) -> None:
    """Date two spans, one behind the other, so that the day between them is in neither."""
    for earlier, later in zip(rows[::2], rows[1::2], strict=True):
        earlier[last], later[first] = (day - _DAY).isoformat(), (day + _DAY).isoformat()


@plants("LAB-01", "LB", at_site=("LAB_CERT certificates",))
def day_without_certificate(spot: Spot) -> list[Fault]:
    """Between two certificates lies a day on which samples of one subject were tested."""
    chosen = spot.choose(_results_of_a_day_alone(spot))
    if chosen is None:
        return []
    laboratory, day = chosen["labname"], date_of(chosen, "lb_dt")
    table = spot.site.tables["LAB_CERT"].rows
    certificates = [row for row in table if row["laboratory"] == laboratory and row["certificate_type"] == "ISO15189"]
    _leave_out(certificates, "issue_date", "expiry_date", day)
    first = next(row for row in spot.rows("LB") if row["labname"] == laboratory and row["lb_dt"] == day.isoformat())
    return [Fault("LAB-01", "", "LB", first, f"{laboratory} had no certificate on {day}")]


@plants("LAB-02", "LB")
def test_without_range(spot: Spot) -> list[Fault]:
    """A test that the laboratory made once, and for which it gave no range."""
    first = spot.choose(numeric_results(spot, "ALT"))
    if first is None:
        return []
    row = {**first, "lbtstcd": "GGT", "lbtstnam": "Gamma Glutamyl Transferase"}
    spot.site.tables["LB"].rows.append(row)
    return [Fault("LAB-02", "", "LB", row, f"{row['labname']} gave no range of GGT")]


@plants("LAB-03", "LB", at_site=("LAB_CERT ranges",))
def range_not_in_force(spot: Spot) -> list[Fault]:
    """A result with another upper limit than the range has, or one of a day that is in no range."""
    codes = ("ALT", "AST", "SODIUM")
    if spot.variant % 2 == 0:
        row = spot.choose(numeric_results(spot, *codes))
        if row is None:
            return []
        row["lbornrhi"] = f"{float(row['lbornrhi']) + 5:g}"
        return [spot.fault("LAB-03", "LB", row, f"{row['lbtstcd']}: upper limit {row['lbornrhi']}")]
    row = spot.choose(_results_of_a_day_alone(spot, *codes))
    if row is None:
        return []
    ranges = [other for other in spot.site.tables["LAB_CERT"].rows if other["testcd"] == row["lbtstcd"]]
    _leave_out(ranges, "effective_date", "end_date", date_of(row, "lb_dt"))
    return [spot.fault("LAB-03", "LB", row, f"{row['lbtstcd']}: no range on {row['lb_dt']}")]
