"""An ODM file as a site delivers it: several sources take their item groups, and rows keep their place in the file."""

from __future__ import annotations

from ingest_desk import SITE, Desk, study_of
from odm_case import CORPUS, form, group, odm, subject

from pipelines.settings import Home


def test_sources_take_item_groups_of_one_file(home: Home) -> None:
    common = {"path": "edc/*.xml", "format": "odm", "subject": "SubjectKey"}
    desk = Desk(home, study_of(VS={**common, "table": "IG.VS", "site": "LocationOID"}, LB={**common, "table": "IG.LB"}))
    data = (CORPUS / "snapshot_1_3.xml").read_text(encoding="utf-8")
    desk.put("edc/export.xml", data.replace('LocationOID="L1"', f'LocationOID="{SITE}"'))
    assert {event.status for event in desk.ingest()} == {"accepted"}
    (vital,) = desk.current("VS").to_dicts()
    assert (vital["SubjectKey"], vital["I.WEIGHT"]) == ("001", "70.5 ")
    assert vital["__source_place"].startswith("line 25: /ODM/ClinicalData[1]/SubjectData[1]/")
    assert desk.current("LB").to_dicts()[0]["I.LBORRES"] == "5.10"


def test_another_site_in_siteref_refuses_the_file(home: Home) -> None:
    source = {"path": "edc/*.xml", "format": "odm", "table": "IG.VS", "subject": "SubjectKey", "site": "LocationOID"}
    desk = Desk(home, study_of(VS=source))
    event = desk.take("edc/export.xml", (CORPUS / "snapshot_1_3.xml").read_bytes())
    assert (event.status, event.reason.split(":")[0]) == ("refused", "site_mismatch")


def test_what_a_transactional_file_does_not_mention_is_blank_in_a_cumulative_source(home: Home) -> None:
    desk = Desk(home, study_of(IG={"path": "edc/*.xml", "format": "odm", "table": "IG", "subject": "SubjectKey"}))
    first = group('<ItemData ItemOID="A" Value="1"/>', 'ItemGroupRepeatKey="1" TransactionType="Update"')
    second = group('<ItemData ItemOID="B" IsNull="Yes"/>', 'ItemGroupRepeatKey="2" TransactionType="Update"')
    assert desk.take("edc/1.xml", odm(subject(form(first + second)), "Transactional")).status == "accepted"
    rows = desk.current("IG").select("A", "B", "TransactionType").rows()
    assert rows == [("1", "", "Update"), ("", "", "Update")]
