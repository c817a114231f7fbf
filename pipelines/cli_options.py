"""Options and arguments that several commands share, and what they stand for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.cli_output import Format
from pipelines.errors import UserError, did_you_mean
from pipelines.settings import Home, resolve_home

if TYPE_CHECKING:
    from pipelines.study import Study

HomeOption = Annotated[
    Path | None,
    typer.Option("--home", help="where everything lives; else $SITEPROOF_HOME, else ./siteproof-home", metavar="DIR"),
]
StudyArgument = Annotated[str, typer.Argument(metavar="STUDY", help="a folder in the home's studies/")]
FormatOption = Annotated[Format, typer.Option("--format", help="how to write it")]
JsonOption = Annotated[bool, typer.Option("--json", help="write json")]


def home_of(context: typer.Context, home: Path | None) -> Home:
    """Return the home that stands behind the command, else before it, else in the environment."""
    return resolve_home(home or context.obj)


def check_known(home: Home, study_id: str) -> None:
    """Refuse a study that the home does not have.

    Raises:
        UserError: with the nearest name and those that are there.
    """
    known = sorted(path.parent.name for path in home.studies.glob("*/study.yml"))
    if study_id not in known:
        cure = f"Studies here: {', '.join(known)}." if known else f"There is no study in {home.studies} yet."
        raise UserError(f'there is no study "{study_id}" in {home.studies}.{did_you_mean(study_id, known)} {cure}')


def load_known_study(home: Home, study_id: str) -> Study:
    """Return the configuration of a study of the home.

    Raises:
        UserError: there is no such study, or its file is wrong.
    """
    check_known(home, study_id)
    from pipelines.study import load_study

    return load_study(home.study_file(study_id))
