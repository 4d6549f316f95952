"""Chain: what makes a change of the audit tables and of `record` show (docs/tamper-evidence.md).

What a batch wrote is sealed in blocks of rows, by a salted digest of each; the batch's hash is taken over its own
columns, these digests and the hash of the batch before it. A block can be sealed anew by a later batch that takes
something out of it: the old digest stays, its salt goes, and all hashes stay true.
"""

import hashlib
import os
import struct
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import groupby, pairwise
from operator import itemgetter
from typing import Final, NamedTuple, TypeVar

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from flows.ahead import ahead
from flows.errors import WarehouseError
from flows.warehouse import Warehouse

# What is sealed, and by which statement; a part that is added later begins with the next batch.
PARTS: Final = {
    "record": "chain/record",
    "record_contact": "chain/record_contact",
    "cell_issue": "chain/cell_issue",
    "rejected_row": "chain/rejected_row",
    "rejected_text": "chain/rejected_text",
    "batch_row": "chain/batch_row",
    "lead_event": "chain/lead_event",
    "match_decision": "chain/match_decision",
    "lead_assignment": "chain/lead_assignment",
    "batch_fact": "chain/batch_fact",
    "contact_preference": "chain/contact_preference",
}

# Sealed as they lie in the table where keys rise there: to sort wide rows takes as long as to read them.
_AS_WRITTEN: Final = ("record", "lead_event")

# Of which rows may be taken without a word, a whole block at a time: retention does.
FORGETTING_PARTS: Final = ("rejected_text",)

_BLOCK_ROWS: Final = 10_240
_SALT_BYTES: Final = 16
_SEALS: Final = {
    "batch_id": pl.Int64,
    "part": pl.String,
    "last_key": pl.Int64,
    "salt": pl.Binary,
    "digest": pl.Binary,
    "sealed_by": pl.Int64,
}


T = TypeVar("T")
# Salt and digest by batch and last key.
Seals = Mapping[int, Mapping[int, tuple[bytes | None, bytes]]]


class Block(NamedTuple):
    """Rows of a batch in a part, up to `last_key`; None where no seal is known to cover them."""

    batch_id: int
    last_key: int | None
    rows: pa.Table | None


def seal_batch(warehouse: Warehouse, batch_id: int) -> None:
    """Seal a batch and give it its hash.

    Its audit row and all its other rows must be written: one that comes after makes the batch look changed.
    """
    seals = [seal for part in PARTS for seal in _seal_part(warehouse, part, batch_id)]
    warehouse.append("seal", pl.DataFrame(seals, schema=_SEALS, orient="row"))
    hang_batch(warehouse, batch_id)


def _seal_part(warehouse: Warehouse, part: str, batch_id: int) -> list[tuple[object, ...]]:
    def sealed(chunks: Iterable[pa.Table]) -> Iterator[tuple[object, ...]]:
        for last_key, rows in ahead(blocks(chunks)):
            salt = os.urandom(_SALT_BYTES)
            yield batch_id, part, last_key, salt, digest_of(salt, rows), batch_id

    return _in_order(warehouse, part, (batch_id, batch_id), sealed)


def hang_batch(warehouse: Warehouse, batch_id: int) -> None:
    """Give a batch the hash of the one before it, and its own: all its seals must be written."""
    warehouse.run("chain/hang_batch", {"batch_id": batch_id})
    ((_, found),) = hash_batches(warehouse, batch_id, batch_id).iter_rows()
    warehouse.run("chain/write_hash", {"batch_id": batch_id, "hash": found})


def hash_batches(warehouse: Warehouse, first_batch_id: int, last_batch_id: int) -> pl.DataFrame:
    """Return `batch_id` and `hash` of batches, as they follow from what is in the warehouse."""
    return warehouse.frame("chain/hashes", {"first_batch_id": first_batch_id, "last_batch_id": last_batch_id})


def changed_blocks(warehouse: Warehouse, part: str, first_batch_id: int, last_batch_id: int) -> list[Block]:
    """Return the blocks of a part whose rows are not those that were sealed, the batches in their order."""
    seals = _newest_seals(warehouse, part, first_batch_id, last_batch_id)

    def changed(chunks: Iterable[pa.Table]) -> Iterator[Block]:
        for block in ahead(held_blocks(chunks, seals)):
            held = None if block.last_key is None else seals[block.batch_id][block.last_key]
            if held is None or not _is_sound(part, block.rows, *held):
                # Which one is enough to know: its rows may be many.
                yield block._replace(rows=None)

    return _in_order(warehouse, part, (first_batch_id, last_batch_id), changed)


