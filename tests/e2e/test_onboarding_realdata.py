"""`siteproof init` on the two real trials: what share of the confirmed study.yml it finds by itself.

`siteproof init <STUDY> --compare examples/studies/<STUDY>/study.yml` shows the shares; docs/onboarding.md says what
is left to a human.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.errors import ConfigError
from pipelines.onboarding import Comparison, StudyProposal, compare_with, propose_study, shares, study_text
from pipelines.settings import PROJECT_ROOT, Home
from pipelines.study import load_study

AA = "AA-AA-000-0000"
PILOT = "CDISCPILOT01"

pytestmark = [pytest.mark.slow, pytest.mark.realdata]


@pytest.fixture(scope="module")
def proposals(real_exports: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], StudyProposal]:
    """Return what makes the proposal of a study, once."""
    home = Home(tmp_path_factory.mktemp("onboarding"))
    home.landing.mkdir(parents=True)
    made: dict[str, StudyProposal] = {}

    def propose(study: str) -> StudyProposal:
        if study not in made:
            (home.landing / study).symlink_to(real_exports / study / "landing")
            made[study] = propose_study(home, study)
        return made[study]

    return propose


def compared(proposal: StudyProposal) -> list[Comparison]:
    path = PROJECT_ROOT / "examples" / "studies" / proposal.study / "study.yml"
    return compare_with(proposal, load_study(path))


@pytest.mark.parametrize(
    ("study", "least"),
    [
        # One form names screening failures by another id than subjects.
        (AA, {"subject": 15 / 16, "variable: its columns": 0.85, "variable: word for word": 0.8}),
        # Inches and pounds stand on the form only.
        (PILOT, {"variable: its columns": 0.9, "variable: word for word": 0.9, "unit": 4 / 6}),
    ],
)
def test_the_proposal_differs_only_where_a_human_must_decide(
    proposals: Callable[[str], StudyProposal], study: str, least: dict[str, float]
) -> None:
    found = {aspect: right / of for aspect, right, of in shares(compared(proposals(study)))}
    assert len(found) >= 8
    assert {aspect: share for aspect, share in found.items() if share < least.get(aspect, 1)} == {}


@pytest.mark.parametrize("study", [AA, PILOT])
def test_the_proposal_loads_and_holds_no_value_of_a_patient(
    proposals: Callable[[str], StudyProposal], study: str, tmp_path: Path
) -> None:
    proposal = proposals(study)
    text = study_text(proposal)
    path = tmp_path / study / "study.yml"
    path.parent.mkdir()
    path.write_text(text, encoding="utf-8")
    try:
        assert load_study(path).study == study
    except ConfigError as error:
        pytest.fail(f"it is to load once it is confirmed, and nothing here is open: {error}")
    for source in proposal.sources:
        for column in source.profile.columns.values():
            for subject in list(column.ids or ())[:50]:
                assert len(subject) < 6 or subject not in text
