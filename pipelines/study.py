"""The model of study.yml: what one study delivers, and what its forms and items mean in SDTM terms.

Nothing here reads an export or knows SQL; `standardize/` turns the mapping into views.
"""

from __future__ import annotations

from pathlib import Path, PurePath
from typing import Any, Self

from pydantic import Field, ValidationError, model_validator

from pipelines.located_yaml import LocatedYaml, load_located_yaml
from pipelines.study_errors import first_error
from pipelines.study_rules import check_study
from pipelines.study_schedule import DEFAULT_ANCHOR, Anchor, Schedule, Visit
from pipelines.study_source import Expression, Source
from pipelines.study_values import ColumnName, ComparedText, Day, Layout, Name, StrictModel, YesOrNo


class ListedSite(StrictModel):
    """A site named in study.yml, for studies without a CTMS export."""

    id: Name
    """The name of its folder in landing."""
    name: ComparedText | None = None
    """The institution."""
    country: ComparedText | None = None
    """Its country, as ISO 3166 has it in three letters, e.g. DEU."""
    investigator: ComparedText | None = None
    """The principal investigator's identifier."""
    activation_date: Day | None = None
    """The day on which the site was activated, YYYY-MM-DD."""


class Measurement(StrictModel):
    """One measurement that the export lays out as a column of its own, to become a row (VS, LB)."""

    testcd: Name
    """Short code of the test, e.g. SYSBP."""
    test: ComparedText
    """Name of the test."""
    result: ColumnName
    """The column with the result."""
    unit: Expression | None = None
    """Where the unit stands."""
    variables: dict[str, Expression] = {}
    """Variables of this measurement alone."""


class Mapping(StrictModel):
    """How the rows of one source become records of a dataset.

    `where` is an SQL condition over the source's columns; with `measurements`, each row gives one record for every
    measurement that is filled.
    """

    source: str = Field(alias="from")
    """The source that feeds the dataset."""
    where: str | None = None
    """An SQL condition on the source's columns; other rows are no records of the dataset."""
    variables: dict[str, Expression] = {}
    """Variable of the dataset: where its text comes from."""
    measurements: list[Measurement] = []
    """Columns that become rows (VS, LB)."""


class Study(StrictModel):
    """A study as configured; `map` goes from dataset (AE) to the sources that feed it, `layout` holds for all sources.

    `extract_date` is the day on which the exports were extracted, for files that do not say it themselves; `anchor` is
    the event from which the days of visits are counted.
    """

    study: Name
    """The study's id: the name of its folder, and the beginning of every USUBJID."""
    title: str
    """The title, as on the protocol."""
    sponsor: str
    """Who receives the extract."""
    study_names: list[str] = []
    """The names that exports have for the study (source.study); its id where none is given."""
    schedule: Schedule | None = None
    """When the study runs by itself."""
    extract_date: Day | None = None
    """The day on which the exports were extracted, for files that do not say it."""
    date_shifted: YesOrNo = False
    """Whether the dates were shifted, as anonymisation does: then no day is told to be a weekend or holiday."""
    anchor: Anchor = DEFAULT_ANCHOR
    """The event from which the days of visits are counted."""
    sites: list[ListedSite] = []
    """The sites, where no CTMS list is delivered."""
    visits: list[Visit] = []
    """The protocol's schedule."""
    layout: Layout = "mapped"
    """sdtm or template where all exports have the names of variables and need no map."""
    sources: dict[Name, Source]
    """Kinds of files that sites deliver, by a name of your choice."""
    map: dict[str, list[Mapping]] = {}
    """Dataset: the sources that feed it."""
    parameters: dict[str, dict[str, Any]] = {}
    """Check id: its thresholds, where they differ from the suite's."""

    @property
    def own_names(self) -> frozenset[str]:
        """The names by which rows may call the study."""
        return frozenset(self.study_names or [self.study])

    @model_validator(mode="after")
    def _is_mapped(self) -> Self:
        by_name = {"sdtm", "template"} & {self.layout, *(source.layout for source in self.sources.values())}
        if "map" not in self.model_fields_set and not by_name:
            raise ValueError('"map" is missing; a study whose exports are SDTM says layout: sdtm instead')
        return self


def load_study(path: Path) -> Study:
    """Read and check a study.yml.

    Raises:
        ConfigError: with file, line and the nearest known name.
    """
    return load_located_study(path)[0]


def load_located_study(path: Path) -> tuple[Study, LocatedYaml]:
    """Read a study.yml and keep its lines, for checks that need more than the file itself."""
    from pipelines.study_layouts import with_layouts  # it knows the models of this file

    document = load_located_yaml(path, as_text=True)
    try:
        study = with_layouts(Study.model_validate(document.data))
    except ValidationError as error:
        raise first_error(document, error, Study) from error
    check_study(study, document)
    return _with_dictionaries(study, document), document


def _with_dictionaries(study: Study, document: LocatedYaml) -> Study:
    """Return the study with the whole paths of the data dictionaries, which lie in its folder.

    Raises:
        ConfigError: one is not there, or would lie elsewhere.
    """
    folder = document.path.parent.absolute()
    found = {}
    for name, source in study.sources.items():
        if source.dictionary is None:
            continue
        at = ("sources", name, "dictionary")
        if PurePath(source.dictionary).is_absolute() or ".." in PurePath(source.dictionary).parts:
            raise document.error("dictionary is a file beside study.yml, e.g. dictionary.csv", at)
        path = folder / source.dictionary
        if not path.is_file():
            cure = "download the data dictionary from REDCap and put it beside study.yml"
            raise document.error(f'there is no file "{source.dictionary}" beside study.yml; {cure}', at)
        found[name] = source.model_copy(update={"dictionary": str(path)})
    return study.model_copy(update={"sources": {**study.sources, **found}}) if found else study