def held_keys(warehouse: Warehouse, touched: pl.DataFrame) -> dict[tuple[str, int], set[int]]:
    """Return the blocks, each by its last key, that rows of `touched` (`part`, `batch_id`, `key`) are in.

    The rows are about to be changed, and their blocks to be sealed anew: so they must be now what they were when they
    were sealed. Raises WarehouseError where they are not. What is older than the chain is in no block.
    """
    found: dict[tuple[str, int], set[int]] = {}
    for (part, batch_id), rows in touched.group_by("part", "batch_id", maintain_order=True):
        last_keys = list(_newest_seals(warehouse, part, batch_id, batch_id).get(batch_id, ()))
        if not last_keys:
            continue
        places = pl.Series(last_keys, dtype=pl.Int64).search_sorted(rows["key"], side="left").unique()
        blocks_of = {last_keys[min(place, len(last_keys) - 1)] for place in places}
        if any(block.last_key in blocks_of for block in changed_blocks(warehouse, part, batch_id, batch_id)):
            raise WarehouseError(
                f"what batch {batch_id} wrote in {part} was changed by somebody since; see: leads verify"
            )
        found[part, batch_id] = blocks_of
    return found


def seal_again(warehouse: Warehouse, blocks_of: Mapping[tuple[str, int], set[int]], sealed_by: int) -> None:
    """Seal what is left of blocks (`held_keys`) under a new salt, by a batch that took something out of them.

    The old salts go: nobody can try what the old digests were of.
    """
    seals = []
    for (part, batch_id), wanted in blocks_of.items():
        known = _newest_seals(warehouse, part, batch_id, batch_id)
        for block in _in_order(warehouse, part, (batch_id, batch_id), partial(_wanted_blocks, known, wanted)):
            salt = os.urandom(_SALT_BYTES)
            seals.append((batch_id, part, block.last_key, salt, digest_of(salt, block.rows), sealed_by))
    warehouse.append("seal", pl.DataFrame(seals, schema=_SEALS, orient="row"))
    warehouse.run("chain/forget_salts", {"sealed_by": sealed_by})


def _wanted_blocks(seals: Seals, last_keys: set[int], chunks: Iterable[pa.Table]) -> Iterator[Block]:
    return (block for block in held_blocks(chunks, seals) if block.last_key in last_keys)


def _is_sound(part: str, rows: pa.Table | None, salt: bytes | None, digest: bytes) -> bool:
    if salt is None:
        return rows is None and part in FORGETTING_PARTS
    return digest_of(salt, rows) == digest


def digest_of(salt: bytes, rows: pa.Table | None) -> bytes:
    """Return the SHA-256 of rows with their salt.

    Column by column, its values as they lie in memory: ten times as fast as a text of each row. Of texts the lengths
    stand before the bytes, of all the places of NULL, so that no two contents give the same bytes.
    """
    taken = hashlib.sha256(salt)
    for column in () if rows is None else rows.itercolumns():
        values = column.combine_chunks()
        taken.update(struct.pack("<QQ", len(values), values.null_count))
        if values.null_count:
            taken.update(_values_of(pc.is_null(values).cast(pa.uint8())))
        for data in _bytes_of(values):
            taken.update(data)
    return taken.digest()


def _bytes_of(values: pa.Array) -> Iterator[memoryview]:
    if pa.types.is_null(values.type):
        return
    if pa.types.is_boolean(values.type):
        values = values.cast(pa.uint8())
    if not pa.types.is_string(values.type):
        yield _values_of(pc.fill_null(values, 0) if values.null_count else values)
        return
    values = pc.fill_null(values, "") if values.null_count else values
    yield _values_of(pc.binary_length(values))
    _, offsets, data = values.buffers()
    if data is not None:
        places = memoryview(offsets).cast("i")
        yield memoryview(data)[places[values.offset] : places[values.offset + len(values)]]


def _values_of(values: pa.Array) -> memoryview:
    """Return the bytes of values of one width, of which none is NULL."""
    width = values.type.bit_width // 8
    return memoryview(values.buffers()[1])[values.offset * width : (values.offset + len(values)) * width]


def _in_order(
    warehouse: Warehouse, part: str, batch_ids: tuple[int, int], made_of: Callable[[Iterable[pa.Table]], Iterable[T]]
) -> list[T]:
    """Return what is made of the rows of a part in the order of batches and keys."""
    parameters = dict(zip(("first_batch_id", "last_batch_id"), batch_ids, strict=True))
    if part not in _AS_WRITTEN:
        return list(made_of(warehouse.stream(PARTS[part], parameters, _BLOCK_ROWS)))
    try:
        return list(made_of(_rising(warehouse.stream(PARTS[part], parameters, _BLOCK_ROWS))))
    except _OutOfOrderError:
        return list(made_of(warehouse.stream(PARTS[part], parameters, _BLOCK_ROWS, is_sorted=True)))


