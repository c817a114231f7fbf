"""Validates one study: counts from Great Expectations, rows from DuckDB, and both held together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

import duckdb
import polars as pl

from pipelines.errors import UserError
from pipelines.settings import EXPECTATIONS_DIR, Home, memory_limit
from pipelines.study import Study
from pipelines.validate.configuration import read_catalogue
from pipelines.validate.failing_rows import IDENTITY, fetch_failing_rows
from pipelines.validate.parameters import render_predicate
from pipelines.validate.quality_tables import Quality, read_quality
from pipelines.validate.suites import Check, Suite
from pipelines.validate.verdicts import Delivered, DeliveredFacts, Numbers, Verdict, decide, unmet_need

if TYPE_CHECKING:
    from pathlib import Path

    from pipelines.validate.rule_counts import Rule
    from pipelines.validate.run_suites import CheckCounts

VERDICT_SCHEMA = {
    "site": pl.String,
    "check_id": pl.String,
    "status": pl.String,
    "evaluated": pl.Int64,
    "failed": pl.Int64,
    "waived": pl.Int64,
    "reason": pl.String,
}


class SuiteCounts(NamedTuple):
    """A suite's sums over all sites, for whoever shows it as one line."""

    suite: str
    evaluated: int
    failed: int
    errors: int


@dataclass(frozen=True)
class Outcome:
    """What a validation gives.

    `sites`: one row per site (site, seen_in: where it is named - landing, study.yml, CTMS).
    `verdicts`: one row per check and site (site, check_id, status, evaluated, failed, waived, reason).
    `failing_rows`: one row per finding (see `failing_rows.fetch_failing_rows`); per check and site as many as the
    verdict's `failed`.
    `quality`: what is missing at sites and open on subjects beside the checks.
    """

    sites: pl.DataFrame
    verdicts: pl.DataFrame
    failing_rows: pl.DataFrame
    suites: list[SuiteCounts]
    quality: Quality = field(default_factory=Quality)


def load_great_expectations() -> None:
    """Import what validation needs; it takes seconds, so whoever waits for something else may do it beforehand."""
    import pipelines.validate.run_suites  # noqa: F401


def validate_study(home: Home, study: Study, *, suites_dir: Path = EXPECTATIONS_DIR) -> Outcome:
    """Hold a study's marts against all suites.

    Raises:
        UserError: the warehouse is not there, or suites or parameters are wrong (with file and line).
    """
    suites, parameters = read_catalogue(home, study, suites_dir=suites_dir)
    warehouse = home.warehouse_file(study.study)
    if not warehouse.exists():
        raise UserError(f"{warehouse} is not there; `siteproof run {study.study}` builds it")

    from pipelines.validate.rule_counts import Rule
    from pipelines.validate.run_suites import open_session

    checks_of: dict[str, list[Check]] = {}
    rules_of: dict[str, list[Rule]] = {}
    for check in (replace(check, parameters=parameters[check.id]) for suite in suites for check in suite.checks):
        predicates = (render_predicate(text, check.parameters) for text in (check.applies_when, check.fails_when))
        checks_of.setdefault(check.model, []).append(check)
        rules_of.setdefault(check.model, []).append(Rule(check.id, *predicates))
    with open_session(warehouse) as session:
        counts = {model: session.run(model, checks, rules_of[model]) for model, checks in checks_of.items()}
    with duckdb.connect(warehouse, read_only=True, config={"memory_limit": memory_limit()}) as connection:
        connection.execute("SET enable_external_access = false")
        sites, facts = _read_settings(connection)
        quality = read_quality(connection)
        judged = [
            _judge(connection, model, checks, rules_of[model], counts[model], sites["site"].to_list(), facts)
            for model, checks in checks_of.items()
        ]
    verdicts = pl.DataFrame([asdict(verdict) for own, _ in judged for verdict in own], schema=VERDICT_SCHEMA)
    rows = pl.concat(rows for _, rows in judged)
    sums = [_sums(suite, verdicts) for suite in suites]
    return Outcome(sites, verdicts.sort("check_id", "site"), rows, sums, quality)


