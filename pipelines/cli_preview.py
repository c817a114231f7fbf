"""`siteproof preview`: shows what would be read of one file, before a study is configured for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipelines.cli_options import HomeOption, JsonOption, home_of, load_known_study
from pipelines.cli_output import counted, print_json, print_line, print_rows, safe
from pipelines.errors import UserError, did_you_mean

if TYPE_CHECKING:
    from pipelines.ingest.readers import Content
    from pipelines.onboarding.preview import Dataset, Preview
    from pipelines.study_source import Source

preview_app = typer.Typer()

# A value is shown this far; what is longer ends in an ellipsis.
_WIDEST = 32


@preview_app.command()
def preview(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="an export, wherever it lies")],
    form: Annotated[str | None, typer.Option("--as", metavar="FORMAT", help="e.g. csv, odm, xpt, redcap")] = None,
    study: Annotated[str | None, typer.Option("--study", help="read it as a source of this study says")] = None,
    source: Annotated[str | None, typer.Option("--source", metavar="NAME", help="which source of the study")] = None,
    encoding: Annotated[str | None, typer.Option("--encoding", help="utf-8 where nothing is said")] = None,
    delimiter: Annotated[
        str | None, typer.Option("--delimiter", metavar="CHARACTER", help='one character, or the word "tab"')
    ] = None,
    quote: Annotated[str | None, typer.Option("--quote", metavar="CHARACTER", help='" where nothing is said')] = None,
    member: Annotated[
        str | None, typer.Option("--member", metavar="PATTERN", help="of a ZIP: which file, e.g. */AE.csv")
    ] = None,
    table: Annotated[str | None, typer.Option("--table", metavar="NAME", help="look at this table only")] = None,
    dictionary: Annotated[
        Path | None, typer.Option("--dictionary", metavar="FILE", help="of REDCap: the data dictionary")
    ] = None,
    header_rows: Annotated[int | None, typer.Option("--header-rows", metavar="N", help="of a workbook")] = None,
    subject: Annotated[
        str | None, typer.Option("--subject", metavar="COLUMN", help="the column with the subject's id")
    ] = None,
    site: Annotated[str | None, typer.Option("--site", metavar="COLUMN", help="the column with the site")] = None,
    rows: Annotated[int, typer.Option("--rows", metavar="N", help="how many first rows to show", min=0, max=20)] = 3,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what would be read of a file: tables, columns, first values, problems; exit 1 when it is refused."""
    if not file.is_file():
        raise UserError(f"{file} is no file" if file.exists() else f"{file} does not exist")
    given: dict[str, Any] = {
        "encoding": encoding,
        "delimiter": "\t" if delimiter in ("tab", "\\t") else delimiter,
        "quote": quote,
        "member": member,
        "table": table,
        "dictionary": str(_existing(dictionary)) if dictionary is not None else None,
        "header_rows": header_rows,
        "subject": subject,
        "site": site,
    }
    given = {name: value for name, value in given.items() if value is not None}
    declared = _declared(context, home, study, source) if study is not None or source is not None else {}
    from pipelines.onboarding.format_names import NamedFormat, ask_for_format, find_format

    if form is None and not declared:
        raise ask_for_format(file)
    named = find_format(form) if form is not None else NamedFormat(declared.get("format", "csv"))
    from pipelines.onboarding.preview import preview_archive, preview_export

    with _content_of(file) as data:
        if named.format is None:
            seen = preview_archive(data)
        else:
            reading_as = _source({"path": "any/file", **declared, **named.settings, **given, "format": named.format})
            seen = preview_export(data, reading_as, file.stem, rows)
    if as_json:
        print_json(_as_json(seen))
    else:
        _print(file, seen, rows)
    if seen.is_refused:
        raise typer.Exit(1)


def _existing(file: Path) -> Path:
    if not file.is_file():
        raise UserError(f"--dictionary: {file} is no file")
    return file.resolve()


def _declared(context: typer.Context, home: Path | None, study: str | None, source: str | None) -> dict[str, Any]:
    """Return what a study says of a source."""
    if study is None or source is None:
        raise UserError("--study and --source go together: which source of which study the file is")
    sources = load_known_study(home_of(context, home), study).sources
    if source not in sources:
        raise UserError(
            f'{study} has no source "{source}".{did_you_mean(source, sources)} Its sources: {", ".join(sources)}.'
        )
    return sources[source].model_dump(exclude_unset=True)


