"""`siteproof delivery`: decide about a held delivery, and see what a delivery changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.cli_options import FormatOption, HomeOption, StudyArgument, home_of, load_known_study
from pipelines.cli_output import Format, print_frame, print_line, print_note, safe
from pipelines.errors import UserError, did_you_mean

if TYPE_CHECKING:
    from pathlib import Path

    from pipelines.ingest.decisions import Verdict

delivery_app = typer.Typer(help="One delivery: accept or reject what is held, list what changed.", no_args_is_help=True)

SiteArgument = Annotated[str, typer.Argument(metavar="SITE", help="the site's folder in landing")]
FileArgument = Annotated[str, typer.Argument(metavar="FILE", help="<system>/<file>, or the file alone")]
ReasonOption = Annotated[str, typer.Option("--reason", metavar="TEXT", help="why; kept with the delivery")]


@delivery_app.command()
def accept(
    context: typer.Context,
    study: StudyArgument,
    site: SiteArgument,
    file: FileArgument,
    reason: ReasonOption,
    home: HomeOption = None,
) -> None:
    """Take a held delivery into use at once; the next run shows it."""
    _decide(context, home, study, site, file, "accepted", reason)


@delivery_app.command()
def reject(
    context: typer.Context,
    study: StudyArgument,
    site: SiteArgument,
    file: FileArgument,
    reason: ReasonOption,
    home: HomeOption = None,
) -> None:
    """Refuse a held delivery; the one before it stays in use."""
    _decide(context, home, study, site, file, "rejected", reason)


@delivery_app.command()
def changes(
    context: typer.Context,
    study: StudyArgument,
    site: Annotated[str | None, typer.Option("--site", help="of one site only")] = None,
    source: Annotated[str | None, typer.Option("--source", help="of one source of study.yml only")] = None,
    held: Annotated[bool, typer.Option("--held", help="what held deliveries would change, if accepted")] = False,
    form: FormatOption = Format.table,
    home: HomeOption = None,
) -> None:
    """List what the current deliveries changed: each variable's old and new text, records that came and went."""
    where = home_of(context, home)
    loaded = load_known_study(where, study)
    if source is not None and source not in loaded.sources:
        raise UserError(f'{study} has no source "{source}".{did_you_mean(source, loaded.sources)}')
    from pipelines.ingest import known_sites
    from pipelines.standardize.change_list import list_changes

    sites = known_sites(where, study)
    if site is not None and site not in sites:
        raise UserError(f'{study} has no site "{site}".{did_you_mean(site, sites)}')
    print_frame(list_changes(where, loaded, site, source, held=held), form)


def _decide(
    context: typer.Context, home: Path | None, study: str, site: str, file: str, verdict: Verdict, reason: str
) -> None:
    where = home_of(context, home)
    load_known_study(where, study)
    import os
    import pwd

    from pipelines.ingest import decide, utc_now

    try:
        # Not the environment, in which anybody can be anyone.
        user = pwd.getpwuid(os.getuid()).pw_name
    except KeyError as error:
        raise UserError("the operating system does not say who you are; log in under a name of your own") from error
    for event in decide(where, study, site, file, verdict, by=user, why=reason, now=utc_now()):
        what = "is current now" if verdict == "accepted" else "is refused; the one before it stays current"
        print_line(f"{safe(event.site)}/{safe(event.name)} ({event.source}) {what}")
    print_note(f"the findings follow with the next run: siteproof run {study}")
