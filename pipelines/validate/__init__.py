"""Holds the marts against the suites: verdicts per check and site, and every failing row.

Only this room imports great_expectations, and only when it validates.
"""

from pipelines.validate.configuration import check_configuration, read_parameters
from pipelines.validate.study_validation import Outcome, SuiteCounts, load_great_expectations, validate_study
from pipelines.validate.suites import Check, Suite, load_checks, load_suites

__all__ = [
    "Check",
    "Outcome",
    "Suite",
    "SuiteCounts",
    "check_configuration",
    "load_checks",
    "load_great_expectations",
    "load_suites",
    "read_parameters",
    "validate_study",
]
