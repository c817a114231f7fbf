"""Which columns of an export a proposal reads, and which it leaves aside for a human to look at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pipelines.onboarding.known_names import AGAIN
from pipelines.onboarding.mapping_guesses import MappingGuess
from pipelines.onboarding.proposal import SourceGuess, StudyProposal
from pipelines.sql_text import columns_in
from pipelines.study_source import Expression
from pipelines.vocabulary import load_vocabulary


@dataclass(frozen=True)
class UnusedColumns:
    """The columns of one export that nothing in the proposal reads.

    `telling` are those with something of their own, in the order of the file, but what other exports have too (the
    study, the folder) comes last. Counted only: columns that hold no value, and those that write another column of the
    file again (AESER_STD beside AESER).
    """

    telling: list[str]
    blank: int
    written_again: int

    @property
    def count(self) -> int:
        """How many columns are unused in all."""
        return len(self.telling) + self.blank + self.written_again


def unused_columns(source: SourceGuess, proposal: StudyProposal) -> UnusedColumns:
    """Return the columns that neither the source nor a mapping from it reads."""
    used = {column.casefold() for column in _used(source, proposal.mappings)}
    elsewhere = {name for other in proposal.sources if other is not source for name in other.profile.columns}
    columns = [column for column in source.profile.columns.values() if not column.is_key]
    left = [column for column in columns if column.name.casefold() not in used]
    filled = [column.name for column in left if column.filled]
    telling = [name for name in filled if not _writes_another_again(name, source.profile.columns)]
    telling.sort(key=lambda name: name in elsewhere)
    return UnusedColumns(telling, len(left) - len(filled), len(filled) - len(telling))


def columns_read(expression: Expression | None) -> frozenset[str]:
    """Return the columns that an expression reads; none for a constant."""
    if expression is None:
        return frozenset()
    if expression.sql is not None:
        return columns_in(expression.sql)
    named = (expression.item, expression.year, expression.month, expression.day)
    return frozenset(name for name in named if name is not None)


def _used(source: SourceGuess, mappings: Iterable[MappingGuess]) -> Iterator[str]:
    yield from (identity.column for identity in (source.subject, source.site) if identity is not None)
    if source.extract_date is not None:
        yield source.extract_date.value
    if source.is_sdtm:
        yield from ("USUBJID", *load_vocabulary()[source.name.upper()].variables)
    for mapping in mappings:
        if mapping.source == source.name:
            yield from columns_in(mapping.where) if mapping.where is not None else ()
            for guess in mapping.variables.values():
                yield from columns_read(guess.value)
            for measured in mapping.measurements:
                yield measured.value.result
                for expression in (measured.value.unit, *measured.value.variables.values()):
                    yield from columns_read(expression)


def _writes_another_again(name: str, columns: Iterable[str]) -> bool:
    item = name
    while (shorter := AGAIN.sub("", item)) != item:
        item = shorter
    return item != name and item.casefold() in {column.casefold() for column in columns}
