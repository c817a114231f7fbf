"""Writes what a site keeps on its staff: list, delegation log, trainings, papers, accounts; all of it in order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from pipelines.simulate.hospitals import TASKS, Person, Role
from pipelines.simulate.site_records import Row, SiteRecords
from pipelines.simulate.subject_course import CUTOFF

_LICENSED: tuple[Role, ...] = ("PI", "SUB-I", "NURSE")
_LISTED_AS: dict[Role, str] = {"PI": "INVESTIGATOR", "SUB-I": "SUB-INVESTIGATOR"}
_SYSTEMS: dict[Role, str] = {"PI": "EDC", "SUB-I": "EDC", "CRC": "EDC", "PHARMACIST": "IWRS"}


@dataclass(frozen=True)
class StaffRecords:
    """All rows on one person: delegations by task, protocol trainings by version, papers by their type."""

    person: Row
    delegations: dict[str, Row]
    gcp: Row
    protocol_trainings: dict[str, Row]
    papers: dict[str, Row]
    account: Row | None
    system_training: Row | None


def record_staff(site: SiteRecords) -> None:
    """Append the rows of everybody who works at the site's hospital."""
    for person in site.hospital.staff:
        add_staff(site, person)


def hire(site: SiteRecords, role: Role, *, left: date | None = None) -> StaffRecords:
    """Append one more person, whose papers are in order and who does nothing that the site's records name."""
    number = len(site.tables["PERSON"].rows) + 1
    came = site.activation - timedelta(days=60)
    person = Person(f"H{site.hospital.number:04d}-{number}", f"Substitute {number}", role, came, left)
    return add_staff(site, person)


def add_staff(site: SiteRecords, person: Person) -> StaffRecords:
    """Append all rows on one person, who is delegated the tasks of the role and trained before."""
    start = max(site.activation - timedelta(days=20), person.came + timedelta(days=7))
    end = min((day for day in (person.left, site.closure) if day is not None), default=None)
    row = site.add(
        "PERSON", person_id=person.person_id, name=person.name, user_name=person.user_name, role=person.role,
        start_date=person.came, departure_date=person.left,
    )  # fmt: skip
    delegations = {
        task: site.add(
            "DELEGATION", delegation_id=f"D-{site.next_record()}", person=person.person_id, role=person.role, task=task,
            start_date=start, end_date=end, pi_sign_date=start, cancelled="N",
        )
        for task in TASKS[person.role]
    }  # fmt: skip
    gcp = _train(site, person, "GCP", "E6(R3)", start - timedelta(days=5))
    protocol_trainings = _train_on_protocol(site, person, start)
    account, system_training = _open_account(site, person, start, end)
    return StaffRecords(
        row, delegations, gcp, protocol_trainings, _file_papers(site, person, start), account, system_training
    )


def _train(site: SiteRecords, person: Person, course: str, version: str, day: date) -> Row:
    return site.add(
        "TRAINING", training_id=f"T-{site.next_record()}", person=person.person_id, course=course, version=version,
        completion_date=day,
    )  # fmt: skip


def _train_on_protocol(site: SiteRecords, person: Person, start: date) -> dict[str, Row]:
    """Train on the version in force at the start, and on each later one before the site goes over to it."""
    first = site.version_on(start)
    days = {first.protocol: start - timedelta(days=3)} | {
        version.protocol: version.effective - timedelta(days=1)
        for version in site.versions
        if start < version.effective and (person.left is None or version.effective <= person.left)
    }
    return {version: _train(site, person, "PROTOCOL", version, day) for version, day in days.items()}


def _file_papers(site: SiteRecords, person: Person, start: date) -> dict[str, Row]:
    signed = start - timedelta(days=12)
    given: dict[str, dict[str, object]] = {"CV": {"sign_date": signed}}
    if person.role in _LICENSED:
        given["LICENCE"] = {
            "issue_date": person.came - timedelta(days=700),
            "expiry_date": CUTOFF + timedelta(days=400),
        }
    if person.role in _LISTED_AS:
        given["FINANCIAL DISCLOSURE"] = {"sign_date": signed}
        given["FORM 1572"] = {"sign_date": signed, "listed_as": _LISTED_AS[person.role]}
    return {
        kind: site.add(
            "CREDENTIAL",
            credential_id=f"C-{site.next_record()}",
            person=person.person_id,
            credential_type=kind,
            **values,
        )
        for kind, values in given.items()
    }


def _open_account(site: SiteRecords, person: Person, start: date, end: date | None) -> tuple[Row | None, Row | None]:
    if person.role not in _SYSTEMS:
        return None, None
    system = _SYSTEMS[person.role]
    training = _train(site, person, system, "", start - timedelta(days=1))
    account = site.add(
        "PARTICIPATION", account_id=f"A-{site.next_record()}", person=person.person_id, system=system,
        activation_date=start, first_login_date=start, disabled_date=end,
        last_login_date=end or CUTOFF - timedelta(days=1),
    )  # fmt: skip
    return account, training
