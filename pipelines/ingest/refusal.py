"""Why a delivered file is not taken: a reason code, a place, and words that hold no value of a patient."""

from __future__ import annotations


class Refusal(Exception):  # noqa: N818 - a refusal is an outcome of reading, not a failure of ours
    """A file that is refused whole.

    Args:
        code: the reason code, e.g. `ragged_row`; scripts rely on it.
        text: what is wrong, with counts and places but never with a cell's content.
        line: 1-based line of the file at which the faulty record begins, if there is one.
    """

    def __init__(self, code: str, text: str, line: int | None = None) -> None:
        self.code = code
        self.text = text
        self.line = line
        super().__init__(self.reason)

    @property
    def reason(self) -> str:
        """`code: text`, as the ledger keeps it."""
        return f"{self.code}: {self.text}"
