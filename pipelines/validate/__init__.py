"""Holds the marts against the suites: verdicts per check and site, and every failing row.

Nothing here decides what a finding's life is (`findings/`), and only this room imports great_expectations, when it runs.
"""

from pipelines.validate.study_validation import Outcome, SuiteCounts, validate_study
from pipelines.validate.suites import Check, Suite, load_checks, load_suites

__all__ = ["Check", "Outcome", "Suite", "SuiteCounts", "load_checks", "load_suites", "validate_study"]
