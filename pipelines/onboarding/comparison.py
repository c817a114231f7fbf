"""Holds a proposal against a study.yml that people wrote: what share of it was guessed right, aspect by aspect."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from pipelines.onboarding.proposal import SourceGuess, StudyProposal
from pipelines.onboarding.unused_columns import columns_read
from pipelines.study import Study
from pipelines.study_source import Expression, Source

Aspect = Literal[
    "source found", "encoding and delimiter", "site column", "subject", "extract date", "date formats",
    "dataset of a form", "variable: its columns", "variable: word for word", "measurement", "unit",
]  # fmt: skip
Judged = tuple[Aspect, str, object, object]


@dataclass(frozen=True)
class Comparison:
    """One thing that the confirmed study.yml says, and what was proposed for it."""

    aspect: Aspect
    what: str
    confirmed: str
    proposed: str
    is_right: bool


def compare_with(proposal: StudyProposal, study: Study) -> list[Comparison]:
    """Return one entry for everything that the study says about its sources and mapping.

    A variable is right in its columns where it is read from the same ones, and word for word where the expression is
    the same too. What only the proposal has counts as nothing: a human strikes it out.
    """
    judged = [*_sources(proposal, study), *_mappings(proposal, study)]
    return [
        Comparison(aspect, what, _words(confirmed), _words(proposed), confirmed == proposed)
        for aspect, what, confirmed, proposed in judged
    ]


def shares(compared: list[Comparison]) -> list[tuple[Aspect, int, int]]:
    """Return (aspect, right, all) in the order of the aspects."""
    judged: dict[Aspect, list[bool]] = {}
    for one in compared:
        judged.setdefault(one.aspect, []).append(one.is_right)
    return [(aspect, sum(rights), len(rights)) for aspect, rights in judged.items()]


def _sources(proposal: StudyProposal, study: Study) -> Iterator[Judged]:
    for name, source in study.sources.items():
        guess = _guess_of(proposal, source)
        yield "source found", name, source.path, source.path if guess is not None else None
        if guess is not None:
            yield from _source(name, source, guess)


def _guess_of(proposal: StudyProposal, source: Source) -> SourceGuess | None:
    """Return the guess all of whose files are the source's, since a path can be written in more than one way."""
    for guess in proposal.sources:
        export = guess.profile.export
        files = [f"{file.path.parent.name}/{file.path.name}" for file in export.files]
        members = [file.member or "" for file in export.files]
        is_table = source.table is None or export.table in (None, source.table)
        is_member = all(fnmatch.fnmatchcase(member, source.member or "") for member in members)
        if is_table and is_member and all(fnmatch.fnmatchcase(file, source.path) for file in files):
            return guess
    return None


def _source(name: str, source: Source, guess: SourceGuess) -> Iterator[Judged]:
    dialect = guess.profile.dialect
    yield "encoding and delimiter", name, (source.encoding, source.delimiter), (dialect.encoding, dialect.delimiter)
    if source.site is None or source.site.item is not None:
        named = source.site.item if source.site is not None else None
        yield "site column", name, named, guess.site.column if guess.site else None
    yield "subject", name, source.subject, guess.subject.expression if guess.subject else None
    if source.extract_date is not None:
        yield "extract date", name, source.extract_date.item, guess.extract_date.value if guess.extract_date else None
    for column, formats in source.dates.items():
        proposed = next((one.value for key, one in guess.dates.items() if key.casefold() == column.casefold()), None)
        yield "date formats", f"{name}.{column}", formats, proposed


def _mappings(proposal: StudyProposal, study: Study) -> Iterator[Judged]:
    guessed = {(mapping.dataset, mapping.source): mapping for mapping in proposal.mappings}
    for dataset, mappings in study.map.items():
        for mapping in mappings:
            at = f"{dataset} from {mapping.source}"
            source = _guess_of(proposal, study.sources[mapping.source])
            guess = guessed.get((dataset, source.name)) if source is not None else None
            yield "dataset of a form", at, dataset, guess.dataset if guess else None
            variables = {name: one.value for name, one in guess.variables.items()} if guess else {}
            for name, expression in mapping.variables.items():
                proposed = variables.get(name)
                yield "variable: its columns", f"{at}: {name}", _columns(expression), _columns(proposed)
                yield "variable: word for word", f"{at}: {name}", expression, proposed
            columns = {one.value.testcd: one.value for one in guess.measurements} if guess else {}
            for measurement in mapping.measurements:
                found = columns.get(measurement.testcd)
                what = f"{at}: {measurement.testcd}"
                yield "measurement", what, measurement.result, found.result if found else None
                yield "unit", what, measurement.unit, found.unit if found else None


def _columns(expression: Expression | None) -> object:
    """Return the columns that an expression reads, or the constant that it is."""
    if expression is None:
        return None
    return sorted(name.casefold() for name in columns_read(expression)) or expression.value


def _words(value: object) -> str:
    if isinstance(value, Expression):
        written = value.model_dump(exclude_none=True)
        return str(written["item"] if set(written) == {"item"} else written)
    return "nothing" if value is None else str(value)
