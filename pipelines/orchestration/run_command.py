"""What `siteproof run` and `siteproof demo` do: run studies, show their steps, and say in the end what came out."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from pipelines.cli_output import counted, print_json, print_line, print_rows, safe
from pipelines.errors import UserError, did_you_mean
from pipelines.orchestration.run_errors import RunFailedError
from pipelines.orchestration.run_progress import run_progress
from pipelines.orchestration.study_lock import hold_study
from pipelines.settings import Home, go_offline

if TYPE_CHECKING:
    from pipelines.orchestration.run_summary import RunSummary
    from pipelines.orchestration.study_run import FinishedRun

DEMO_STUDIES = ("SIM-001", "SIM-002")


def run_and_report(home: Home, study_id: str, sites: Sequence[str] | None, *, as_json: bool) -> None:
    """Run a study and print its summary.

    Raises:
        UserError: a site or a file of ours is wrong.
        RunError: the study is held by another process, or a step failed.
    """
    [(finished, summary)] = _run_each(home, [study_id], sites, show=not as_json)
    if as_json:
        print_json({"run_id": finished.run_id, **asdict(summary)})
        return
    print_line()
    print_summary(summary)


def run_demo(home: Home) -> None:
    """Simulate a small portfolio in the home and run it; studies that were not simulated stay as they are.

    Raises:
        UserError: the home holds a study under a name that the demo would overwrite.
        RunError: a step failed.
    """
    taken = [study for study in DEMO_STUDIES if (home.studies / study).exists()]
    if taken and not (home.root / "answer_key.csv").exists():
        raise UserError(f"{home.studies / taken[0]} was not simulated and stays; give the demo another --home")
    from pipelines.simulate import simulate_portfolio

    key = simulate_portfolio(home, studies=len(DEMO_STUDIES), sites=3, subjects=8, seed=1)
    print_line(f"simulated {len(DEMO_STUDIES)} studies, each with 3 sites of 8 subjects, in {home.root}")
    summaries = [summary for _, summary in _run_each(home, DEMO_STUDIES, None, show=True)]
    print_line()
    print_rows(
        ["study", "sites", "files", "verdicts", "findings"],
        [[s.study, s.sites, counted(s.files), counted(s.verdicts), counted(s.findings)] for s in summaries],
    )
    print_line()
    for summary in summaries:
        print_line(f"page of {summary.study}: {summary.page}")
    print_line(f"what was planted: {key}")


def _run_each(
    home: Home, studies: Sequence[str], sites: Sequence[str] | None, *, show: bool
) -> list[tuple[FinishedRun, RunSummary]]:
    """Run studies one after the other; what can be refused is refused before Dagster is loaded."""
    from pipelines.study import load_study
    from pipelines.validate import check_configuration

    for study_id in studies:
        _check_sites(home, study_id, sites or ())
        check_configuration(home, load_study(home.study_file(study_id)))
    go_offline()
    with contextlib.ExitStack() as held, run_progress() as progress:
        for study_id in studies:
            held.enter_context(hold_study(home, study_id, wait=False))
        progress.busy("loading")
        from pipelines.orchestration.run_summary import summarize
        from pipelines.orchestration.study_run import load_definitions, run_study

        definitions = load_definitions(home)
        results = []
        for study_id in studies:
            if show:
                progress.line(f"run of {study_id}")
            on_step = progress.on_step if show else None
            finished = run_study(home, definitions, study_id, sites=sites, on_step=on_step)
            failed = finished.failed_step
            if failed is not None:
                cause = f"step {failed.name}: {failed.error}\nlog: {finished.log}"
                raise RunFailedError(f"the run of {study_id} failed in {cause}")
            results.append((finished, summarize(home, study_id)))
    return results


def _check_sites(home: Home, study_id: str, sites: Sequence[str]) -> None:
    from pipelines.ingest import landing_sites

    known = landing_sites(home, study_id)
    for site in sites:
        if site not in known:
            raise UserError(f'{home.landing / study_id} has no site "{site}".{did_you_mean(site, known)}')


def print_summary(summary: RunSummary) -> None:
    """Say what a run came to, and what of its files asks for somebody."""
    print_line(f"files     {counted(summary.files)}")
    for refused in summary.refused:
        print_line(f"  refused {safe(refused.site)}/{safe(refused.file)}: {safe(refused.reason)}")
    for held in summary.held:
        print_line(f"  held    {safe(held.site)}/{safe(held.file)}: {safe(held.reason)}")
    if summary.held:
        print_line(f"          decide: siteproof delivery accept {summary.study} SITE FILE --reason TEXT, or reject")
    for waiting in summary.waiting:
        print_line(f"  waiting {safe(waiting.site)}/{safe(waiting.file)}: {safe(waiting.why)}")
    for foreign in summary.security:
        print_line(
            f"SECURITY  {safe(foreign.site)}/{safe(foreign.file)} may be another study's: {safe(foreign.reason)}"
        )
    print_line(f"verdicts  {counted(summary.verdicts)}, at {summary.sites} sites")
    print_line(f"findings  {counted(summary.findings)}")
    if summary.verdicts["error"]:
        print_line(f"errors    {summary.verdicts['error']} checks broke: siteproof verdicts {summary.study} says which")
    print_line(f"page      {summary.page}")
