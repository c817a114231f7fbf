"""What `layout: sdtm` says in short, written out: each variable stands in a column of its own name."""

from __future__ import annotations

import re

from pipelines.sql_text import quote_text
from pipelines.study import Expression, Mapping, Source, Study
from pipelines.vocabulary import Dataset, load_vocabulary


def with_sdtm_layout(study: Study) -> Study:
    """Return the study with sources and mapping of its SDTM exports written out; without any, the study as it is.

    A source with the layout that is named like an SDTM dataset feeds it, unless `map` says what does. What `map` says
    of a variable goes before the column of that name. A column that a file lacks is blank, and told as not delivered.
    """
    layouts = {name: source.layout or study.layout for name, source in study.sources.items()}
    if "sdtm" not in layouts.values():
        return study
    datasets = sdtm_datasets()
    mapping = dict(study.map)
    for name, layout in layouts.items():
        if layout == "sdtm" and name.upper() in datasets and name.upper() not in study.map:
            mapping[name.upper()] = [*mapping.get(name.upper(), []), Mapping.model_validate({"from": name})]
    filled = {
        name: [_filled(m, datasets[name]) if layouts.get(m.source) == "sdtm" and name in datasets else m for m in given]
        for name, given in mapping.items()
    }
    fed = {m.source for name, given in mapping.items() if name in datasets for m in given}
    sources = {
        name: _sdtm_source(source, study.study, has_subjects=name in fed) if layouts[name] == "sdtm" else source
        for name, source in study.sources.items()
    }
    return study.model_copy(update={"sources": sources, "map": filled})


def sdtm_datasets() -> dict[str, Dataset]:
    """Return those of the vocabulary that SDTM has too: their names have two letters, ours more."""
    return {name: dataset for name, dataset in load_vocabulary().items() if re.fullmatch("[A-Z]{2}", name)}


def _filled(mapping: Mapping, dataset: Dataset) -> Mapping:
    if mapping.measurements:
        return mapping
    # Names in small letters are ours: an SDTM file has no such column.
    own = {name: Expression(item=name) for name in dataset.variables if name.isupper()}
    return mapping.model_copy(update={"variables": own | mapping.variables})


def _sdtm_source(source: Source, study_id: str, *, has_subjects: bool) -> Source:
    subject = source.subject or (Expression(sql=without_study_sql("USUBJID", study_id)) if has_subjects else None)
    return source.model_copy(update={"layout": "sdtm", "subject": subject})


def study_prefix(study_id: str) -> str:
    """Return what stands before a subject's id in USUBJID."""
    return f"{study_id}-"


def without_study_sql(column: str, study_id: str) -> str:
    """Take the study's own id off a column, given as SQL, since it is put in front of every subject's id again."""
    prefix = study_prefix(study_id)
    has_prefix = f"substr({column}, 1, {len(prefix)}) = {quote_text(prefix)}"
    return f"CASE WHEN {has_prefix} THEN substr({column}, {len(prefix) + 1}) ELSE {column} END"
