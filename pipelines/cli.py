"""The `siteproof` command: thin, calls the rooms. Nothing heavy is imported before a command needs it.

Exit codes: 0 done, findings or not; 1 a run failed, an extract does not verify, doctor found something, or a previewed
file is refused; 2 the input or the command line is wrong.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli_check import check_app
from pipelines.cli_delivery import delivery_app
from pipelines.cli_options import HomeOption, JsonOption, StudyArgument, check_known, home_of, load_known_study
from pipelines.cli_output import print_error, print_json, print_line, progress_bar, safe
from pipelines.cli_preview import preview_app
from pipelines.cli_tables import tables_app
from pipelines.errors import UserError
from pipelines.orchestration.run_errors import RunError
from pipelines.settings import go_offline

app = typer.Typer(
    help="The quality gate between clinical-trial sites and sponsors.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.add_typer(check_app, name="check")
app.add_typer(delivery_app, name="delivery")
app.add_typer(tables_app)
app.add_typer(preview_app)


@app.callback()
def siteproof(context: typer.Context, home: HomeOption = None) -> None:
    """Take the options that stand before the command."""
    context.obj = home


@app.command()
def demo(context: typer.Context, home: HomeOption = None) -> None:
    """Simulate a small portfolio in the home, run it, and print a summary and the pages' paths."""
    from pipelines.orchestration.run_command import run_demo

    run_demo(home_of(context, home))


@app.command()
def simulate(
    context: typer.Context,
    home: HomeOption = None,
    studies: Annotated[int, typer.Option(help="number of studies", min=1)] = 3,
    sites: Annotated[int, typer.Option(help="sites a study", min=1)] = 4,
    subjects: Annotated[int, typer.Option(help="subjects a site", min=1)] = 10,
    seed: Annotated[int, typer.Option(help="the same seed writes the same bytes")] = 1,
    clean: Annotated[bool, typer.Option("--clean", help="plant no faults")] = False,
    layout: Annotated[
        str, typer.Option(help="how the EDC exports: csv, redcap, odm, odm2, xpt or dataset-json", metavar="NAME")
    ] = "csv",
) -> None:
    """Write a made-up portfolio with planted, labelled faults and its answer_key.csv."""
    from pipelines.simulate import simulate_portfolio

    where = home_of(context, home)
    with progress_bar("sites written", studies * sites) as advance:
        key = simulate_portfolio(
            where,
            studies=studies,
            sites=sites,
            subjects=subjects,
            seed=seed,
            clean=clean,
            layout=layout,
            on_site=lambda _study, _site: advance(),
        )
    print_line(str(key))


@app.command()
def init(
    context: typer.Context,
    study: Annotated[str, typer.Argument(metavar="STUDY", help="a folder in the home's landing/")],
    output: Annotated[Path | None, typer.Option(metavar="FILE", help="write it here, not into studies/STUDY")] = None,
    stdout: Annotated[bool, typer.Option("--stdout", help="print it and write no file")] = False,
    compare: Annotated[
        Path | None, typer.Option(metavar="FILE", help="say how a confirmed study.yml differs from the proposal")
    ] = None,
    home: HomeOption = None,
) -> None:
    """Propose a study.yml from a study's exports in landing, every guess marked for a human to confirm."""
    from pipelines.onboarding.init_command import run_init

    run_init(home_of(context, home), study, output, to_stdout=stdout, compare=compare)


@app.command()
def templates(
    context: typer.Context,
    study: StudyArgument,
    dataset: Annotated[
        list[str] | None,
        typer.Option("--dataset", metavar="D", help="of this dataset, e.g. DELEGATION; may be given several times"),
    ] = None,
    output: Annotated[
        Path | None, typer.Option(metavar="DIR", help="write them here, not into templates/STUDY")
    ] = None,
    home: HomeOption = None,
) -> None:
    """Write templates for the documents of a site, CSV and XLSX with a data dictionary, to be filled in by hand."""
    where = home_of(context, home)
    loaded = load_known_study(where, study)
    from pipelines.onboarding.document_templates import chosen_datasets, sources_text, write_templates

    datasets = chosen_datasets(dataset or [])
    for path in write_templates(loaded, datasets, output or where.templates / study):
        print_line(safe(path))
    print_line("\nstudy.yml takes them in as they are, without a map:\n")
    print_line(sources_text(datasets))


