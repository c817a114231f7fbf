"""The files that a made-up site delivers, in the manner of a Rave export, and what their columns mean."""

from __future__ import annotations

from pipelines.simulate.exports import (
    ctms_lists,
    edc_clinical_forms,
    edc_lists,
    edc_subject_forms,
    medication,
    site_documents,
)
from pipelines.simulate.exports.edc_clinical_forms import SERIOUSNESS
from pipelines.simulate.exports.source_layout import EXTRACTED, Mapped, SourceLayout
from pipelines.simulate.style import Style

__all__ = ["EXTRACTED", "SERIOUSNESS", "SOURCES", "Mapped", "SourceLayout", "mapping_of"]

_MAPPED = (edc_subject_forms, edc_clinical_forms, medication, edc_lists, ctms_lists)

SOURCES: dict[str, SourceLayout] = {
    name: layout for module in (*_MAPPED, site_documents) for name, layout in module.LAYOUTS.items()
}


def mapping_of(style: Style) -> dict[str, list[Mapped]]:
    """Return dataset -> what feeds it, for the files that are no templates."""
    return {dataset: given for module in _MAPPED for dataset, given in module.mapping(style).items()}
