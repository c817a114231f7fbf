"""Whether a subject is clean, and what blocks it: its open findings and queries. Pure."""

from __future__ import annotations

import polars as pl

SEVERITIES = ("critical", "major", "minor")
CLEANLINESS_SCHEMA = {
    "study": pl.String,
    "site": pl.String,
    "subject": pl.String,
    "clean": pl.String,
    **dict.fromkeys(SEVERITIES, pl.Int64),
    "open_queries": pl.Int64,
    "not_judged": pl.Int64,
    "blocked_by": pl.String,
}


def judge_subjects(
    study_id: str, subjects: pl.DataFrame, findings: pl.DataFrame, verdicts: pl.DataFrame
) -> pl.DataFrame:
    """Return for each subject whether anything is open on it.

    Args:
        study_id: the study.
        subjects: one row a subject and site: site, subject, open_queries (those not closed or cancelled).
        findings: the open findings; a finding without a subject blocks nobody.
        verdicts: one row a check and site.

    Returns:
        One row a subject and site, in order, columns as CLEANLINESS_SCHEMA. `clean` is Y or N: nothing is open, and no
        check of the site broke. `not_judged` is the number of checks that could not look at the site. `blocked_by`
        names the checks with their number of findings, the gravest first, then queries and broken checks.
    """
    keys = ["site", "subject"]
    counts = findings.filter(pl.col("subject").is_not_null()).group_by(*keys, "check_id", "severity").len()
    rank = pl.col("severity").replace_strict({name: at for at, name in enumerate(SEVERITIES)}, return_dtype=pl.Int64)
    named = pl.when(pl.col("len") > 1).then(pl.format("{} ({})", "check_id", "len")).otherwise("check_id")
    blocks = counts.sort(*keys, rank, "check_id").group_by(*keys, maintain_order=True)
    by_subject = blocks.agg(
        *(pl.col("len").filter(pl.col("severity") == name).sum().cast(pl.Int64).alias(name) for name in SEVERITIES),
        named.alias("checks"),
    )
    silent = verdicts.group_by("site").agg(
        (pl.col("status") == "not_run").sum().cast(pl.Int64).alias("not_judged"),
        (pl.col("status") == "error").sum().cast(pl.Int64).alias("broken"),
    )
    everybody = pl.concat([subjects.select(keys), by_subject.select(keys)]).unique()
    judged = (
        everybody.join(subjects, on=keys, how="left")
        .join(by_subject, on=keys, how="left")
        .join(silent, on="site", how="left")
        .with_columns(pl.col("open_queries", *SEVERITIES, "not_judged", "broken").fill_null(0))
    )
    reasons = pl.concat_list(
        pl.col("checks").fill_null([]), _counted("open_queries", "open queries"), _counted("broken", "broken checks")
    ).list.drop_nulls()
    return (
        judged.with_columns(reasons.list.join(", ").alias("blocked_by"), pl.lit(study_id).alias("study"))
        .with_columns(pl.when(pl.col("blocked_by") == "").then(pl.lit("Y")).otherwise(pl.lit("N")).alias("clean"))
        .select(pl.col(name).cast(kind) for name, kind in CLEANLINESS_SCHEMA.items())
        .sort(keys)
    )


def _counted(column: str, what: str) -> pl.Expr:
    return pl.when(pl.col(column) > 0).then(pl.format(what + " ({})", column))
