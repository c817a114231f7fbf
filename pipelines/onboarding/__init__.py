"""Onboarding: proposes a study.yml from the exports in landing. It only proposes: a human confirms each guess."""

from pipelines.onboarding.comparison import Comparison, compare_with, shares
from pipelines.onboarding.proposal import StudyProposal, propose_study
from pipelines.onboarding.study_text import MARKS, study_text

__all__ = ["MARKS", "Comparison", "StudyProposal", "compare_with", "propose_study", "shares", "study_text"]
