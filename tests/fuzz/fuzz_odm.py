"""Fuzzes the ODM-XML reader: it must read a file to its end, with as many items as lxml alone counts, or refuse."""

from __future__ import annotations

from collections.abc import Callable

from fuzzing import fuzz


def import_reader() -> Callable[[bytes], None]:
    """Import the reader and return what tries it."""
    from lxml import etree

    from pipelines.ingest.readers.odm_xml import OdmReader
    from pipelines.ingest.readers.xml_encoding import as_declared
    from pipelines.ingest.refusal import Refusal
    from pipelines.study_source import Source

    reader = OdmReader()
    source = Source(path="edc/*.xml", format="odm")

    def try_one(data: bytes) -> None:
        try:
            reading = reader.read(data, source)
        except Refusal:
            return
        data, encoding = as_declared(data)
        root = etree.fromstring(data[:], etree.XMLParser(encoding=encoding, resolve_entities=False, no_network=True))
        namespace = root.tag.removesuffix("ODM")
        tags = [element.tag for element in root.iter() if isinstance(element.tag, str)]
        # In an item group each is an item; what stands elsewhere below a vendor's element is kept as a part of that.
        groups = [child.tag for group in root.iter(f"{namespace}ItemGroupData") for child in group]
        items = sum(isinstance(tag, str) and tag.startswith(f"{namespace}ItemData") for tag in groups)
        read = reading.counts["item_data"] + reading.counts["typed_item_data"]
        if read > items or (tags.count(f"{namespace}ItemGroupData") == reading.counts["item_groups"] and read != items):
            raise AssertionError(f"{read} items read, lxml counts {items}")
        for table in reading.tables:
            if table.rows.num_columns != len(table.header) or len(table.places) != table.rows.num_rows:
                raise AssertionError("a table's header, rows and places do not fit together")

    return try_one


if __name__ == "__main__":
    fuzz("odm", import_reader)
