"""`siteproof check`: the catalogue, listed and explained."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipelines.cli_output import Format, print_frame, print_json, print_line, safe
from pipelines.errors import UserError, did_you_mean
from pipelines.settings import EXPECTATIONS_DIR

if TYPE_CHECKING:
    from pipelines.reference.check_sheet import CheckSheet

check_app = typer.Typer(help="The catalogue of checks.", no_args_is_help=True)

# What fits a terminal; --format csv and json have every column.
_TABLE_COLUMNS = ["id", "severity", "group", "title"]
# A text for people to read stays narrow enough to be read, however wide the terminal is.
_WIDEST = 110


@check_app.command("list")
def check_list(
    form: Annotated[Format, typer.Option("--format", help="how to write it")] = Format.table,
    group: Annotated[str | None, typer.Option("--group", metavar="G", help='of one group, e.g. "Vital signs"')] = None,
    category: Annotated[
        str | None, typer.Option("--category", metavar="C", help="of one category, e.g. data_entry")
    ] = None,
) -> None:
    """List the checks."""
    import polars as pl

    sheets = _sheets()
    sheets = _chosen(sheets, "group", group, lambda sheet: sheet.check.group)
    sheets = _chosen(sheets, "category", category, lambda sheet: sheet.check.category)
    frame = pl.DataFrame([_listed(sheet) for sheet in sheets], infer_schema_length=None)
    print_frame(frame.select(_TABLE_COLUMNS) if form is Format.table else frame, form)


@check_app.command("explain")
def check_explain(
    check_id: Annotated[str, typer.Argument(metavar="ID", help="e.g. AE-01")],
    as_json: Annotated[bool, typer.Option("--json", help="write json")] = False,
) -> None:
    """Say what must hold and why, what is looked at, when it fails, and what a study may set."""
    from pipelines.reference.check_text import check_text

    sheets = {sheet.check.id: sheet for sheet in _sheets()}
    sheet = sheets.get(check_id.upper())
    if sheet is None:
        raise UserError(
            f'there is no check "{check_id}".{did_you_mean(check_id, sheets)} `siteproof check list` lists them.'
        )
    if as_json:
        print_json(_explained(sheet))
        return
    width = min(shutil.get_terminal_size((100, 24)).columns, _WIDEST)
    for line in check_text(sheet, width).rstrip("\n").split("\n"):
        is_heading = line and not line.startswith(" ")
        print_line(typer.style(safe(line), bold=True) if is_heading and sys.stdout.isatty() else safe(line))


def _sheets() -> list[CheckSheet]:
    from pipelines.reference.check_sheet import by_group, describe_checks
    from pipelines.validate import load_suites

    return sorted(describe_checks(load_suites(EXPECTATIONS_DIR)), key=by_group)


def _chosen(
    sheets: list[CheckSheet], option: str, wanted: str | None, value_of: Callable[[CheckSheet], str]
) -> list[CheckSheet]:
    """Return the sheets with the wanted value, upper or lower case, blanks, - and _ being the same."""
    if wanted is None:
        return sheets
    chosen = [sheet for sheet in sheets if _folded(value_of(sheet)) == _folded(wanted)]
    known = sorted({value_of(sheet) for sheet in sheets})
    if not chosen:
        hint = did_you_mean(wanted, known)
        raise UserError(f'--{option}: there are no checks of "{wanted}".{hint} It is one of: {", ".join(known)}.')
    return chosen


def _folded(name: str) -> str:
    return name.casefold().replace("_", " ").replace("-", " ")


def _listed(sheet: CheckSheet) -> dict[str, str]:
    check = sheet.check
    return {
        "id": check.id,
        "title": check.title,
        "category": check.category,
        "group": check.group,
        "severity": check.severity,
        "scope": check.scope,
        "suite": check.suite,
        "owner": check.owner,
        "reference": check.reference,
        "needs": ";".join(check.needs),
        "parameters": ";".join(f"{parameter.name}={parameter.default}" for parameter in sheet.parameters),
        "same_as": ";".join(check.same_as),
    }


def _explained(sheet: CheckSheet) -> dict[str, Any]:
    check = sheet.check
    return {
        **{name: getattr(check, name) for name in ("id", "title", "category", "group", "severity", "scope", "owner")},
        "reference": check.reference,
        "same_as": check.same_as,
        "population": check.applies_when_text,
        "failing_condition": check.fails_when_text,
        "not_looked_at": check.not_looked_at,
        "needs": [need.alternatives for need in sheet.needs],
        "parameters": [
            {"name": parameter.name, "default": check.parameters[parameter.name], "allowed": parameter.allowed}
            for parameter in sheet.parameters
        ],
        "example_fail": check.example_fail,
        "example_pass": check.example_pass,
        "query_text": check.query_text,
        "shows": check.shows,
        "model": check.model,
        "columns": {column.name: column.meaning for column in sheet.columns},
        "applies_when": check.applies_when,
        "fails_when": check.fails_when,
        "suite": check.suite,
        "suite_file": sheet.suite_file,
        "suite_line": sheet.suite_line,
    }
