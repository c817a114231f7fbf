"""The configurations of the two real trials: they load, say what they read, and fit the files that were delivered."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pytest

from pipelines.settings import PROJECT_ROOT
from pipelines.sql_text import columns_in
from pipelines.standardize.mapping import expression_columns
from pipelines.study import Mapping, Study, load_study
from pipelines.study_source import Source

STUDIES = ["AA-AA-000-0000", "CDISCPILOT01"]


def load_example(study_id: str) -> Study:
    return load_study(PROJECT_ROOT / "examples" / "studies" / study_id / "study.yml")


@pytest.fixture(params=STUDIES)
def example(request: pytest.FixtureRequest) -> Study:
    return load_example(request.param)


def columns_read(mapping: Mapping) -> set[str]:
    expressions = list(mapping.variables.values())
    columns = set(columns_in(mapping.where)) if mapping.where else set()
    for measurement in mapping.measurements:
        columns.add(measurement.result)
        expressions += [*measurement.variables.values(), *([measurement.unit] if measurement.unit else [])]
    return columns.union(*(expression_columns(expression) for expression in expressions))


def identity_columns(source: Source) -> set[str]:
    """The columns that say whose a row is: the subject's and the site's."""
    return {name for one in (source.subject, source.site) if one is not None for name in expression_columns(one)}


def columns_needed(study: Study, source_name: str) -> set[str]:
    """All columns of a source that study.yml names outside its `columns`."""
    source = study.sources[source_name]
    needed = identity_columns(source)
    for mappings in study.map.values():
        for mapping in mappings:
            if mapping.source == source_name:
                needed |= columns_read(mapping)
    return needed | set(source.dates)


def headers(real_exports: Path, study: Study) -> Iterator[tuple[str, Path, list[str]]]:
    """Each delivered file with the name of its source ('' when no source knows it, or more than one does)."""
    landing = real_exports / study.study / "landing"
    files = sorted(path for path in landing.glob("*/*/*") if path.is_file())
    assert files
    for path in files:
        below_site = PurePosixPath(path.relative_to(landing)).relative_to(path.relative_to(landing).parts[0])
        names = [name for name, source in study.sources.items() if below_site.match(source.path)]
        with path.open(encoding="utf-8", newline="") as lines:
            yield names[0] if len(names) == 1 else "", path, next(csv.reader(lines))


def test_every_source_feeds_a_dataset(example: Study) -> None:
    fed = {mapping.source for mappings in example.map.values() for mapping in mappings}
    assert fed == set(example.sources)


def test_every_column_that_is_read_belongs_to_the_agreed_layout(example: Study) -> None:
    for name, source in example.sources.items():
        assert source.columns is not None, name
        strangers = sorted(column for column in columns_needed(example, name) if not source.columns.allows(column))
        assert strangers == [], name


def test_a_file_without_subject_or_site_column_is_refused(example: Study) -> None:
    for name, source in example.sources.items():
        identity = identity_columns(source)
        assert source.columns is not None
        assert identity, name
        assert identity <= set(source.columns.required), name


def test_every_date_that_is_mapped_has_a_declared_format(example: Study) -> None:
    dates = {
        "AESTDTC", "AEENDTC", "AEDTC", "EXSTDTC", "EXENDTC", "SVSTDTC", "VSDTC", "LBDTC", "DVSTDTC", "DSSTDTC", "DSDTC",
        "RFSTDTC", "RFICDTC", "RFPENDTC", "DMDTC", "opened", "answered", "closed", "visit_date", "entry_date",
        "activation_date", "randomization_date", "screening_date", "subject_sign_date",
    }  # fmt: skip
    undeclared = [
        (dataset, variable)
        for dataset, mappings in example.map.items()
        for mapping in mappings
        for variable, expression in mapping.variables.items()
        if variable in dates and expression.item and expression.item not in example.sources[mapping.source].dates
    ]
    assert undeclared == []


def test_visit_numbers_of_the_schedule_are_unique_and_ascend(example: Study) -> None:
    numbers = [visit.num for visit in example.visits if visit.num is not None]
    assert len(numbers) > 10
    assert numbers == sorted(set(numbers))


@pytest.mark.realdata
@pytest.mark.parametrize(("study_id", "expected_files"), [("AA-AA-000-0000", 1419), ("CDISCPILOT01", 50)])
def test_every_delivered_file_fits_its_source(real_exports: Path, study_id: str, expected_files: int) -> None:
    study = load_example(study_id)
    found = list(headers(real_exports, study))
    assert len(found) == expected_files
    assert [str(path) for name, path, _ in found if not name] == []
    assert {name for name, _, _ in found} == set(study.sources)
    for name, path, header in found:
        columns = study.sources[name].columns
        assert columns is not None
        assert [column for column in header if not columns.allows(column)] == [], path
        assert sorted(set(columns.required) - set(header)) == [], path
        assert sorted(columns_needed(study, name) - set(header)) == [], path
