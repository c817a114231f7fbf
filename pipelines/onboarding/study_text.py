"""Writes a proposal as study.yml: in the order in which a person writes it, each guess with its reason beside it."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

import yaml

from pipelines.cli_output import safe
from pipelines.onboarding.column_profiles import ExportProfile
from pipelines.onboarding.dialects import Dialect
from pipelines.onboarding.exports import Export
from pipelines.onboarding.format_signs import SYSTEM_FORMATS
from pipelines.onboarding.mapping_guesses import Guess, MappingGuess
from pipelines.onboarding.proposal import SourceGuess, StudyProposal
from pipelines.onboarding.unused_columns import unused_columns
from pipelines.study import Measurement
from pipelines.study_source import Expression
from pipelines.study_values import OPEN

CONFIRM, TODO = "CONFIRM", OPEN
MARKS = (CONFIRM, TODO)
_WIDTH = 130
# So many unused columns are named; the others are counted.
_NAMED = 40


def study_text(proposal: StudyProposal, schema: str | None = None) -> str:
    """Return the text of study.yml. What is open is written so that the file is refused until it is settled.

    Args:
        proposal: what is to be written.
        schema: the path of the JSON Schema for editors, from the file's folder; None where none lies at a known place.
    """
    editor = [f"# yaml-language-server: $schema={schema}"] if schema is not None else []
    return "\n".join([*editor, *_head(proposal), *_sources(proposal), *_map(proposal)]) + "\n"


def _head(proposal: StudyProposal) -> Iterator[str]:
    yield f"# Proposed by `siteproof init` from the exports of {proposal.delivering} sites: nothing in it is certain."
    yield f"# Hold each {CONFIRM} against the CRF and take the mark away, settle each {TODO}, ask siteproof doctor."
    yield f"study: {_scalar(proposal.study)}"
    yield f"title: {TODO}  # {TODO}: as on the protocol"
    yield f"sponsor: {TODO}  # {TODO}: who receives the extract"
    for kind in proposal.foreign:
        yield f"# {TODO}: {safe(kind)}; ask the sites for an export of another kind"
    yield from _aside(proposal.aside)
    for profile in proposal.unread:
        place = f"{_scalar(profile.export.path)}, table {_scalar(profile.export.table or '')}"
        told = "; ".join(f"{reason}: {profile.reasons[reason]}" for reason in sorted(profile.refused))
        yield from _wrapped(safe(f"{TODO}: {place} cannot be a source: {told}"), "# ")
    if proposal.sites:
        yield ""
        yield f"# {CONFIRM}: the folders in landing. No export lists the sites: name, country, activation_date go here."
        yield "sites:"
        yield from (f"  - {{id: {_scalar(site)}}}" for site in proposal.sites)
    if proposal.visits:
        yield ""
        yield f"# {CONFIRM}: as the exports name them, in a likely order. {TODO}: num and day, from the protocol."
        yield "visits:"
        yield from (f"  - {{name: {_scalar(visit.name)}}}  # {visit.records:,} records" for visit in proposal.visits)


def _aside(exports: Sequence[Export]) -> Iterator[str]:
    tables: dict[str, list[str]] = {}
    for export in exports:
        tables.setdefault(export.path, []).append(_scalar(export.table or export.name))
    for path, names in tables.items():
        told = f"{_scalar(path)} has tables about the data, which a source can take too: {', '.join(names)}"
        yield from _wrapped(safe(told), "# ")


def _sources(proposal: StudyProposal) -> Iterator[str]:
    sdtm = [source.is_sdtm for source in proposal.sources]
    if any(sdtm) and all(sdtm):
        yield ""
        yield f"layout: sdtm  # {CONFIRM}: the columns of every export have the names of SDTM"
    yield ""
    yield "sources:" if proposal.sources else f"sources: {{}}  # {TODO}: no file has a table that feeds a dataset"
    for source in proposal.sources:
        yield f"  # {source.profile.files:,} files with {source.profile.rows:,} rows"
        yield from _unused(source, proposal)
        yield from _source(source, layout=source.is_sdtm and not all(sdtm))


def _unused(source: SourceGuess, proposal: StudyProposal) -> Iterator[str]:
    unused = unused_columns(source, proposal)
    if not unused.count:
        return
    # A name could hold a line break, and end the comment.
    names = ", ".join(safe(_scalar(name)) for name in unused.telling[:_NAMED])
    names += f" and {len(unused.telling) - _NAMED:,} more" if len(unused.telling) > _NAMED else ""
    parts = [names] if names else []
    parts += [f"without a value: {unused.blank:,}"] if unused.blank else []
    parts += [f"another column written again: {unused.written_again:,}"] if unused.written_again else []
    told = f"{unused.count:,} of {len(source.profile.columns):,} columns are not used: {'; '.join(parts)}"
    yield from _wrapped(told, "  # ")


def _wrapped(told: str, begin: str) -> list[str]:
    wrapper = textwrap.TextWrapper(_WIDTH, begin, f"{begin}  ", break_long_words=False, break_on_hyphens=False)
    return wrapper.wrap(told)


def _source(source: SourceGuess, *, layout: bool) -> Iterator[str]:
    profile = source.profile
    yield from _unread(profile)
    yield f"  {_scalar(source.name)}:"
    yield from _file(profile.export)
    if layout:
        yield f"    layout: sdtm  # {CONFIRM}: its columns have the names of SDTM"
    yield from _dialect(profile.dialect)
    if source.subject is not None:
        yield f"    subject: {_flow(source.subject.expression)}  # {CONFIRM}: {source.subject.why}"
    elif source.is_subject_open:
        yield f"    subject: {OPEN}  # {TODO}: no column has a known name of the subject's id and stands in every file"
    if source.site is not None:
        yield f"    site: {_scalar(source.site.column)}  # {CONFIRM}: {source.site.why}"
    yield from _marks(source)
    if source.dates:
        yield "    dates:"
        for column, guess in source.dates.items():
            yield from _with_reason(f"      {_scalar(column)}: {_list(guess.value)}", guess)
    if source.required or source.optional:
        yield f"    columns:  # {CONFIRM}: only whose row it is and what it is about is required"
        yield from _long_list("required", source.required)
        yield from _long_list("optional", source.optional)


def _marks(source: SourceGuess) -> Iterator[str]:
    if source.extract_date is not None:
        yield f"    extract_date: {_scalar(source.extract_date.value)}  # {CONFIRM}: {source.extract_date.why}"
    if source.decimal is not None:
        yield f"    decimal: {json.dumps(source.decimal.value)}  # {CONFIRM}: {source.decimal.why}"
    if source.missing is not None:
        yield f"    missing: {_list(source.missing.value)}  # {CONFIRM}: {source.missing.why}"


def _file(export: Export) -> Iterator[str]:
    yield f"    path: {_scalar(export.path)}"
    if export.member is not None:
        yield f"    member: {_scalar(export.member)}"
    if export.format != "csv":
        why = (
            "its header has the columns of that system"
            if export.format in SYSTEM_FORMATS
            else "by the first bytes of its files"
        )
        yield f"    format: {export.format}  # {CONFIRM}: {why}"
    if export.header_rows > 1:
        yield f"    header_rows: {export.header_rows}  # {CONFIRM}: by the cells that are merged in the header"
    yield from _dictionary(export)
    if export.table is not None:
        yield f"    table: {_scalar(export.table)}"


def _dictionary(export: Export) -> Iterator[str]:
    if export.format != "redcap":
        return
    if export.dictionary is None:
        yield f"    # {TODO}: dictionary: FILE, the project's, put beside this file; then table: names an instrument"
        return
    name = export.dictionary.name
    mark = f"{CONFIRM}: it knows all columns"
    if not export.is_dictionary_beside:
        # Up to landing: <SITE>/<system>/<file>
        place = "/".join(export.dictionary.parts[-3:])
        mark = f"{TODO}: it knows all columns; move it from landing, where it is {place}, to beside this file"
    yield f"    dictionary: {_scalar(name)}  # {safe(mark)}"


def _unread(profile: ExportProfile) -> Iterator[str]:
    for reason, count in sorted(profile.refused.items()):
        told = f"{reason}: {profile.reasons[reason]}"
        yield f"  # {TODO}: {count:,} of {len(profile.export.files):,} files are refused so: {safe(told)}"
    if profile.unread_names or profile.unread_values:
        names, values = len(profile.unread_names), profile.unread_values
        yield (
            f"  # {TODO}: the encoding is open, so {names:,} names of columns and {values:,} values that are more than "
            "ASCII are left out of what is proposed"
        )


def _dialect(dialect: Dialect) -> Iterator[str]:
    if dialect.encoding is None:
        yield f'    encoding: ""  # {TODO}: {dialect.encoding_why}'
    elif dialect.encoding != "utf-8":
        yield f"    encoding: {dialect.encoding}  # {CONFIRM}: {dialect.encoding_why}"
    if dialect.delimiter != ",":
        yield f"    delimiter: {json.dumps(dialect.delimiter)}  # {CONFIRM}: {dialect.delimiter_why}"


def _map(proposal: StudyProposal) -> Iterator[str]:
    mapped = {mapping.source for mapping in proposal.mappings}
    unmapped = [source.name for source in proposal.sources if source.name not in mapped and not source.is_sdtm]
    if proposal.mappings or unmapped:
        yield ""
        yield "map:" if proposal.mappings else f"map: {{}}  # {TODO}: no form was recognised"
    for name in unmapped:
        yield f"  # {TODO}: {name} feeds no dataset; its names are not known, or its dataset is not in the vocabulary"
    dataset = None
    for mapping in proposal.mappings:
        if mapping.dataset != dataset:
            yield f"  {mapping.dataset}:"
        dataset = mapping.dataset
        yield from _mapping(mapping)


def _mapping(mapping: MappingGuess) -> Iterator[str]:
    yield f"    - from: {_scalar(mapping.source)}  # {CONFIRM}: {mapping.why}"
    if mapping.where is not None:
        yield f"      where: {_scalar(mapping.where)}"
    if mapping.variables:
        yield "      variables:"
    for name, guess in mapping.variables.items():
        yield from _with_reason(f"        {name}: {_flow(guess.value)}", guess)
    if mapping.measurements:
        yield "      measurements:"
    for measured in mapping.measurements:
        yield f"        # {_mark(measured)}: {measured.why}"
        yield f"        - {_measurement(measured.value)}"


def _with_reason(line: str, guess: Guess[Any]) -> Iterator[str]:
    """Write the reason behind the line, or above it where the line would grow too long."""
    reason = f"# {_mark(guess)}: {guess.why}"
    if len(line) + len(reason) + 2 <= _WIDTH:
        yield f"{line}  {reason}"
    else:
        yield " " * (len(line) - len(line.lstrip())) + reason
        yield line


def _mark(guess: Guess[Any]) -> str:
    return TODO if guess.is_open else CONFIRM


def _measurement(measurement: Measurement) -> str:
    parts = [f"testcd: {measurement.testcd}, test: {_scalar(measurement.test)}, result: {_scalar(measurement.result)}"]
    if measurement.unit is not None:
        parts.append(f"unit: {_flow(measurement.unit)}")
    if measurement.variables:
        inner = ", ".join(f"{name}: {_flow(given)}" for name, given in measurement.variables.items())
        parts.append(f"variables: {{{inner}}}")
    return "{" + ", ".join(parts) + "}"


def _flow(expression: Expression) -> str:
    written = expression.model_dump(exclude_none=True)
    if set(written) == {"item"}:
        return _scalar(written["item"])
    values = written.pop("values", None)
    parts = [f"{name}: {_scalar(value)}" for name, value in written.items()]
    if values:
        parts.append("values: {" + ", ".join(f"{_scalar(old)}: {_scalar(new)}" for old, new in values.items()) + "}")
    return "{" + ", ".join(parts) + "}"


def _list(values: Sequence[str]) -> str:
    return "[" + ", ".join(map(_scalar, values)) + "]"


def _long_list(name: str, values: Sequence[str]) -> Iterator[str]:
    if not values:
        return
    line = f"      {name}: {_list(values)}"
    if len(line) <= _WIDTH:
        yield line
        return
    yield f"      {name}: ["
    indent = " " * 8
    words = ", ".join(_scalar(value).replace(" ", "\0") for value in values) + ","
    lines = textwrap.wrap(
        words, _WIDTH, initial_indent=indent, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )
    yield from (wrapped.replace("\0", " ") for wrapped in lines)
    yield "      ]"


def _scalar(text: str) -> str:
    """Return a text as YAML writes it, in quotes only where it would otherwise be something else."""
    try:
        plain = yaml.load(f"{{a: [{text}], {text}: b}}", Loader=yaml.CSafeLoader) == {"a": [text], text: "b"}
    except yaml.YAMLError:
        plain = False
    return text if plain and "#" not in text and "\n" not in text else json.dumps(text, ensure_ascii=False)
