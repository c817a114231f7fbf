"""A small made-up run for the report's tests: three sites, four checks, every status once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from pipelines.report.report_input import ReportInput
from pipelines.study import ListedSite, Study
from pipelines.study_source import Source

STUDY = "S-1"


@dataclass(frozen=True)
class MadeRun:
    run_id: str = "run-2"
    as_of: str = "2026-03-04T05:06:07Z"
    code_version: str = "0.1.0"
    previous_run: str | None = "run-1"


@dataclass(frozen=True)
class MadeCheck:
    id: str
    title: str
    group: str
    severity: str
    category: str = "data_entry"
    reference: str = "ICH E6(R3) 2.12.5"
    query_text: str = "Please verify."
    owner: str = "CRC"
    applies_when_text: str = "All rows."
    fails_when_text: str = "The value is blank."


def unchanged(text: str) -> str:
    return text


def report_case(say: Callable[[str], str] = unchanged, findings_at_a: int = 2) -> ReportInput:
    """Return the run; `say` rewrites every text that a site, a sponsor or a configuration could choose."""
    a, b, c = say("101"), say("102"), say("9")
    checks = [
        MadeCheck(
            say(name), say(title), say(group), severity,
            say("data_entry"), say("ICH"), say("Please verify."), say("CRC"), say("All rows."), say("Blank."),
        )
        for name, title, group, severity in (
            ("DM-01", "One row a subject", "demographics", "critical"),
            ("AE-01", "Start before end", "adverse_events", "major"),
            ("AE-02", "Serious", "adverse_events", "minor"),
            ("VS-01", "Pressures", "vital_signs", "major"),
        )
    ]  # fmt: skip
    dm, ae1, ae2, vs = (check.id for check in checks)
    gone = say("AE not delivered")
    verdicts = pl.DataFrame(
        [
            (a, dm, "fail", 40, findings_at_a, 0, ""), (a, ae1, "fail", 10, 1, 0, ""),
            (a, ae2, "not_run", 0, 0, 0, gone), (a, vs, "error", 0, 0, 0, say("Binder Error")),
            (b, dm, "pass", 30, 0, 0, ""), (b, ae1, "pass", 5, 0, 0, ""),
            (b, ae2, "not_run", 0, 0, 0, gone), (b, vs, "waived", 4, 0, 2, ""),
            (c, dm, "pass", 20, 0, 0, ""), (c, ae1, "not_run", 0, 0, 0, gone),
            (c, ae2, "not_run", 0, 0, 0, gone), (c, vs, "not_applicable", 0, 0, 0, say("no records")),
        ],
        schema=["site", "check_id", "status", "evaluated", "failed", "waived", "reason"],
        orient="row",
    ).with_columns(study=pl.lit(STUDY))  # fmt: skip
    rows = [_finding(say, a, dm, "critical", number) for number in range(findings_at_a)]
    rows.append(_finding(say, a, ae1, "major", 900_000))
    deliveries = pl.DataFrame(
        {
            "study": [STUDY] * 4, "site": [a, a, b, c], "system": [say("edc")] * 4,
            "file": [say("DM.csv"), say("AE.csv"), say("DM.csv"), say("AE.csv")], "sha256": ["0"] * 4,
            "received_at": ["2026-03-01T00:00:00Z"] * 4,
            "status": ["accepted", "accepted", "duplicate", "refused"],
            "reason": ["", "", say("same bytes"), say("ragged_row: line 7")], "rows": [40, 10, None, None],
            "repeated_rows": [3, 0, None, None], "security": [False] * 4,
            "source": ["DM", "AE", "DM", "AE"], "sequence": [1, 2, 1, 1],
        }
    )  # fmt: skip
    study = Study(
        study=STUDY,
        title=say("A trial"),
        sponsor=say("A sponsor"),
        sites=[ListedSite(id="101", name=say("A hospital"))],
        sources={"AE": Source(path="edc/AE.csv")},
        map={},
    )
    run = MadeRun(say("run-2"), say("2026-03-04T05:06:07Z"), say("0.1.0"), say("run-1"))
    resolved = [{**_finding(say, b, dm, "critical", 700_000), "state": "resolved"}]
    sites = pl.DataFrame({"site": [a, b, c], "seen_in": [say("landing, CTMS"), "landing", say("CTMS")]})
    return ReportInput(study, run, verdicts, pl.DataFrame(rows), pl.DataFrame(resolved), deliveries, sites, checks)


def _finding(say: Callable[[str], str], site: str, check: str, severity: str, number: int) -> dict[str, object]:
    return {
        "finding_id": say(f"id{number:06d}"), "study": STUDY, "site": site, "subject": say(f"{number}"),
        "check_id": check, "category": "data_entry", "severity": severity, "dataset": say("DM"),
        "record": say(f"DM row {number}"), "message": say(f"Subject {number} appears twice"),
        "source_file": f"{STUDY}/{say('101')}/edc/{say('DM.csv')}", "source_row": number + 1,
        "state": "persisting" if number else "new", "first_seen": say("2026-02-01T00:00:00Z"),
        "last_seen": "2026-03-04T05:06:07Z",
    }  # fmt: skip
