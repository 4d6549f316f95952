"""Export: leads as files that say all they need to be read back without a change.

JSON and NDJSON are the specification's documents, with their log. CSV and Parquet are flat: the 30 columns, without
`auditLog`, which is no column, and without `extra`, which is no field. Masked leads are flat in every format. As soon
as one of the leads may not be contacted in every way, all say how they may be. Leads stand in the order of their ids. A
part of them is in memory at a time, whatever their number.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, BinaryIO, Final, Literal

import polars as pl

from flows.formulas import neutralise
from flows.masked_leads import masked_leads
from flows.warehouse import Warehouse
from schemas.preference import MAY_COLUMNS

Format = Literal["json", "ndjson", "csv", "parquet"]
Channel = Literal["email", "phone", "sms"]

_LEADS_AT_A_TIME: Final = 50_000
# To the microsecond, as the warehouse has them: a time that lost some would be a change when it is read back.
_TIME: Final = "%Y-%m-%dT%H:%M:%S%.6fZ"


@dataclass(frozen=True)
class Wanted:
    """Which leads: of a batch, changed since a time, that meet a condition over `lead`, that a channel is open to.

    All of these that are given hold.
    """

    batch_id: int | None = None
    since: datetime | None = None
    condition: str | None = None
    channel: Channel | None = None


@dataclass(frozen=True)
class Written:
    """How many leads were written, and how many of them may not be contacted in every way."""

    lead_count: int
    restricted_count: int


def write_leads(
    warehouse: Warehouse, wanted: Wanted, file: BinaryIO, form: Format, *, is_masked: bool = False
) -> Written:
    """Write the wanted leads to a binary file, masked for wider circles or as they are; return how many they are.

    Raises UsageError for a condition that is none.
    """
    parameters = {"batch_id": wanted.batch_id, "since": wanted.since, "channel": wanted.channel}
    ids = warehouse.narrowed("export/wanted_leads", parameters, wanted.condition, "id").sort().alias("lead_id")
    restricted = warehouse.frame("export/restricted_leads")
    restricted = restricted.filter(restricted["lead_id"].is_in(ids.implode()))
    if is_masked:
        rows = masked_leads(warehouse)
    else:
        rows = partial(warehouse.frame, "export/documents" if "json" in form else "export/leads")
    chunks = _chunks(ids, rows, warehouse)
    if not restricted.is_empty():
        chunks = (_with_preferences(chunk, restricted) for chunk in chunks)
    if is_masked and "json" in form:
        chunks = map(_documents, chunks)
    _WRITERS[form](chunks, file)
    return Written(ids.len(), restricted.height)


def _with_preferences(chunk: pl.DataFrame, restricted: pl.DataFrame) -> pl.DataFrame:
    """Return a part of the leads with how each may be contacted: in columns, or in their documents."""
    known = chunk.select("id").join(restricted, left_on="id", right_on="lead_id", how="left", maintain_order="left")
    may = known.select(pl.col(name).fill_null(True) for name in MAY_COLUMNS)
    if "document" not in chunk.columns:
        return chunk.hstack(may)
    members = may.select(pl.concat_str(_member(name) for name in MAY_COLUMNS)).to_series()
    return chunk.with_columns(document=chunk["document"].str.strip_suffix("}") + members + "}")


def _member(name: str) -> pl.Expr:
    return pl.format(',"{}":{}', pl.lit(name), pl.col(name).cast(pl.String))


def _chunks(ids: pl.Series, leads: Callable[[], pl.DataFrame], warehouse: Warehouse) -> Iterator[pl.DataFrame]:
    """Yield the leads of the ids in their order; one frame without rows where there are none, for its columns."""
    for start in range(0, max(ids.len(), 1), _LEADS_AT_A_TIME):
        with warehouse.incoming(ids.slice(start, _LEADS_AT_A_TIME).to_frame()):
            yield leads()


def _documents(rows: pl.DataFrame) -> pl.DataFrame:
    """Return flat rows as documents, one JSON text each."""
    lines = rows.select(_text_of_time(rows[name]) for name in rows.columns).write_ndjson().splitlines()
    return pl.DataFrame({"document": lines}, schema={"document": pl.String})


def _write_json(chunks: Iterator[pl.DataFrame], file: BinaryIO) -> None:
    before = b"[\n"
    for chunk in chunks:
        for document in chunk["document"]:
            file.write(before + document.encode())
            before = b",\n"
    file.write(b"[]\n" if before == b"[\n" else b"\n]\n")


def _write_ndjson(chunks: Iterator[pl.DataFrame], file: BinaryIO) -> None:
    for chunk in chunks:
        file.writelines(document.encode() + b"\n" for document in chunk["document"])


def _write_csv(chunks: Iterator[pl.DataFrame], file: BinaryIO) -> None:
    # With a byte order mark: Excel takes it for cp1252 without.
    for number, chunk in enumerate(chunks):
        cells = chunk.select(_sheet_cell(chunk[name]) for name in chunk.columns)
        cells.write_csv(file, include_header=number == 0, include_bom=number == 0)


def _sheet_cell(cells: pl.Series) -> pl.Series:
    if cells.dtype == pl.String:
        return neutralise(cells)
    return _text_of_time(cells)


def _text_of_time(cells: pl.Series) -> pl.Series:
    return cells.dt.to_string(_TIME) if cells.dtype.is_temporal() else cells


def _write_parquet(chunks: Iterator[pl.DataFrame], file: BinaryIO) -> None:
    import pyarrow.parquet as pq

    writer: Any = None
    for chunk in chunks:
        table = chunk.to_arrow()
        writer = writer or pq.ParquetWriter(file, table.schema, compression="zstd")
        writer.write_table(table)
    writer.close()


_WRITERS: Final[dict[Format, Callable[[Iterator[pl.DataFrame], BinaryIO], None]]] = {
    "json": _write_json,
    "ndjson": _write_ndjson,
    "csv": _write_csv,
    "parquet": _write_parquet,
}
