"""`siteproof init` as a user calls it: it proposes, overwrites nothing, and says what is left to do."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_cli import siteproof

from pipelines.settings import Home
from pipelines.study_schema import study_schema_text

EXPORT = "SUBJID,SITEID,AETERM,AESTDAT\n1,101,a,2024-01-25\n"


@pytest.fixture
def landed(home: Home) -> Home:
    """A home in which one site of study AB-1 delivered one file."""
    path = home.landing / "AB-1" / "101" / "edc" / "AE.csv"
    path.parent.mkdir(parents=True)
    path.write_text(EXPORT, encoding="utf-8")
    return home


def test_it_writes_the_study_once_and_never_over_another(
    landed: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = landed.study_file("AB-1")
    assert siteproof(monkeypatch, "init", "AB-1", "--home", str(landed.root)) == 0
    said = capsys.readouterr().out
    assert said.startswith(f"{path}\n")
    told = path.read_text(encoding="utf-8").splitlines()[0].removeprefix("# yaml-language-server: $schema=")
    assert told == "../study.schema.json"
    assert (path.parent / told).read_text(encoding="utf-8") == study_schema_text()
    assert "guesses to confirm" in said
    path.write_text("mine", encoding="utf-8")
    assert siteproof(monkeypatch, "init", "AB-1", "--home", str(landed.root)) == 2
    assert "exists already and is left as it is" in capsys.readouterr().err
    assert path.read_text(encoding="utf-8") == "mine"


def test_standard_output_and_another_file_hold_the_same_proposal(
    landed: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "proposal" / "study.yml"
    assert siteproof(monkeypatch, "init", "AB-1", "--stdout", "--home", str(landed.root)) == 0
    shown = capsys.readouterr().out
    assert siteproof(monkeypatch, "init", "AB-1", "--output", str(other), "--home", str(landed.root)) == 0
    assert other.read_text(encoding="utf-8") == shown
    assert "AETERM: AETERM  # CONFIRM: by its name" in shown
    assert "$schema" not in shown
    assert not landed.studies.exists()


def test_a_confirmed_study_is_compared_and_left_alone(
    landed: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = landed.study_file("AB-1")
    siteproof(monkeypatch, "init", "AB-1", "--home", str(landed.root))
    confirmed = path.read_text(encoding="utf-8").replace("AETERM: AETERM", "AETERM: {sql: upper(AETERM)}")
    path.write_text(confirmed, encoding="utf-8")
    capsys.readouterr()
    assert siteproof(monkeypatch, "init", "AB-1", "--compare", str(path), "--home", str(landed.root)) == 0
    said = capsys.readouterr().out
    assert "variable: its columns    2      2   100%" in said
    assert "variable: word for word  1      2   50%" in said
    assert "confirmed {'sql': 'upper(AETERM)'}; proposed AETERM" in said
    assert path.read_text(encoding="utf-8") == confirmed


def test_a_study_without_exports_is_answered_with_the_nearest_name(
    landed: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert siteproof(monkeypatch, "init", "AB-2", "--home", str(landed.root)) == 2
    said = capsys.readouterr().err
    assert 'Did you mean "AB-1"?' in said
    assert "<SITE>/<system>/<file>" in said


def test_files_of_which_none_can_be_read_are_named_with_the_reason(
    home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = home.landing / "AB-1" / "101" / "edc"
    folder.mkdir(parents=True)
    (folder / "AE.pdf").write_bytes(b"%PDF-1.7")
    (folder / "doses.xlsx").write_bytes(bytes.fromhex("d0cf11e0a1b11ae1"))
    (folder / "logs.xlsx").write_bytes(b"PK\x03\x04")
    assert siteproof(monkeypatch, "init", "AB-1", "--home", str(home.root)) == 2
    said = capsys.readouterr().err
    assert "can be read: edc/AE.pdf is of no export format; edc/doses.xlsx is an old Excel file (xls), or a" in said
    assert "; edc/logs.xlsx is refused: broken_archive" in said
