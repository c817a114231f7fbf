"""What study.yml says of time: when the study runs by itself, and the protocol's schedule of visits."""

from __future__ import annotations

from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, field_validator, model_validator

from pipelines.cron_text import cron_problem
from pipelines.study_values import ComparedText, StrictModel, YesOrNo

# The event from which the days of visits are counted.
Anchor = Literal["first_dose", "randomization", "consent"]
DEFAULT_ANCHOR: Anchor = "first_dose"


class Schedule(StrictModel):
    """When the study runs by itself."""

    cron: str
    """Five fields: minute, hour, day, month, day of the week."""
    timezone: str = "UTC"
    """IANA name, e.g. Europe/Berlin."""

    @field_validator("cron")
    @classmethod
    def _cron_is_readable(cls, value: str) -> str:
        problem = cron_problem(value)
        if problem:
            raise ValueError(problem)
        return value

    @field_validator("timezone")
    @classmethod
    def _timezone_exists(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f'"{value}" is not an IANA time zone, e.g. Europe/Berlin') from error
        return value


class VisitWindow(StrictModel):
    """The days by which a visit may come before or after its planned day; the first and the last of them are inside."""

    before: Annotated[int, Field(ge=0)]
    """Days before the planned day."""
    after: Annotated[int, Field(ge=0)]
    """Days after the planned day."""


class Visit(StrictModel):
    """A visit of the protocol's schedule: `num` orders the planned visits; one without has no place in the order.

    `day` counts from the anchor (the study's, where the visit names none); whether the anchor is Day 1 or Day 0 is the
    parameter `day_offset` of SV-01. A visit without `window` is in no check of windows. `required`, where it is not
    given, is true of a visit with `day` and `num`.
    """

    name: ComparedText
    """As the export names it."""
    num: float | None = None
    """Its place in the order of the visits."""
    day: int | None = None
    """Its planned day, counted from the anchor."""
    window: VisitWindow | None = None
    """The days by which it may come before or after."""
    required: YesOrNo | None = None
    """Whether every subject is to have it."""
    anchor: Anchor | None = None
    """The event from which its day is counted."""

    @model_validator(mode="after")
    def _has_a_day_to_plan_by(self) -> Self:
        given = {
            "window": self.window is not None,
            "required": self.required is True,
            "anchor": self.anchor is not None,
        }
        for key, is_given in given.items():
            if is_given and self.day is None:
                raise ValueError(f"{key} goes with day: without it no day is planned")
        return self

    @property
    def is_required(self) -> bool:
        """Whether every subject in the study is to have this visit."""
        return self.required if self.required is not None else self.day is not None and self.num is not None
