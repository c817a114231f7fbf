"""The layouts in which a made-up site may send the same records, and which one a source comes in."""

from __future__ import annotations

from pipelines.errors import UserError, did_you_mean
from pipelines.simulate.exports import SOURCES
from pipelines.simulate.layouts.csv_files import CsvFiles
from pipelines.simulate.layouts.dataset_json import DatasetJson
from pipelines.simulate.layouts.export_layout import ExportLayout
from pipelines.simulate.layouts.odm_1_3_2 import Odm132
from pipelines.simulate.layouts.odm_2_0 import Odm20
from pipelines.simulate.layouts.redcap_project import RedcapProject
from pipelines.simulate.layouts.sas_transport import SasTransport

__all__ = ["LAYOUTS", "ExportLayout", "layout_named", "layout_of"]

_CSV = CsvFiles()
LAYOUTS: dict[str, ExportLayout] = {
    "csv": _CSV,
    "redcap": RedcapProject(),
    "odm": Odm132(),
    "odm2": Odm20(),
    "xpt": SasTransport(),
    "dataset-json": DatasetJson(),
}


def layout_named(name: str) -> ExportLayout:
    """Return the layout of a name.

    Raises:
        UserError: there is none.
    """
    if name not in LAYOUTS:
        raise UserError(f'--layout is "{name}"; there are {", ".join(LAYOUTS)}.{did_you_mean(name, LAYOUTS)}')
    return LAYOUTS[name]


def layout_of(source: str, chosen: ExportLayout) -> ExportLayout:
    """Return the layout that a source comes in: the chosen one, or CSV where its system knows no other."""
    return chosen if SOURCES[source].system in chosen.systems else _CSV
