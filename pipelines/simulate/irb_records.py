"""Writes what a site submitted to its IRB and what that decided; approval is in force from before activation on."""

from __future__ import annotations

from datetime import date, timedelta

from pipelines.simulate.amendments import StudyVersion
from pipelines.simulate.site_records import Row, SiteRecords, date_of
from pipelines.simulate.subject_course import CUTOFF

_APPROVALS = ("INITIAL", "AMENDMENT", "CONTINUING REVIEW")
_YEAR = timedelta(days=365)
# No review is due in so many days, neither at the cut-off nor at the closure of a site.
_AHEAD = timedelta(days=45)


def versions_in_use(site: SiteRecords) -> tuple[StudyVersion, ...]:
    """Return the versions that were approved before the site was closed."""
    return tuple(version for version in site.versions if site.closure is None or version.approved <= site.closure)


def record_irb(site: SiteRecords) -> None:
    """Append the site's submissions: the study, a review a year, amendments, and the closure of a closed site."""
    first, *amendments = versions_in_use(site)
    expiry = first.approved + _YEAR
    periods = [(first.approved, expiry)]
    _add_approval(site, "INITIAL", first.submitted, first.approved, expiry, first.protocol)
    while expiry < (site.closure or CUTOFF) + _AHEAD:
        approved = expiry - timedelta(days=50)
        current = [version.protocol for version in versions_in_use(site) if version.approved <= approved]
        expiry += _YEAR
        periods.append((approved, expiry))
        _add_approval(site, "CONTINUING REVIEW", approved - timedelta(days=25), approved, expiry, current[-1])
    for version in amendments:
        # An amendment is approved for as long as the study is.
        until = [end for start, end in periods if start <= version.approved][-1]
        _add_approval(site, "AMENDMENT", version.submitted, version.approved, until, version.protocol)
    if site.closure is not None:
        day = min(site.closure + timedelta(days=5), CUTOFF)
        _add(site, "CLOSURE", submission_date=day, decision="ACKNOWLEDGED")


def approvals_of(site: SiteRecords) -> list[Row]:
    """Return the approvals that allow the study at the site."""
    return [row for row in site.tables["IRB"].rows if row["submission_type"] in _APPROVALS]


def approved_until(site: SiteRecords) -> date:
    """Return the last day on which an approval is in force."""
    return max(date_of(row, "expiry_date") for row in approvals_of(site))


def report_deviation(site: SiteRecords, deviation: Row, days: int) -> None:
    """Append the report of a deviation, so many days after the site learnt of it; none while that lies ahead."""
    day = date_of(deviation, "discovereddate") + timedelta(days=days)
    if day <= CUTOFF:
        _add(
            site, "DEVIATION", submission_date=day, decision="ACKNOWLEDGED", refers_to=deviation["deviationid"],
        )  # fmt: skip


def withdraw_report(site: SiteRecords, deviation: Row) -> None:
    """Take the report of a deviation away."""
    rows = site.tables["IRB"].rows
    rows[:] = [row for row in rows if row["refers_to"] != deviation["deviationid"]]


def _add_approval(site: SiteRecords, kind: str, submitted: date, approved: date, expiry: date, version: str) -> None:
    _add(
        site, kind, submission_date=submitted, decision="APPROVED", approval_date=approved, expiry_date=expiry,
        protocol_version=version,
    )  # fmt: skip


def _add(site: SiteRecords, kind: str, **values: object) -> None:
    site.add("IRB", submission_id=f"IRB-{site.next_record()}", submission_type=kind, **values)
