"""F34: what would be obeyed and not shown is told, and shown by its code on a terminal and on the page."""

from __future__ import annotations

import pytest

from pipelines.cli_output import safe
from pipelines.foreign_text import has_control_characters, normal_form
from pipelines.report.page import visible

CASES = [
    ("NUL", "a\x00b", r"a\u0000b"),
    ("an escape sequence", "a\x1b[31mb", r"a\u001b[31mb"),
    ("a carriage return of C1", "a\x85b", r"a\u0085b"),
    ("a bidi override", "a\u202eb", r"a\u202eb"),
    ("a bidi isolate", "a\u2067b", r"a\u2067b"),
    ("a direction mark", "a\u200fb", r"a\u200fb"),
]


@pytest.mark.parametrize(("_", "text", "shown"), CASES, ids=[case[0] for case in CASES])
def test_it_is_told_kept_and_shown_escaped(_: str, text: str, shown: str) -> None:
    assert has_control_characters(text)
    assert normal_form(text) == text
    assert safe(text) == visible(text) == shown


@pytest.mark.parametrize("text", ["plain", "Übelkeit", "日本語", "two\nlines\tand a tab"])
def test_ordinary_text_is_none_of_that(text: str) -> None:
    assert not has_control_characters(text)
    assert visible(text) == text
