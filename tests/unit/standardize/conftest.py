"""Fixtures of the tests of the mapping."""

from __future__ import annotations

from pathlib import Path

import pytest
from mapped_rows import Shelf


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    """An empty store."""
    return Shelf(tmp_path)
