"""The commands that print a table of a study: deliveries, verdicts, findings, readiness, cleanliness."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.cli_options import FormatOption, HomeOption, JsonOption, StudyArgument, home_of, load_known_study
from pipelines.cli_output import Format, print_frame, print_note

if TYPE_CHECKING:
    import polars as pl

    from pipelines.findings.selection import About

tables_app = typer.Typer()

SiteOption = Annotated[str | None, typer.Option("--site", help="of one site only")]


@tables_app.command()
def deliveries(
    context: typer.Context,
    study: StudyArgument,
    form: FormatOption = Format.table,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """List every file that a study's sites delivered: accepted, held, duplicate, superseded or refused, and why.

    What is not read yet, and what may be another study's, is told on standard error.
    """
    where = home_of(context, home)
    loaded = load_known_study(where, study)
    from pipelines.ingest import delivered_files, read_deliveries, utc_now, waiting_files

    columns = ["study", "site", "system", "file", "sha256", "received_at", "status", "reason", "rows"]
    listed = delivered_files(read_deliveries(where, study))
    form = Format.json if as_json else form
    # Scripts read the columns of the csv by their place.
    print_frame(listed.select([*columns, "security"] if form is Format.json else columns), form)
    for site, system, file in listed.filter(listed["security"]).select("site", "system", "file").iter_rows():
        print_note(f"SECURITY: {site}/{system}/{file} was refused: it may be another study's")
    for waiting in waiting_files(where, loaded, utc_now):
        print_note(f"not read yet: {waiting.site}/{waiting.file}: {waiting.why}")


@tables_app.command()
def verdicts(
    context: typer.Context, study: StudyArgument, form: FormatOption = Format.table, home: HomeOption = None
) -> None:
    """List what every check says of every site."""
    where = home_of(context, home)
    load_known_study(where, study)
    from pipelines.findings import read_verdicts

    columns = ["study", "site", "check_id", "status", "evaluated", "failed", "waived", "reason"]
    print_frame(read_verdicts(where, study).select(columns), form)


@tables_app.command()
def findings(
    context: typer.Context,
    study: StudyArgument,
    form: FormatOption = Format.table,
    site: SiteOption = None,
    subject: Annotated[str | None, typer.Option("--subject", help="on one subject only")] = None,
    person: Annotated[
        str | None, typer.Option("--person", help="on one of the staff only, by the id that the site's list gives")
    ] = None,
    home: HomeOption = None,
) -> None:
    """List the open findings, down to the row of the delivered file."""
    where = home_of(context, home)
    load_known_study(where, study)
    from pipelines.findings import findings_on, read_findings, unknown_names

    found = read_findings(where, study)
    about: dict[About, str | None] = {"site": site, "subject": subject, "person": person}
    print_frame(findings_on(found, about), form)
    for sentence in unknown_names(found, about):
        print_note(sentence)


@tables_app.command()
def readiness(
    context: typer.Context,
    study: StudyArgument,
    form: FormatOption = Format.table,
    site: SiteOption = None,
    home: HomeOption = None,
) -> None:
    """List the records of each site's documentation that are missing, have expired or soon will."""
    where = home_of(context, home)
    load_known_study(where, study)
    from pipelines.findings import read_site_readiness

    print_frame(_of_site(read_site_readiness(where, study), site), form)


@tables_app.command()
def cleanliness(
    context: typer.Context,
    study: StudyArgument,
    form: FormatOption = Format.table,
    site: SiteOption = None,
    home: HomeOption = None,
) -> None:
    """List every subject: whether it is clean, and what blocks it."""
    where = home_of(context, home)
    load_known_study(where, study)
    from pipelines.findings import read_subject_cleanliness

    print_frame(_of_site(read_subject_cleanliness(where, study), site), form)


def _of_site(frame: pl.DataFrame, site: str | None) -> pl.DataFrame:
    return frame if site is None else frame.filter(frame["site"] == site)