def _source(settings: dict[str, Any]) -> Source:
    from pydantic import ValidationError

    from pipelines.study_source import Source

    try:
        return Source.model_validate(settings)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        option = f"--{str(first['loc'][0]).replace('_', '-')}: " if first["loc"] else ""
        raise UserError(f"{option}{first['msg'].removeprefix('Value error, ')}") from error


@contextmanager
def _content_of(file: Path) -> Iterator[Content]:
    import mmap

    from pipelines.ingest.arrival import IN_MEMORY_BYTES, MAX_FILE_BYTES

    size = file.stat().st_size
    if size > MAX_FILE_BYTES:
        raise UserError(f"{file} has {size} bytes; a run takes no file of more than {MAX_FILE_BYTES}")
    try:
        with file.open("rb") as opened:
            if size <= IN_MEMORY_BYTES:
                yield opened.read()
                return
            with mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
                yield mapped
    except OSError as error:
        raise UserError(f"{file} cannot be read: {error.strerror}") from error


def _as_json(seen: Preview) -> dict[str, Any]:
    return {
        "format": seen.format,
        "subjects": seen.subjects,
        "sites": seen.sites,
        "datasets": [_sizes(dataset) for dataset in seen.datasets],
        "values": seen.values,
        "problems": [{"code": one.code, "message": one.message, "line": one.line} for one in seen.problems],
        "forms": [_sizes(form) for form in seen.forms],
        "counts": dict(seen.counts),
    }


def _sizes(dataset: Dataset) -> dict[str, Any]:
    return {"name": dataset.name, "rows": dataset.rows, "columns": dataset.columns}


def _print(file: Path, seen: Preview, rows: int) -> None:
    if seen.is_refused:
        for problem in seen.problems:
            where = f", line {problem.line}" if problem.line is not None else ""
            print_line(safe(f"{file.name} as {seen.format}: refused{where}: {problem.code}: {problem.message}"))
        return
    print_line(safe(f"{file.name} as {seen.format}: {', '.join(_totals(seen))}"))
    if seen.counts:
        in_file = counted({name.replace("_", " "): count for name, count in seen.counts.items()})
        print_line(safe(f"in the file: {in_file}"))
    for dataset in seen.datasets:
        _print_dataset(dataset, rows, "")
    for form in seen.forms:
        _print_dataset(form, rows, "form ")
    if seen.problems:
        print_line("\nproblems, none of which keeps the file from being read:")
    for problem in seen.problems:
        where = f"line {problem.line}: " if problem.line is not None else ""
        print_line(safe(f"  {problem.code}: {where}{problem.message}"))


def _totals(seen: Preview) -> Iterator[str]:
    for count, word in ((len(seen.datasets), "dataset"), (seen.values, "value")):
        yield f"{count:,} {word}{'' if count == 1 else 's'}"
    for known, word in ((seen.subjects, "subject"), (seen.sites, "site")):
        yield f"{word}s not named" if known is None else f"{known:,} {word}{'' if known == 1 else 's'}"


def _print_dataset(dataset: Dataset, rows: int, kind: str) -> None:
    sizes = f"{dataset.rows:,} rows x {dataset.columns:,} columns, {dataset.values:,} values"
    at = f"; the first row stands at {dataset.place}" if dataset.place else ""
    print_line()
    print_line(safe(f"{kind}{dataset.name}: {sizes}{at}"))
    shown = min(rows, dataset.rows)
    # Only where the file gives the items names beside the ids that their columns have.
    named = any(item.item not in (None, item.name) for item in dataset.items)
    header = ["column", *(["item"] if named else []), "filled", *(f"row {row}" for row in range(1, shown + 1))]
    body = []
    for item in dataset.items:
        filled = "key" if item.is_key else f"{item.filled:,}"
        body.append([item.name, *([item.item or ""] if named else []), filled, *map(_cut, item.first[:shown])])
    print_rows(header, body)


def _cut(value: str) -> str:
    return value if len(value) <= _WIDEST else value[: _WIDEST - 1] + "…"