@app.command()
def run(
    context: typer.Context,
    study: StudyArgument,
    site: Annotated[str | None, typer.Option("--site", help="take in only this site's exports")] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Ingest, standardize, validate and report a study, as a Dagster run."""
    where = home_of(context, home)
    load_known_study(where, study)
    from pipelines.orchestration.run_command import run_and_report

    run_and_report(where, study, [site] if site else None, as_json=as_json)


@app.command()
def report(context: typer.Context, study: StudyArgument, home: HomeOption = None) -> None:
    """Write the study's page from its last run, and print the page's path."""
    where = home_of(context, home)
    loaded = load_known_study(where, study)
    from pipelines.report import write_report

    print_line(str(write_report(where, loaded)))


@app.command()
def extract(
    context: typer.Context,
    study: StudyArgument,
    cutoff: Annotated[str | None, typer.Option(metavar="DATE", help="last day of data, YYYY-MM-DD")] = None,
    home: HomeOption = None,
) -> None:
    """Write the sponsor's extract of the last run, and print its folder."""
    where = home_of(context, home)
    loaded = load_known_study(where, study)
    from datetime import date

    try:
        last_day = date.fromisoformat(cutoff) if cutoff else None
    except ValueError as error:
        raise UserError(f'--cutoff "{cutoff}" is not a date; write it as YYYY-MM-DD') from error
    from pipelines.transfer import write_extract

    print_line(str(write_extract(where, loaded, last_day)))


@app.command()
def verify(directory: Annotated[Path, typer.Argument(metavar="DIR", help="an extract's folder")]) -> None:
    """Check an extract against its manifest; exit 1 when it does not agree."""
    if not directory.is_dir():
        raise UserError(f"{directory} is not a folder")
    from pipelines.transfer import verify_extract

    problems = verify_extract(directory)
    for problem in problems:
        print_line(safe(problem))
    if problems:
        raise typer.Exit(1)
    print_line(f"{directory}: every file agrees with the manifest")


@app.command()
def doctor(
    context: typer.Context,
    study: Annotated[
        str | None,
        typer.Argument(metavar="STUDY", help="look at this one only, else at everything", show_default=False),
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check the installation, the home and the studies, and say what to do; exit 1 when something is wrong."""
    from dataclasses import asdict

    where = home_of(context, home)
    if study is not None:
        check_known(where, study)
    from pipelines.orchestration.doctor import examine

    seen = []
    for examination in examine(where, study):
        seen.append(examination)
        if not as_json:
            print_line(
                f"{'ok  ' if examination.well else 'BAD '} {safe(examination.subject)}: {safe(examination.seen)}"
            )
            if examination.cure:
                print_line(f"     -> {safe(examination.cure)}")
    if as_json:
        print_json([asdict(examination) for examination in seen])
    if not all(examination.well for examination in seen):
        raise typer.Exit(1)


@app.command()
def dev(
    context: typer.Context,
    home: HomeOption = None,
    host: Annotated[str, typer.Option(help="address to listen on")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="port to listen on")] = 3000,
) -> None:
    """Open Dagster's UI on this home, offline; Ctrl-C ends it."""
    import os

    from pipelines.orchestration.instance import WORKSPACE, dagster_environment

    where = home_of(context, home)
    go_offline()
    from pipelines.orchestration.dbt_cli import ensure_manifest

    ensure_manifest()
    print_line(f"http://{host}:{port} in about half a minute")
    command = [sys.executable, "-m", "dagster", "dev", "-w", str(WORKSPACE), "--host", host, "--port", str(port)]
    sys.stdout.flush()
    # In the place of this process, so that what ends it, a terminal or a service, ends Dagster.
    os.execve(command[0], command, dagster_environment(where))  # noqa: S606 - our own command


def main() -> None:
    """Run the command; a user's mistake is one plain line on standard error and exit code 2."""
    # Tables for scripts are UTF-8 in every locale; a terminal that cannot show a letter gets its escape.
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding=None if stream.isatty() else "utf-8", errors="backslashreplace")
    try:
        app()
    except UserError as error:
        print_error(str(error))
        sys.exit(2)
    except RunError as error:
        print_error(str(error))
        sys.exit(1)
