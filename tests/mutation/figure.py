"""The figure: how many mutants of each check the specs kill, and which survive."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import duckdb
import yaml
from check_rows import CHECKS
from check_tables import create_tables, open_with_functions
from spec_cases import load_cases

from mutation.mutants import Mutant, mutants_of
from mutation.verdict_cases import VerdictTable, cases_of

LEAST_SHARE = 0.95
EQUIVALENT_FILE = Path(__file__).with_name("equivalent_mutants.yml")


@dataclass
class CheckFigure:
    """What became of the mutants of one check; `excused` are survivors that no row can show.

    `broken` is the case that fails before anything is changed, so that a mutant's difference would show nothing.
    """

    check_id: str
    killed: list[Mutant] = field(default_factory=list)
    excused: list[Mutant] = field(default_factory=list)
    survivors: list[Mutant] = field(default_factory=list)
    broken: str | None = None


@dataclass(frozen=True)
class Excuse:
    """A written reason; `check_id` is None for one that holds everywhere, with a regular expression as `change`."""

    check_id: str | None
    change: str
    reason: str

    def covers(self, mutant: Mutant) -> bool:
        if self.check_id is None:
            unnumbered = re.sub(r" \(no\. \d+\)$", "", mutant.change)
            return re.fullmatch(self.change, unnumbered, re.DOTALL) is not None
        return (self.check_id, self.change) == (mutant.check.id, mutant.change)


@cache
def excuses() -> tuple[Excuse, ...]:
    listed = yaml.safe_load(EQUIVALENT_FILE.read_text(encoding="utf-8"))
    everywhere = [Excuse(None, entry["change"], entry["reason"]) for entry in listed["everywhere"]]
    own = [Excuse(check_id, e["change"], e["reason"]) for check_id, es in listed["checks"].items() for e in es]
    return (*everywhere, *own)


def measure(check_ids: Iterable[str]) -> Iterator[CheckFigure]:
    """Yield the figure of each check, in the order of the ids."""
    boundary_cases = load_cases()
    connection = open_with_functions()
    connection.execute("SET threads = 1")  # thousands of queries on a few rows each
    for check_id in check_ids:
        check = CHECKS[check_id]
        if not _has_table(connection, check.model):
            create_tables(connection, check.model)
        table = VerdictTable(connection, check, cases_of(check, boundary_cases.get(check_id, [])))
        failing = table.first_difference(check.applies_when, check.fails_when)
        figure = CheckFigure(check_id, broken=failing.told if failing else None)
        for mutant in mutants_of(check) if failing is None else []:
            _fate(figure, mutant, table).append(mutant)
        yield figure
    connection.close()


def share_killed(figures: Iterable[CheckFigure]) -> float:
    """Return the share of mutants that a case turns, of those that one can."""
    figures = list(figures)
    killed = sum(len(figure.killed) for figure in figures)
    survivors = sum(len(figure.survivors) for figure in figures)
    return killed / (killed + survivors) if killed + survivors else 0.0


def unused_excuses(figures: Iterable[CheckFigure]) -> list[Excuse]:
    """Return the reasons that excuse nothing: the check has changed, or a case now shows the mutant."""
    excused = [mutant for figure in figures for mutant in figure.excused]
    return [excuse for excuse in excuses() if not any(excuse.covers(mutant) for mutant in excused)]


def _fate(figure: CheckFigure, mutant: Mutant, table: VerdictTable) -> list[Mutant]:
    if table.first_difference(mutant.applies_when, mutant.fails_when) is not None:
        return figure.killed
    return figure.excused if any(excuse.covers(mutant) for excuse in excuses()) else figure.survivors


def _has_table(connection: duckdb.DuckDBPyConnection, model: str) -> bool:
    query = "SELECT count(*) FROM duckdb_tables() WHERE table_name = ?"
    return connection.execute(query, [model]).fetchone() == (1,)
