"""Faults in the delegation log: each in an entry of a person whose papers are in order, and who does nothing else."""

from __future__ import annotations

from datetime import timedelta

from pipelines.simulate.faults.registry import Fault, Spot, plants
from pipelines.simulate.hospitals import TASKS, Role
from pipelines.simulate.site_records import Row, date_of
from pipelines.simulate.staff_records import hire

_ROLES: tuple[Role, ...] = ("NURSE", "CRC", "SUB-I")


def _one_entry(spot: Spot) -> Row:
    """Return the entry of one more person, with a task that follows from the variant."""
    role = _ROLES[spot.variant % len(_ROLES)]
    return hire(spot.site, role).delegations[TASKS[role][0]]


def _fault(check_id: str, row: Row, detail: str) -> list[Fault]:
    return [Fault(check_id, "", "DELEGATION", row, detail)]


@plants("DOA-02")
def not_signed(spot: Spot) -> list[Fault]:
    """The principal investigator did not sign an entry."""
    row = _one_entry(spot)
    row["pi_sign_date"] = ""
    return _fault("DOA-02", row, f"{row['task']} of {row['person']} is not signed")


@plants("DOA-04")
def departed_without_end(spot: Spot) -> list[Fault]:
    """Somebody left, and one task has no end or one some days later."""
    left = spot.site.activation + timedelta(days=60)
    row = hire(spot.site, "NURSE", left=left).delegations["DOSING"]
    row["end_date"] = "" if spot.variant % 2 else (left + timedelta(days=5)).isoformat()
    return _fault("DOA-04", row, f"{row['person']} left on {left}, the delegation ends {row['end_date'] or 'never'}")


@plants("DOA-05")
def blinded_and_unblinded(spot: Spot) -> list[Fault]:
    """The unblinded pharmacist may enter data too, since some weeks."""
    row = hire(spot.site, "PHARMACIST").delegations["UNBLINDED PHARMACY"]
    start = (date_of(row, "start_date") + timedelta(days=30)).isoformat()
    spot.site.tables["DELEGATION"].rows.append(
        row
        | {
            "delegation_id": f"D-{spot.site.next_record()}",
            "task": "DATA ENTRY",
            "start_date": start,
            "pi_sign_date": start,
        }
    )
    return _fault("DOA-05", row, f"{row['person']} is unblinded and enters data")


@plants("DOA-07")
def signed_late(spot: Spot) -> list[Fault]:
    """The principal investigator signed an entry some days after its start."""
    row = _one_entry(spot)
    days = spot.rng.randint(1, 20)
    row["pi_sign_date"] = (date_of(row, "start_date") + timedelta(days=days)).isoformat()
    return _fault("DOA-07", row, f"{row['task']} of {row['person']} was signed {days} days late")
