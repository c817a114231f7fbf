"""Faults in the site file: records missing, late, filed twice, not certified, run out or destroyed too early."""

from __future__ import annotations

from datetime import date, timedelta

from pipelines.simulate.faults.registry import Fault, Spot, plants
from pipelines.simulate.laboratory_document_records import add_certificate
from pipelines.simulate.site_file_records import BROCHURE, file_record, submit_brochure
from pipelines.simulate.site_records import Row, date_of
from pipelines.simulate.staff_records import hire
from pipelines.simulate.subject_course import CUTOFF

# Records of which the index has one entry, and that no other fault takes: what goes missing, and what is filed twice.
_MISSED = ("04.01.03", "05.02.02", "05.02.12", "05.02.18")
_DOUBLED = ("02.01.02", "04.01.01", "05.03.03")


def _entry(spot: Spot, artifact_numbers: tuple[str, ...]) -> Row | None:
    """Return an entry of the index of one of these artifacts."""
    rows = spot.site.tables["ISF_INDEX"].rows
    return spot.choose([row for row in rows if row["artifact_number"] in artifact_numbers])


def _last_day(spot: Spot) -> date:
    """Return the day up to which the site was open."""
    return spot.site.closure or CUTOFF


@plants("ESD-01", at_site=("ISF_INDEX expected",))
def record_not_on_file(spot: Spot) -> list[Fault]:
    """A record that is expected before the start is missing, a draft, or was filed after it."""
    row = _entry(spot, _MISSED)
    if row is None:
        return []
    detail = (f"{row['artifact']} is missing", f"{row['artifact']} is a draft", f"{row['artifact']} was filed late")
    if spot.variant % 3 == 0:
        rows = spot.site.tables["ISF_INDEX"].rows
        rows[:] = [other for other in rows if other is not row]
    elif spot.variant % 3 == 1:
        row["status"] = "DRAFT"
    else:
        row["received_date"] = (spot.site.activation + timedelta(days=1)).isoformat()
    return [Fault("ESD-01", "", "ISF_INDEX", None, detail[spot.variant % 3])]


@plants("ESD-02")
def record_runs_out(spot: Spot) -> list[Fault]:
    """At an open site, a licence, agreement or certificate without a successor that has run out, or will in 90 days."""
    if spot.site.closure is not None:
        return []
    if spot.variant % 3 == 0:
        source, row = "CREDENTIAL", hire(spot.site, "NURSE").papers["LICENCE"]
        row["expiry_date"] = (CUTOFF + timedelta(days=spot.rng.randint(0, 29))).isoformat()
    elif spot.variant % 3 == 1:
        source, last = "ISF_INDEX", CUTOFF - timedelta(days=spot.rng.randint(1, 20))
        filed = spot.site.activation - timedelta(days=10)
        row = file_record(spot.site, "05.02.14", "Other Financial Agreement", filed, expires=last)
    else:
        source, last = "LAB_CERT", CUTOFF + timedelta(days=spot.rng.randint(30, 89))
        laboratory = spot.site.tables["LAB_CERT"].rows[0]["laboratory"]
        row = add_certificate(spot.site, laboratory, "NATIONAL EQA", CUTOFF, last)
    return [Fault("ESD-02", "", source, row, f"runs out on {row['expiry_date']}")]


@plants("ESD-03", at_site=("ISF_INDEX doubled",))
def record_filed_twice(spot: Spot) -> list[Fault]:
    """The same content, or another scan of the same record, is filed once more some days later."""
    first = _entry(spot, _DOUBLED)
    if first is None:
        return []
    filed = (date_of(first, "received_date") + timedelta(days=4)).isoformat()
    second = {**first, "document_id": f"ISF-{spot.site.next_record()}", "received_date": filed}
    if spot.variant % 2:
        second["file_hash"] = first["file_hash"][::-1]
    else:
        second["document_date"] = filed
    spot.site.tables["ISF_INDEX"].rows.append(second)
    return [Fault("ESD-03", "", "ISF_INDEX", second, f"{first['artifact']} is filed twice")]


@plants("ESD-04")
def copy_not_certified(spot: Spot) -> list[Fault]:
    """A copy that replaces the original, certified on no day or by nobody."""
    filed = spot.site.activation + timedelta(days=20)
    row = file_record(spot.site, "05.05.01", "Relevant Communications", filed)
    row.update(is_copy="Y", original_kept="N")
    if spot.variant % 2:
        row["certified_date"] = filed.isoformat()
    else:
        row["certified_by"] = spot.site.hospital.investigator.person_id
    return [Fault("ESD-04", "", "ISF_INDEX", row, "copy in place of the original, not certified")]


@plants("RET-01", at_site=("SITE retention",))
def records_not_kept(spot: Spot) -> list[Fault]:
    """A closed site without an end of retention, with one that is near, or that destroyed a record before it."""
    master = spot.site.tables["SITE"].rows[0]
    if spot.site.closure is None:
        return []
    if spot.variant % 3 == 0:
        master["retention_end_dt"] = ""
        return [Fault("RET-01", "", "SITE", master, "no end of retention")]
    if spot.variant % 3 == 1:
        master["retention_end_dt"] = (CUTOFF + timedelta(days=spot.rng.randint(1, 180))).isoformat()
        return [Fault("RET-01", "", "SITE", master, f"undecided what comes after {master['retention_end_dt']}")]
    row = file_record(spot.site, "05.05.01", "Relevant Communications", spot.site.activation + timedelta(days=9))
    row["destruction_date"] = CUTOFF.isoformat()
    return [Fault("RET-01", "", "ISF_INDEX", row, "destroyed before the end of retention")]


@plants("IRB-06")
def brochure_not_submitted(spot: Spot) -> list[Fault]:
    """A version of the brochure that was submitted to the IRB after more than 30 days, or not at all."""
    received = _last_day(spot) - timedelta(days=spot.rng.randint(50, 70))
    row = file_record(spot.site, *BROCHURE, received, version="11.0")
    if spot.variant % 2:
        submit_brochure(spot.site, "11.0", received + timedelta(days=31))
    return [Fault("IRB-06", "", "ISF_INDEX", row, f"brochure 11.0, received on {received}, not submitted in time")]
