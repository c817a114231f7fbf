"""The one expectation type of the catalogue, and the metric that serves a whole suite in one scan.

Great Expectations resolves a metric once for each (name, domain, value keys). All expectations of a suite name the same
set of rules as the value key, so that one query counts every rule for every site.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import sqlalchemy as sa
from great_expectations.compatibility import pydantic
from great_expectations.core.metric_domain_types import MetricDomainTypes
from great_expectations.execution_engine.execution_engine import ExecutionEngine
from great_expectations.execution_engine.sqlalchemy_execution_engine import SqlAlchemyExecutionEngine
from great_expectations.expectations.expectation import BatchExpectation
from great_expectations.expectations.metrics.metric_provider import metric_value
from great_expectations.expectations.metrics.table_metric_provider import TableMetricProvider

METRIC_NAME = "siteproof.rule_counts_by_site"


@dataclass(frozen=True)
class Rule:
    """A check as SQL: over the rows where `applies` holds, `fails` must not; parameters are filled in."""

    check_id: str
    applies: str
    fails: str


class SiteCounts(NamedTuple):
    """Rows of one site under one rule: in the population, failing, and those where a predicate gave NULL."""

    evaluated: int
    failed: int
    undecided: int


def encode_rules(rules: Sequence[Rule]) -> str:
    """Return the rule set as one text, the value key of the metric."""
    return json.dumps([[rule.check_id, rule.applies, rule.fails] for rule in rules])


class RuleCountsBySite(TableMetricProvider):
    """Counts of all rules of a suite for every site; value: check id -> site -> SiteCounts."""

    metric_name = METRIC_NAME
    value_keys = ("rule_set",)

    @metric_value(engine=SqlAlchemyExecutionEngine)
    def _sqlalchemy(
        cls,  # noqa: N805 - metric_value makes a class method of it
        execution_engine: SqlAlchemyExecutionEngine,
        metric_domain_kwargs: dict[str, Any],
        metric_value_kwargs: dict[str, Any],
        metrics: dict[str, Any],  # noqa: ARG002 - Great Expectations passes all five by name
        runtime_configuration: dict[str, Any],  # noqa: ARG002
    ) -> dict[str, dict[str, SiteCounts]]:
        selectable, _, _ = execution_engine.get_compute_domain(
            domain_kwargs=metric_domain_kwargs, domain_type=MetricDomainTypes.TABLE
        )
        rules = [Rule(*parts) for parts in json.loads(metric_value_kwargs["rule_set"])]
        columns = [column for rule in rules for column in _count_columns(rule)]
        site_column: sa.ColumnElement[Any] = sa.column("site")
        query = sa.select(*[site_column, *columns]).select_from(selectable).group_by(site_column)
        counts: dict[str, dict[str, SiteCounts]] = {rule.check_id: {} for rule in rules}
        for site, *numbers in execution_engine.execute_query(query).fetchall():
            for index, rule in enumerate(rules):
                counts[rule.check_id][site] = SiteCounts(*map(int, numbers[3 * index : 3 * index + 3]))
        return counts


def _count_columns(rule: Rule) -> tuple[sa.ColumnElement[int], ...]:
    """Evaluated, failed, undecided: a predicate that is NULL on a row has decided nothing, and that is no pass."""
    applies, fails = f"({rule.applies}\n)", f"({rule.fails}\n)"
    return tuple(
        sa.literal_column(f"count(*) FILTER (WHERE {condition})").label(f"{name}_{rule.check_id}")
        for name, condition in (
            ("evaluated", applies),
            ("failed", f"{applies} AND {fails}"),
            ("undecided", f"{applies} IS NULL OR ({applies} AND {fails} IS NULL)"),
        )
    )


class ExpectRowsToHold(BatchExpectation):
    """Expect that no row of the population (`applies_when`) meets the failing condition (`fails_when`), at any site.

    `check_id` and `rule_set` are filled in when the suite is run; a suite file gives the two predicates only.
    """

    applies_when: str = pydantic.Field(description="SQL predicate over one row: the population.")
    fails_when: str = pydantic.Field(description="SQL predicate over one row: the failing condition.")
    check_id: str = pydantic.Field(description="The check of this expectation.")
    rule_set: str = pydantic.Field(description="All rules of the suite, as encode_rules gives them.")

    metric_dependencies: ClassVar[tuple[str, ...]] = (METRIC_NAME,)
    success_keys: ClassVar[tuple[str, ...]] = ("check_id", "rule_set")
    domain_keys: ClassVar[tuple[str, ...]] = ("batch_id", "table", "row_condition", "condition_parser")

    def _validate(
        self,
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any] | None = None,  # noqa: ARG002 - the base class gives the signature
        execution_engine: ExecutionEngine[Any] | None = None,  # noqa: ARG002
    ) -> dict[str, Any]:
        by_site = metrics[METRIC_NAME][self.check_id]
        failed = sum(counts.failed for counts in by_site.values())
        undecided = sum(counts.undecided for counts in by_site.values())
        return {
            "success": failed == 0 and undecided == 0,
            "result": {"observed_value": failed, "by_site": {site: list(counts) for site, counts in by_site.items()}},
        }
