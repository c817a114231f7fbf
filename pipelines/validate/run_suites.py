"""Runs checks with Great Expectations on a study's DuckDB file: counts of each check and site, or why it broke."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipelines.settings import go_offline, memory_limit
from pipelines.validate.suites import CATALOGUE_SEVERITY, EXPECTATION_TYPE, Check

go_offline()

import great_expectations as gx  # noqa: E402 - telemetry must be off before it is imported
from great_expectations.data_context.types.base import ProgressBarsConfig  # noqa: E402
from sqlalchemy import Engine  # noqa: E402

from pipelines.validate.duckdb_dialect import interrupted_after, register_dialect  # noqa: E402
from pipelines.validate.rule_counts import Rule, SiteCounts, encode_rules  # noqa: E402

MODEL_TIMEOUT_SECONDS = 1800.0
GX_SEVERITY = {ours: theirs for theirs, ours in CATALOGUE_SEVERITY.items()}


@dataclass(frozen=True)
class CheckCounts:
    """What Great Expectations says of one check: counts by site, or the error that broke it."""

    by_site: dict[str, SiteCounts] = field(default_factory=dict)
    error: str | None = None


@contextmanager
def open_session(warehouse: Path, timeout: float = MODEL_TIMEOUT_SECONDS) -> Iterator[GxSession]:
    """Open a study's DuckDB file, read-only, for Great Expectations; the file is released at the end."""
    register_dialect()
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    url = f"duckdb+gx:///{warehouse}?access_mode=read_only&duckdb_sqlalchemy_pool=null&memory_limit={memory_limit()}"
    source = context.data_sources.add_sql("warehouse", connection_string=url, create_temp_table=False)
    engine: Engine = source.get_execution_engine().engine
    try:
        # Each statement takes a connection of its own; one that stays open spares them opening the file anew.
        with engine.connect():
            yield GxSession(context, source, engine, timeout)
    finally:
        source.get_execution_engine().close()
        engine.dispose()


@dataclass(frozen=True)
class GxSession:
    """An open data source; `run` holds the checks of one check-ready model against it."""

    context: Any
    source: Any
    engine: Engine
    timeout: float

    def run(self, model: str, checks: Sequence[Check], rules: Sequence[Rule]) -> dict[str, CheckCounts]:
        """Return check id -> counts; one scan of the model for all rules, whichever suites they are from.

        When the scan breaks, each rule is run alone, so that only the one that is broken is lost.
        """
        counts = self._scan(model, checks, rules)
        if len(rules) > 1 and any(check.error for check in counts.values()):
            counts = {}
            for rule in rules:
                counts |= self._scan(model, checks, [rule])
        return counts

    def _scan(self, model: str, checks: Sequence[Check], rules: Sequence[Rule]) -> dict[str, CheckCounts]:
        batch = self._batch(model)
        expectations = gx.ExpectationSuite(**_suite_configuration(model, checks, rules))
        with interrupted_after(self.engine, self.timeout):
            result = batch.validate(expectations, result_format="COMPLETE")
        return {_check_id(one): self._in_time(_counts_of(one)) for one in result.results}

    def _in_time(self, counts: CheckCounts) -> CheckCounts:
        if counts.error and "InterruptException" in counts.error:
            return CheckCounts(error=f"not finished within {self.timeout:g} seconds")
        return counts

    def _batch(self, model: str) -> Any:
        known = {asset.name: asset for asset in self.source.assets}
        asset = known.get(model) or self.source.add_table_asset(model, table_name=model)
        return asset.add_batch_definition_whole_table(f"all of {model} {len(asset.batch_definitions)}").get_batch()


def _suite_configuration(model: str, checks: Sequence[Check], rules: Sequence[Rule]) -> dict[str, Any]:
    """Return all checks of a model as one suite in Great Expectations' schema, with what only the run knows."""
    rule_set = encode_rules(rules)
    by_id = {check.id: check for check in checks}
    return {
        "name": model,
        "meta": {"model": model},
        "expectations": [
            {
                "type": EXPECTATION_TYPE,
                "kwargs": {
                    "applies_when": rule.applies,
                    "fails_when": rule.fails,
                    "check_id": rule.check_id,
                    "rule_set": rule_set,
                },
                "severity": GX_SEVERITY[by_id[rule.check_id].severity],
                "meta": {
                    "id": rule.check_id,
                    "title": by_id[rule.check_id].title,
                    "suite": by_id[rule.check_id].suite,
                },
            }
            for rule in rules
        ],
    }


def _check_id(result: Any) -> str:
    return str(result.expectation_config.meta["id"])


def _counts_of(result: Any) -> CheckCounts:
    error = _exception_message(result.exception_info or {})
    if error is not None:
        return CheckCounts(error=error)
    by_site = {site: SiteCounts(*numbers) for site, numbers in result.result["by_site"].items()}
    undecided = sum(counts.undecided for counts in by_site.values())
    if undecided:
        return CheckCounts(error=f"the predicate is NULL on {undecided} rows: it says neither pass nor fail")
    return CheckCounts(by_site)


def _exception_message(info: dict[str, Any]) -> str | None:
    """Return the first line of an exception; Great Expectations nests one a metric, or gives one for all."""
    for entry in [info, *[value for value in info.values() if isinstance(value, dict)]]:
        if entry.get("raised_exception"):
            return str(entry.get("exception_message") or "unknown error").strip().splitlines()[0]
    return None
