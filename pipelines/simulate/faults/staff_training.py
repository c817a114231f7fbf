"""Faults in what staff had to do before their work, and after it: trainings, certificates, accounts."""

from __future__ import annotations

from datetime import timedelta

from pipelines.simulate.faults.registry import Fault, Spot, plants
from pipelines.simulate.hospitals import Role
from pipelines.simulate.site_records import date_of
from pipelines.simulate.staff_records import hire
from pipelines.simulate.subject_course import CUTOFF


@plants("DOA-03")
def trained_after_start(spot: Spot) -> list[Fault]:
    """A pharmacist who was trained on the protocol after the work was delegated."""
    staff = hire(spot.site, "PHARMACIST")
    (delegation,) = staff.delegations.values()
    days = spot.rng.randint(1, 30)
    first = next(iter(staff.protocol_trainings.values()))
    first["completion_date"] = (date_of(delegation, "start_date") + timedelta(days=days)).isoformat()
    return [Fault("DOA-03", "", "DELEGATION", delegation, f"trained on the protocol {days} days after the start")]


@plants("TRN-01")
def certificate_is_old(spot: Spot) -> list[Fault]:
    """A coordinator whose GCP certificate is of more than three years before the start."""
    staff = hire(spot.site, "CRC")
    first = next(iter(staff.delegations.values()))
    certified = date_of(first, "start_date") - timedelta(days=spot.rng.randint(1100, 1500))
    staff.gcp["completion_date"] = certified.isoformat()
    return [Fault("TRN-01", "", "DELEGATION", first, f"GCP certificate of {certified.isoformat()}")]


@plants("TRN-03")
def used_before_training(spot: Spot) -> list[Fault]:
    """Somebody who used a system before being trained on it."""
    roles: tuple[Role, ...] = ("CRC", "PHARMACIST")
    staff = hire(spot.site, roles[spot.variant % len(roles)])
    if staff.account is None or staff.system_training is None:  # neither role is without
        return []
    days = spot.rng.randint(1, 15)
    used = date_of(staff.account, "first_login_date")
    staff.system_training["completion_date"] = (used + timedelta(days=days)).isoformat()
    return [Fault("TRN-03", "", "PARTICIPATION", staff.account, f"trained {days} days after the first login")]


@plants("DOA-08")
def access_goes_on(spot: Spot) -> list[Fault]:
    """An account that somebody who left kept, lost late, or used once more."""
    staff = hire(spot.site, "PHARMACIST", left=CUTOFF - timedelta(days=spot.rng.randint(60, 200)))
    account = staff.account
    if account is None:  # a pharmacist has one
        return []
    ended = date_of(account, "disabled_date")
    if spot.variant % 3 == 0:
        account["disabled_date"] = ""
        detail = "the account is active"
    elif spot.variant % 3 == 1:
        account["disabled_date"] = (ended + timedelta(days=2)).isoformat()
        detail = "disabled two days after the last day"
    else:
        account.update(last_login_date=(ended + timedelta(days=1)).isoformat())
        detail = "used on the day after the last day"
    return [Fault("DOA-08", "", "PARTICIPATION", account, detail)]
