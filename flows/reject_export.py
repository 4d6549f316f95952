"""From rejected rows to the sheet in which people mend them: the cells of the export, read again from the archive."""

import json
from collections.abc import Callable
from pathlib import Path

import polars as pl

from flows import reject_sheets
from flows.archive import archived_file, stored_format
from flows.forbidden_headers import load_forbidden_headers
from flows.reference import Reference
from flows.steps import publish, read, seal
from flows.steps.map import load_aliases, map_headers
from flows.warehouse import Warehouse
from schemas.raw import ROW_COLUMNS
from schemas.reference import DEFAULT_FEED


def make_sheet(
    warehouse: Warehouse, archive: Path, rejects: pl.DataFrame, sealed: Callable[[pl.DataFrame, str], pl.DataFrame]
) -> pl.DataFrame:
    """Return the sheet of rejected rows (`publish.list_rejects`), with the columns of all exports that they are of.

    `sealed` takes out of raw rows of a feed, named second, what may never leave the archive (`sealer`).
    A record that could not be read, or whose export the archive has no more, is there with its raw text only.
    """
    marks = rejects.select(
        pl.col("reasons")
        .list.eval(pl.concat_str(pl.element().struct.field("code"), pl.lit(": "), pl.element().struct.field("message")))
        .list.join("; ")
        .alias(reject_sheets.REASON),
        pl.col("batch_id").alias(reject_sheets.BATCH),
        pl.col("row_number").alias(reject_sheets.ROW),
        pl.col("line_number").alias(reject_sheets.LINE),
    )
    cells = [
        _cells_of_batch(warehouse, archive, int(batch_id), rows, sealed)
        for (batch_id,), rows in rejects.group_by("batch_id", maintain_order=True)
    ]
    keys = [reject_sheets.BATCH, reject_sheets.ROW]
    columns = pl.concat(cells, how="diagonal") if cells else marks.select(keys).clear()
    sheet = marks.join(columns, on=keys, how="left", maintain_order="left")
    raw = rejects["raw"].set(pl.Series(_is_readable(sheet, columns)), None).alias(reject_sheets.RAW)
    if raw.null_count() == raw.len():
        return sheet
    return sheet.insert_column(len(marks.columns), raw)


def _is_readable(sheet: pl.DataFrame, columns: pl.DataFrame) -> pl.Series:
    keys = [reject_sheets.BATCH, reject_sheets.ROW]
    known = columns.select(*keys, pl.lit(True).alias("is_readable"))
    return sheet.select(keys).join(known, on=keys, how="left", maintain_order="left")["is_readable"].fill_null(False)


def sealer(reference: Reference) -> Callable[[pl.DataFrame, str], pl.DataFrame]:
    """Return what `make_sheet` asks for, by the reference data of today."""
    aliases = load_aliases(reference.folder if reference.header_aliases else None)
    forbidden = load_forbidden_headers(reference.forbidden_headers)

    def sealed(rows: pl.DataFrame, feed_name: str) -> pl.DataFrame:
        feed = reference.feeds.get(feed_name, reference.feeds[DEFAULT_FEED])
        headers = [name for name in rows.columns if name not in ROW_COLUMNS]
        return seal.seal_rows(rows, forbidden.among(headers), map_headers(headers, feed, aliases))

    return sealed


def _cells_of_batch(
    warehouse: Warehouse,
    archive: Path,
    batch_id: int,
    rejects: pl.DataFrame,
    sealed: Callable[[pl.DataFrame, str], pl.DataFrame],
) -> pl.DataFrame:
    """Return the cells of the readable rows under their headers, with batch and row number in front."""
    columns = publish.summarise_batch(warehouse, batch_id).columns
    is_sheet = columns["kind"] == "replay"
    rows = _from_documents(rejects) if is_sheet else _from_archive(archive, columns, rejects)
    renamed = sealed(rows, columns["feed"]).rename({"row_number": reject_sheets.ROW})
    return renamed.insert_column(
        0, pl.repeat(batch_id, rows.height, dtype=pl.Int64, eager=True).alias(reject_sheets.BATCH)
    )


def _from_documents(rejects: pl.DataFrame) -> pl.DataFrame:
    """Return the cells of rows that came from a sheet: their raw text is a document (`reject_sheets.as_documents`)."""
    documents = []
    for number, raw in rejects.select("row_number", "raw").iter_rows():
        try:
            documents.append({"row_number": number, **json.loads(raw)})
        except (ValueError, TypeError):
            # A broken line of the sheet, or the time of its text is over.
            continue
    if not documents:
        return rejects.select("row_number").clear()
    return pl.DataFrame(documents, schema_overrides={"row_number": pl.Int64}, infer_schema_length=None)


def _from_archive(archive: Path, columns: dict[str, object], rejects: pl.DataFrame) -> pl.DataFrame:
    path = None if columns["file_sha256"] is None else archived_file(archive, str(columns["file_sha256"]))
    wanted = rejects["row_number"].implode()
    if path is None or columns["file_format"] is None:
        return rejects.select("row_number").clear()
    chunks = [
        chunk.rows.filter(pl.col("row_number").is_in(wanted)).drop("line_number")
        for chunk in read.read_records(path, stored_format(path, str(columns["file_format"])))
    ]
    return pl.concat(chunks, how="diagonal")
