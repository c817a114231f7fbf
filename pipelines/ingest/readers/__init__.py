"""One module an export format, and the registry that knows them: a new format is a module and a line here."""

from __future__ import annotations

from pipelines.ingest.readers.csv_profiles import PROFILES, ProfileReader
from pipelines.ingest.readers.csv_text import CsvReader
from pipelines.ingest.readers.dataset_json import DatasetJsonReader
from pipelines.ingest.readers.reader import Content, Reader, Reading, Remark, Table
from pipelines.ingest.readers.redcap import RedcapReader
from pipelines.ingest.readers.sas_dataset import Sas7bdatReader
from pipelines.ingest.readers.sas_transport import TransportReader
from pipelines.ingest.readers.workbook import WorkbookReader
from pipelines.study_source import Source

READERS: dict[str, Reader] = {
    "csv": CsvReader(),
    "redcap": RedcapReader(),
    **{name: ProfileReader(name) for name in PROFILES},
    "dataset-json": DatasetJsonReader(),
    "xpt": TransportReader(),
    "sas7bdat": Sas7bdatReader(),
    "xlsx": WorkbookReader(),
}


def read_export(data: Content, source: Source) -> Reading:
    """Read a file as its source declares it.

    Raises:
        Refusal: the file cannot be read so.
    """
    return READERS[source.format].read(data, source)


__all__ = ["READERS", "Content", "Reader", "Reading", "Remark", "Table", "read_export"]
