"""The command line without a run: fast help, errors a user can act on, and safe output."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
import typer

from pipelines import cli, cli_output
from pipelines.settings import Home

HEAVY = ("dagster", "polars", "duckdb", "great_expectations", "pydantic", "pandas", "sqlalchemy", "dbt")
PLAIN = "study: {study}\ntitle: t\nsponsor: s\nsources: {{DM: {{path: edc/DM.csv}}}}\nmap: {{}}\n"


def siteproof(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """Run the command in this process and return its exit code."""
    monkeypatch.setattr(sys, "argv", ["siteproof", *arguments])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    code = ended.value.code
    assert isinstance(code, int)
    return code


def write_study(home: Home, study: str, text: str | None = None) -> Path:
    path = home.study_file(study)
    path.parent.mkdir(parents=True)
    path.write_text(text or PLAIN.format(study=study), encoding="utf-8")
    return path


def test_help_imports_nothing_heavy() -> None:
    script = (
        "import sys; sys.argv = ['siteproof', '--help']\n"
        "import pipelines.cli\n"
        "try:\n    pipelines.cli.main()\n"
        f"finally:\n    found = [name for name in {HEAVY!r} if name in sys.modules]\n"
        "    sys.exit(f'imported: {found}' if found else 0)\n"
    )
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert "Commands:" in result.stdout


def test_every_command_of_the_design_is_there() -> None:
    names = set(typer.main.get_command(cli.app).commands)
    assert names == {
        "demo", "simulate", "run", "deliveries", "verdicts", "findings", "check", "report", "extract", "verify",
        "doctor", "dev", "init", "templates", "readiness", "preview",
        "cleanliness", "delivery",
    }  # fmt: skip


@pytest.mark.parametrize(
    "command",
    [
        "run",
        "deliveries",
        "verdicts",
        "findings",
        "report",
        "extract",
        "doctor",
        "templates",
        "readiness",
        "cleanliness",
    ],
)
def test_an_unknown_study_is_answered_with_the_nearest_and_all_names(
    command: str, home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_study(home, "AA-AA-000-0000")
    write_study(home, "PILOT")
    assert siteproof(monkeypatch, "--home", str(home.root), command, "AA-AA-000-000") == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith('error: there is no study "AA-AA-000-000"')
    assert 'Did you mean "AA-AA-000-0000"? Studies here: AA-AA-000-0000, PILOT.' in said.err


def test_a_mistake_in_study_yml_is_one_line_with_file_and_line(
    home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_study(home, "S1", "study: S1\ntitle: t\nsponser: s\nsources: {}\nmap: {}\n")
    assert siteproof(monkeypatch, "run", "S1", "--home", str(home.root)) == 2
    assert capsys.readouterr().err.splitlines()[0].startswith(f"error: {path}:")


@pytest.mark.parametrize(
    ("written", "line", "told"),
    [
        ("map: {}\nparameters:\n  E-01:\n    max_lag_day: 5\n", 8, 'Did you mean "max_lag_days"?'),
        ("map: {}\nparameters:\n  E-01:\n    max_lag_days: soon\n", 8, '"soon" is not a whole number'),
        ("map: {}\nparameters:\n  E-1: {}\n", 7, '"E-1" is not a check'),
        ("map: {}\nparameters:\n  ICF-06:\n    by_country: [KOR 19]\n", 8, '"KOR 19" is not written as it must be'),
        ("map:\n  DM:\n    - from: DM\n      where: upper(a\n", 8, "not an SQL expression"),
    ],
)
def test_a_mistake_that_only_a_later_step_would_meet_stops_the_run_before_it_begins(
    written: str, line: int, told: str, home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_study(home, "S1", PLAIN.format(study="S1").removesuffix("map: {}\n") + written)
    export = home.landing / "S1" / "01" / "edc" / "DM.csv"
    export.parent.mkdir(parents=True)
    export.write_text("a\n1\n", encoding="utf-8")
    assert siteproof(monkeypatch, "run", "S1", "--home", str(home.root)) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"error: {path}:{line}: ")
    assert told in said
    assert {folder.name for folder in home.root.iterdir()} == {"landing", "studies"}


def test_a_study_without_a_run_says_what_to_do(
    home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_study(home, "S1")
    assert siteproof(monkeypatch, "verdicts", "S1", "--home", str(home.root)) == 2
    assert "siteproof run S1" in capsys.readouterr().err


def test_a_wrong_cutoff_and_a_wrong_folder_are_the_users_errors(
    home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_study(home, "S1")
    assert siteproof(monkeypatch, "extract", "S1", "--cutoff", "31/12/2025", "--home", str(home.root)) == 2
    assert "YYYY-MM-DD" in capsys.readouterr().err
    assert siteproof(monkeypatch, "verify", str(home.root / "nowhere")) == 2
    assert "is not a folder" in capsys.readouterr().err


def test_the_home_may_stand_before_or_after_the_command_or_in_the_environment(
    home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_study(home, "S1")
    listings = []
    for arguments in (
        ("--home", str(home.root), "deliveries", "S1", "--format", "csv"),
        ("deliveries", "S1", "--format", "csv", "--home", str(home.root)),
    ):
        assert siteproof(monkeypatch, *arguments) == 0
        listings.append(capsys.readouterr().out)
    monkeypatch.setenv("SITEPROOF_HOME", str(home.root))
    assert siteproof(monkeypatch, "deliveries", "S1", "--format", "csv") == 0
    listings.append(capsys.readouterr().out)
    assert set(listings) == {"study,site,system,file,sha256,received_at,status,reason,rows\n"}


def test_the_demo_leaves_a_study_alone_that_it_did_not_make(
    home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_study(home, "SIM-001")
    before = path.read_bytes()
    assert siteproof(monkeypatch, "demo", "--home", str(home.root)) == 2
    assert "was not simulated" in capsys.readouterr().err
    assert path.read_bytes() == before
    assert not home.landing.exists()


def test_a_layout_is_chosen_by_its_name(
    home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    small = ("simulate", "--home", str(home.root), "--studies", "1", "--sites", "1", "--subjects", "1", "--clean")
    assert siteproof(monkeypatch, *small, "--layout", "odm3") == 2
    assert "there are csv, redcap, odm, odm2, xpt, dataset-json" in capsys.readouterr().err
    assert not home.landing.exists()
    assert siteproof(monkeypatch, *small, "--layout", "odm") == 0
    assert (home.landing / "SIM-001" / "1001" / "edc" / "EDC.xml").is_file()


def test_the_doctor_says_what_is_wrong_and_what_to_do(
    home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_study(home, "GOOD")
    write_study(home, "BAD", "study: BAD\ntitle: t\nsponsor: s\nsorces: {}\nmap: {}\n")
    write_study(
        home,
        "CRON",
        "study: CRON\ntitle: t\nsponsor: s\nschedule: {cron: daily}\nsources: {DM: {path: edc/DM.csv}}\nmap: {}\n",
    )
    limit = write_study(home, "LIMIT", PLAIN.format(study="LIMIT") + "parameters: {E-01: {max_lag_day: 5}}\n")
    assert siteproof(monkeypatch, "doctor", "--json", "--home", str(home.root)) == 1
    seen = {examination["subject"]: examination for examination in json.loads(capsys.readouterr().out)}
    bad = {subject for subject, examination in seen.items() if not examination["well"]}
    assert bad == {"study BAD", "study CRON", "study LIMIT"}
    assert "study.yml:" in seen["study BAD"]["seen"]
    assert seen["study LIMIT"]["seen"].startswith(f"{limit}:6: ")
    assert "cron" in seen["study CRON"]["seen"]
    assert all(examination["cure"] for examination in seen.values() if not examination["well"])


def test_the_doctor_can_be_asked_about_one_study(
    home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_study(home, "GOOD")
    write_study(home, "BAD", "study: BAD\ntitle: t\nsponsor: s\nsorces: {}\nmap: {}\n")
    assert siteproof(monkeypatch, "doctor", "GOOD", "--json", "--home", str(home.root)) == 0
    assert {one["subject"] for one in json.loads(capsys.readouterr().out)} == {"study GOOD", "study GOOD, checks"}
    assert siteproof(monkeypatch, "doctor", "BAD", "--home", str(home.root)) == 1
    assert capsys.readouterr().out.startswith("BAD  study BAD: ")


def test_foreign_text_cannot_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    frame = pl.DataFrame({"file": ["\x1b[2Jgone\r", "a\u202eb", "Müller"], "rows": [1, None, 3]})
    cli_output.print_frame(frame, cli_output.Format.table)
    assert capsys.readouterr().out.splitlines() == [
        "file                 rows",
        "\\u001b[2Jgone\\u000d  1",
        "a\\u202eb",
        "Müller               3",
    ]
    cli_output.print_error("no \x1b]0;x\x07 such")
    assert "\x1b" not in capsys.readouterr().err


def test_csv_is_rfc_4180_with_plain_newlines(capsys: pytest.CaptureFixture[str]) -> None:
    frame = pl.DataFrame({"record": ['a "b", c', "two\nlines", None], "row": [1, 2, 3]})
    cli_output.print_frame(frame, cli_output.Format.csv)
    assert capsys.readouterr().out == 'record,row\n"a ""b"", c",1\n"two\nlines",2\n,3\n'
