"""Reads SAS transport files (XPT, versions 5 and 8) with pyreadstat, once their structure has been judged.

pyreadstat reads the first dataset only, stops in silence where rows end early, and gives nothing but a gap for a
special missing value. So it is handed one dataset at a time, a piece of rows at a time; what it gives is held against
the lengths in the file and, number by number, against a second decoding.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.ingest.readers.column_spool import ColumnSpool
from pipelines.ingest.readers.reader import Content, Reading, Remark, Table
from pipelines.ingest.readers.sas_transport_structure import RECORD, Member, Variable, find_members
from pipelines.ingest.readers.sas_values import decoded, decoded_names, kind_of, odd_values, value_texts
from pipelines.ingest.readers.sdtm_keys import dataset_table
from pipelines.ingest.refusal import Refusal
from pipelines.study_source import Source

PIECE_BYTES = 8 << 20
PIECE_ROWS = 50_000
# What version 5 allows a text; longer ones are read, and SAS itself refuses such a file.
_MAX_TEXT_V5 = 200


class TransportReader:
    """SAS transport files: each dataset is a table; special missing values land as `.A` to `.Z` and `._`."""

    version = "xpt-2"

    def read(self, data: Content, source: Source) -> Reading:
        """Read a whole file; see `Reader`."""
        members = find_members(data)
        tables, remarks = [], []
        for member in members:
            table, odd = _Dataset(data, member, source.encoding).read()
            tables.append(table)
            remarks += odd
        names = [table.name.upper() for table in tables]
        if len(set(names)) < len(names):
            raise Refusal("duplicate_dataset", "two datasets of the file have the same name")
        return Reading(tuple(tables), remarks=tuple(remarks), counts={"datasets": len(tables)})


class _Dataset:
    """One dataset on its way in."""

    def __init__(self, content: Content, member: Member, encoding: str) -> None:
        self.content = content
        self.member = member
        self.encoding = encoding
        (self.name,) = decoded_names([member.name.decode("latin-1")], encoding)
        self.header = decoded_names([one.name.decode("latin-1") for one in member.variables], encoding)
        self.out_of_range: dict[int, list[int]] = {}
        self.special = 0

    def read(self) -> tuple[Table, list[Remark]]:
        with ColumnSpool(len(self.header)) as spool:
            for first, rows in self._pieces():
                values = self._read_with_library(first, rows)
                columns = zip(self.member.variables, values, strict=True)
                spool.add(
                    [
                        self._numbers(place, variable, column, first, rows)
                        if variable.is_number
                        else self._texts(place, variable, column, first, rows)
                        for place, (variable, column) in enumerate(columns)
                    ]
                )
            table = dataset_table(self.name, self.header, spool.table())
        return table, list(self._remarks())

    def _pieces(self) -> Iterator[tuple[int, np.ndarray]]:
        """Yield the 0-based number of a piece's first row, and its rows as bytes."""
        width = self.member.row_bytes
        at_once = max(1, min(PIECE_ROWS, PIECE_BYTES // width))
        for first in range(0, self.member.rows, at_once):
            rows = min(at_once, self.member.rows - first)
            start = self.member.data + first * width
            yield first, np.frombuffer(self.content[start : start + rows * width], np.uint8).reshape(rows, width)

    def _read_with_library(self, first: int, rows: np.ndarray) -> list[list[Any]]:
        import pyreadstat

        member = self.member
        rows_header = bytes(self.content[member.data - RECORD : member.data])
        if member.version == 8:
            # It states the number of rows; here, of this piece.
            rows_header = rows_header[:48] + f"{len(rows):15d}".encode() + rows_header[63:]
        # Without the long labels, which nobody needs.
        before = bytes(self.content[: 3 * RECORD]) + bytes(self.content[member.begin : member.described]) + rows_header
        piece = before + rows.tobytes()
        piece += b" " * (-len(piece) % RECORD)
        try:
            values, _ = pyreadstat.read_xport(
                io.BytesIO(piece),
                # Its bytes come through unchanged, so that Python decodes them as it does everywhere else.
                encoding="ISO-8859-1",
                disable_datetime_conversion=True,
                output_format="dict",
            )
        except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError, ValueError) as error:
            raise Refusal("malformed_xpt", "the SAS library cannot read this dataset; export it again") from error
        columns = [list(column) for column in values.values()]
        if len(columns) != len(self.header):
            found = f"{len(columns)} columns read, the file describes {len(self.header)}"
            raise Refusal("column_count_mismatch", found)
        return [self._completed(column, variable, first, rows) for column, variable in self._paired(columns)]

    def _paired(self, columns: list[list[Any]]) -> Iterator[tuple[list[Any], Variable]]:
        return zip(columns, self.member.variables, strict=True)

    def _completed(self, column: list[Any], variable: Variable, first: int, rows: np.ndarray) -> list[Any]:
        """Give back the blank rows at the end of a piece, which the library takes for padding."""
        missing = len(rows) - len(column)
        if not missing:
            return column
        if variable.is_number or missing < 0 or (rows[len(column) :] != ord(" ")).any():
            whole = f"{first + len(rows)} rows by the file's lengths, {first + len(column)} read"
            raise Refusal("row_count_mismatch", f"{whole}; export the dataset again")
        return column + [""] * missing

    def _texts(self, place: int, variable: Variable, column: list[str], first: int, rows: np.ndarray) -> pa.Array:
        block = rows[:, variable.start : variable.start + variable.length]
        texts = pa.array(column, pa.string())
        is_nul = block == 0
        if is_nul.any():
            # The library ends a text at the first NUL; what only completes it may be cut off, but nothing else.
            behind = np.maximum.accumulate(is_nul, axis=1)
            lost = (behind & ~is_nul & (block != ord(" "))).any(axis=1)
            if lost.any():
                row = first + int(np.argmax(lost)) + 1
                raise Refusal("nul_in_text", f"row {row}, column {place + 1}: text stands behind a NUL character")
            texts = pc.utf8_rtrim(texts, characters=" ")
        return decoded(texts, self.encoding, first + 1, place + 1)

    def _numbers(
        self, place: int, variable: Variable, column: list[float | None], first: int, rows: np.ndarray
    ) -> pa.Array:
        block = rows[:, variable.start : variable.start + variable.length]
        numbers = pa.array(column, pa.float64())
        again, tag = _decode_ibm(block)
        read = numbers.to_numpy(zero_copy_only=False)
        # Mainframes write up to three bits more than a double has, and libraries differ in how they round those.
        is_same = np.isclose(read, again, rtol=2.0**-52, atol=0, equal_nan=True)
        if not is_same.all():
            row = first + int(np.argmin(is_same)) + 1
            raise Refusal("value_mismatch", f"row {row}, column {place + 1}: two decodings give different numbers")
        found = value_texts(numbers, kind_of(variable.format))
        if len(found.out_of_range):
            self.out_of_range.setdefault(place, []).extend((found.out_of_range + first + 1).tolist())
        is_special = (tag != 0) & (tag != ord("."))
        if not is_special.any():
            return found.texts
        self.special += int(is_special.sum())
        words = pa.array([f".{chr(mark)}" for mark in tag[is_special].tolist()], pa.string())
        return pc.replace_with_mask(found.texts, pa.array(is_special), words)

    def _remarks(self) -> Iterator[Remark]:
        yield from odd_values(self.name, self.header, self.out_of_range, self.special)
        if self.member.version == 5:
            long = [place for place, one in enumerate(self.member.variables) if one.length > _MAX_TEXT_V5]
            if long:
                text = f"{len(long)} text columns, the first of them column {long[0] + 1}"
                yield Remark("long_text_columns", f"{text}, exceed the {_MAX_TEXT_V5} bytes of version 5", self.name)


def _decode_ibm(block: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return a column of IBM floating point as numbers, NaN where missing, and the byte that says why (0 if not)."""
    rows, length = block.shape
    whole = np.zeros((rows, 8), np.uint8)
    whole[:, :length] = block
    head = whole[:, 0].copy()
    is_letter = (head == ord(".")) | (head == ord("_")) | ((head >= ord("A")) & (head <= ord("Z")))
    tag = np.where(is_letter & ~whole[:, 1:].any(axis=1), head, 0)
    whole[:, 0] = 0
    fraction = whole.view(">u8").reshape(rows).astype(np.float64)
    numbers = np.ldexp(fraction, 4 * ((head & 0x7F).astype(np.int32) - 64) - 56)
    numbers = np.where(head & 0x80, -numbers, numbers)
    return np.where(tag != 0, np.nan, numbers), tag
