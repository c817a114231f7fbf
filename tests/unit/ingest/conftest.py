"""Fixtures of the ingest room's tests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ingest_desk import Desk, study_of
from killing import killer

from pipelines.settings import Home


@pytest.fixture
def desk_for(home: Home) -> Callable[..., Desk]:
    """A desk for a study with one source AE, declared by keywords."""

    def build(path: str = "edc/AE*.csv", **declared: Any) -> Desk:
        return Desk(home, study_of(AE={"path": path, **declared}))

    return build


@pytest.fixture
def desk(desk_for: Callable[..., Desk]) -> Desk:
    return desk_for()


@pytest.fixture
def killing(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], Callable[[], int]]:
    """Kill at the n-th step; gives a function that counts the steps."""
    return killer(monkeypatch)
