"""One simulated study in six layouts gives the same marts, findings and verdicts, byte for byte, lineage aside."""

from __future__ import annotations

from datetime import UTC, datetime

import duckdb
import polars as pl
import pytest
from rooms import StudyRun, run_through_the_rooms

from pipelines.ingest import current_deliveries
from pipelines.settings import Home
from pipelines.simulate import simulate_portfolio
from pipelines.simulate.layouts import LAYOUTS, layout_of

STUDY = "SIM-001"
# These two differ most from CSV and from each other. What the other readers give is held to CSV's rows by an everyday
# test (test_simulate_layouts); that all marts and findings follow takes a run of each.
IN_SHORT = ("redcap", "odm")
ALL = [
    pytest.param(name, marks=pytest.mark.slow if name in ("csv", *IN_SHORT) else pytest.mark.scale) for name in LAYOUTS
]
OTHERS = [param for param in ALL if param.values != ("csv",)]
LINEAGE = {"source_file", "source_row"}
PUBLISHED = ("marts", "checks", "quality")
# The text of a cast that failed names the first row where it did, which is lineage too.
FIRST_ROW = ", the first in row [0-9]+"


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, StudyRun]:
    """The same study with its faults in each layout that is asked for, all received at one time, run."""

    class Runs(dict[str, StudyRun]):
        def __missing__(self, name: str) -> StudyRun:
            home = Home(tmp_path_factory.mktemp(name))
            simulate_portfolio(home, studies=1, sites=3, subjects=8, seed=5, layout=name)
            self[name] = run_through_the_rooms(home, STUDY, now=lambda: datetime(2026, 3, 3, 6, tzinfo=UTC))
            return self[name]

    return Runs()


def _own_columns(run: StudyRun, layout: str) -> pl.DataFrame:
    """Return site, source and column of the columns in a run's deliveries that are there by the format alone."""
    own = [
        (delivery.site, delivery.source, column)
        for delivery in current_deliveries(run.home, STUDY)
        for column in delivery.columns
        if column in layout_of(delivery.source, LAYOUTS[layout]).own_columns(delivery.source)
    ]
    return pl.DataFrame(own, schema=dict.fromkeys(["site", "source", "column"], pl.String), orient="row")


def _published(run: StudyRun, layout: str) -> dict[str, bytes]:
    """Return the bytes of every published table, lineage aside, its rows in the order of all that is left.

    Left out of the questions on a file's columns are those that no layout shares: where the format keeps its keys.
    """
    published = {}
    with duckdb.connect(run.home.warehouse_file(STUDY), read_only=True) as connection:
        records = _own_columns(run, layout).select("site", record=pl.format("{} column {}", "source", "column"))
        connection.register("own_record", records.to_arrow())
        named = connection.execute(
            "SELECT table_schema, table_name, list(column_name ORDER BY ordinal_position)"
            " FROM information_schema.columns WHERE list_contains($1, table_schema) GROUP BY ALL ORDER BY ALL",
            [list(PUBLISHED)],
        ).fetchall()
        for schema, table, columns in named:
            kept = ", ".join(
                f"regexp_replace({name}, '{FIRST_ROW}', '') AS {name}" if name == "detail" else f'"{name}"'
                for name in columns
                if name not in LINEAGE
            )
            query = f"SELECT {kept} FROM {schema}.{table}"
            if table == "check_delivery_column":
                query += " ANTI JOIN own_record USING (site, record)"
            published[f"{schema}.{table}"] = connection.sql(f"{query} ORDER BY ALL").pl().write_csv().encode()
    return published


def _findings(run: StudyRun) -> bytes:
    kept = [name for name in run.findings.columns if name not in LINEAGE]
    text = pl.col("message").str.replace_all(FIRST_ROW, "")
    return run.findings.select(kept).with_columns(text).sort(kept).write_csv().encode()


def _verdicts(run: StudyRun, layout: str) -> bytes:
    """Return the verdicts, without the questions that X-09 asks about the columns that are the format's own."""
    extra = _own_columns(run, layout).group_by("site").len("own").with_columns(check_id=pl.lit("X-09"))
    joined = run.verdicts.join(extra, on=["site", "check_id"], how="left")
    asked = pl.col("evaluated") - pl.col("own").fill_null(0)
    return joined.with_columns(evaluated=asked).drop("own").sort("check_id", "site").write_csv().encode()


@pytest.mark.slow
def test_the_study_has_faults_of_most_checks_and_deliveries_of_one_file_that_feeds_many(runs):
    found = runs["csv"].findings
    assert found["check_id"].n_unique() > 150
    assert {"X-01", "X-02", "X-07", "X-08", "X-09", "DM-01", "SV-04", "EX-13"} <= set(found["check_id"])
    fed = {delivery.source_file for delivery in current_deliveries(runs["odm"].home, STUDY)}
    assert len(fed) < len(current_deliveries(runs["odm"].home, STUDY)) - 20


@pytest.mark.parametrize("layout", OTHERS)
def test_all_published_tables_are_the_same(runs, layout):
    expected, found = _published(runs["csv"], "csv"), _published(runs[layout], layout)
    assert len(expected) > 100
    assert [name for name in expected if expected[name] != found.get(name)] == []
    assert found.keys() == expected.keys()


@pytest.mark.parametrize("layout", OTHERS)
def test_findings_and_verdicts_are_the_same(runs, layout):
    assert set(runs[layout].findings["finding_id"]) == set(runs["csv"].findings["finding_id"])
    assert _findings(runs[layout]) == _findings(runs["csv"])
    assert _verdicts(runs[layout], layout) == _verdicts(runs["csv"], "csv")


@pytest.mark.parametrize("layout", ALL)
def test_each_finding_lies_where_the_answer_key_says(runs, layout):
    run = runs[layout]
    at = ["site", "subject", "check_id", "dataset", "source_file", "source_row"]
    key = pl.read_csv(run.home.root / "answer_key.csv", infer_schema=False).select(pl.col(at).fill_null(""))
    found = run.findings.select(pl.col(at).cast(pl.String).fill_null(""))
    assert sorted(found.rows()) == sorted(key.rows())
