"""One small simulated study, built once, for all tests of the dbt project that need a warehouse."""

from __future__ import annotations

import pytest
from built_study import BuiltStudy, build_small_study


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What uses the warehouse is slow: dbt has to build it first."""
    for item in items:
        if "built" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> BuiltStudy:
    """A study of two sites without faults, with its marts."""
    return build_small_study(tmp_path_factory.mktemp("dbt"))
