"""One planter a check: each breaks a clean site in one place and says which findings must follow."""

from pipelines.simulate.faults import delivery, events, measurements, operations, subject, visits
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
    "visits",
]
