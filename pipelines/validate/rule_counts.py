"""The one expectation type of the catalogue, and the metric that serves all checks of a model in one scan.

Great Expectations resolves a metric once for each (name, domain, value keys). All expectations of a run name the same
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
    """Counts of all rules of a model for every site; value: check id -> site -> SiteCounts."""

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
        site: sa.ColumnElement[Any] = sa.column("site")
        judged = sa.select(site, *[column for rule in rules for column in _judge_columns(rule)]).select_from(selectable)
        columns = [column for rule in rules for column in _count_columns(rule)]
        query = sa.select(site, sa.func.count().label("rows"), *columns).select_from(judged.subquery()).group_by(site)
        counts: dict[str, dict[str, SiteCounts]] = {rule.check_id: {} for rule in rules}
        for name, *numbers in execution_engine.execute_query(query).fetchall():
            # A site where a predicate is NULL on every row has no sum.
            rows, *sums = (int(number or 0) for number in numbers)
            for index, rule in enumerate(rules):
                evaluated, failed, decided = sums[3 * index : 3 * index + 3]
                counts[rule.check_id][name] = SiteCounts(evaluated, failed, rows - decided)
        return counts


def _judge_columns(rule: Rule) -> tuple[sa.ColumnElement[bool], ...]:
    """Whether a row is in the population, and whether it fails: NULL where a predicate has decided nothing."""
    applies, fails = f"({rule.applies}\n)", f"({rule.fails}\n)"
    judgement = f"CASE WHEN {applies} THEN {fails} WHEN NOT {applies} THEN false END"
    return (
        sa.literal_column(applies).label(f"applies_{rule.check_id}"),
        sa.literal_column(judgement).label(f"fails_{rule.check_id}"),
    )


def _count_columns(rule: Rule) -> tuple[sa.ColumnElement[int], ...]:
    """Rows in the population, failing, and decided: what is not decided is no pass.

    Counted over columns and not with a FILTER each, since DuckDB then takes less than half the time.
    """
    applies: sa.ColumnElement[bool] = sa.column(f"applies_{rule.check_id}")
    fails: sa.ColumnElement[bool] = sa.column(f"fails_{rule.check_id}")
    return (
        sa.func.count_if(applies).label(f"evaluated_{rule.check_id}"),
        sa.func.count_if(fails).label(f"failed_{rule.check_id}"),
        sa.func.count(fails).label(f"decided_{rule.check_id}"),
    )


class ExpectRowsToHold(BatchExpectation):
    """Expect that no row of the population (`applies_when`) meets the failing condition (`fails_when`), at any site.

    `check_id` and `rule_set` are filled in when the suite is run; a suite file gives the two predicates only.
    """

    applies_when: str = pydantic.Field(description="SQL predicate over one row: the population.")
    fails_when: str = pydantic.Field(description="SQL predicate over one row: the failing condition.")
    check_id: str = pydantic.Field(description="The check of this expectation.")
    rule_set: str = pydantic.Field(description="All rules of the model, as encode_rules gives them.")

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
