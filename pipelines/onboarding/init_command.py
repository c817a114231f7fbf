"""What `siteproof init` does: proposes, writes where nothing stands yet, and says what is left to a human."""

from __future__ import annotations

import sys
from pathlib import Path

from pipelines.cli_output import print_line, print_rows, safe
from pipelines.errors import UserError, did_you_mean
from pipelines.onboarding.comparison import compare_with, shares
from pipelines.onboarding.exports import Export
from pipelines.onboarding.proposal import propose_study
from pipelines.onboarding.study_text import CONFIRM, TODO, study_text
from pipelines.settings import Home
from pipelines.study import load_study
from pipelines.study_schema import study_schema_text


def run_init(home: Home, study_id: str, output: Path | None, *, to_stdout: bool, compare: Path | None) -> None:
    """Propose the study.yml of a study whose exports lie in landing.

    Args:
        home: where landing and studies are.
        study_id: the study's folder in landing.
        output: the file to write; the home's studies/<STUDY>/study.yml when None.
        to_stdout: write the proposal to standard output and no file.
        compare: a confirmed study.yml to hold the proposal against; no file is written.

    Raises:
        UserError: there are no exports, or the file exists already.
    """
    path = output or home.study_file(study_id)
    confirmed = load_study(compare) if compare is not None else None
    if not to_stdout and confirmed is None and path.exists():
        raise UserError(
            f"{path} exists already and is left as it is; --stdout shows a proposal, --output writes it elsewhere, "
            "--compare holds one against it"
        )
    known = sorted(folder.name for folder in home.landing.glob("*") if folder.is_dir())
    if study_id not in known:
        raise UserError(
            f"there is no folder {home.landing / study_id}.{did_you_mean(study_id, known)} "
            "Put the sites' exports there, as <SITE>/<system>/<file>, e.g. 101/edc/AE.csv"
        )
    proposal = propose_study(home, study_id, _tell)
    if confirmed is not None:
        compared = compare_with(proposal, confirmed)
        rows = [[aspect, right, of, f"{right / of:.0%}"] for aspect, right, of in shares(compared)]
        print_rows(["aspect", "right", "of", "share"], rows)
        for one in compared:
            if not one.is_right:
                print_line(safe(f"{one.aspect}: {one.what}: confirmed {one.confirmed}; proposed {one.proposed}"))
        return
    # Beside the studies of a home lies the schema: the home can be moved, and what lies elsewhere names no place.
    beside = home.studies / "study.schema.json"
    is_in_home = not to_stdout and path.resolve().parent.parent == home.studies.resolve()
    text = study_text(proposal, f"../{beside.name}" if is_in_home else None)
    if to_stdout:
        sys.stdout.write(text)
        return
    if is_in_home:
        beside.parent.mkdir(parents=True, exist_ok=True)
        beside.write_text(study_schema_text(), encoding="utf-8")
    path.parent.mkdir(parents=True, exist_ok=True)
    # x: what another process wrote meanwhile is left as it is, too.
    with path.open("x", encoding="utf-8") as file:
        file.write(text)
    print_line(safe(str(path)))
    print_line(
        f"{text.count(f'# {CONFIRM}:'):,} guesses to confirm, {text.count(f'{TODO}:'):,} questions left open; "
        "siteproof doctor says what is left"
    )


def _tell(export: Export) -> None:
    """Show a person that something goes on, on standard error, so that --stdout stays the proposal alone."""
    if sys.stderr.isatty():
        sys.stderr.write(f"reading {safe(export.path)} of {len(export.files):,} files\n")
