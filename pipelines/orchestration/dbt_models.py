"""The dbt models as Dagster assets of one study partition; the raw views they read hang under the deliveries."""

import json
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import dagster as dg
from dagster._utils.env import environ
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, DbtCliInvocation, dbt_assets

from pipelines.errors import UserError
from pipelines.orchestration.dbt_cli import OfflineDbt
from pipelines.orchestration.home_resource import HomeResource
from pipelines.orchestration.ingest_assets import DELIVERIES, ONE_WRITER_POOL
from pipelines.orchestration.partitions import STUDY
from pipelines.orchestration.study_lock import hold_study
from pipelines.standardize import DBT_BUILD, dbt_environment, dbt_target, lay_raw_views
from pipelines.validate import load_great_expectations, read_parameters

STEP = "standardize"
_FAILED = {"error", "fail", "runtime error"}
_SHOWN_FAILURES = 5


class SiteproofTranslator(DagsterDbtTranslator):
    """Names dbt's nodes in Dagster: every raw source is what the deliveries brought, a model's folder is its group."""

    def __init__(self) -> None:
        # dbt's own tests are our developers' concern, not a site's data quality: Dagster shows one check a suite.
        super().__init__(
            settings=DagsterDbtTranslatorSettings(enable_asset_checks=False, enable_duplicate_source_asset_keys=True)
        )

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        """Return the deliveries' key for a source, and dbt's schema and name otherwise."""
        if dbt_resource_props["resource_type"] == "source":
            return DELIVERIES
        return super().get_asset_key(dbt_resource_props)

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        """Return the layer: staging, intermediate, marts, or settings for seeds."""
        folders = dbt_resource_props.get("fqn", [])[1:-1]
        return folders[0] if folders else "settings"


def build_dbt_assets(manifest: Path) -> dg.AssetsDefinition:
    """Return the assets of the dbt project that `manifest` describes."""

    @dbt_assets(
        manifest=manifest,
        name=STEP,
        partitions_def=STUDY,
        dagster_dbt_translator=SiteproofTranslator(),
        pool=ONE_WRITER_POOL,
    )
    def models(context: dg.AssetExecutionContext, siteproof_home: HomeResource, dbt: OfflineDbt) -> Iterator[Any]:
        home = siteproof_home.home
        study = siteproof_home.study(context.partition_key)
        with hold_study(home, study.study, wait=True):
            lay_raw_views(home, study, read_parameters(home, study))
            target = dbt_target(home, study.study)
            # DbtCliResource hands this process's environment to dbt and offers no other way; one run is one process.
            with environ(dbt_environment(home, study.study, None)):
                invocation = dbt.cli(
                    [*DBT_BUILD],
                    context=context,
                    target_path=target,
                    raise_on_error=False,
                )
            # dbt starts in a process of its own; meanwhile this one loads what the next step needs.
            threading.Thread(target=load_great_expectations, name="loading Great Expectations").start()
            yield from invocation.stream()
            if invocation.process.returncode != 0:
                raise UserError(f"dbt could not build {study.study}: {_what_failed(invocation, target)}")

    return models


def _what_failed(invocation: DbtCliInvocation, target: Path) -> str:
    try:
        results = json.loads((target / "run_results.json").read_text(encoding="utf-8"))["results"]
    except FileNotFoundError:
        results = []
    broken = [result for result in results if result["status"] in _FAILED]
    if not broken:
        return str(invocation.get_error())
    shown = [f"{result['unique_id']}: {str(result['message']).strip()}" for result in broken[:_SHOWN_FAILURES]]
    if len(broken) > _SHOWN_FAILURES:
        shown.append(f"and {len(broken) - _SHOWN_FAILURES} more")
    return "\n".join(shown)
