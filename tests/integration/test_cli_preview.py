"""`siteproof preview` as a user calls it: what is printed, what a script gets, and the exit codes."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
from test_cli import siteproof, write_study

from pipelines.settings import Home

EXPORT = "SUBJID;SITEID;AETERM\n1;101;a\n2;101;\x1b[31mred\n"
READ_AS = ("--as", "csv", "--delimiter", ";")


@pytest.fixture
def export(tmp_path: Path) -> Path:
    path = tmp_path / "AE.csv"
    path.write_text(EXPORT, encoding="utf-8")
    return path


def test_it_shows_columns_and_first_values_and_obeys_none_of_them(
    export: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert siteproof(monkeypatch, "preview", str(export), *READ_AS, "--subject", "SUBJID") == 0
    assert capsys.readouterr().out.splitlines() == [
        "AE.csv as csv: 1 dataset, 4 values, 2 subjects, sites not named",
        "",
        "AE: 2 rows x 3 columns, 4 values",
        "column  filled  row 1  row 2",
        "SUBJID  key     1      2",
        "SITEID  2       101    101",
        "AETERM  2       a      \\u001b[31mred",
    ]


def test_json_has_counts_and_no_values(
    export: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert siteproof(monkeypatch, "preview", str(export), *READ_AS, "--site", "SITEID", "--json") == 0
    assert json.loads(capsys.readouterr().out) == {
        "format": "csv",
        "subjects": None,
        "sites": 1,
        "datasets": [{"name": "AE", "rows": 2, "columns": 3}],
        "values": 4,
        "problems": [],
        "forms": [],
        "counts": {},
    }


def test_a_refused_file_is_told_and_ends_with_1(
    export: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    export.write_text("a,b\n1\n", encoding="utf-8")
    told = "line 2 has 1 fields, the header has 2"
    assert siteproof(monkeypatch, "preview", str(export), "--as", "csv") == 1
    assert capsys.readouterr().out == f"AE.csv as csv: refused, line 2: ragged_row: {told}\n"
    assert siteproof(monkeypatch, "preview", str(export), "--as", "csv", "--json") == 1
    said = json.loads(capsys.readouterr().out)
    assert (said["datasets"], said["values"]) == ([], 0)
    assert said["problems"] == [{"code": "ragged_row", "message": told, "line": 2}]


def test_a_source_of_a_study_says_how_to_read_and_an_option_says_it_better(
    home: Home, export: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sources = 'sources: {AE: {path: edc/AE.csv, delimiter: ";", subject: SUBJID}}'
    write_study(home, "S-1", f"study: S-1\ntitle: t\nsponsor: s\n{sources}\nmap: {{}}\n")
    of_study = ("preview", str(export), "--home", str(home.root), "--study", "S-1", "--source")
    assert siteproof(monkeypatch, *of_study, "AE") == 0
    assert "2 subjects" in capsys.readouterr().out
    assert siteproof(monkeypatch, *of_study, "AE", "--subject", "SITEID") == 0
    assert "1 subject," in capsys.readouterr().out
    assert siteproof(monkeypatch, *of_study, "AEE") == 2
    assert 'Did you mean "AE"?' in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "Formats: csv, "),
        (("--as", "cvs"), 'Did you mean "csv"?'),
        (("--as", "csv", "--encoding", "utf-9"), '--encoding: "utf-9" is not a known encoding'),
        (("--as", "csv", "--delimiter", ";;"), "--delimiter: "),
        (("--as", "redcap", "--dictionary", "nowhere.csv"), "nowhere.csv is no file"),
        (("--study", "S-1"), "--study and --source go together"),
    ],
)
def test_a_command_line_that_is_wrong_ends_with_2(
    export: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    told: str,
) -> None:
    assert siteproof(monkeypatch, "preview", str(export), *arguments) == 2
    assert told in capsys.readouterr().err


def test_of_a_zip_the_files_inside_are_named(
    export: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    packed = export.with_suffix(".zip")
    with zipfile.ZipFile(packed, "w") as archive:
        archive.write(export, "all/AE.csv")
        archive.write(export, "all/CM.csv")
    for name in ("zip", "csv"):
        assert siteproof(monkeypatch, "preview", str(packed), "--as", name) == 1
        said = capsys.readouterr().out
        assert "it holds all/AE.csv, all/CM.csv: name one of them with --member" in said
    assert siteproof(monkeypatch, "preview", str(packed), *READ_AS, "--member", "*/AE.csv") == 0
    assert "2 rows x 3 columns" in capsys.readouterr().out
