"""What every format's reader promises: bytes and the source's declaration in, tables of text out, or a refusal."""

from __future__ import annotations

import mmap
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import pyarrow as pa

from pipelines.study_source import Source

# A large file is mapped into memory, not loaded: whoever reads it piece by piece holds one piece at a time.
Content = bytes | mmap.mmap


@dataclass(frozen=True)
class Table:
    """One table of an export: a form, an item group, a dataset, a sheet.

    `header` holds the names as written, and `rows` one text column for each of them in the same order, blank where
    nothing was filled in. Names may repeat or be blank here, so columns are found by place; `layout.py` judges names.
    `places` says for each row where it stands in the file (line, sheet and row, element path), None where that is the
    row's number. `keys` are columns that tell whose a row is and hold no data of their own; `subject` and `site` those
    of them that name the subject and the site, where the format itself says so. `member` is the file inside an
    archive. `complete` is False where the file names only those columns that hold something. `part_of` names the table
    of the same file in which all these cells stand too, as in the whole REDCap export of which an instrument is a part:
    its values are the same values, and count once. `added` where the table is not in the file and comes with it, as a
    data dictionary does. `numbers` gives each row's number in the file, from 1, where these are some of its rows.
    """

    name: str
    header: tuple[str, ...]
    rows: pa.Table
    places: pa.ChunkedArray | pa.Array | None = None
    keys: frozenset[str] = frozenset()
    subject: str | None = None
    site: str | None = None
    member: str | None = None
    complete: bool = True
    part_of: str | None = None
    added: bool = False
    numbers: pa.Array | None = None


@dataclass(frozen=True)
class Remark:
    """What is odd about a file that was read whole, e.g. `hidden_rows`; it becomes a finding (X-09).

    `text` holds counts and places, never a cell's content. `row` is the 1-based data row in `table`, where there is
    one, as the table numbers its rows. `source_file` is the file, where it is an earlier increment; readers leave it.
    """

    code: str
    text: str
    table: str = ""
    row: int | None = None
    source_file: str = ""


@dataclass(frozen=True)
class Reading:
    """A file's content.

    `sparse` where the format leaves out tables without rows: one that is not here was delivered empty. `counts` are
    facts of the file's own units, e.g. forms or audit records, for a person who looks at it
    (`siteproof preview`). `on_request` makes tables that hold nothing new and may be large, by name, for a source that
    takes one. `removals` are the keys, by column, of what a transactional file takes back whole, e.g. a subject: they
    come before its rows, and a key column that one does not name stands for any value. They leave the tables named in
    `history`, here or not: what tells what was done, as an audit trail does.
    """

    tables: tuple[Table, ...]
    sparse: bool = False
    remarks: tuple[Remark, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    on_request: Mapping[str, Callable[[], Table]] = field(default_factory=dict)
    removals: tuple[Mapping[str, str], ...] = ()
    history: frozenset[str] = frozenset()


class Reader(Protocol):
    """Reads one export format.

    `version` changes whenever the same bytes may be read differently, so that stored deliveries are read again.
    """

    version: str

    def read(self, data: Content, source: Source) -> Reading:
        """Read a whole file as `source` declares it, all its tables; nothing is guessed, nothing is left out.

        Raises:
            Refusal: the file cannot be read as declared.
        """
        ...
