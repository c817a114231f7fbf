"""A delivered file's bytes, loaded or mapped, as a file object for libraries that want one; nothing is copied."""

from __future__ import annotations

import io

from pipelines.ingest.readers.reader import Content


class ContentFile(io.RawIOBase):
    """Reads over bytes or a mapped file; close it before the mapped file is closed."""

    def __init__(self, data: Content) -> None:
        self._view = memoryview(data)
        self._place = 0

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def tell(self) -> int:
        """Return the place, in bytes from the beginning."""
        return self._place

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place, as of the beginning, the present place or the end."""
        start = (0, self._place, len(self._view))[whence]
        if start + offset < 0:
            raise OSError("before the beginning")  # as a file does
        self._place = start + offset
        return self._place

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """Fill a buffer as far as there are bytes."""
        piece = self._view[self._place : self._place + len(buffer)]
        buffer[: len(piece)] = piece
        self._place += len(piece)
        return len(piece)

    def close(self) -> None:
        """Let go of the bytes."""
        self._view.release()
        super().close()
