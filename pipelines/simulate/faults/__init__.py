"""One planter a check: each breaks a clean site in one place and says which findings must follow."""

from pipelines.simulate.faults import (
    consents,
    death_records,
    delivery,
    doses,
    demographics,
    events,
    laboratory_results,
    measurements,
    operations,
    redeliveries,
    subject,
    subject_agreement,
    survival_contacts,
    visit_schedule,
    visits,
    vital_sign_values,
)
from pipelines.simulate.faults.registry import FAULTS, Fault, Planter, Spot

__all__ = [
    "FAULTS",
    "Fault",
    "Planter",
    "Spot",
    "consents",
    "death_records",
    "delivery",
    "doses",
    "demographics",
    "events",
    "laboratory_results",
    "measurements",
    "operations",
    "redeliveries",
    "subject",
    "subject_agreement",
    "survival_contacts",
    "visit_schedule",
    "visits",
    "vital_sign_values",
]
