"""Reads sas7bdat files, with pyreadstat in a process of its own, and turns what it gives into text.

What the library gives is held against the file's own header: its length, and its rows without those that SAS marks as
deleted, which some versions of the library give as if they counted.
"""

from __future__ import annotations

import codecs
import json
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.ingest.readers.column_spool import ColumnSpool
from pipelines.ingest.readers.content_file import PIECE_BYTES
from pipelines.ingest.readers.reader import Content, Reading, Remark
from pipelines.ingest.readers.sas_dataset_header import DatasetHeader, read_header
from pipelines.ingest.readers.sas_dataset_workers import UNREADABLE, WORKERS
from pipelines.ingest.readers.sas_values import decoded, decoded_names, kind_of, odd_values, value_texts
from pipelines.ingest.readers.sdtm_keys import dataset_table
from pipelines.ingest.refusal import Refusal
from pipelines.study_source import Source

CELLS_AT_ONCE = 300_000
# Encodings of SAS that Python knows under another name.
_OTHER_NAMES = {"BIG-5": "big5", "WINDOWS-936": "gbk"}
# The library reads some tens of megabytes a second; what takes this long is stuck.
SECONDS_AT_LEAST, BYTES_A_SECOND = 120, 1 << 20


class Sas7bdatReader:
    """A sas7bdat file is one table; special missing values land as `.A` to `.Z` and `._`.

    Text is decoded as the file's header says, or as `encoding` says where study.yml declares it for the source.
    """

    version = "sas7bdat-2"

    def read(self, data: Content, source: Source) -> Reading:
        """Read a whole file; see `Reader`."""
        header = read_header(data)
        with tempfile.TemporaryDirectory(prefix="siteproof-") as folder:
            path, target = Path(folder, "dataset.sas7bdat"), Path(folder, "dataset.arrow")
            with path.open("wb") as file:
                for place in range(0, len(data), PIECE_BYTES):
                    file.write(data[place : place + PIECE_BYTES])
            # With rows left out, where a piece begins is not sure.
            _read_apart(path, target, len(data), sys.maxsize if header.deleted else CELLS_AT_ONCE)
            with pa.ipc.open_file(pa.memory_map(str(target))) as dataset:
                return _Dataset(header, dataset, source).reading()


def _read_apart(path: Path, target: Path, size: int, cells_at_once: int) -> None:
    """Let another process read the file; a crash of the library is a refusal.

    Raises:
        Refusal: it cannot be read.
    """
    code = WORKERS.read(path, target, cells_at_once, SECONDS_AT_LEAST + size // BYTES_A_SECOND)
    if not code:
        return
    if code == -signal.SIGALRM:
        raise Refusal("malformed_sas7bdat", "the SAS library does not come to an end; export it again")
    if code == UNREADABLE:
        said = target.with_name(target.name + ".reason").read_text(encoding="utf-8").splitlines() or ["no reason"]
        raise Refusal("malformed_sas7bdat", f"the SAS library cannot read it ({said[-1]}); export it again")
    raise Refusal("malformed_sas7bdat", "the SAS library broke off on this file; export it again, best as XPT")


class _Dataset:
    """What the library gave, on its way to text."""

    def __init__(self, header: DatasetHeader, dataset: pa.RecordBatchFileReader, source: Source) -> None:
        facts: dict[str, Any] = json.loads(dataset.schema.metadata[b"sas"])
        self.header = header
        self.dataset = dataset
        self.formats: Sequence[str] = facts["formats"]
        self.is_number: Sequence[bool] = facts["numbers"]
        self.stated = facts["encoding"] if header.names_encoding else ""
        self.declared = source.encoding if "encoding" in source.model_fields_set else ""
        self.encoding = _usable_encoding(self.stated, self.declared)
        self.names = decoded_names(facts["names"], self.encoding)
        (self.table,) = decoded_names([facts["table"]], self.encoding)
        self.out_of_range: dict[int, list[int]] = {}
        self.special = 0

    def reading(self) -> Reading:
        """Return the file's one table.

        Raises:
            Refusal: its rows are not those that the header states, or text is not in its encoding.
        """
        folded = [name.upper() for name in self.names]
        if len(set(folded)) < len(folded):
            raise Refusal("duplicate_column", "two columns have the same name")
        with ColumnSpool(len(self.names)) as spool:
            for place in range(self.dataset.num_record_batches):
                piece = self.dataset.get_batch(place)
                spool.add([self._texts(piece, column, spool.num_rows) for column in range(len(self.names))])
            if spool.num_rows != self.header.rows:
                raise self._wrong_count(spool.num_rows)
            table = dataset_table(self.table, self.names, spool.table())
        remarks = list(odd_values(self.table, self.names, self.out_of_range, self.special))
        if self.declared and self.stated and codecs.lookup(self.declared).name != _codec_name(self.stated):
            text = f"the file says that its text is {self.stated}, study.yml says {self.declared}, which was taken"
            remarks.append(Remark("encoding_contradicted", text, self.table))
        if self.header.deleted:
            text = f"{self.header.deleted} rows that SAS marks as deleted are still in the file; they were left out"
            remarks.append(Remark("deleted_rows", text, self.table))
        return Reading((table,), remarks=tuple(remarks), counts={"deleted_rows": self.header.deleted})

    def _wrong_count(self, found: int) -> Refusal:
        if self.header.deleted and found == self.header.rows + self.header.deleted:
            return Refusal(
                "deleted_rows",
                f"{self.header.deleted} of {found} rows are marked as deleted, and which ones cannot be told; copy the "
                "dataset with a DATA step, which leaves them out, and send the copy",
            )
        return Refusal("row_count_mismatch", f"{found} rows read, the file's header states {self.header.rows}")

    def _texts(self, piece: pa.RecordBatch, column: int, first: int) -> pa.Array:
        values = piece.column(f"v{column}")
        if not self.is_number[column]:
            return decoded(pc.fill_null(values, ""), self.encoding, first + 1, column + 1)
        found = value_texts(values, kind_of(self.formats[column]))
        if len(found.out_of_range):
            self.out_of_range.setdefault(column, []).extend((found.out_of_range + first + 1).tolist())
        letters = piece.column(f"m{column}")
        special = len(letters) - letters.null_count
        if not special:
            return found.texts
        self.special += special
        return pc.coalesce(pc.binary_join_element_wise(".", letters, ""), found.texts)


def _usable_encoding(stated: str, declared: str) -> str:
    """Return the encoding of a file's text: the one declared, or else the one that the file states.

    Raises:
        Refusal: neither says one that can be used.
    """
    if declared:
        return declared
    codec = _codec_name(stated)
    if codec is None:
        said = f'says "{stated}"' if stated else "does not say"
        raise Refusal("unknown_encoding", f"the file {said} how its text is encoded; declare `encoding` in study.yml")
    return codec


def _codec_name(name: str) -> str | None:
    try:
        return codecs.lookup(_OTHER_NAMES.get(name, name)).name if name else None
    except LookupError:
        return None
