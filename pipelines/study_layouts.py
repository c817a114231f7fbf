"""What `layout: sdtm` or `layout: template` says in short, written out: a variable is the column of its own name."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipelines.sql_text import quote_text
from pipelines.study import Mapping, Study
from pipelines.study_source import Columns, Expression, Source
from pipelines.study_values import Layout
from pipelines.vocabulary import Dataset, load_vocabulary

# The columns of a template beside the variables of its dataset.
SITE_COLUMN = "site"
SUBJECT_COLUMN = "subject"


def with_layouts(study: Study) -> Study:
    """Return the study with sources and mapping of such exports written out; without any, the study as it is.

    A source with a layout that is named like one of its datasets feeds it, unless `map` says what does. What `map` says
    of a variable goes before the column of that name. A column that a file lacks is blank, and told as not delivered.
    """
    layouts: dict[str, Layout] = {name: source.layout or study.layout for name, source in study.sources.items()}
    if set(layouts.values()) <= {"mapped"}:
        return study
    datasets = {layout: datasets_of(layout) for layout in ("sdtm", "template")}
    mapping = dict(study.map)
    for name, layout in layouts.items():
        if layout != "mapped" and name.upper() in datasets[layout] and name.upper() not in study.map:
            mapping[name.upper()] = [*mapping.get(name.upper(), []), Mapping.model_validate({"from": name})]

    def is_of(source: str, dataset: str) -> bool:
        return dataset in datasets.get(layouts.get(source, "mapped"), {})

    filled = {
        name: [
            _filled(m, datasets[layouts[m.source]][name], layouts[m.source]) if is_of(m.source, name) else m
            for m in given
        ]
        for name, given in mapping.items()
    }
    fed = {
        m.source: datasets[layouts[m.source]][name]
        for name, given in mapping.items()
        for m in given
        if is_of(m.source, name)
    }
    sources = {
        name: _laid_out(source, layouts[name], study.study, fed.get(name)) for name, source in study.sources.items()
    }
    return study.model_copy(update={"sources": sources, "map": filled})


def datasets_of(layout: Layout) -> dict[str, Dataset]:
    """Return the datasets that a layout can feed: all, or those that SDTM has too, whose names have two letters."""
    vocabulary = load_vocabulary()
    if layout == "sdtm":
        return {name: dataset for name, dataset in vocabulary.items() if re.fullmatch("[A-Z]{2}", name)}
    return vocabulary if layout == "template" else {}


def template_columns(dataset: Dataset) -> list[str]:
    """Return the columns of a dataset's template in their order."""
    about = [SITE_COLUMN] if dataset.level == "site" else [SITE_COLUMN, SUBJECT_COLUMN]
    return [*about, *dataset.variables]


def _filled(mapping: Mapping, dataset: Dataset, layout: Layout) -> Mapping:
    if mapping.measurements:
        return mapping
    own = {name: Expression(item=name) for name in _own_variables(dataset, layout)}
    return mapping.model_copy(update={"variables": own | mapping.variables})


def _own_variables(dataset: Dataset, layout: Layout) -> Iterator[str]:
    # Names in small letters are ours: an SDTM file has no such column.
    yield from (name for name in dataset.variables if layout == "template" or name.isupper())


def _laid_out(source: Source, layout: Layout, study_id: str, dataset: Dataset | None) -> Source:
    update: dict[str, object] = {"layout": layout}
    if layout == "sdtm" and source.subject is None and dataset is not None:
        update["subject"] = Expression(sql=without_study_sql("USUBJID", study_id))
    if layout == "template" and dataset is not None:
        update |= _template(source, dataset)
    return source if layout == "mapped" else source.model_copy(update=update)


def _template(source: Source, dataset: Dataset) -> dict[str, object]:
    """Return what a template says of itself: whose its rows are, and the columns that were agreed on."""
    columns = template_columns(dataset)
    subject = Expression(item=SUBJECT_COLUMN) if SUBJECT_COLUMN in columns else None
    required = [SITE_COLUMN, SUBJECT_COLUMN] if dataset.level == "subject" else [SITE_COLUMN]
    agreed = Columns(required=required, optional=[column for column in columns if column not in required])
    return {
        "subject": source.subject or subject,
        "site": source.site or Expression(item=SITE_COLUMN),
        "columns": source.columns or agreed,
    }


def study_prefix(study_id: str) -> str:
    """Return what stands before a subject's id in USUBJID."""
    return f"{study_id}-"


def without_study_sql(column: str, study_id: str) -> str:
    """Take the study's own id off a column, given as SQL, since it is put in front of every subject's id again."""
    prefix = study_prefix(study_id)
    has_prefix = f"substr({column}, 1, {len(prefix)}) = {quote_text(prefix)}"
    return f"CASE WHEN {has_prefix} THEN substr({column}, {len(prefix) + 1}) ELSE {column} END"
