"""What study.yml says of time: visits with windows and anchors, and the day on which exports were extracted."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.errors import ConfigError
from pipelines.study import Study, load_study
from pipelines.study_schedule import Visit

GOOD = """\
study: ST-1
title: t
sponsor: s
extract_date: 2024-06-30
anchor: randomization
visits:
  - {name: Screening, num: 1, day: -7, window: {before: 14, after: 0}, anchor: consent}
  - {name: Baseline, num: 2, day: 1}
  - {name: Phone call, day: 8, required: true}
  - {name: Week 4, num: 4, day: 29, window: {before: 3, after: 3}, required: false}
  - {name: Unscheduled}
sources:
  LIST:
    path: ctms/LIST.csv
    dates: {asof: [DD.MM.YYYY]}
    extract_date: AsOf
  OTHER:
    path: ctms/OTHER.csv
    extract_date: {value: 2024-06-29}
map: {}
"""


def load(folder: Path, text: str) -> Study:
    path = folder / "ST-1" / "study.yml"
    path.parent.mkdir(parents=True)
    path.write_text(text, encoding="utf-8")
    return load_study(path)


def test_the_schedule_is_read(tmp_path: Path) -> None:
    study = load(tmp_path, GOOD)
    assert (study.extract_date, study.anchor) == ("2024-06-30", "randomization")
    windows = [visit.window and (visit.window.before, visit.window.after) for visit in study.visits]
    assert windows == [(14, 0), None, None, (3, 3), None]
    assert [visit.anchor for visit in study.visits] == ["consent", None, None, None, None]
    assert [visit.is_required for visit in study.visits] == [True, True, True, False, False]


def test_without_a_word_visits_are_counted_from_the_first_dose(tmp_path: Path) -> None:
    study = load(tmp_path, GOOD.replace("anchor: randomization\n", "").replace("extract_date: 2024-06-30\n", ""))
    assert (study.anchor, study.extract_date) == ("first_dose", None)


def test_dates_are_as_they_were_unless_the_study_says_that_they_were_shifted(tmp_path: Path) -> None:
    assert load(tmp_path / "a", GOOD).date_shifted is False
    assert load(tmp_path / "b", GOOD.replace("anchor: r", "date_shifted: true\nanchor: r")).date_shifted is True


@pytest.mark.parametrize(
    ("num", "day", "is_required"), [(1, 1, True), (1, None, False), (None, 1, False), (None, None, False)]
)
def test_a_visit_with_day_and_number_is_required(num: float | None, day: int | None, is_required: bool) -> None:
    assert Visit(name="v", num=num, day=day).is_required is is_required


# What stands in GOOD, what is written instead, what the message says, and what the line that it names begins with.
MISTAKES = [
    ("{name: Baseline, num: 2, day: 1}", "{name: Baseline, window: {before: 1, after: 1}}",
     "window goes with day: without it no day is planned", "  - {name: Baseline"),
    ("day: 8, required: true", "required: true", "required goes with day", "  - {name: Phone call"),
    ("day: -7, window: {before: 14, after: 0}, ", "", "anchor goes with day", "  - {name: Screening"),
    ("before: 14", "before: -1", "visits.0.window.before: Input should be greater than or equal to 0", "  - {name: S"),
    ("before: 14", "before: 1.5", "visits.0.window.before: Input should be a valid integer", "  - {name: Screening"),
    ("before: 3, after: 3", "before: 3", 'visits.3.window: "after" is missing', "  - {name: Week 4"),
    ("before: 3, after: 3", "befor: 3, after: 3", 'unknown key "befor". Did you mean "before"?', "  - {name: Week 4"),
    ("window: {before: 3, after: 3}", "window: 3", "visits.3.window: give names with values here", "  - {name: Week"),
    ("required: false", "required: no", '"no" is neither true nor false', "  - {name: Week 4"),
    ("anchor: consent", "anchor: consnt", 'Did you mean "consent"?', "  - {name: Screening"),
    ("anchor: randomization", "anchor: dose", '"dose" is not one of first_dose, randomization, consent', "anchor"),
    ("num: 4,", "num: 2.0,", 'visit number "2" is given twice, first in line 8; keep one of them', "  - {name: Week 4"),
    ("name: Week 4", "name: BASELINE", 'visit "BASELINE" is given twice, first in line 8', "  - {name: BASELINE"),
    ("extract_date: 2024-06-30", "date_shifted: yes", '"yes" is neither true nor false', "date_shifted"),
    ("extract_date: 2024-06-30", "extract_date: 30.06.2024", "is not a day, written YYYY-MM-DD", "extract_date"),
    ("extract_date: 2024-06-30", "extract_date: 2024-06-31", "is not a day of the calendar", "extract_date"),
    ("    extract_date: AsOf", "    extract_date: created",
     "the extract date is a date: declare the date format of column created in sources.LIST.dates", "    extract"),
    ("{value: 2024-06-29}", "{value: 2024-6-29}", "is not a day, written YYYY-MM-DD", "    extract_date: {value"),
    ("{value: 2024-06-29}", "{valu: 2024-06-29}", 'Did you mean "value"?', "    extract_date: {valu"),
]  # fmt: skip


@pytest.mark.parametrize(("good", "bad", "message", "begins"), MISTAKES, ids=[m[1] for m in MISTAKES])
def test_a_mistake_is_told_with_its_line(tmp_path: Path, good: str, bad: str, message: str, begins: str) -> None:
    assert GOOD.count(good) == 1
    text = GOOD.replace(good, bad)
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, text)
    assert message in caught.value.message
    assert caught.value.line is not None
    assert text.splitlines()[caught.value.line - 1].startswith(begins)
