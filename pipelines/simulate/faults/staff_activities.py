"""Faults in who did what at the site: papers of the person are in order but for one thing, and the work is recorded."""

from __future__ import annotations

from datetime import date, timedelta

from pipelines.simulate.faults.measurements import measured
from pipelines.simulate.faults.registry import Fault, Spot, plants
from pipelines.simulate.faults.subject import main_consent
from pipelines.simulate.site_records import Row, date_of
from pipelines.simulate.staff_records import hire
from pipelines.simulate.subject_course import CUTOFF

# Faults may take the first visits under a version away; of a site where so many subjects had one it is certain.
_SUBJECTS_UNDER_A_VERSION = 3
# Young enough for the first delegation, some days before the activation of the site, and too old 100 days after it.
_AGE_AT_ACTIVATION = timedelta(days=1010)


@plants("ICF-03", "CONSENT")
def consenter_not_delegated(spot: Spot) -> list[Fault]:
    """Consent was taken by somebody who was delegated it the day after."""
    consent = main_consent(spot)
    signed = consent["consenterdt"] or consent["consdt"]
    if not signed:
        return []
    records = hire(spot.site, "SUB-I")
    begins = (date.fromisoformat(signed) + timedelta(days=1)).isoformat()
    records.delegations["INFORMED CONSENT"].update(start_date=begins, pi_sign_date=begins)
    consent["consenter"] = records.person["name"]
    return [
        spot.fault("ICF-03", "CONSENT", consent, f"delegated on {begins}, the day after"),
        Fault("DOA-01", "", "CONSENT", consent, "follows: consent is an activity too"),
    ]


@plants("DOA-01", "VS")
def work_not_delegated(spot: Spot) -> list[Fault]:
    """Vital signs were taken by somebody whose delegation for them had ended, or who was never delegated them."""
    row = spot.choose(measured(spot))
    if row is None:
        return []
    records = hire(spot.site, "NURSE")
    entry = records.delegations["VITAL SIGNS"]
    day = date_of(row, "vs_dt")
    if spot.variant % 2 and day > date_of(entry, "start_date") + timedelta(days=1):
        entry["end_date"] = (day - timedelta(days=1)).isoformat()
        detail = "the delegation ended the day before"
    else:
        rows = spot.site.tables["DELEGATION"].rows
        rows[:] = [other for other in rows if other is not entry]
        detail = "never delegated"
    row["vsby"] = records.person["person_id"]
    return [Fault("DOA-01", "", "VS", row, f"vital signs by {row['vsby']}: {detail}")]


def _amended_since(spot: Spot) -> date | None:
    """Return a day from which on the site works under its last version of the protocol for certain."""
    last = spot.site.versions[-1].protocol
    first_days: dict[str, date] = {}
    for row in spot.site.tables["VISDT"].rows:
        if row["protver"] == last and row["visit_dt"]:
            day = date_of(row, "visit_dt")
            first_days[row["subjid"]] = min(day, first_days.get(row["subjid"], day))
    days = sorted(first_days.values())[:_SUBJECTS_UNDER_A_VERSION]
    return days[-1] if len(days) == _SUBJECTS_UNDER_A_VERSION else None


@plants("TRN-02", "VS")
def work_before_training(spot: Spot) -> list[Fault]:
    """Vital signs under the amended protocol by somebody who was trained on it some days later, or never."""
    since = _amended_since(spot)
    rows = [row for row in measured(spot) if since is not None and date_of(row, "vs_dt") >= since]
    row = spot.choose(rows)
    if row is None:
        return []
    records = hire(spot.site, "NURSE")
    training = records.protocol_trainings[spot.site.versions[-1].protocol]
    if spot.variant % 2:
        late = date_of(row, "vs_dt") + timedelta(days=spot.rng.randint(1, 9))
        training["completion_date"] = min(late, CUTOFF).isoformat()
    else:
        trainings = spot.site.tables["TRAINING"].rows
        trainings[:] = [other for other in trainings if other is not training]
    row["vsby"] = records.person["person_id"]
    return [Fault("TRN-02", "", "VS", row, f"vital signs by {row['vsby']}, who was not trained on the amendment")]


def _last_measured(spot: Spot) -> Row | None:
    """Return the last vital signs of a subject, where they are late enough for an old certificate to lapse."""
    rows = [row for row in measured(spot) if date_of(row, "vs_dt") > spot.site.activation + timedelta(days=100)]
    return rows[-1] if rows else None


@plants("TRN-04", "VS")
def certificate_lapsed(spot: Spot) -> list[Fault]:
    """Vital signs were taken by somebody whose GCP certificate was valid at the start, and is older than 36 months."""
    row = _last_measured(spot)
    if row is None:
        return []
    records = hire(spot.site, "NURSE")
    records.gcp["completion_date"] = (spot.site.activation - _AGE_AT_ACTIVATION).isoformat()
    row["vsby"] = records.person["person_id"]
    return [Fault("TRN-04", "", "VS", row, f"the certificate of {row['vsby']} is of {records.gcp['completion_date']}")]
