"""What is called how: the values that an expression of study.yml names, and the items that a file itself defines."""

from __future__ import annotations

import pyarrow as pa

from pipelines.ingest.readers import Reading
from pipelines.ingest.refusal import Refusal
from pipelines.study_source import Expression


def values_of(table: pa.Table, expression: Expression) -> pa.ChunkedArray | None:
    """Return the text of each row, or None where the table has no such column; the case of a name does not matter.

    Raises:
        Refusal: the SQL fails on its rows.
    """
    if expression.item is not None:
        names = [name.casefold() for name in table.column_names]
        wanted = expression.item.casefold()
        return table.column(names.index(wanted)) if wanted in names else None
    if expression.sql is None:
        return None
    import duckdb

    with duckdb.connect(config={"enable_external_access": "false"}) as connection:
        connection.register("delivered", table)
        try:
            query = f"SELECT CAST(({expression.sql}\n) AS VARCHAR) AS named FROM delivered"
            return connection.sql(query).to_arrow_table().column("named")
        except duckdb.BinderException:
            return None
        except duckdb.Error as error:  # its text may hold a cell's content
            raise Refusal("expression_unreadable", "the sql of subject or site fails on the file's rows") from error


def item_names(reading: Reading) -> dict[str, str]:
    """Return id -> name of the items that a file itself defines (ItemDef of ODM), whose columns have their ids."""
    for table in reading.tables:
        if table.name == "ItemDef" and {"OID", "Name"} <= set(table.header):
            ids, names = (table.rows.column(table.header.index(one)).to_pylist() for one in ("OID", "Name"))
            return {item: name for item, name in zip(ids, names, strict=True) if item and name}
    return {}
