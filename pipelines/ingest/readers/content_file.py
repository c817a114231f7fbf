"""A file's content, in memory or mapped, as an open file for libraries that want one; nothing is copied."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from pipelines.ingest.readers.reader import Content

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

PIECE_BYTES = 1 << 20


class ContentFile(io.RawIOBase):
    """Reads slices; a mapped file's own position is left alone, since several may read at once."""

    def __init__(self, data: Content) -> None:
        self._data = data
        self._place = 0

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place, as of the beginning, the present place or the end."""
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: len(self._data)}[whence]
        if start + offset < 0:
            raise OSError("a place before the beginning of the file")  # as a file does: zipfile goes by it
        self._place = start + offset
        return self._place

    def tell(self) -> int:
        """Return the place, in bytes from the beginning."""
        return self._place

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Fill a buffer as far as there are bytes."""
        target = memoryview(buffer).cast("B")
        piece = self._data[self._place : self._place + len(target)]
        target[: len(piece)] = piece
        self._place += len(piece)
        return len(piece)
