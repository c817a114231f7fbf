"""docs/checks holds the catalogue: each check on one page, in the catalogue's words, with links that lead somewhere."""

from __future__ import annotations

import csv
import html
import re
from dataclasses import replace
from pathlib import Path

import pytest

from pipelines.reference import generation as generator
from pipelines.reference.check_pages import CHECK_PAGES_DIR, check_pages
from pipelines.reference.check_sheet import describe_checks
from pipelines.settings import EXPECTATIONS_DIR, PROJECT_ROOT
from pipelines.validate import load_suites

CATALOGUE_FILE = PROJECT_ROOT.parent / "shared" / "catalogue.csv"
SHEETS = {sheet.check.id: sheet for sheet in describe_checks(load_suites(EXPECTATIONS_DIR))}
PAGES = {path.name: path.read_text(encoding="utf-8") for path in sorted(CHECK_PAGES_DIR.glob("*.md"))}


def entries() -> dict[str, tuple[str, str]]:
    """Check id -> (page, its part of the page)."""
    found: dict[str, tuple[str, str]] = {}
    for page, text in PAGES.items():
        for part in re.split(r"(?m)^## (?=[A-Z]+-\d+: )", text)[1:]:
            check_id = part.partition(":")[0]
            assert check_id not in found, f"{check_id} is on {found[check_id][0]} and on {page}"
            found[check_id] = (page, part)
    return found


def test_each_check_is_on_one_page_and_no_other_check_is() -> None:
    assert entries().keys() == SHEETS.keys()


def test_each_group_has_one_page_and_there_is_no_other() -> None:
    assert len(PAGES) == len({sheet.check.group for sheet in SHEETS.values()}) + 1
    for check_id, (page, _) in entries().items():
        assert f"\n# {SHEETS[check_id].check.group}\n" in PAGES[page]


def test_the_index_leads_to_each_check_once() -> None:
    links = re.findall(r"\[([A-Z]+-\d+)\]\(([\w-]+\.md)#([\w-]+)\)", PAGES["index.md"])
    assert sorted(check_id for check_id, _, _ in links) == sorted(SHEETS)
    assert {check_id: page for check_id, page, _ in links} == {key: page for key, (page, _) in entries().items()}


def test_every_link_has_a_target() -> None:
    for page, text in PAGES.items():
        for target, anchor in re.findall(r"\]\(([^)#]*)#?([\w-]*)\)", text):
            assert not target or (CHECK_PAGES_DIR / target).is_file(), target
            assert not anchor or f'<a id="{anchor}"></a>' in PAGES[target or page], anchor


@pytest.mark.skipif(not CATALOGUE_FILE.exists(), reason="../shared/catalogue.csv is not there")
def test_pages_speak_in_the_words_of_the_catalogue() -> None:
    with CATALOGUE_FILE.open(encoding="utf-8", newline="") as file:
        agreed = {row["id"]: row for row in csv.DictReader(file)}
    assert entries().keys() <= agreed.keys()
    for check_id, (_, entry) in entries().items():
        said = re.sub(r"\\([*~\\|])", r"\1", html.unescape(" ".join(entry.split())))
        for name in ("title", "applies_when", "fails_when", "reference", "query_text", "owner", "severity"):
            assert " ".join(agreed[check_id][name].split()) in said, f"{check_id} {name}"


def test_what_a_check_does_not_look_at_yet_is_said_with_its_reason() -> None:
    for check_id, (_, entry) in entries().items():
        left_out = SHEETS[check_id].check.not_looked_at
        assert ("**Not looked at yet:**" in entry) == bool(left_out), check_id
        said = re.sub(r"\\([*~\\|])", r"\1", html.unescape(" ".join(entry.split())))
        for clause, reason in left_out.items():
            assert f'"{clause}": {reason}' in said, check_id


def test_a_text_cannot_break_out_of_its_place() -> None:
    sheet = SHEETS["AE-01"]
    check = replace(sheet.check, title="a | b", reference="<b>*x*</b>", query_text="one\n\n## two")
    pages = check_pages([replace(sheet, check=check)])
    (page,) = [text for path, text in pages.items() if path.name != "index.md"]
    assert "| [AE-01](#ae-01) | a \\| b | critical |" in page
    assert "* **Why:** &lt;b>\\*x\\*&lt;/b>" in page
    assert "> one ## two" in page


def test_a_page_whose_group_is_gone_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    current, gone = tmp_path / "visits.md", tmp_path / "gone.md"
    gone.write_text("of a group that was renamed", encoding="utf-8")
    monkeypatch.setattr(generator, "CHECK_PAGES_DIR", tmp_path)
    monkeypatch.setattr(generator, "generated_files", lambda: iter([(current, "text\n")]))
    assert list(generator.write_generated_files()) == [current, gone]
    assert [path.name for path in tmp_path.iterdir()] == ["visits.md"]
    assert current.read_bytes() == b"text\n"
    assert list(generator.write_generated_files()) == []
