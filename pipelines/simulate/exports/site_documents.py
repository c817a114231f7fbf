"""The documents of the site and its logs: one file a dataset, in the template that `siteproof templates` writes."""

from __future__ import annotations

from pipelines.simulate.exports.source_layout import SourceLayout
from pipelines.study_layouts import SITE_COLUMN, SUBJECT_COLUMN, template_columns
from pipelines.vocabulary import load_vocabulary

DOCUMENTS = (
    "ICF_VERSION", "IRB", "PERSON", "DELEGATION", "TRAINING", "CREDENTIAL", "SAFETY", "LAB_CERT", "IP_LOG", "KIT",
    "TEMP_LOG", "EQUIPMENT", "MONITORING", "ISF_INDEX", "SIGNATURE", "PARTICIPATION", "DATA_DICTIONARY",
)  # fmt: skip


def _layout(name: str) -> SourceLayout:
    columns = tuple(template_columns(load_vocabulary()[name]))
    subject = SUBJECT_COLUMN if SUBJECT_COLUMN in columns else None
    return SourceLayout("isf", name, columns, subject=subject, site=SITE_COLUMN, is_template=True)


LAYOUTS = {name: _layout(name) for name in DOCUMENTS}