def _read_settings(connection: duckdb.DuckDBPyConnection) -> tuple[pl.DataFrame, DeliveredFacts]:
    sites = connection.sql("SELECT site, seen_in FROM settings.site ORDER BY site").pl()
    rows = connection.execute("SELECT site, dataset, variable, delivered, reason FROM settings.availability").fetchall()
    return sites, {(site, dataset, variable): Delivered(ok, reason) for site, dataset, variable, ok, reason in rows}


def _judge(
    connection: duckdb.DuckDBPyConnection,
    model: str,
    checks: Sequence[Check],
    rules: Sequence[Rule],
    counts: dict[str, CheckCounts],
    sites: Sequence[str],
    facts: DeliveredFacts,
) -> tuple[list[Verdict], pl.DataFrame]:
    """Return the verdicts of a model's checks, and the failing rows of those that fail."""
    sound = [rule for rule in rules if counts[rule.check_id].error is None]
    rows, errors = fetch_failing_rows(connection, model, checks, sound)
    errors |= _shared_identities(rows)
    fetched = _count_by_check_and_site(rows)
    verdicts = [
        verdict
        for check in checks
        for verdict in _verdicts_of(check, counts[check.id], errors.get(check.id), fetched, sites, facts)
    ]
    failing = [(v.check_id, v.site) for v in verdicts if v.status == "fail"]
    kept = pl.DataFrame(failing, schema={"check_id": pl.String, "site": pl.String}, orient="row")
    return verdicts, rows.join(kept, on=["check_id", "site"], how="semi")


def _sums(suite: Suite, verdicts: pl.DataFrame) -> SuiteCounts:
    own = verdicts.filter(pl.col("check_id").is_in([check.id for check in suite.checks]))
    broken = own.filter(status="error")["check_id"].n_unique()
    return SuiteCounts(suite.name, sum(own["evaluated"]), sum(own["failed"]), broken)


def _shared_identities(rows: pl.DataFrame) -> dict[str, str]:
    """Return check -> error for each check with two failing rows that would be one finding; the others go on."""
    twice = rows.filter(rows.select(IDENTITY).is_duplicated()).group_by("check_id").len()
    return {check: f"{n} failing rows share the identity of a finding" for check, n in twice.iter_rows()}


def _count_by_check_and_site(rows: pl.DataFrame) -> dict[tuple[str, str], int]:
    return {(check_id, site): n for check_id, site, n in rows.group_by("check_id", "site").len().iter_rows()}


def _verdicts_of(
    check: Check,
    counts: CheckCounts,
    fetch_error: str | None,
    fetched: dict[tuple[str, str], int],
    sites: Sequence[str],
    facts: DeliveredFacts,
) -> Iterable[Verdict]:
    error = counts.error or fetch_error or _disagreement(check, counts, fetched, sites)
    for site in sites:
        site_counts = counts.by_site.get(site)
        numbers = Numbers(site_counts.evaluated, site_counts.failed) if site_counts else Numbers(0, 0)
        unmet = unmet_need(check, site, sites, facts)
        yield decide(check, site, error=error, unmet=unmet, numbers=numbers)


def _disagreement(
    check: Check, counts: CheckCounts, fetched: dict[tuple[str, str], int], sites: Sequence[str]
) -> str | None:
    """Return what is wrong when the rows fetched are not the rows counted, or belong to no known site."""
    failed = {site: numbers.failed for site, numbers in counts.by_site.items() if numbers.failed}
    found = {site: n for (check_id, site), n in fetched.items() if check_id == check.id}
    if failed != found:
        return f"Great Expectations counts {sum(failed.values())} failing rows, DuckDB gives {sum(found.values())}"
    strangers = sorted(str(site) for site in set(failed) - set(sites))
    if strangers:
        return f"failing rows belong to no known site: {', '.join(strangers)}"
    return None
