"""Holds the house in order: imports point along the way of the data, and a file is one small room."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

import pytest

from pipelines.settings import PROJECT_ROOT

# The way of the data: a room may import those before it, never those after it.
WAY_OF_THE_DATA = ("ingest", "standardize", "validate", "findings", "report", "transfer")
# What steers the rooms may import all of them; no room imports what steers it.
COMMANDS = ("cli_check", "cli_delivery", "cli_preview", "cli_tables")
STEERING = ("orchestration", "cli", *COMMANDS, "definitions")
BARRED_NAMES = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "core"}
MAX_LINES = 300

SOURCES = sorted((PROJECT_ROOT / "pipelines").rglob("*.py"))
EVERY_FILE = [
    *SOURCES,
    *sorted((PROJECT_ROOT / "tests").rglob("*.py")),
    *sorted((PROJECT_ROOT / "benchmarks").rglob("*.py")),
]


def room_of(path: str) -> str:
    """Return the room of `pipelines/ingest/store.py`: ingest; a module at the top of `pipelines` is its own room."""
    return PurePosixPath(path).with_suffix("").parts[1]


def imported_modules(path: str, tree: ast.Module) -> Iterator[str]:
    """Yield the dotted name of every module that is imported anywhere in a file, also inside functions."""
    package = list(PurePosixPath(path).parent.parts)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


def imports_against_the_way(path: str, tree: ast.Module) -> list[str]:
    room = room_of(path)
    if room in STEERING:
        allowed = {*WAY_OF_THE_DATA, *COMMANDS, "simulate", "onboarding", "reference", "orchestration"}
    elif room == "reference":
        allowed = {"validate"}
    elif room == "onboarding":
        allowed = {"ingest"}
    elif room in WAY_OF_THE_DATA:
        allowed = set(WAY_OF_THE_DATA[: WAY_OF_THE_DATA.index(room) + 1])
    else:
        allowed = {room}
    rooms = {"simulate", "onboarding", "reference", *WAY_OF_THE_DATA, *STEERING}
    imported = {name.split(".")[1] for name in imported_modules(path, tree) if name.startswith("pipelines.")}
    return [f"{path} imports {other}" for other in sorted(imported & rooms - allowed - {room})]


def foreign_libraries(path: str, tree: ast.Module) -> list[str]:
    room = room_of(path)
    packages = {name.split(".")[0] for name in imported_modules(path, tree)}
    barred = set()
    if room != "validate":
        barred.add("great_expectations")
    if room not in ("orchestration", "definitions"):
        barred |= {"dagster", "dagster_dbt", "dagster_graphql", "dagster_webserver"}
    return [f"{path} imports {name}" for name in sorted(packages & barred)]


def environment_readers(path: str, tree: ast.Module) -> list[str]:
    if room_of(path) == "settings":
        return []
    names = {"environ", "environb", "getenv", "putenv"}
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in names and ast.unparse(node.value) == "os":
            found.append(f"{path}:{node.lineno} uses os.{node.attr}")
        if isinstance(node, ast.ImportFrom) and node.module == "os":
            found += [f"{path}:{node.lineno} imports os.{alias.name}" for alias in node.names if alias.name in names]
    return found


Rule = Callable[[str, ast.Module], list[str]]


@pytest.mark.parametrize("rule", [imports_against_the_way, foreign_libraries, environment_readers])
def test_no_source_breaks_the_rule(rule: Rule) -> None:
    assert len(SOURCES) > len(WAY_OF_THE_DATA)
    broken = []
    for file in SOURCES:
        path = file.relative_to(PROJECT_ROOT).as_posix()
        broken += rule(path, ast.parse(file.read_text(encoding="utf-8")))
    assert broken == []


@pytest.mark.parametrize(
    ("rule", "path", "source"),
    [
        (imports_against_the_way, "pipelines/ingest/store.py", "from pipelines.findings import read_run"),
        (imports_against_the_way, "pipelines/ingest/store.py", "from pipelines import report"),
        (imports_against_the_way, "pipelines/ingest/store.py", "from ..validate import catalogue"),
        (imports_against_the_way, "pipelines/ingest/store.py", "def late():\n    import pipelines.cli"),
        (imports_against_the_way, "pipelines/validate/gx.py", "from pipelines.orchestration.assets import defs"),
        (imports_against_the_way, "pipelines/simulate/sites.py", "from pipelines.ingest import ingest_site"),
        (
            imports_against_the_way,
            "pipelines/onboarding/proposal.py",
            "from pipelines.standardize import lay_raw_views",
        ),
        (imports_against_the_way, "pipelines/ingest/store.py", "from pipelines.onboarding import propose_study"),
        (imports_against_the_way, "pipelines/study.py", "from pipelines.ingest import ingest_site"),
        (imports_against_the_way, "pipelines/reference/check_pages.py", "from pipelines.findings import read_run"),
        (imports_against_the_way, "pipelines/validate/suites.py", "from pipelines.reference import generated_files"),
        (imports_against_the_way, "pipelines/orchestration/jobs.py", "from pipelines.cli import main"),
        (foreign_libraries, "pipelines/report/page.py", "import great_expectations as gx"),
        (foreign_libraries, "pipelines/ingest/store.py", "def late():\n    from dagster import asset"),
        (foreign_libraries, "pipelines/cli.py", "import dagster"),
        (environment_readers, "pipelines/cli.py", "import os\nos.environ['TZ']"),
        (environment_readers, "pipelines/cli.py", "from os import getenv"),
    ],
)
def test_the_rule_sees_a_breach(rule: Rule, path: str, source: str) -> None:
    assert rule(path, ast.parse(source)) != []


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("pipelines/report/page.py", "from pipelines.findings import read_run\nfrom pipelines.ingest import x"),
        ("pipelines/ingest/store.py", "from . import ledger\nfrom pipelines.settings import Home"),
        ("pipelines/cli.py", "from pipelines.orchestration import jobs\nfrom pipelines.simulate import x"),
    ],
)
def test_an_import_along_the_way_is_allowed(path: str, source: str) -> None:
    assert imports_against_the_way(path, ast.parse(source)) == []


@pytest.mark.parametrize("file", EVERY_FILE, ids=lambda file: file.relative_to(PROJECT_ROOT).as_posix())
def test_a_file_is_a_small_room_with_a_charter_and_a_telling_name(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert len(text.splitlines()) < MAX_LINES
    assert ast.get_docstring(ast.parse(text)), "the docstring says in one to three lines what belongs in the file"
    names = {file.stem, *file.relative_to(PROJECT_ROOT).parent.parts}
    assert not names & BARRED_NAMES, "name the file after what is found in it"
