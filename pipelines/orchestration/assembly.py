"""Puts the Dagster objects of a home together; tests pass their own home, manifest and suites."""

from collections.abc import Sequence
from pathlib import Path

import dagster as dg

from pipelines.orchestration.dbt_cli import dbt_resource, ensure_manifest
from pipelines.orchestration.dbt_models import build_dbt_assets
from pipelines.orchestration.home_resource import RESOURCE_KEY, HomeResource
from pipelines.orchestration.ingest_assets import deliveries, site_export
from pipelines.orchestration.jobs import build_jobs
from pipelines.orchestration.landing_sensor import landing_sensor
from pipelines.orchestration.schedules import build_schedules
from pipelines.orchestration.verdict_assets import build_verdicts, extract, report
from pipelines.settings import EXPECTATIONS_DIR, Home
from pipelines.validate import load_checks


def build_definitions(
    home: Home, *, manifest: Path | None = None, suites: Sequence[str] | None = None
) -> dg.Definitions:
    """Return what Dagster loads for a home.

    Args:
        home: where studies and data lie.
        manifest: dbt's description of the project; by default the project's own, parsed now if it is missing.
        suites: the names of the suites; by default those of the catalogue.
    """
    models = build_dbt_assets(manifest or ensure_manifest(only_if_missing=True))
    if suites is None:
        suites = sorted({check.suite for check in load_checks(EXPECTATIONS_DIR)})
    model_keys = sorted(models.keys, key=lambda key: tuple(key.path))
    return dg.Definitions(
        assets=[site_export, deliveries, models, build_verdicts(suites, model_keys), report, extract],
        jobs=build_jobs(model_keys),
        schedules=build_schedules(home),
        sensors=[landing_sensor],
        resources={RESOURCE_KEY: HomeResource(root=str(home.root)), "dbt": dbt_resource()},
        executor=dg.in_process_executor,
    )
