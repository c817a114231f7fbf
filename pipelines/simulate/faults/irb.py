"""Faults in what the IRB approved and was told: periods of approval, versions of the protocol, deviations."""

from __future__ import annotations

from datetime import date, timedelta

from pipelines.simulate.faults.registry import Fault, Spot, consented_alone, plants
from pipelines.simulate.faults.subject import after_consent, main_consent
from pipelines.simulate.faults.visits import add_unscheduled
from pipelines.simulate.irb_records import (
    approvals_of,
    approved_until,
    report_deviation,
    versions_in_use,
    withdraw_report,
)
from pipelines.simulate.operational_records import add_deviation
from pipelines.simulate.site_records import Row, date_of
from pipelines.simulate.subject_course import CUTOFF, working_day_from


@plants("IRB-01", "VISITS", "CONSENT", suits=consented_alone)
def visit_before_approval(spot: Spot) -> list[Fault]:
    """A visit before the IRB approved the study, and so before activation and consent too."""
    before = spot.site.versions[0].approved - timedelta(days=spot.rng.randint(1, 9))
    row = add_unscheduled(spot, working_day_from(before, spot.site.country, -1))
    return [
        spot.fault("IRB-01", "VISDT", row, "a visit before the approval of the IRB"),
        spot.fault("SV-08", "VISDT", row, "follows from the visit before the approval of the IRB"),
        spot.fault("IC-02", "CONSENT", main_consent(spot), "follows from the visit before the approval of the IRB"),
    ]


def _newest_approval(spot: Spot) -> Row | None:
    """Return the newest approval of an open site, None where two are of that day."""
    if spot.site.closure is not None:
        return None
    *_, before, newest = sorted(approvals_of(spot.site), key=lambda row: row["approval_date"])
    return newest if before["approval_date"] < newest["approval_date"] else None


# These two change the site's documents alone, yet come after the faults of subjects, one of which may close the site.
@plants("IRB-02", "IRB", at_site=("IRB",))
def review_not_submitted(spot: Spot) -> list[Fault]:
    """Approval ends in some weeks, and no continuing review is submitted."""
    row, last = _newest_approval(spot), approved_until(spot.site).isoformat()
    ends = {approval["expiry_date"] for approval in approvals_of(spot.site)}
    if row is None or any(CUTOFF.isoformat() <= end < last for end in ends):
        return []
    end = (CUTOFF + timedelta(days=spot.rng.randint(10, 29))).isoformat()
    for approval in approvals_of(spot.site):
        if approval["expiry_date"] == last:
            approval["expiry_date"] = end
    return [Fault("IRB-02", "", "IRB", row, f"approval ends on {end}, and no review is submitted")]


@plants("IRB-05", "IRB", at_site=("IRB",))
def approval_lapsed(spot: Spot) -> list[Fault]:
    """Approval ended the day before the list was extracted."""
    row, end = _newest_approval(spot), CUTOFF - timedelta(days=1)
    if row is None:
        return []
    for approval in approvals_of(spot.site):
        approval["expiry_date"] = min(approval["expiry_date"], end.isoformat())
    return [
        Fault("IRB-05", "", "IRB", row, f"approval ended on {end}"),
        *(
            Fault("IRB-01", later["subjid"], source, later, "follows: approval of the IRB ends before")
            for source, column in (("VISDT", "visit_dt"), ("CONSENT", "consdt"))
            for later in spot.site.tables[source].rows
            if later[column] > end.isoformat()
        ),
    ]


def beyond_approval(spot: Spot, source: str, row: Row, day: date) -> list[Fault]:
    """Return what follows from a visit or consent of that day where the approval of the IRB ends before it."""
    if day <= approved_until(spot.site):
        return []
    return [spot.fault("IRB-01", source, row, "follows: approval of the IRB ends before")]


@plants("IRB-03", "VISITS")
def version_before_approval(spot: Spot) -> list[Fault]:
    """A visit under a version of the protocol that the IRB approved later, or never."""
    later = versions_in_use(spot.site)[1:]
    version = later[-1].protocol if later and spot.variant % 2 == 0 else "A4"
    row = spot.choose([
        row for row in spot.rows("VISDT")
        if row["protver"] and (version == "A4" or date_of(row, "visit_dt") < later[-1].approved)
    ])  # fmt: skip
    if row is None:
        return []
    row.update(protver=version, visitby="")  # nobody was trained on that version yet
    return [spot.fault("IRB-03", "VISDT", row, f"{row['instancename']} under version {version}")]


@plants("DV-03", "DV")
def deviation_reported_late(spot: Spot) -> list[Fault]:
    """An important deviation that the IRB was told of after twelve days, or not at all."""
    row = add_deviation(spot.site, spot.course, spot.rng, after_consent(spot, spot.course.screening))
    withdraw_report(spot.site, row)
    row["deemedimportant"] = "Y"
    if spot.variant % 2:
        return [spot.fault("DV-03", "DEVIATIONS", row, "important, and not reported to the IRB")]
    report_deviation(spot.site, row, 12)
    return [spot.fault("DV-03", "DEVIATIONS", row, "important, and reported to the IRB after twelve days")]
