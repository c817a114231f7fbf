"""Validates one study: counts from Great Expectations, rows from DuckDB, and both held together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, NamedTuple

import duckdb
import polars as pl

from pipelines.errors import UserError
from pipelines.settings import EXPECTATIONS_DIR, Home
from pipelines.study import Study, load_located_study
from pipelines.validate.failing_rows import IDENTITY, fetch_failing_rows
from pipelines.validate.parameters import render_predicate, resolve_parameters
from pipelines.validate.suites import Check, Suite, load_suites
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
    """

    sites: pl.DataFrame
    verdicts: pl.DataFrame
    failing_rows: pl.DataFrame
    suites: list[SuiteCounts]


def validate_study(home: Home, study: Study, *, suites_dir: Path = EXPECTATIONS_DIR) -> Outcome:
    """Hold a study's marts against all suites.

    Raises:
        UserError: the warehouse is not there, or suites or parameters are wrong (with file and line).
    """
    suites = load_suites(suites_dir)
    parameters = resolve_parameters(
        [check for suite in suites for check in suite.checks],
        study,
        load_located_study(home.study_file(study.study))[1],
    )
    warehouse = home.warehouse_file(study.study)
    if not warehouse.exists():
        raise UserError(f"{warehouse} is not there; `siteproof run {study.study}` builds it")

    from pipelines.validate.rule_counts import Rule
    from pipelines.validate.run_suites import open_session

    rules = {
        suite.name: [
            Rule(
                check.id,
                render_predicate(check.applies_when, parameters[check.id]),
                render_predicate(check.fails_when, parameters[check.id]),
            )
            for check in suite.checks
        ]
        for suite in suites
    }
    with open_session(warehouse) as session:
        counts = {suite.name: session.run(suite, rules[suite.name]) for suite in suites}
    with duckdb.connect(warehouse, read_only=True) as connection:
        connection.execute("SET enable_external_access = false")
        sites, facts = _read_settings(connection)
        return _judge(connection, suites, rules, counts, sites, facts)


def _read_settings(connection: duckdb.DuckDBPyConnection) -> tuple[pl.DataFrame, DeliveredFacts]:
    sites = connection.sql("SELECT site, seen_in FROM settings.site ORDER BY site").pl()
    rows = connection.execute("SELECT site, dataset, variable, delivered, reason FROM settings.availability").fetchall()
    return sites, {(site, dataset, variable): Delivered(ok, reason) for site, dataset, variable, ok, reason in rows}


def _judge(
    connection: duckdb.DuckDBPyConnection,
    suites: Sequence[Suite],
    rules: dict[str, list[Rule]],
    counts: dict[str, dict[str, CheckCounts]],
    known_sites: pl.DataFrame,
    facts: DeliveredFacts,
) -> Outcome:
    sites = known_sites["site"].to_list()
    verdicts: list[Verdict] = []
    frames: list[pl.DataFrame] = []
    sums: list[SuiteCounts] = []
    for suite in suites:
        sound = [rule for rule in rules[suite.name] if counts[suite.name][rule.check_id].error is None]
        rows, errors = fetch_failing_rows(connection, suite, sound)
        errors |= _shared_identities(rows)
        fetched = _count_by_check_and_site(rows)
        own = [
            verdict
            for check in suite.checks
            for verdict in _verdicts_of(
                check, counts[suite.name][check.id], errors.get(check.id), fetched, sites, facts
            )
        ]
        failing = [(v.check_id, v.site) for v in own if v.status == "fail"]
        kept = pl.DataFrame(failing, schema={"check_id": pl.String, "site": pl.String}, orient="row")
        frames.append(rows.join(kept, on=["check_id", "site"], how="semi"))
        verdicts += own
        broken = len({v.check_id for v in own if v.status == "error"})
        sums.append(SuiteCounts(suite.name, sum(v.evaluated for v in own), sum(v.failed for v in own), broken))
    frame = pl.DataFrame([asdict(verdict) for verdict in verdicts], schema=VERDICT_SCHEMA)
    return Outcome(known_sites, frame.sort("check_id", "site"), pl.concat(frames), sums)


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
