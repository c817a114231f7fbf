"""Reads a made-up portfolio back as its study.yml says, without the pipeline, and holds its files to that."""

from __future__ import annotations

import csv
from collections import defaultdict
from datetime import datetime
from functools import cache
from pathlib import Path

import pytest

from pipelines.errors import UserError
from pipelines.settings import Home
from pipelines.simulate import simulate_portfolio
from pipelines.study import Study, load_study
from pipelines.study_source import Expression
from pipelines.vocabulary import load_vocabulary

Record = dict[str, str]
Hit = tuple[str, str, str, str, str, str]  # site, subject, check, dataset, source file, source row

NUMBERS = {"DM": ("age",), "DATA_POINTS": ("n_changes",)}
STRPTIME = {"YYYY-MM-DD": "%Y-%m-%d", "DD.MM.YYYY": "%d.%m.%Y", "DD-MMM-YYYY": "%d-%b-%Y", "DD/MM/YYYY": "%d/%m/%Y",
            "MM/DD/YYYY": "%m/%d/%Y", "YYYY-MM": "%Y-%m"}  # fmt: skip


class Reading:
    """A study's files, mapped: records by dataset, and what is wrong with the files themselves."""

    def __init__(self, home: Home, study_id: str) -> None:
        self.study: Study = load_study(home.study_file(study_id))
        self.data: dict[str, list[Record]] = defaultdict(list)
        self.hits: list[Hit] = []
        self.unreadable: set[tuple[str, str]] = set()
        self.sites = sorted(path.name for path in (home.landing / study_id).iterdir())
        for site in self.sites:
            for name in self.study.sources:
                self._read(home.landing, study_id, site, name)

    def _read(self, landing: Path, study_id: str, site: str, name: str) -> None:
        source = self.study.sources[name]
        file = f"{study_id}/{site}/{source.path.replace('*', '')}"
        dataset = next(d for d, ms in self.study.map.items() for m in ms if m.source == name)
        if not (landing / file).exists():
            return
        with (landing / file).open(encoding=source.encoding, newline="") as stream:
            rows = list(csv.reader(stream, delimiter=source.delimiter))
        assert source.columns is not None
        agreed = [c for c in [*source.columns.required, *source.columns.optional] if "*" not in c]
        folded = {column.casefold(): column for column in agreed}
        header = [source.aliases.get(title) or folded.get(title.casefold(), title) for title in rows[0]]
        for column in header:
            if not source.columns.allows(column):
                self.hits.append((site, "", "X-09", dataset, file, ""))
        self.hits += [(site, "", "X-09", dataset, file, "") for column in agreed if column not in header]
        if len(rows) == 1 and dataset not in self.study.parameters["X-08"]["may_be_empty"]:
            self.hits.append((site, "", "X-08", dataset, file, ""))
        bad: set[str] = set()
        for number, values in enumerate(rows[1:], start=1):
            assert len(values) == len(header)
            raw = {c: "" if v in source.missing else v for c, v in zip(header, values, strict=True)}
            assert source.site is not None
            assert evaluate(source.site, raw) == site
            for column in [*source.dates, *NUMBERS.get(name, ())]:
                text, raw[column] = raw[column], cast(raw[column], *source.dates.get(column, ()))
                if text and not raw[column]:
                    self.unreadable.add((file, str(number)))
                if text and not raw[column] and column not in bad:
                    bad.add(column)
                    self.hits.append((site, "", "X-09", dataset, file, str(number)))
            subject = "" if source.subject is None else self._subject(source.subject, raw)
            base = {"site": site, "subject": subject, "file": file, "row": str(number), "dataset": dataset}
            self._map(dataset, name, raw, base)

    def _map(self, dataset: str, name: str, raw: Record, base: Record) -> None:
        blank = {variable: "" for mapping in self.study.map[dataset] for variable in mapping.variables}
        for mapping in self.study.map[dataset]:
            if mapping.source != name or mapping.where:  # a form that was not done gives no result
                continue
            record = {**base, **blank, **{variable: evaluate(e, raw) for variable, e in mapping.variables.items()}}
            if not mapping.measurements:
                self.data[dataset].append(record)
            for m in mapping.measurements:
                if raw[m.result]:
                    self.data[dataset].append({**record, "VSTESTCD": m.testcd, "VSORRES": raw[m.result]})

    @staticmethod
    def _subject(expression: Expression, raw: Record) -> str:
        if expression.item:
            return raw[expression.item]
        assert expression.sql == "split_part(subjectname, '-', 1)"
        return raw["subjectname"].split("-")[0]

    def by_subject(self, dataset: str) -> dict[str, list[Record]]:
        grouped: dict[str, list[Record]] = defaultdict(list)
        for record in self.data[dataset]:
            grouped[record["subject"]].append(record)
        return grouped


def evaluate(expression: Expression, raw: Record) -> str:
    if expression.value is not None:
        return expression.value
    if expression.item is not None:
        text = raw[expression.item]
        return expression.values.get(text, text) if expression.values else text
    assert expression.year is not None
    parts = [raw[expression.year], raw[expression.month or ""], raw[expression.day or ""]]
    filled = parts[: parts.index("")] if "" in parts else parts
    return "-".join(part.zfill(2) for part in filled)


