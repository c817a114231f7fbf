"""A subject is clean when nothing is open on it; what blocks it is named, the gravest first."""

from __future__ import annotations

import polars as pl

from pipelines.findings.cleanliness import CLEANLINESS_SCHEMA, judge_subjects

FINDING = {"site": pl.String, "subject": pl.String, "check_id": pl.String, "severity": pl.String}
SUBJECT = {"site": pl.String, "subject": pl.String, "open_queries": pl.Int64}
VERDICT = {"site": pl.String, "check_id": pl.String, "status": pl.String}


def judge(subjects: list[tuple], findings: list[tuple] = (), verdicts: list[tuple] = ()) -> list[dict]:
    judged = judge_subjects(
        "S-1",
        pl.DataFrame(subjects, schema=SUBJECT, orient="row"),
        pl.DataFrame(list(findings), schema=FINDING, orient="row"),
        pl.DataFrame(list(verdicts), schema=VERDICT, orient="row"),
    )
    assert judged.schema == CLEANLINESS_SCHEMA
    return judged.to_dicts()


def test_a_subject_without_anything_open_is_clean():
    (one,) = judge([("101", "1", 0)], verdicts=[("101", "AE-01", "pass"), ("101", "DOA-01", "not_run")])
    assert one == {
        "study": "S-1", "site": "101", "subject": "1", "clean": "Y", "critical": 0, "major": 0, "minor": 0,
        "open_queries": 0, "not_judged": 1, "blocked_by": "",
    }  # fmt: skip


def test_what_blocks_a_subject_is_named_the_gravest_first():
    findings = [
        ("101", "1", "AE-06", "minor"),
        ("101", "1", "VS-02", "major"),
        ("101", "1", "VS-02", "major"),
        ("101", "1", "IC-02", "critical"),
        ("101", None, "IRB-05", "critical"),
        ("102", "1", "AE-01", "critical"),
    ]
    first, other_site = judge([("101", "1", 3), ("102", "1", 0)], findings)
    assert (first["critical"], first["major"], first["minor"], first["clean"]) == (1, 2, 1, "N")
    assert first["blocked_by"] == "IC-02, VS-02 (2), AE-06, open queries (3)"
    assert other_site["blocked_by"] == "AE-01"


def test_a_severity_may_differ_within_one_check():
    (one,) = judge([("101", "1", 0)], [("101", "1", "Q-01", "minor"), ("101", "1", "Q-01", "major")])
    assert (one["major"], one["minor"], one["blocked_by"]) == (1, 1, "Q-01, Q-01")


def test_a_query_alone_blocks_and_so_does_a_check_that_broke():
    queried, at_broken_site = judge([("101", "1", 1), ("102", "2", 0)], verdicts=[("102", "AE-01", "error")])
    assert queried["blocked_by"] == "open queries (1)"
    assert (at_broken_site["clean"], at_broken_site["blocked_by"]) == ("N", "broken checks (1)")


def test_somebody_whom_demographics_do_not_have_is_listed_too():
    rows = judge([("101", "1", 0)], [("101", "9", "X-01", "major")])
    assert [(row["subject"], row["clean"]) for row in rows] == [("1", "Y"), ("9", "N")]


def test_a_study_without_subjects_gives_no_row():
    assert judge([]) == []