class _OutOfOrderError(Exception):
    """Rows do not lie in the order of their keys."""


def _rising(chunks: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """Yield chunks for as long as each row's batch and key come after those of the row before."""
    last = (-1, -1)
    for chunk in chunks:
        batch_ids, keys = _column(chunk, "batch_id"), _column(chunk, "key")
        steps = batch_ids.diff()
        is_rising = (steps > 0) | ((steps == 0) & (keys.diff() > 0))
        if (batch_ids[0], keys[0]) <= last or not is_rising.all():
            raise _OutOfOrderError
        last = (batch_ids[-1], keys[-1])
        yield chunk


def blocks(chunks: Iterable[pa.Table], block_rows: int = _BLOCK_ROWS) -> Iterator[tuple[int, pa.Table]]:
    """Cut the rows of a batch in blocks, each with its last key: rows of one key are in one block."""
    rows: pa.Table | None = None
    for chunk in chunks:
        if rows is not None:
            last_key = rows["key"][-1].as_py()
            rest = _column(chunk, "key").search_sorted(last_key, side="right")
            whole = pa.concat_tables([rows, chunk.slice(0, rest)]) if rest else rows
            if rest == chunk.num_rows or whole.num_rows < block_rows:
                rows = pa.concat_tables([rows, chunk])
                continue
            yield last_key, whole
            chunk = chunk.slice(rest)
        rows = chunk
    if rows is not None:
        yield rows["key"][-1].as_py(), rows


def _newest_seals(warehouse: Warehouse, part: str, first_batch_id: int, last_batch_id: int) -> Seals:
    """Return salt and digest by batch and last key, both rising."""
    parameters = {"part": part, "first_batch_id": first_batch_id, "last_batch_id": last_batch_id}
    seals: dict[int, dict[int, tuple[bytes | None, bytes]]] = {}
    for batch_id, last_key, salt, digest in warehouse.frame("chain/newest_seals", parameters).iter_rows():
        seals.setdefault(batch_id, {})[last_key] = (salt, digest)
    return seals


def held_blocks(chunks: Iterable[pa.Table], seals: Seals) -> Iterator[Block]:
    """Cut the rows of batches in the blocks that were sealed; a block of which no row is left comes without rows."""
    unseen = deque(seals)
    for batch_id, runs in groupby(_runs(chunks), key=itemgetter(0)):
        while unseen and unseen[0] <= batch_id:
            if (passed := unseen.popleft()) < batch_id:
                yield from (Block(passed, last_key, None) for last_key in seals[passed])
        yield from _cut_at(batch_id, (rows for _, rows in runs), tuple(seals.get(batch_id, ())))
    for passed in unseen:
        yield from (Block(passed, last_key, None) for last_key in seals[passed])


def _runs(chunks: Iterable[pa.Table]) -> Iterator[tuple[int, pa.Table]]:
    for chunk in chunks:
        batch_ids = _column(chunk, "batch_id")
        starts = [0, *(batch_ids.diff() != 0).arg_true(), batch_ids.len()]
        for start, end in pairwise(starts):
            yield batch_ids[start], chunk.slice(start, end - start)


def _cut_at(batch_id: int, chunks: Iterable[pa.Table], last_keys: Sequence[int]) -> Iterator[Block]:
    """Cut the rows of a batch after each of the keys but the last: its block has all that comes after, too."""
    rows: pa.Table | None = None
    remaining = deque(last_keys)
    for chunk in chunks:
        rows = chunk if rows is None else pa.concat_tables([rows, chunk])
        keys = _column(rows, "key")
        while len(remaining) > 1 and keys.len() and keys[-1] > remaining[0]:
            cut = keys.search_sorted(remaining[0], side="right")
            yield Block(batch_id, remaining.popleft(), rows.slice(0, cut) if cut else None)
            rows, keys = rows.slice(cut), keys.slice(cut)
    if not remaining:
        yield Block(batch_id, None, rows)
    while remaining:
        yield Block(batch_id, remaining.popleft(), rows if rows is not None and rows.num_rows else None)
        rows = None


def _column(rows: pa.Table, name: str) -> pl.Series:
    return pl.Series(name, rows[name])
