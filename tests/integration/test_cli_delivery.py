"""`siteproof delivery` and what `siteproof deliveries` tells beside its table."""

from __future__ import annotations

import json
import logging
import os
import pwd
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from pipelines import cli
from pipelines.ingest import WaitingFile, ingest_study
from pipelines.orchestration.home_resource import HomeResource
from pipelines.orchestration.ingest_assets import deliveries, site_export
from pipelines.orchestration.partitions import register_study
from pipelines.orchestration.run_command import print_summary
from pipelines.orchestration.run_summary import RunSummary, ToldFile
from pipelines.settings import Home
from pipelines.study import load_study

STUDY = """\
study: ST-1
title: t
sponsor: s
sources:
  AE:
    path: edc/AE*.csv
    subject: subj
    study: study
    delivery: {max_row_drop: 0.1, announced_by: done}
map: {AE: [{from: AE, variables: {AESPID: id, AETERM: term}}]}
"""
HEADER = "study,subj,id,term\n"
FULL = HEADER + "".join(f"ST-1,1,{n},Term {n}\n" for n in range(10))
SHORT = HEADER + "".join(f"ST-1,1,{n},Term {n}\n" for n in range(5))


@pytest.fixture
def siteproof(
    home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """Run the command in this process on a home with a study; return exit code, output and errors."""
    path = home.study_file("ST-1")
    path.parent.mkdir(parents=True)
    path.write_text(STUDY, encoding="utf-8")

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["siteproof", *arguments, "--home", str(home.root)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        assert isinstance(ended.value.code, int)
        return ended.value.code, *capsys.readouterr()

    return run


def deliver(home: Home, *contents: str, announced: bool = True) -> None:
    folder = home.landing / "ST-1" / "101" / "edc"
    folder.mkdir(parents=True, exist_ok=True)
    for content in contents:
        (folder / "AE.csv").write_text(content, encoding="utf-8")
        if announced:
            (folder / "AE.csv.done").write_bytes(b"")
        ingest_study(home, load_study(home.study_file("ST-1")))


def listed(run: Callable[..., tuple[int, str, str]]) -> list[dict[str, Any]]:
    code, out, _ = run("deliveries", "ST-1", "--json")
    assert code == 0
    rows: list[dict[str, Any]] = json.loads(out)
    return sorted(rows, key=lambda row: str(row["received_at"]))


def test_what_is_held_is_seen_and_accepted(siteproof: Any, home: Home) -> None:
    deliver(home, FULL, SHORT)
    assert sorted(row["status"] for row in listed(siteproof)) == ["accepted", "held"]
    code, out, _ = siteproof("delivery", "changes", "ST-1", "--held", "--format", "csv")
    assert (code, out.count(",removed,")) == (0, 5)
    code, out, err = siteproof("delivery", "accept", "ST-1", "101", "AE.csv", "--reason", "five were\ndeleted")
    assert (code, out) == (0, "101/edc/AE.csv (AE) is current now\n")
    assert "siteproof run ST-1" in err
    user = pwd.getpwuid(os.getuid()).pw_name
    told = next(row["reason"] for row in listed(siteproof) if row["status"] == "accepted")
    assert told.startswith(f"accepted: by {user} on ")
    assert "five were deleted; it was held for row_drop: AE has 5 rows" in told
    code, out, _ = siteproof("delivery", "changes", "ST-1", "--format", "json")
    assert [row["change"] for row in json.loads(out)] == ["removed"] * 5


def test_a_second_decision_and_one_about_nothing_are_the_user_s_errors(siteproof: Any, home: Home) -> None:
    deliver(home, FULL, SHORT)
    assert siteproof("delivery", "reject", "ST-1", "101", "edc/AE.csv", "--reason", "a filter")[0] == 0
    code, out, err = siteproof("delivery", "accept", "ST-1", "101", "edc/AE.csv", "--reason", "no")
    assert (code, out) == (2, "")
    assert "it was rejected already by" in err
    code, _, err = siteproof("delivery", "accept", "ST-1", "102", "AE.csv", "--reason", "no")
    assert (code, 'site "102" of ST-1 has delivered nothing' in err) == (2, True)
    assert siteproof("delivery", "accept", "ST-1", "101", "AE.csv")[0] == 2


@pytest.mark.parametrize(
    ("option", "value", "told"), [("--site", "110", 'Did you mean "101"'), ("--source", "AEE", 'Did you mean "AE"')]
)
def test_changes_of_what_is_not_there_are_answered_with_the_nearest_name(
    siteproof: Any, home: Home, option: str, value: str, told: str
) -> None:
    deliver(home, FULL)
    code, _, err = siteproof("delivery", "changes", "ST-1", option, value)
    assert (code, told in err) == (2, True)


def test_what_waits_and_what_is_foreign_is_told_beside_the_table(siteproof: Any, home: Home) -> None:
    """F32: an own column in JSON and a line on standard error; the csv keeps its columns."""
    deliver(home, FULL.replace("ST-1,", "RIVAL-7,", 1))
    (row,) = listed(siteproof)
    assert (row["status"], row["security"]) == ("refused", True)
    deliver(home, FULL, announced=False)
    code, out, err = siteproof("deliveries", "ST-1", "--format", "csv")
    assert code == 0
    assert out.splitlines()[0] == "study,site,system,file,sha256,received_at,status,reason,rows"
    assert "SECURITY: 101/edc/AE.csv was refused: it may be another study's" in err
    assert "RIVAL-7" not in out + err


def test_a_file_that_waits_is_told(siteproof: Any, home: Home) -> None:
    deliver(home, FULL, announced=False)
    _, out, err = siteproof("deliveries", "ST-1", "--format", "csv")
    assert out.count("\n") == 1
    assert err == "note: not read yet: 101/edc/AE.csv: AE.csv.done is not there yet\n"


def test_the_doctor_asks_for_a_decision(siteproof: Any, home: Home) -> None:
    deliver(home, FULL, SHORT, FULL.replace("ST-1,", "RIVAL-7,", 1))
    code, out, _ = siteproof("doctor", "ST-1", "--json")
    seen = {one["subject"]: one for one in json.loads(out)}
    assert code == 1
    assert seen["study ST-1, held"]["seen"] == "wait for a decision: 101/edc/AE.csv"
    assert seen["study ST-1, security"]["seen"] == "may be another study's: 101/edc/AE.csv"
    assert not {seen[name]["well"] for name in ("study ST-1, held", "study ST-1, security")} - {False}


def test_the_doctor_is_content_once_the_site_has_sent_its_own_file_under_that_name(siteproof: Any, home: Home) -> None:
    """F32: the event itself stays in the list."""
    deliver(home, FULL.replace("ST-1,", "RIVAL-7,", 1), FULL)
    _, out, _ = siteproof("doctor", "ST-1", "--json")
    assert "study ST-1, security" not in [one["subject"] for one in json.loads(out)]
    assert [row["security"] for row in listed(siteproof)].count(True) == 1


def test_the_summary_of_a_run_tells_what_asks_for_somebody(capsys: pytest.CaptureFixture[str]) -> None:
    held = ToldFile("101", "edc/AE.csv", "row_drop: AE has 5 rows")
    foreign = ToldFile("102", "edc/\x1bVS.csv", "study_mismatch: row 1 names another study")
    summary = RunSummary(
        study="ST-1",
        sites=2,
        files={"accepted": 3, "held": 1, "refused": 1},
        refused=[foreign],
        held=[held],
        waiting=[WaitingFile("103", "edc/DM.csv", "DM.csv.done is not there yet")],
        security=[foreign],
        verdicts={"pass": 1, "error": 0},
        findings={"major": 1},
        page=Path("page.html"),
    )
    print_summary(summary)
    lines = capsys.readouterr().out.splitlines()
    assert "  held    101/edc/AE.csv: row_drop: AE has 5 rows" in lines
    assert "          decide: siteproof delivery accept ST-1 SITE FILE --reason TEXT, or reject" in lines
    assert "  waiting 103/edc/DM.csv: DM.csv.done is not there yet" in lines
    (security,) = (line for line in lines if line.startswith("SECURITY"))
    assert security.startswith("SECURITY  102/edc/\\u001bVS.csv may be another study's: study_mismatch: ")


@pytest.mark.usefixtures("siteproof")
def test_dagster_s_log_has_the_security_event_at_error_level(home: Home) -> None:
    """F32: site, file and row, and nothing that the file holds."""
    folder = home.landing / "ST-1" / "101" / "edc"
    folder.mkdir(parents=True)
    (folder / "AE.csv").write_text(FULL.replace("ST-1,", "RIVAL-7,", 1), encoding="utf-8")
    (folder / "AE.csv.done").write_bytes(b"")
    with dg.DagsterInstance.ephemeral() as instance:
        register_study(instance, home, "ST-1")
        done = dg.materialize(
            [deliveries, site_export],
            selection=[deliveries],
            partition_key="ST-1",
            instance=instance,
            resources={"siteproof_home": HomeResource(root=str(home.root))},
        )
        errors = [log.user_message for log in instance.all_logs(done.run_id) if log.level == logging.ERROR]
    assert errors == [
        "security event: ST-1/101/edc/AE.csv was refused: study_mismatch: row 1 names another study in column study"
    ]
