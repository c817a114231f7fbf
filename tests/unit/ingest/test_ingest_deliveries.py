"""Which delivery counts: duplicates, corrections, reverted content, refused files, mended configurations (F21, F28)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from ingest_desk import Desk, study_of

from pipelines.errors import UserError
from pipelines.ingest import (
    current_deliveries,
    ingest_site,
    ingest_study,
    landing_fingerprint,
    landing_sites,
    read_deliveries,
    repeated_deliveries,
    site_intake,
)
from pipelines.ingest.arrival import arrived
from pipelines.settings import Home

A = "a,b\n1,2\n3,4\n"
B = "a,b\n5,6\n"


def noon() -> datetime:
    return datetime(2026, 1, 1, 12, tzinfo=UTC)


def test_the_deliveries_table(desk: Desk) -> None:
    desk.put("edc/AE.csv", A)
    desk.put("ctms/SITE.csv", "x\n")
    desk.ingest()
    table = read_deliveries(desk.home, "ST-1")
    assert table.columns[:9] == [
        "study", "site", "system", "file", "sha256", "received_at", "status", "reason", "rows",
    ]  # fmt: skip
    assert table.select("study", "site", "system", "file", "received_at", "status", "rows").rows() == [
        ("ST-1", "101", "ctms", "SITE.csv", "2026-01-01T08:00:00Z", "refused", None),
        ("ST-1", "101", "edc", "AE.csv", "2026-01-01T08:00:00Z", "accepted", 2),
    ]
    assert table["reason"].to_list() == [
        "unknown_source: no source of study.yml has such a path; there are edc/AE*.csv",
        "",
    ]
    assert table["sha256"].str.len_chars().to_list() == [64, 64]


def test_before_anything_arrives_the_table_is_empty_but_typed(desk: Desk) -> None:
    assert ingest_study(desk.home, desk.study) == []
    assert current_deliveries(desk.home, "ST-1") == []
    table = read_deliveries(desk.home, "ST-1")
    assert (table.height, table.schema["rows"], table.schema["columns"]) == (0, pl.Int64, pl.List(pl.String))
    assert not desk.home.store.exists()


def test_the_current_delivery(desk: Desk) -> None:
    desk.put("edc/AE.csv", A)
    (event,) = desk.ingest()
    (delivery,) = current_deliveries(desk.home, "ST-1")
    assert (delivery.site, delivery.source, delivery.system, delivery.file) == ("101", "AE", "edc", "AE.csv")
    assert (delivery.source_file, delivery.rows, delivery.columns) == ("ST-1/101/edc/AE.csv", 2, ("a", "b"))
    assert (delivery.sha256, delivery.received_at) == (event.sha256, "2026-01-01T08:00:00Z")
    assert delivery.previous_rows is None
    assert (delivery.rows_path.parent / "original.csv").read_text() == A
    assert delivery.rows_path.parent.name.startswith(event.sha256[:16] + "-")


def test_an_unchanged_file_is_not_even_opened(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.put("edc/AE.csv", A)
    desk.put("edc/XX.csv", A)
    assert len(desk.ingest()) == 2
    opened: list[str] = []
    monkeypatch.setattr(site_intake, "arrived", lambda file, folder: opened.append(file.name) or arrived(file, folder))
    assert desk.ingest() == []
    assert opened == []
    desk.put("edc/AE.csv", A)
    desk.ingest()
    assert opened == ["edc/AE.csv"]


def test_the_same_bytes_sent_again_under_the_same_name_are_a_duplicate(desk: Desk) -> None:
    """F21: the site did send (X-03), and sent what was there (X-07)."""
    desk.take("edc/AE.csv", A)
    event = desk.take("edc/AE.csv", A)
    assert (event.status, event.reason, event.rows) == ("duplicate", "duplicate of edc/AE.csv", 2)
    assert event.received_at == "2026-01-02T08:00:00Z"
    assert list(repeated_deliveries(desk.home, "ST-1")) == [("101", "AE")]
    assert desk.listed() == [("AE.csv", "accepted"), ("AE.csv", "duplicate")]
    assert desk.ingest() == []


def test_a_file_whose_time_goes_back_was_not_sent_again(desk: Desk) -> None:
    """So it is after a copy or a restored backup."""
    path = desk.put("edc/AE.csv", A)
    desk.ingest()
    desk.touch(path, -500)
    assert desk.ingest() == []
    assert desk.listed() == [("AE.csv", "accepted")]


def test_the_same_bytes_under_another_name_are_a_duplicate(desk: Desk) -> None:
    desk.take("edc/AE.csv", A)
    event = desk.take("edc/AE (1).csv", A)
    assert (event.status, event.reason, event.rows) == ("duplicate", "duplicate of edc/AE.csv", 2)
    assert desk.current()["__source_file"].unique().to_list() == ["ST-1/101/edc/AE.csv"]
    assert desk.listed() == [("AE.csv", "accepted"), ("AE (1).csv", "duplicate")]
    assert desk.ingest() == []


def test_a_correction_supersedes(desk: Desk) -> None:
    desk.take("edc/AE.csv", A)
    desk.take("edc/AE.csv", B)
    assert desk.listed() == [("AE.csv", "superseded"), ("AE.csv", "accepted")]
    assert desk.current().height == 1
    (delivery,) = current_deliveries(desk.home, "ST-1")
    assert (delivery.previous_rows, delivery.received_at) == (2, "2026-01-02T08:00:00Z")
    assert sum(1 for _ in desk.home.store.rglob("rows.parquet")) == 2


@pytest.mark.parametrize("name", ["edc/AE.csv", "edc/AE_3.csv"])
def test_content_that_returns_is_current_again(desk: Desk, name: str) -> None:
    desk.take("edc/AE.csv", A)
    desk.take("edc/AE.csv", B)
    desk.take(name, A)
    assert [status for _, status in desk.listed()] == ["superseded", "superseded", "accepted"]
    assert desk.current()["a"].to_list() == ["1", "3"]
    assert desk.current()["__source_file"].unique().to_list() == [f"ST-1/101/{name}"]
    assert current_deliveries(desk.home, "ST-1")[0].previous_rows == 1


def test_a_refused_file_leaves_the_last_good_one_current(desk: Desk) -> None:
    desk.take("edc/AE.csv", A)
    broken = "a,b\n1,2\n1\n"
    event = desk.take("edc/AE.csv", broken)
    assert (event.status, event.line) == ("refused", 3)
    assert event.reason == "ragged_row: line 3 has 1 fields, the header has 2"
    assert event.store is not None
    assert (desk.home.store / event.store / "original").read_text() == broken
    assert desk.current().height == 2
    assert desk.listed() == [("AE.csv", "accepted"), ("AE.csv", "refused")]
    again = desk.take("edc/AE.csv", A)
    assert (again.status, again.reason) == ("duplicate", "duplicate of edc/AE.csv")
    assert desk.current().height == 2


def test_a_refused_file_stops_no_other(desk: Desk) -> None:
    desk.put("edc/AE_1.csv", b"a\n\xff\n")
    desk.put("edc/AE_2.csv", A)
    assert [event.status for event in desk.ingest()] == ["refused", "accepted"]


def test_several_new_files_are_taken_in_the_order_of_their_arrival(desk: Desk) -> None:
    newest = desk.put("edc/AE_1.csv", A)
    desk.put("edc/AE_3.csv", "a,b\n")
    desk.put("edc/AE_2.csv", B)
    desk.touch(newest, 50)
    desk.ingest()
    assert desk.listed() == [("AE_3.csv", "superseded"), ("AE_2.csv", "superseded"), ("AE_1.csv", "accepted")]


def test_a_path_that_fits_two_sources_is_refused(desk: Desk) -> None:
    desk.study = study_of(AE={"path": "edc/AE*.csv"}, ALL={"path": "e*/*.csv"})
    assert desk.take("edc/AE.csv", A).reason == "ambiguous_source: the path fits more than one source: AE, ALL"
    assert desk.take("edc/DM.csv", A).source == "ALL"


@pytest.mark.parametrize(
    "name",
    ["edc/AE.csv.part", "edc/AE.csv.TMP", "edc/AE.filepart", "edc/.AE.csv", ".x/AE.csv", "AE.csv", "edc/old/AE.csv"],
)
def test_files_that_are_still_arriving_or_lie_elsewhere_are_left_alone(desk: Desk, name: str) -> None:
    desk.put(name, A)
    assert desk.ingest() == []


def test_landing_is_never_changed(desk: Desk) -> None:
    for name, content in (("edc/AE.csv", A), ("edc/XX.csv", B), ("edc/AE2.csv", "a,a\n")):
        desk.put(name, content)
    found = {p: (p.read_bytes(), p.stat().st_mtime_ns) for p in desk.home.landing.rglob("*") if p.is_file()}
    desk.ingest()
    assert {p: (p.read_bytes(), p.stat().st_mtime_ns) for p in desk.home.landing.rglob("*") if p.is_file()} == found


def test_a_mended_configuration_reads_a_refused_file_again(desk: Desk) -> None:
    assert desk.take("edc/AE.csv", "a;b\n1;2,3\n").status == "refused"
    mended = study_of(AE={"path": "edc/AE*.csv", "delimiter": ";"})
    (event,) = desk.ingest(mended)
    assert (event.status, event.columns) == ("accepted", ("a", "b"))
    assert event.received_at == "2026-01-01T08:00:00Z"
    assert desk.ingest(mended) == []


def test_a_new_source_takes_the_file_that_none_took(desk: Desk) -> None:
    assert desk.take("edc/DM.csv", A).status == "refused"
    (event,) = desk.ingest(study_of(DM={"path": "edc/DM.csv"}))
    assert (event.status, event.source) == ("accepted", "DM")


def test_a_mended_configuration_reads_the_current_delivery_again_and_no_older_one(desk: Desk) -> None:
    desk.take("edc/AE_1.csv", "x\n1\n")
    desk.take("edc/AE_2.csv", "x\n2\n")
    desk.take("edc/AE_copy.csv", "x\n2\n")
    aliased = study_of(AE={"path": "edc/AE*.csv", "aliases": {"x": "term"}})
    (event,) = desk.ingest(aliased)
    assert (event.file, event.status, event.received_at) == ("AE_2.csv", "accepted", "2026-01-02T08:00:00Z")
    assert desk.current()["term"].to_list() == ["2"]
    assert current_deliveries(desk.home, "ST-1")[0].previous_rows == 1
    assert desk.ingest(aliased) == []


def test_a_copy_stands_in_when_the_current_file_is_gone(desk: Desk) -> None:
    path = desk.put("edc/AE.csv", "x\n1\n")
    desk.ingest()
    desk.take("edc/AE_copy.csv", "x\n1\n")
    path.unlink()
    (event,) = desk.ingest(study_of(AE={"path": "edc/AE*.csv", "aliases": {"x": "term"}}))
    assert (event.file, event.status, event.columns) == ("AE_copy.csv", "accepted", ("term",))


def test_what_does_not_change_the_reading_reads_nothing_again(desk_for: Callable[..., Desk]) -> None:
    desk = desk_for(subject="a")
    desk.take("edc/AE.csv", A)
    assert desk.ingest(study_of(AE={"path": "*/AE.csv", "subject": {"item": "a"}})) == []


def test_a_study_is_taken_site_by_site(home: Home) -> None:
    study = study_of(AE={"path": "edc/AE.csv"})
    for site in ("102", "101", "103"):
        Desk(home, study, site).put("edc/AE.csv", A)
    Desk(home, study, "bad name").put("edc/AE.csv", A)
    told: list[tuple[str, int]] = []
    events = ingest_study(home, study, sites=["103", "absent"], on_site=lambda s, e: told.append((s, len(e))))
    assert ([event.site for event in events], told) == (["103"], [("103", 1), ("absent", 0)])
    assert landing_sites(home, "ST-1") == ["101", "102", "103"]
    assert [event.site for event in ingest_study(home, study)] == ["101", "102"]
    assert [d.site for d in current_deliveries(home, "ST-1")] == ["101", "102", "103"]


def test_sites_taken_at_once_are_told_in_order_and_give_what_each_alone_gives(home: Home, tmp_path: Path) -> None:
    study = study_of(AE={"path": "edc/AE.csv"})
    sites = [f"1{number:02}" for number in range(20)]
    alone = Home(tmp_path / "alone")
    for number, site in enumerate(sites):
        for place in (home, alone):
            Desk(place, study, site).put("edc/AE.csv", "a,b\n" + "1,2\n" * (3000 if number % 5 == 0 else 1))
    told: list[str] = []
    events = ingest_study(home, study, on_site=lambda site, _: told.append(site), now=noon)
    assert told == [event.site for event in events] == sites
    assert [event for site in sites for event in ingest_site(alone, study, site, noon)] == events
    kept, wanted = (
        {str(path.relative_to(place.store)): path.read_bytes() for path in place.store.rglob("*") if path.is_file()}
        for place in (home, alone)
    )
    assert kept == wanted


def test_a_site_that_cannot_be_written_ends_the_run_and_leaves_the_others_whole(home: Home) -> None:
    study = study_of(AE={"path": "edc/AE.csv"})
    for site in ("101", "102", "103"):
        Desk(home, study, site).put("edc/AE.csv", A)
    (home.store / "ST-1").mkdir(parents=True)
    (home.store / "ST-1" / "102").write_text("a file where the site's folder belongs")
    with pytest.raises(UserError, match="ST-1/102: cannot be written"):
        ingest_study(home, study)
    (home.store / "ST-1" / "102").unlink()
    ingest_study(home, study)
    assert [(d.site, d.rows) for d in current_deliveries(home, "ST-1")] == [("101", 2), ("102", 2), ("103", 2)]


def test_a_name_that_is_no_site_is_an_error_for_the_caller(desk: Desk) -> None:
    with pytest.raises(UserError, match="cannot be a site"):
        ingest_site(desk.home, desk.study, "../101")


def test_the_fingerprint_changes_with_names_sizes_and_times(desk: Desk) -> None:
    seen = [landing_fingerprint(desk.home, desk.study, "101", noon)]
    path = desk.put("edc/AE.csv", A)
    seen.append(landing_fingerprint(desk.home, desk.study, "101", noon))
    desk.touch(path, 99)
    seen.append(landing_fingerprint(desk.home, desk.study, "101", noon))
    path.rename(path.with_name("AE2.csv"))
    seen.append(landing_fingerprint(desk.home, desk.study, "101", noon))
    desk.put("edc/AE3.csv.part", A)
    assert len(set(seen)) == 4
    assert landing_fingerprint(desk.home, desk.study, "101", noon) == seen[-1]
