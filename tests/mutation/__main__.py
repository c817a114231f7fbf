"""`make mutation`: prints the figure of all checks, or of those named, and what survives; exit 1 below 95 %."""

# ruff: noqa: T201 - what a command says is printed

from __future__ import annotations

import sys

from check_rows import CHECKS

from mutation.figure import LEAST_SHARE, CheckFigure, measure, share_killed, unused_excuses
from pipelines.errors import did_you_mean


def main(check_ids: list[str]) -> int:
    unknown = [check_id for check_id in check_ids if check_id not in CHECKS]
    for check_id in unknown:
        print(f'error: there is no check "{check_id}".{did_you_mean(check_id, CHECKS)}', file=sys.stderr)
    if unknown:
        return 2
    figures = list(measure(check_ids or CHECKS))
    print_survivors(figures)
    print_table(figures)
    broken = [figure for figure in figures if figure.broken]
    for figure in broken:
        print(f'\n{figure.check_id}: its specs fail before anything is changed, e.g. "{figure.broken}"')
    unused = [] if check_ids else unused_excuses(figures)
    for excuse in unused:
        print(f"equivalent_mutants.yml: no survivor of {excuse.check_id or 'any check'} needs: {excuse.change}")
    share = share_killed(figures)
    killed = sum(len(figure.killed) for figure in figures)
    excused = sum(len(figure.excused) for figure in figures)
    survivors = sum(len(figure.survivors) for figure in figures)
    print(
        f"\n{len(figures)} checks, {killed + excused + survivors} mutants: {killed} killed, {survivors} survive, "
        f"{excused} that no row can show. Caught: {share:.1%}"
    )
    return 0 if share >= LEAST_SHARE and not unused and not broken else 1


def print_table(figures: list[CheckFigure]) -> None:
    print(f"\n{'check':<10}{'killed':>8}{'survive':>9}{'no row':>8}{'caught':>9}")
    for figure in figures:
        counts = f"{len(figure.killed):>8}{len(figure.survivors):>9}{len(figure.excused):>8}"
        print(f"{figure.check_id:<10}{counts}{share_killed([figure]):>9.1%}")


def print_survivors(figures: list[CheckFigure]) -> None:
    for figure in figures:
        for mutant in figure.survivors:
            print(f"\n{mutant.check.id} survives {mutant.change}")
            print(f"    {' '.join(mutant.changed_predicate.split())}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
