"""Puts small exports into a landing folder and proposes a study.yml for them."""

from __future__ import annotations

from pathlib import Path

import yaml

from pipelines.onboarding import StudyProposal, propose_study, study_text
from pipelines.settings import Home
from pipelines.study import Study, load_study

STUDY = "ST-1"


def put(home: Home, place: str, text: str | bytes) -> Path:
    """Write `<SITE>/<system>/<file>` below the study's landing folder."""
    path = home.landing / STUDY / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def propose(home: Home) -> StudyProposal:
    return propose_study(home, STUDY)


def written(home: Home) -> str:
    return study_text(propose(home))


def loaded(home: Home) -> Study:
    """Write the proposal into the home and load it, as a run does."""
    path = home.study_file(STUDY)
    path.parent.mkdir(parents=True)
    text = written(home)
    path.write_text(text, encoding="utf-8")
    assert isinstance(yaml.safe_load(text), dict)
    return load_study(path)
