"""A source whose files may not shrink, the files to try it with, and somebody who decides."""

from __future__ import annotations

from datetime import UTC, datetime

from ingest_desk import SITE, STUDY, Desk

from pipelines.ingest import decide
from pipelines.ingest.decisions import Verdict

NOW = datetime(2026, 5, 4, 9, tzinfo=UTC)


def rows(*numbers: int) -> str:
    return "subjid,aeterm\n" + "".join(f"{number},Term {number}\n" for number in numbers)


FULL, SHORT = rows(*range(100)), rows(*range(89))
# Ten per cent of the rows may go, and five per cent of the subjects.
CONTRACT = {"max_row_drop": "0.1", "max_vanished": "0.05", "key": ["subjid"]}


def decision(desk: Desk, verdict: Verdict, file: str = "AE.csv", why: str = "11 subjects withdrew") -> None:
    decide(desk.home, STUDY, SITE, file, verdict, by="anna", why=why, now=NOW)


def statuses(desk: Desk) -> list[tuple[str, str]]:
    return [status for _, status in desk.listed()]
