"""What every format's reader promises: bytes and the source's declaration in, a table of text out, or a refusal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import pyarrow as pa

from pipelines.study import Source


@dataclass(frozen=True)
class Reading:
    """A file's content: `header` as written, and `table` with one text column for each header in the same order.

    Headers may repeat or be blank here, so the table's columns are found by place; `layout.py` judges the names.
    """

    header: tuple[str, ...]
    table: pa.Table


class Reader(Protocol):
    """Reads one export format.

    `version` changes whenever the same bytes may be read differently, so that stored deliveries are read again.
    """

    version: str

    def read(self, data: bytes, source: Source) -> Reading:
        """Read a whole file as `source` declares it; nothing is guessed.

        Raises:
            Refusal: the file cannot be read as declared.
        """
        ...
