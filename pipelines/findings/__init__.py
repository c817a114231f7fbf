"""The life of findings: each run's verdicts and findings are published as one set, and kept for ever."""

from pipelines.findings.publish import publish_run, run_inputs
from pipelines.findings.runs import RunInfo, read_findings, read_resolved, read_run, read_sites, read_verdicts

__all__ = [
    "RunInfo",
    "publish_run",
    "read_findings",
    "read_resolved",
    "read_run",
    "read_sites",
    "read_verdicts",
    "run_inputs",
]
