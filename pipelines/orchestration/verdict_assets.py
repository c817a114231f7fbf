"""The assets after the marts: verdicts with one Dagster check a suite, the report, and the sponsor's extract."""

import re
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import dagster as dg
from pydantic import Field

from pipelines.errors import UserError
from pipelines.findings import publish_run, read_findings, read_verdicts
from pipelines.orchestration.home_resource import HomeResource
from pipelines.orchestration.ingest_assets import DELIVERIES, ONE_WRITER_POOL
from pipelines.orchestration.partitions import STUDY
from pipelines.orchestration.study_lock import hold_study
from pipelines.report import write_report
from pipelines.transfer import write_extract
from pipelines.validate import validate_study

VERDICTS = dg.AssetKey(["findings", "verdicts"])
REPORT = dg.AssetKey(["reports", "report"])
EXTRACT = dg.AssetKey(["transfers", "extract"])


class ExtractConfig(dg.Config):
    """Which data an extract holds."""

    cutoff: str | None = Field(default=None, description="last day of data, YYYY-MM-DD; without it, everything")


def check_name(suite: str) -> str:
    """Return a suite's name as Dagster allows it: letters, digits and underscores."""
    return re.sub(r"[^A-Za-z0-9_]", "_", suite)


def build_verdicts(suites: Sequence[str], marts: Sequence[dg.AssetKey]) -> dg.AssetsDefinition:
    """Return the verdicts of a study: an asset on the dbt models with one check for each suite.

    A failing check is a warning: findings are the product of a run, not its failure. One check a suite and not one a
    site: the verdicts per site are in the findings' own files, and alerts come from there.
    """
    check_specs = [
        dg.AssetCheckSpec(check_name(suite), asset=VERDICTS, description=f"Suite {suite}, all sites of the study.")
        for suite in suites
    ]

    @dg.asset(
        key=VERDICTS,
        partitions_def=STUDY,
        group_name="findings",
        kinds={"python", "greatexpectations"},
        pool=ONE_WRITER_POOL,
        deps=[DELIVERIES, *marts],
        check_specs=check_specs,
        description="What every check says of every site, and each row that fails, published as one set a run.",
    )
    def verdicts(context: dg.AssetExecutionContext, siteproof_home: HomeResource) -> Iterator[dg.AssetCheckResult]:
        home = siteproof_home.home
        study = siteproof_home.study(context.partition_key)
        with hold_study(home, study.study, wait=True):
            outcome = validate_study(home, study)
            run = publish_run(home, study, outcome)
        states = read_verdicts(home, study.study)
        metadata: dict[str, Any] = {
            "findings_run": run.run_id,
            "verdicts": states.height,
            **{f"verdicts_{status}": int(count) for status, count in sorted(states["status"].value_counts().rows())},
            "findings": read_findings(home, study.study).height,
        }
        yield dg.MaterializeResult(asset_key=VERDICTS, metadata=metadata)  # type: ignore[misc]
        counts = {suite: (evaluated, failed, errors) for suite, evaluated, failed, errors in outcome.suites}
        for suite in suites:
            if suite not in counts:
                raise UserError(f"suite {suite} gave no result for {study.study}: was expectations/ changed meanwhile?")
            evaluated, failed, errors = counts[suite]
            yield dg.AssetCheckResult(
                asset_key=VERDICTS,
                check_name=check_name(suite),
                passed=failed == 0 and errors == 0,
                severity=dg.AssetCheckSeverity.WARN,
                metadata={"evaluated": evaluated, "failed": failed, "errors": errors},
            )

    return verdicts


@dg.asset(
    key=REPORT,
    partitions_def=STUDY,
    group_name="report",
    kinds={"python"},
    pool=ONE_WRITER_POOL,
    deps=[VERDICTS],
    description="The study's page: one offline file.",
)
def report(context: dg.AssetExecutionContext, siteproof_home: HomeResource) -> dg.MaterializeResult[None]:
    """Write the page of the last run."""
    study = siteproof_home.study(context.partition_key)
    with hold_study(siteproof_home.home, study.study, wait=True):
        page = write_report(siteproof_home.home, study)
    return dg.MaterializeResult(metadata={"page": dg.MetadataValue.path(str(page)), "bytes": page.stat().st_size})


@dg.asset(
    key=EXTRACT,
    partitions_def=STUDY,
    group_name="transfer",
    kinds={"python"},
    pool=ONE_WRITER_POOL,
    deps=[VERDICTS],
    description="The sponsor's extract: data, open findings and a manifest with which it can be verified alone.",
)
def extract(
    context: dg.AssetExecutionContext, config: ExtractConfig, siteproof_home: HomeResource
) -> dg.MaterializeResult[None]:
    """Write an extract of the marts up to the cut-off."""
    study = siteproof_home.study(context.partition_key)
    try:
        cutoff = date.fromisoformat(config.cutoff) if config.cutoff else None
    except ValueError as error:
        raise UserError(f'"{config.cutoff}" is not a date YYYY-MM-DD') from error
    with hold_study(siteproof_home.home, study.study, wait=True):
        folder = write_extract(siteproof_home.home, study, cutoff)
    return dg.MaterializeResult(metadata={"folder": dg.MetadataValue.path(str(folder))})
