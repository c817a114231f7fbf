"""What a site and the SMO agreed about the delivery of one kind of file: when, in which form, what may shrink."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from pipelines.study_values import ColumnName, StrictModel

_DUE = r"\d{4}-\d{2}-\d{2}(T\d{2}:\d{2})?( every [1-9]\d{0,2} days)?"
# A week: what changes for longer is no upload.
_MAX_REST_SECONDS = 7 * 86_400


def _check_due(value: str) -> str:
    if not re.fullmatch(_DUE, value, re.ASCII):
        raise ValueError(f'"{value}" is not a due time, e.g. 2024-06-03T08:00 every 7 days')
    start = value.partition(" ")[0]
    try:
        datetime.fromisoformat(start)
    except ValueError as error:
        raise ValueError(f'"{start}" is not a day or time of the calendar') from error
    return value


DueTime = Annotated[str, AfterValidator(_check_due)]


class DeliveryContract(StrictModel):
    """How a source is delivered. What is absent is not asked for: without limits no delivery is ever held."""

    due: list[DueTime] = []
    """When a file is expected of each site, in UTC: a day or time, and how often again (X-03)."""
    content: Literal["cumulative", "incremental"] = "cumulative"
    """incremental where a file has only what is new or changed since the one before."""
    key: list[ColumnName] = []
    """The columns that tell two rows of a site apart."""
    announced_by: Literal["done", "manifest"] | None = None
    """A file is read once <file>.done lies beside it, or once the folder's manifest.csv lists it."""
    at_rest_seconds: int = Field(default=0, ge=0, le=_MAX_REST_SECONDS)
    """A file that changed less than so many seconds ago is left for the next run."""
    max_row_drop: float | None = Field(default=None, ge=0, le=1)
    """A file whose rows are fewer by more than this share is held until somebody accepts it."""
    max_vanished: float | None = Field(default=None, ge=0, le=1)
    """A file that lacks more than this share of the keys that were there is held until somebody accepts it."""

    @model_validator(mode="after")
    def _belongs_together(self) -> Self:
        if len({name.casefold() for name in self.key}) < len(self.key):
            raise ValueError("key names a column twice; keep one of them")
        if self.is_incremental and not self.key:
            raise ValueError("content: incremental needs key: the columns by which a row replaces an older one")
        if self.max_vanished is not None and not self.key:
            raise ValueError("max_vanished needs key: the columns that tell two rows apart")
        if self.is_incremental and (self.max_row_drop is not None or self.max_vanished is not None):
            raise ValueError(
                "max_row_drop and max_vanished go with content: cumulative; from an incremental source only what the "
                "site removes by name goes"
            )
        return self

    @property
    def is_incremental(self) -> bool:
        """Whether a file has only what is new or changed since the one before."""
        return self.content == "incremental"