@cache
def cast(text: str, *date_formats: str) -> str:
    """Return a number's or a date's canonical text, or blank where it is none."""
    if not text:
        return ""
    if not date_formats:
        return as_number(text)
    return next((read for one in date_formats if (read := as_date(text, one))), "")


def as_number(text: str) -> str:
    try:
        return str(float(text))
    except ValueError:
        return ""


def as_date(text: str, date_format: str) -> str:
    try:
        if date_format == "ISO8601":
            return text if datetime.fromisoformat(text) else ""
        read = datetime.strptime(text, STRPTIME[date_format])  # noqa: DTZ007
    except ValueError:
        return ""
    return text if date_format == "YYYY-MM" else read.date().isoformat()


STUDIES = ("SIM-001", "SIM-002", "SIM-003")


def content(home: Home) -> dict[str, bytes]:
    return {
        path.relative_to(home.root).as_posix(): path.read_bytes() for path in home.root.rglob("*") if path.is_file()
    }


def test_same_arguments_write_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    homes = [Home(tmp_path / name) for name in ("first", "second", "other")]
    for home, seed in zip(homes, (3, 3, 4), strict=True):
        simulate_portfolio(home, studies=2, sites=2, subjects=6, seed=seed)
    first, second, other = map(content, homes)
    assert first == second
    assert first.keys() == other.keys()
    assert first["answer_key.csv"] != other["answer_key.csv"]
    assert first["landing/SIM-001/1001/edc/DM.csv"] != other["landing/SIM-001/1001/edc/DM.csv"]


def test_files_that_no_fault_touches_are_those_of_the_clean_portfolio(tmp_path: Path) -> None:
    clean, faulty = Home(tmp_path / "clean"), Home(tmp_path / "faulty")
    assert simulate_portfolio(clean, studies=1, sites=2, subjects=6, clean=True).read_text(encoding="utf-8") == (
        "study,site,subject,check_id,dataset,source_file,source_row,detail\n"
    )
    simulate_portfolio(faulty, studies=1, sites=2, subjects=6)
    before, after = content(clean), content(faulty)
    same = [name for name, data in before.items() if after.get(name) == data]
    assert "landing/SIM-001/1001/isf/EQUIPMENT.csv" in same or "landing/SIM-001/1002/isf/EQUIPMENT.csv" in same
    assert 2 < len(same) < len(before)


def test_every_dataset_is_mapped_and_every_file_is_known(home: Home) -> None:
    simulate_portfolio(home, studies=3, sites=1, subjects=3, clean=True)
    for study_id in STUDIES:
        study = load_study(home.study_file(study_id))
        assert set(study.map) == set(load_vocabulary())
        site = next((home.landing / study_id).iterdir())
        files = {path.relative_to(site).as_posix() for path in site.rglob("*.csv")}
        assert files == {source.path.replace("*", "") for source in study.sources.values()}


def test_each_study_is_written_in_a_way_of_its_own(home: Home) -> None:
    simulate_portfolio(home, studies=3, sites=6, subjects=12, clean=True)
    studies = [load_study(home.study_file(study_id)) for study_id in STUDIES]
    assert {study.sources["DM"].delimiter for study in studies} == {",", ";"}
    assert (
        len({f for study in studies for source in study.sources.values() for fs in source.dates.values() for f in fs})
        >= 5
    )
    assert [study.parameters.get("DM-02") for study in studies] == [None, None, {"min_age": "12"}]
    for study_id in STUDIES:
        deviations = b"".join(path.read_bytes() for path in (home.landing / study_id).glob("*/ctms/*.csv"))
        deviations.decode("cp1252")
        with pytest.raises(UnicodeDecodeError):
            deviations.decode("utf-8")
    ages = {study_id: [float(record["AGE"]) for record in Reading(home, study_id).data["DM"]] for study_id in STUDIES}
    assert min(ages["SIM-001"] + ages["SIM-002"]) >= 18
    assert 12 <= min(ages["SIM-003"]) < 18 <= max(ages["SIM-003"])


@pytest.mark.parametrize("numbers", [{"studies": 0}, {"sites": 0}, {"subjects": -1}])
def test_a_number_below_one_is_refused(home: Home, numbers: dict[str, int]) -> None:
    with pytest.raises(UserError, match="give a number of 1 or more"):
        simulate_portfolio(home, **numbers)  # type: ignore[arg-type]
    assert not home.root.exists()


def test_a_home_with_sites_that_would_stay_is_refused(home: Home) -> None:
    key = simulate_portfolio(home, studies=1, sites=2, subjects=2, clean=True)
    before = content(home)
    with pytest.raises(UserError, match='already holds site "1002"'):
        simulate_portfolio(home, studies=1, sites=1, subjects=2)
    assert content(home) == before
    assert simulate_portfolio(home, studies=1, sites=3, subjects=2) == key
