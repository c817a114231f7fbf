"""The assets of ingest: one site's exports (a partition a site), and a study's deliveries taken in in bulk."""

import warnings
from collections import Counter
from collections.abc import Iterable

import dagster as dg
from pydantic import Field

from pipelines.errors import UserError, did_you_mean
from pipelines.ingest import DeliveryEvent, ingest_site, ingest_study
from pipelines.orchestration.home_resource import HomeResource
from pipelines.orchestration.partitions import SITE_OF_STUDY, STUDY, register_study, site_partition
from pipelines.orchestration.study_lock import hold_study
from pipelines.validate import check_configuration

SITE_EXPORT = dg.AssetKey(["landing", "site_export"])
DELIVERIES = dg.AssetKey(["store", "deliveries"])
# A study's store has one writer at a time, and so has its DuckDB file. One pool for both, so that the queue knows.
ONE_WRITER_POOL = "duckdb"

with warnings.catch_warnings():
    # The mapping is marked beta in Dagster 1.13; the version is pinned, and tests hold what it does.
    warnings.simplefilter("ignore", dg.BetaWarning)
    _ALL_SITES_OF_THE_STUDY = dg.MultiToSingleDimensionPartitionMapping("study")


class DeliveriesConfig(dg.Config):
    """Which sites a run takes in."""

    sites: list[str] | None = Field(default=None, description="site ids; without it, every site with an export")


def delivery_counts(events: Iterable[DeliveryEvent]) -> dict[str, int]:
    """Return how many files were accepted, refused and so on, and how many rows in them repeat another one.

    What is rare is there only where it happened: held, superseded (out of order), security.

    Counts only, for Dagster's metadata.
    """
    taken = list(events)
    counts = Counter(str(event.status) for event in taken)
    statuses = {status: counts.get(status, 0) for status in ("accepted", "duplicate", "refused")}
    rare = {"held": counts["held"], "superseded": counts["superseded"], "security": sum(e.security for e in taken)}
    happened = {name: count for name, count in rare.items() if count}
    return {**statuses, **happened, "repeated_rows": sum(event.repeated_rows or 0 for event in taken)}


def security_messages(study_id: str, events: Iterable[DeliveryEvent]) -> list[str]:
    """Return a line for each file that may be another sponsor's; each names a place and no value."""
    told = (f"security event: {study_id}/{e.site}/{e.name} was refused: {e.reason}" for e in events if e.security)
    return list(dict.fromkeys(told))


@dg.asset(
    key=SITE_EXPORT,
    partitions_def=SITE_OF_STUDY,
    group_name="ingest",
    kinds={"python"},
    pool=ONE_WRITER_POOL,
    description="What one site has delivered, read strictly and kept in the store with file and row lineage.",
)
def site_export(context: dg.AssetExecutionContext, siteproof_home: HomeResource) -> dg.MaterializeResult[None]:
    """Take in one site's exports."""
    key = context.partition_key
    if not isinstance(key, dg.MultiPartitionKey):
        raise UserError(f'"{key}" is not the partition of a site: it takes a study and a site')
    study = siteproof_home.study(key.keys_by_dimension["study"])
    with hold_study(siteproof_home.home, study.study, wait=True):
        events = ingest_site(siteproof_home.home, study, key.keys_by_dimension["site"])
    for message in security_messages(study.study, events):
        context.log.error(message)
    return dg.MaterializeResult(metadata=delivery_counts(events))


@dg.asset(
    key=DELIVERIES,
    partitions_def=STUDY,
    group_name="ingest",
    kinds={"python"},
    pool=ONE_WRITER_POOL,
    deps=[dg.AssetDep(site_export, partition_mapping=_ALL_SITES_OF_THE_STUDY)],
    description=(
        "A study's store: every site whose landing changed is taken in, in this one process, and each site that "
        "brought something new is reported as a materialization of its own partition of landing/site_export. "
        "A run per site would cost seconds of start-up for each."
    ),
)
def deliveries(
    context: dg.AssetExecutionContext, config: DeliveriesConfig, siteproof_home: HomeResource
) -> dg.MaterializeResult[None]:
    """Take in the exports of a study's sites."""
    home = siteproof_home.home
    study = siteproof_home.study(context.partition_key)
    # Runs of the sensor, a schedule or the UI are refused here, as early as the command line refuses its own.
    check_configuration(home, study)
    sites = register_study(context.instance, home, study.study)
    for site in config.sites or []:
        if site not in sites:
            raise UserError(f'{study.study} has no site "{site}" in {home.landing}.{did_you_mean(site, sites)}')
    changed: list[str] = []

    def report_site(site: str, events: list[DeliveryEvent]) -> None:
        if events:
            changed.append(site)
            context.log_event(
                dg.AssetMaterialization(
                    SITE_EXPORT, partition=site_partition(study.study, site), metadata=delivery_counts(events)
                )
            )

    with hold_study(home, study.study, wait=True):
        events = ingest_study(home, study, config.sites, on_site=report_site)
    for message in security_messages(study.study, events):
        context.log.error(message)
    looked_at = len(sites) if config.sites is None else len(config.sites)
    return dg.MaterializeResult(metadata={"sites": looked_at, "sites_changed": len(changed), **delivery_counts(events)})
