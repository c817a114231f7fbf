"""One module an export format, and the registry that knows them: a new format is a module and a line here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from pipelines.ingest.readers.archive import read_member
from pipelines.ingest.readers.csv_profiles import PROFILES, ProfileReader
from pipelines.ingest.readers.csv_text import CsvReader
from pipelines.ingest.readers.dataset_json import DatasetJsonReader
from pipelines.ingest.readers.odm_xml import OdmReader
from pipelines.ingest.readers.reader import Content, Reader, Reading, Remark, Table
from pipelines.ingest.readers.redcap import RedcapReader
from pipelines.ingest.readers.redcap_export import KEY_COLUMNS
from pipelines.ingest.readers.sas_dataset import Sas7bdatReader
from pipelines.ingest.readers.sas_transport import TransportReader
from pipelines.ingest.readers.secutrial import SecutrialReader
from pipelines.ingest.readers.workbook import WorkbookReader
from pipelines.study_source import Source

READERS: dict[str, Reader] = {
    "csv": CsvReader(),
    "odm": OdmReader(),
    "redcap": RedcapReader(),
    "secutrial": SecutrialReader(),
    **{name: ProfileReader(name) for name in PROFILES},
    "dataset-json": DatasetJsonReader(),
    "xpt": TransportReader(),
    "sas7bdat": Sas7bdatReader(),
    "xlsx": WorkbookReader(),
}


def read_export(data: Content, source: Source) -> Reading:
    """Read a delivered file as its source declares it: the member of a ZIP where one is named, then by its format.

    Each table tells the member from which it comes; one that comes from an archive inside tells both, with `/` between.

    Raises:
        Refusal: the file cannot be read as declared.
    """
    if source.member is None:
        return READERS[source.format].read(data, source)
    member, content = read_member(data, source.member)
    reading = READERS[source.format].read(content, source)
    on_request = {name: _made_inside(member, make) for name, make in reading.on_request.items()}
    return replace(reading, tables=tuple(_inside(member, table) for table in reading.tables), on_request=on_request)


def is_key_column(export_format: str, column: str) -> bool:
    """Return whether the system itself writes a column of that name into its exports, to say whose a row is."""
    if export_format == "redcap":
        return column.strip().casefold() in KEY_COLUMNS
    profile = PROFILES.get(export_format)
    return profile is not None and profile.is_key(column)


def _inside(member: str, table: Table) -> Table:
    return replace(table, member=f"{member}/{table.member}" if table.member else member)


def _made_inside(member: str, make: Callable[[], Table]) -> Callable[[], Table]:
    return lambda: _inside(member, make())


__all__ = ["READERS", "Content", "Reader", "Reading", "Remark", "Table", "is_key_column", "read_export"]
