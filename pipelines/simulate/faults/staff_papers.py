"""Faults in the papers of staff: CVs, licences, financial disclosures, Forms FDA 1572."""

from __future__ import annotations

from datetime import timedelta

from pipelines.simulate.faults.registry import Fault, Spot, plants
from pipelines.simulate.site_records import date_of
from pipelines.simulate.staff_records import StaffRecords, hire
from pipelines.simulate.subject_course import CUTOFF


def _each_delegation(check_id: str, staff: StaffRecords, detail: str) -> list[Fault]:
    return [Fault(check_id, "", "DELEGATION", row, detail) for row in staff.delegations.values()]


@plants("DOA-06")
def cv_after_start(spot: Spot) -> list[Fault]:
    """A sub-investigator whose CV was signed after the work was delegated."""
    staff = hire(spot.site, "SUB-I")
    days = spot.rng.randint(1, 40)
    cv = staff.papers["CV"]
    cv["sign_date"] = (date_of(next(iter(staff.delegations.values())), "start_date") + timedelta(days=days)).isoformat()
    return _each_delegation("DOA-06", staff, f"CV signed {days} days after the start")


@plants("CV-01")
def cv_not_signed(spot: Spot) -> list[Fault]:
    """A sub-investigator without a CV, or with one that is not signed."""
    if spot.site.closure:  # where no delegation is open
        return []
    staff = hire(spot.site, "SUB-I")
    if spot.variant % 2:
        staff.papers["CV"]["sign_date"] = ""
        detail = "the CV is not signed"
    else:
        spot.site.tables["CREDENTIAL"].rows.remove(staff.papers["CV"])
        detail = "no CV"
    first = next(iter(staff.delegations.values()))
    return [
        Fault("CV-01", "", "DELEGATION", first, detail),
        *_each_delegation("DOA-06", staff, f"follows: {detail}"),
    ]


@plants("CV-03")
def cv_is_old(spot: Spot) -> list[Fault]:
    """A sub-investigator whose CV is more than two years old."""
    if spot.site.closure:
        return []
    staff = hire(spot.site, "SUB-I")
    days = spot.rng.randint(740, 1100)
    staff.papers["CV"]["sign_date"] = (CUTOFF - timedelta(days=days)).isoformat()
    return [Fault("CV-03", "", "DELEGATION", next(iter(staff.delegations.values())), f"the CV is {days} days old")]


@plants("CV-02")
def licence_lapsed(spot: Spot) -> list[Fault]:
    """A nurse who gives doses without a licence, or whose licence lapsed, and was renewed some days later."""
    staff = hire(spot.site, "NURSE")
    licence = staff.papers["LICENCE"]
    lapsed = date_of(staff.delegations["DOSING"], "start_date") + timedelta(days=spot.rng.randint(20, 60))
    detail = f"the licence ended on {lapsed.isoformat()}"
    if spot.variant % 3 == 2:
        spot.site.tables["CREDENTIAL"].rows.remove(licence)
        detail = "no licence"
    else:
        licence["expiry_date"] = lapsed.isoformat()
        if spot.variant % 3 == 1:
            renewed = {**licence, "credential_id": f"C-{spot.site.next_record()}", "expiry_date": ""}
            renewed["issue_date"] = (lapsed + timedelta(days=5)).isoformat()
            spot.site.tables["CREDENTIAL"].rows.append(renewed)
            detail += ", the next began five days later"
    faults = [Fault("CV-02", "", "DELEGATION", next(iter(staff.delegations.values())), detail)]
    # At a closed site nobody is asked to renew anything.
    if spot.variant % 3 == 0 and spot.site.closure is None:
        faults.append(Fault("ESD-02", "", "CREDENTIAL", licence, "follows: expired, and not renewed"))
    return faults


@plants("FD-01")
def disclosure_missing(spot: Spot) -> list[Fault]:
    """A sub-investigator on the Form FDA 1572 without a financial disclosure, or with a late one."""
    staff = hire(spot.site, "SUB-I")
    disclosure = staff.papers["FINANCIAL DISCLOSURE"]
    if spot.variant % 2:
        start = date_of(next(iter(staff.delegations.values())), "start_date")
        disclosure["sign_date"] = (start + timedelta(days=15)).isoformat()
        detail = "disclosure 15 days after the start"
    else:
        spot.site.tables["CREDENTIAL"].rows.remove(disclosure)
        detail = "no disclosure"
    return [Fault("FD-01", "", "CREDENTIAL", staff.papers["FORM 1572"], detail)]


@plants("FDA-01")
def not_on_form(spot: Spot) -> list[Fault]:
    """A sub-investigator whom no Form FDA 1572 lists, or one that was signed weeks after the start."""
    staff = hire(spot.site, "SUB-I")
    form = staff.papers["FORM 1572"]
    if spot.variant % 2:
        days = spot.rng.randint(31, 60)
        start = date_of(next(iter(staff.delegations.values())), "start_date")
        form["sign_date"] = (start + timedelta(days=days)).isoformat()
        return _each_delegation("FDA-01", staff, f"on a form of {days} days after the start")
    spot.site.tables["CREDENTIAL"].rows.remove(form)
    return _each_delegation("FDA-01", staff, "on no form")


@plants("FDA-02", at_site=("INVESTIGATOR",))
def new_investigator_signed_late(spot: Spot) -> list[Fault]:
    """A principal investigator who began some days before signing the Form FDA 1572."""
    site = spot.site
    row, investigator = site.tables["SITE"].rows[0], site.hospital.investigator.person_id
    signed = next(
        date_of(paper, "sign_date")
        for paper in site.tables["CREDENTIAL"].rows
        if paper["person"] == investigator and paper["credential_type"] == "FORM 1572"
    )
    days = spot.rng.randint(1, 20)
    row["pi_start_dt"] = (signed - timedelta(days=days)).isoformat()
    row["previous_pi_number"] = site.hospital.previous_investigator
    return [Fault("FDA-02", "", "SITE", row, f"the form was signed {days} days after the change")]
