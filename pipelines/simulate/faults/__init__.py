"""One planter a check: each breaks a clean site in one place and says which findings must follow."""

from pipelines.simulate.faults import (
    delivery,
    events,
    measurements,
    operations,
    subject,
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
    "delivery",
    "events",
    "measurements",
    "operations",
    "subject",
    "survival_contacts",
    "visit_schedule",
    "visits",
    "vital_sign_values",
]
