"""Chain: what makes a change of the audit tables and of `record` show (docs/tamper-evidence.md).

A batch's hash is taken over its own columns, over digests of all that it wrote, and over the hash of the batch before
it. What tells of a person has a digest and a salt of its own (`row_seal`, `lead_seal`): content and salt can be erased,
the digest stays, and all hashes stay true. Of which texts all that is taken stands in sql/chain, once for sealing and
verifying.
"""

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import polars as pl

from flows.warehouse import Warehouse

_SALT_BYTES: Final = 16


def seal_batch(warehouse: Warehouse, batch_id: int) -> None:
    """Seal a batch and give it its hash.

    Its audit row and all its other rows must be written: one that comes after makes the batch look changed.
    """
    _seal(warehouse, batch_id, "chain/row_texts", "row_seal")
    _seal(warehouse, batch_id, "chain/lead_texts", "lead_seal")
    warehouse.run("chain/link_batch", {"batch_id": batch_id})
    ((_, found),) = hash_batches(warehouse, batch_id, batch_id).iter_rows()
    warehouse.run("chain/write_hash", {"batch_id": batch_id, "hash": found})


def _seal(warehouse: Warehouse, batch_id: int, texts: str, table: str) -> None:
    """Keep salt and digest of each text of a batch."""
    # What a transaction has just written DuckDB reads on one core: the other hashes meanwhile, faster than SQL would.
    with ThreadPoolExecutor(max_workers=1) as hasher:
        sealed = [hasher.submit(_sealed, rows) for rows in warehouse.stream(texts, {"batch_id": batch_id})]
    if sealed:
        warehouse.append(table, pl.concat(rows.result() for rows in sealed))


def _sealed(rows: pl.DataFrame) -> pl.DataFrame:
    """Return rows with a new random salt, and the digest of it and their text in the place of the text."""
    drawn, sha256 = os.urandom(_SALT_BYTES * rows.height), hashlib.sha256
    salts = [drawn[place : place + _SALT_BYTES] for place in range(0, len(drawn), _SALT_BYTES)]
    texts = rows["text"].cast(pl.Binary).to_list()
    digests = [sha256(salt + text).digest() for salt, text in zip(salts, texts, strict=True)]
    return rows.drop("text").with_columns(
        pl.Series("salt", salts, dtype=pl.Binary), pl.Series("digest", digests, dtype=pl.Binary)
    )


def hash_batches(warehouse: Warehouse, first_batch_id: int, last_batch_id: int) -> pl.DataFrame:
    """Return `batch_id` and `hash` of batches, as they follow from what is in the warehouse."""
    parameters = {"first_batch_id": first_batch_id, "last_batch_id": last_batch_id}
    roots: dict[int, hashlib._Hash] = {}
    for rows in warehouse.stream("chain/root_texts", parameters):
        for (batch_id,), texts in rows.group_by("batch_id", maintain_order=True):
            root = roots.setdefault(batch_id, hashlib.sha256())
            root.update(texts["text"].str.join("").item().encode())
    schema = {"batch_id": pl.Int64, "root": pl.String}
    frame = pl.DataFrame([(each, root.hexdigest()) for each, root in roots.items()], schema=schema, orient="row")
    with warehouse.incoming(frame):
        return warehouse.frame("chain/hashes", parameters)
