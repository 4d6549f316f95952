"""Parquet files as raw records: typed columns become the text that a CSV or JSON export has of them.

Structs become columns with dotted names, lists JSON text, as in JSON. The file is read batch by batch, and
text that repeats is kept once: a few bytes can stand for a million copies of a long one.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from flows.errors import UnreadableFileError
from flows.formats.packing import refuse_too_much
from flows.formats.records import (
    HUGE_RECORD_SHOWN,
    NUL,
    RECORD_BYTES_MAX,
    TOO_LARGE,
    UNDECODABLE,
    BrokenRecord,
    ColumnNames,
    RawChunk,
    empty_chunk,
    raw_frame,
)

PARQUET_MAGIC: Final = b"PAR1"

_BATCH_ROWS: Final = 10_000
_BATCH_CELLS: Final = 500_000
_BATCH_BYTES: Final = 32 * 2**20
_BUFFER_BYTES: Final = 2**20
# Whole numbers that a float holds to the digit.
_EXACT_MAX: Final = 2**53


def is_parquet(path: Path) -> bool:
    """Whether a file begins and ends as Parquet does; a CSV may begin so."""
    with path.open("rb") as file:
        if file.read(len(PARQUET_MAGIC)) != PARQUET_MAGIC:
            return False
        file.seek(-len(PARQUET_MAGIC), 2)
        return file.read() == PARQUET_MAGIC


def read_parquet(path: Path) -> Iterator[RawChunk]:
    """Yield the records of a Parquet file in order; the first chunk is empty. A record's line is its number.

    A missing value is a blank cell, as null is in JSON. Raises UnreadableFileError where the file is damaged.
    """
    file_bytes = path.stat().st_size
    with _told_damage():
        schema = pq.read_schema(path)
    texts = [field.name for field in schema if pa.types.is_string(field.type) or pa.types.is_large_string(field.type)]
    with _told_damage():
        # Not read ahead, or a whole group of rows would be held.
        file = pq.ParquetFile(path, read_dictionary=texts, buffer_size=_BUFFER_BYTES, pre_buffer=False)
    names = ColumnNames()
    columns = [names.name(".".join(leaf)) for field in schema for leaf in _leaves((field.name,), field.type)]
    if not columns:
        raise UnreadableFileError("the Parquet file has no columns")
    yield empty_chunk(columns)
    batch_rows = max(1, min(_BATCH_ROWS, _BATCH_CELLS // len(columns)))
    records = text_bytes = 0
    for batch in _small_batches(file.iter_batches(batch_size=batch_rows), file_bytes):
        cells = [cell for column in batch.columns for cell in _cells(_as_series(column))]
        frame = pl.DataFrame([cell.alias(name) for name, cell in zip(columns, cells, strict=True)])
        sizes = frame.select(pl.sum_horizontal(pl.all().str.len_bytes().cast(pl.Int64).fill_null(0))).to_series()
        text_bytes += int(sizes.sum())
        refuse_too_much("the Parquet file", text_bytes, file_bytes)
        yield _chunk(frame, sizes, records)
        records += batch.num_rows


def _small_batches(batches: Iterator[pa.RecordBatch], file_bytes: int) -> Iterator[pa.RecordBatch]:
    """Yield sound batches, cut up where the texts that they only refer to would take too much memory."""
    text_bytes = 0
    while True:
        with _told_damage():
            batch = next(batches, None)
            if batch is None:
                return
            # Text that is none would harm whatever comes after.
            batch.validate(full=True)
        size = _referred_bytes(batch)
        text_bytes += size
        refuse_too_much("the Parquet file", text_bytes, file_bytes)
        rows = batch.num_rows if size <= _BATCH_BYTES else max(1, batch.num_rows * _BATCH_BYTES // size)
        for start in range(0, batch.num_rows, max(1, rows)):
            yield batch.slice(start, rows)


def _referred_bytes(batch: pa.RecordBatch) -> int:
    """Return how much text a batch refers to, which it holds once."""
    total = 0
    for column in batch.columns:
        if pa.types.is_dictionary(column.type) and len(column.dictionary):
            lengths = pc.binary_length(column.dictionary.cast(pa.large_string()))
            total += pc.sum(lengths.take(column.indices)).as_py() or 0
    return total


def _leaves(path: tuple[str, ...], kind: pa.DataType) -> Iterator[tuple[str, ...]]:
    """Yield the paths of the columns that a column becomes: a struct one for each of its fields."""
    if not pa.types.is_struct(kind):
        yield path
        return
    for field in kind:
        yield from _leaves((*path, field.name), field.type)


def _as_series(column: pa.Array) -> pl.Series:
    series = pl.from_arrow(column)
    assert isinstance(series, pl.Series)
    return series


def _cells(column: pl.Series) -> Iterator[pl.Series]:
    """Yield the columns of text that a column becomes; null stays where bytes are no text."""
    kind = column.dtype
    if isinstance(kind, pl.Struct):
        for field in column.struct.fields:
            # A field of a struct that is null is null too.
            yield from _cells(column.struct.field(field))
    elif kind == pl.Binary:
        yield pl.Series([_decoded(value) for value in column.to_list()], dtype=pl.String)
    else:
        yield _text(column, kind).fill_null("")


def _decoded(value: bytes | None) -> str | None:
    try:
        return "" if value is None else value.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _text(column: pl.Series, kind: pl.DataType) -> pl.Series:
    """Return typed values as the text of an export."""
    values = pl.col(column.name)
    if isinstance(kind, pl.List | pl.Array | pl.Object):
        return pl.Series([None if value is None else _json(value) for value in column.to_list()], dtype=pl.String)
    if kind.is_float():
        # Tools that know no missing integer write integers as floats, and NaN for the missing.
        is_whole = (values == values.floor()) & (values.abs() <= _EXACT_MAX)
        text = (
            pl.when(values.is_nan())
            .then(None)
            .when(is_whole)
            .then(values.cast(pl.Int64, strict=False).cast(pl.String))
            .otherwise(values.cast(pl.String))
        )
    elif isinstance(kind, pl.Datetime):
        moment = values if kind.time_zone is None else values.dt.convert_time_zone("UTC")
        text = moment.dt.strftime("%Y-%m-%d %H:%M:%S%.f" + ("" if kind.time_zone is None else "+00:00"))
    else:
        text = values.cast(pl.String)
    return column.to_frame().select(text).to_series()


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def _chunk(frame: pl.DataFrame, sizes: pl.Series, start: int) -> RawChunk:
    """Return the rows behind the first `start` records; those that cannot be used are broken."""
    numbers = pl.Series(range(start + 1, start + 1 + frame.height), dtype=pl.Int64)
    is_odd = frame.select(
        undecodable=pl.any_horizontal(pl.all().is_null()),
        nul=pl.any_horizontal(pl.all().fill_null("").str.contains("\0", literal=True)),
    ).with_columns(large=sizes > RECORD_BYTES_MAX)
    rows = raw_frame(numbers, numbers, frame.get_columns())

    def raw_of(row_numbers: list[int]) -> list[str]:
        return [_json(frame.row(number - start - 1, named=True)) for number in row_numbers]

    is_broken = is_odd.select(pl.any_horizontal(pl.all())).to_series()
    broken = []
    for number in numbers.filter(is_broken):
        odd = is_odd.row(number - start - 1, named=True)
        reason = TOO_LARGE if odd["large"] else UNDECODABLE if odd["undecodable"] else NUL
        raw = raw_of([number])[0]
        broken.append(BrokenRecord(number, number, raw[:HUGE_RECORD_SHOWN] if odd["large"] else raw, *reason))
    return RawChunk(rows.filter(~is_broken), raw_of, broken)


@contextmanager
def _told_damage() -> Iterator[None]:
    """Turn what the library says of a damaged file into one line, without what it quotes of it."""
    try:
        yield
    except (pa.ArrowException, OSError) as error:
        raise UnreadableFileError("the Parquet file is damaged; export it again") from error
