"""The life of findings: each run's verdicts and findings are published as one set, and kept for ever."""

from pipelines.findings.publish import publish_run, run_inputs
from pipelines.findings.runs import (
    FINDING_COLUMNS,
    RunInfo,
    read_findings,
    read_resolved,
    read_run,
    read_site_readiness,
    read_sites,
    read_subject_cleanliness,
    read_verdicts,
)
from pipelines.findings.selection import findings_on, unknown_names

__all__ = [
    "FINDING_COLUMNS",
    "RunInfo",
    "findings_on",
    "publish_run",
    "read_findings",
    "read_resolved",
    "read_run",
    "read_site_readiness",
    "read_sites",
    "read_subject_cleanliness",
    "read_verdicts",
    "run_inputs",
    "unknown_names",
]
