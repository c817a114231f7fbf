"""F34, F35: what would be obeyed and not shown is told, and shown by its code on a terminal and on the page."""

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
    ("an Arabic letter mark", "a\u061cb", r"a\u061cb"),
    ("a deprecated format character", "a\u206eb", r"a\u206eb"),
    ("an annotation", "a\ufff9b", r"a\ufff9b"),
    ("a letter of an invisible tag", "a\U000e0041b", r"a\ue0041b"),
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


@pytest.mark.parametrize(
    ("text", "compared"),
    [
        ("１２：３０", "12:30"),
        ("（Ａ）；＜５，～", "(A);<5,~"),
        ("－５\u3000mg", "-5 mg"),
        ("\u22125", "-5"),  # the same byte of Shift_JIS, by another table
        ("a\u301cb", "a~b"),
        ("2024\u201106\u201012", "2024-06-12"),
        ("￥100", "¥100"),
        ("5\ufe0f\u180e", "5"),
        ("e\u0301", "é"),
        ("か\u3099", "が"),
        ("葛\u034f", "葛"),
    ],
)
def test_what_looks_alike_is_one(text: str, compared: str) -> None:
    assert normal_form(text) == normal_form(compared) == compared


@pytest.mark.parametrize("text", ["1–2", "1—2", "ｶﾞ", "Ⅳ", "①", "㎎", "日本語。", "m²"])
def test_what_may_mean_something_else_stays(text: str) -> None:
    assert normal_form(text) == text
