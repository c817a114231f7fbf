"""The jobs: a study's run, and a study's extract."""

from collections.abc import Sequence

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from pipelines.orchestration.ingest_assets import DELIVERIES
from pipelines.orchestration.verdict_assets import EXTRACT, REPORT, VERDICTS

STUDY_RUN = "study_run"
STUDY_EXTRACT = "study_extract"


def build_jobs(models: Sequence[dg.AssetKey]) -> list[UnresolvedAssetJobDefinition]:
    """Return the jobs, all steps of one in one process: a process per step would cost seconds for each."""
    return [
        dg.define_asset_job(
            STUDY_RUN,
            selection=dg.AssetSelection.assets(DELIVERIES, *models, VERDICTS, REPORT),
            executor_def=dg.in_process_executor,
            description="Ingest, standardize, validate, findings, report: what `siteproof run STUDY` does.",
        ),
        dg.define_asset_job(
            STUDY_EXTRACT,
            selection=dg.AssetSelection.assets(EXTRACT),
            executor_def=dg.in_process_executor,
            description="The sponsor's extract of the last run; the cut-off is the step's config.",
        ),
    ]


def sites_config(sites: Sequence[str]) -> dict[str, object]:
    """Return the run config of a study's run that takes in only these sites."""
    return {"ops": {DELIVERIES.to_python_identifier(): {"config": {"sites": list(sites)}}}}
