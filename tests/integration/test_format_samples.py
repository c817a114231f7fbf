"""Every file of the samples that real systems wrote is read completely, or refused for its true reason.

`format_samples.yml` says of each file how it is read and what it holds; the numbers are those of the samples' README
where it gives them (`readme` quotes it), and were counted once where it does not.
"""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipelines.ingest.readers import Table, read_export
from pipelines.onboarding.format_names import find_format
from pipelines.onboarding.preview import preview_export
from pipelines.settings import PROJECT_ROOT
from pipelines.study_source import Source

SAMPLES = PROJECT_ROOT.parent / "shared" / "data" / "format-samples"
_TABLE = Path(__file__).with_name("format_samples.yml").read_text("utf-8")
LISTED: list[dict[str, Any]] = yaml.load(_TABLE, Loader=yaml.CSafeLoader)
READ = [sample for sample in LISTED if "as" in sample]
KNOWN_KEYS = {
    "file", "as", "with", "read", "datasets", "rows", "forms", "values", "subjects", "sites", "counts", "problems",
    "refused", "line", "readme", "none",
}  # fmt: skip

pytestmark = [
    pytest.mark.realdata,
    pytest.mark.skipif(not SAMPLES.exists(), reason=f"the samples are not at {SAMPLES}"),
]


def source_of(sample: dict[str, Any]) -> Source:
    named = find_format(sample["as"])
    settings = {"path": "any/file", "format": named.format, **named.settings, **sample.get("with", {})}
    if "dictionary" in settings:
        settings["dictionary"] = str((SAMPLES / sample["file"]).parent / settings["dictionary"])
    return Source.model_validate(settings)


def tables_of(file: str) -> tuple[Table, ...]:
    sample = next(one for one in READ if one["file"] == file)
    return read_export((SAMPLES / file).read_bytes(), source_of(sample)).tables


def cells_of(table: Table) -> list[list[str]]:
    columns = [column.to_pylist() for column in table.rows.columns]
    return [list(table.header), *map(list, zip(*columns, strict=True))]


def test_every_file_is_listed_and_every_listed_file_is_there() -> None:
    there = {path.relative_to(SAMPLES).as_posix() for path in SAMPLES.rglob("*") if path.is_file()}
    assert {sample["file"] for sample in LISTED} == there
    assert [sample for sample in LISTED if not sample.keys() <= KNOWN_KEYS] == []
    # A sample says what must come out of it, and one that is read says it in full.
    assert [
        one for one in READ if not ("refused" in one or ({"read", "datasets"} & one.keys() and "values" in one))
    ] == []
    twice = Counter((one["file"], one.get("as")) for one in LISTED)
    assert [key for key, count in twice.items() if count > 1] == []


@pytest.mark.parametrize("sample", READ, ids=lambda sample: f"{sample['file']} as {sample['as']}")
def test_a_sample_is_read_with_its_counts_or_refused_for_its_reason(sample: dict[str, Any]) -> None:
    path = SAMPLES / sample["file"]
    seen = preview_export(path.read_bytes(), source_of(sample), path.stem, rows=2)
    if "refused" in sample:
        assert seen.is_refused
        assert [(one.code, one.line) for one in seen.problems] == [(sample["refused"], sample.get("line"))]
        return
    assert not seen.is_refused, seen.problems
    sizes = {one.name: f"{one.rows}x{one.columns}" for one in seen.datasets}
    said: dict[str, Any] = {
        "read": sizes,
        "datasets": len(seen.datasets),
        "rows": sum(one.rows for one in seen.datasets),
        "forms": {one.name: f"{one.rows}x{one.columns}" for one in seen.forms},
        "values": seen.values,
        "subjects": seen.subjects,
        "sites": seen.sites,
        "counts": {name: seen.counts.get(name) for name in sample.get("counts", {})},
        "problems": sorted({one.code for one in seen.problems}),
    }
    if "datasets" in sample and "read" in sample:
        said["read"] = {name: sizes.get(name) for name in sample["read"]}
    wanted = {"problems": [], **{key: value for key, value in sample.items() if key in said}}
    assert {key: said[key] for key in wanted} == wanted


TEXT = [one for one in READ if one["as"] in ("csv", "castor", "viedoc") and "refused" not in one]


@pytest.mark.parametrize("sample", TEXT, ids=lambda sample: sample["file"])
def test_delimited_text_is_what_pythons_csv_reads(sample: dict[str, Any]) -> None:
    source = source_of(sample)
    data = (SAMPLES / sample["file"]).read_bytes()
    text = data.decode("utf-8-sig" if source.encoding == "utf-8" else source.encoding)
    lines = io.StringIO(text, newline="")
    rows = list(csv.reader(lines, delimiter=source.delimiter, quotechar=source.quote, strict=True))
    if sample["as"] == "castor":
        # A row may end with a delimiter, behind which there is no field.
        rows = [row[:-1] if len(row) > len(rows[0]) and row[-1] == "" else row for row in rows]
    (table,) = read_export(data, source).tables
    assert cells_of(table) == rows


SPECTRUM = sorted((SAMPLES / "csv-spectrum" / "csvs").glob("*.csv"))


@pytest.mark.parametrize("path", SPECTRUM, ids=lambda path: path.stem)
def test_csv_spectrum_gives_its_own_answers(path: Path) -> None:
    header, *rows = cells_of(tables_of(path.relative_to(SAMPLES).as_posix())[0])
    answer = json.loads((path.parents[1] / "json" / f"{path.stem}.json").read_text("utf-8"))
    answers = answer if isinstance(answer, list) else [answer]
    # Its answer has other names and values than the file.
    assert ([dict(zip(header, row, strict=True)) for row in rows] == answers) is (path.stem != "location_coordinates")


@pytest.mark.parametrize("name", ["dm", "ds", "ae"])
def test_a_dataset_is_the_same_table_by_every_route(name: str) -> None:
    routes = [tables_of(f"datasetjson/{name}.{suffix}") for suffix in ("json", "ndjson", "dsjc", "xpt")]
    (first,), *others = routes
    assert first.rows.num_rows > 0
    for (table,) in others:
        assert cells_of(table) == cells_of(first)
