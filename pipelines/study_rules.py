"""What study.yml must hold to beyond its form: names known and given once, dates whose format is declared."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from pipelines.errors import did_you_mean
from pipelines.located_yaml import LocatedYaml, Location
from pipelines.study_source import FORMATS_THAT_READ, POINT_FORMATS
from pipelines.study_values import check_day
from pipelines.vocabulary import Dataset, load_vocabulary

if TYPE_CHECKING:
    from pipelines.study import Mapping, Study
    from pipelines.study_source import Expression, Source


def check_study(study: Study, document: LocatedYaml) -> None:
    """Hold a study to the rules.

    Raises:
        ConfigError: with line and nearest name, at the first rule that is broken.
    """
    if document.path.parent.name != study.study:
        folder = document.path.parent.name
        raise document.error(f'the folder is "{folder}" but the study is "{study.study}"', ("study",))
    _check_once(document, "site", ((site.id, ("sites", i, "id")) for i, site in enumerate(study.sites)))
    _check_once(document, "visit", ((visit.name, ("visits", i, "name")) for i, visit in enumerate(study.visits)))
    numbers = (
        (f"{visit.num:g}", ("visits", i, "num")) for i, visit in enumerate(study.visits) if visit.num is not None
    )
    _check_once(document, "visit number", numbers)
    _check_shared_paths(study, document)
    for source_name, source in study.sources.items():
        _check_format_options(source_name, source, document)
        _check_extract_date(source_name, source, document)
    vocabulary = load_vocabulary()
    for name, mappings in study.map.items():
        if name not in vocabulary:
            raise document.error(f'"{name}" is not a dataset.{did_you_mean(name, vocabulary)}', ("map", name))
        for index, mapping in enumerate(mappings):
            _check_mapping(study, document, vocabulary[name], mapping, ("map", name, index))


def _check_once(document: LocatedYaml, what: str, given: Iterable[tuple[str, Location]]) -> None:
    first: dict[str, Location] = {}
    for name, location in given:
        earlier = first.setdefault(name.casefold(), location)
        if earlier is not location:
            line = document.line_of(earlier)
            raise document.error(f'{what} "{name}" is given twice, first in line {line}; keep one of them', location)


# What decides how a file is read as a whole, and so is said alike by all sources that take a table of it.
_OF_THE_FILE = ("format", "encoding", "delimiter", "quote", "dictionary", "header_rows")
# What is agreed about a file as it arrives, whatever is in it.
_OF_THE_ARRIVAL = ("announced_by", "at_rest_seconds", "content")


def _check_shared_paths(study: Study, document: LocatedYaml) -> None:
    """Sources may share a path where each takes another table, or another member, of the same file."""
    taken = (
        (" ".join(filter(None, (source.path, source.member, source.table))), ("sources", name, "path"))
        for name, source in study.sources.items()
    )
    _check_once(document, "path", taken)
    first: dict[tuple[str, str | None], str] = {}
    for name, source in study.sources.items():
        earlier = first.setdefault((source.path, source.member), name)
        for key in _OF_THE_FILE:
            if getattr(source, key) != getattr(study.sources[earlier], key):
                both = f"{earlier} and {name} take tables of the same file but differ in {key}"
                raise document.error(f"{both}; say the same for both", ("sources", name))
    arriving: dict[str, str] = {}
    for name, source in study.sources.items():
        earlier = arriving.setdefault(source.path, name)
        for key in _OF_THE_ARRIVAL:
            if getattr(source.delivery, key) != getattr(study.sources[earlier].delivery, key):
                both = f"{earlier} and {name} take from the same file but differ in delivery.{key}"
                raise document.error(f"{both}; say the same for both", ("sources", name, "delivery"))


def _check_format_options(name: str, source: Source, document: LocatedYaml) -> None:
    """What a format never reads, nobody may believe to be in force."""
    for option, formats in FORMATS_THAT_READ.items():
        if source.format not in formats and getattr(source, option) != type(source).model_fields[option].default:
            told = f"{option} means nothing to format: {source.format}, whose files say that themselves; take it away"
            raise document.error(told, ("sources", name, option))
    if source.decimal == "," and source.format in POINT_FORMATS:
        told = (
            f"numbers of format: {source.format} come with a point, and would not be read; take decimal away, and "
            "where a column holds text with commas, map it with {sql: \"replace(COLUMN, ',', '.')\"}"
        )
        raise document.error(told, ("sources", name, "decimal"))


def _check_extract_date(name: str, source: Source, document: LocatedYaml) -> None:
    expression, at = source.extract_date, ("sources", name, "extract_date")
    if expression is None:
        return
    if expression.item is not None and not source.formats_of(expression.item):
        raise document.error(_no_format("the extract date", expression.item, name), at)
    if expression.value is not None:
        try:
            check_day(expression.value)
        except ValueError as error:
            raise document.error(str(error), at) from error


def _no_format(what: str, column: str, source_name: str) -> str:
    where = f"sources.{source_name}.dates"
    example = f"{{{column}: [YYYY-MM-DD]}}"
    return f"{what} is a date: declare the date format of column {column} in {where}, e.g. {example}"


def _check_mapping(study: Study, document: LocatedYaml, dataset: Dataset, mapping: Mapping, at: Location) -> None:
    if mapping.source not in study.sources:
        hint = did_you_mean(mapping.source, study.sources)
        raise document.error(f'"{mapping.source}" is not a source.{hint}', (*at, "from"))
    if mapping.measurements and f"{dataset.name}ORRES" not in dataset.variables:
        raise document.error(f"{dataset.name} holds no measurements", (*at, "measurements"))
    source = study.sources[mapping.source]
    for name, expression, location in _variables(mapping, at):
        variable = dataset.variables.get(name)
        if variable is None:
            hint = did_you_mean(name, dataset.variables)
            raise document.error(f"{dataset.name} has no variable {name}.{hint}", location)
        if variable.type == "date" and expression.item is not None and not source.formats_of(expression.item):
            raise document.error(_no_format(name, expression.item, mapping.source), location)


def _variables(mapping: Mapping, at: Location) -> Iterator[tuple[str, Expression, Location]]:
    for name, expression in mapping.variables.items():
        yield name, expression, (*at, "variables", name)
    for index, measurement in enumerate(mapping.measurements):
        for name, expression in measurement.variables.items():
            yield name, expression, (*at, "measurements", index, "variables", name)
