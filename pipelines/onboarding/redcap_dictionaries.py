"""Which data dictionary belongs to which REDCap export: of those at hand, the one that knows every column of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from pipelines.errors import UserError
from pipelines.ingest.readers import read_export
from pipelines.ingest.readers.redcap_dictionary import load_dictionary
from pipelines.ingest.refusal import Refusal
from pipelines.onboarding.exports import Export
from pipelines.onboarding.format_signs import HEAD_BYTES
from pipelines.settings import Home
from pipelines.study_source import Source

# A dictionary of ten thousand fields is smaller.
_MAX_BYTES = 16 << 20


def take_dictionaries(home: Home, study_id: str, exports: Sequence[Export]) -> list[Export]:
    """Return the exports without the dictionaries that one needs; each of REDCap has its own.

    Dictionaries are looked for beside study.yml and in landing, where they do not belong and a human moves them from.
    An export without REDCap's own columns is one of REDCap where a dictionary knows all its columns.
    """
    beside = sorted(home.study_file(study_id).parent.glob("*.csv"))
    found = {path for export in exports if export.format == "csv" for path in _dictionaries_in(export)}
    at_hand = _distinct([*(path for path in beside if is_dictionary(path)), *sorted(found)])
    for export in exports if at_hand else ():
        if export.format not in ("csv", "redcap") or export.member is not None or export.files[0].path in found:
            continue
        fitting = [path for path in at_hand if _knows(path, export)]
        if len(fitting) == 1:
            export.format, export.dictionary = "redcap", fitting[0]
            export.is_dictionary_beside = fitting[0] in beside
    needed = {export.dictionary.read_bytes() for export in exports if export.dictionary is not None}
    return [
        export
        for export in exports
        if export.files[0].path not in found or not {file.path.read_bytes() for file in export.files} <= needed
    ]


def is_dictionary(path: Path) -> bool:
    """Return whether a file is a data dictionary of REDCap; only the reader of dictionaries can tell."""
    try:
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES).lower()
        # Whole files are read only where the header may be one, in the pages' words or the API's.
        if not (b"form name" in head or b"form_name" in head) or path.stat().st_size > _MAX_BYTES:
            return False
        return load_dictionary(_source(path)) is not None
    except (Refusal, UserError, OSError):
        return False


def _dictionaries_in(export: Export) -> Iterator[Path]:
    """Yield the files of an export where all of them are dictionaries."""
    if export.member is None and all(is_dictionary(file.path) for file in export.files):
        yield from (file.path for file in export.files)


def _distinct(paths: Iterable[Path]) -> list[Path]:
    """Return the first of each content: every site may have sent the project's dictionary."""
    return list({path.read_bytes(): path for path in reversed(list(paths))}.values())


def _knows(path: Path, export: Export) -> bool:
    try:
        readings = (read_export(file.read(), _source(path)) for file in export.files)
        return all(remark.code != "unknown_columns" for reading in readings for remark in reading.remarks)
    except Refusal:
        return False


def _source(dictionary: Path) -> Source:
    return Source(path="any/file", format="redcap", dictionary=str(dictionary))
