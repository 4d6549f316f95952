"""Chain: what makes a change of the audit tables and of `record` show (docs/tamper-evidence.md).

A batch's hash is taken over its own columns, over digests of all that it wrote, and over the hash of the batch before
it. What tells of a person has a digest and a salt of its own (`row_seal`, `lead_seal`): content and salt can be erased,
the digest stays, and all hashes stay true.
"""

import os
from typing import Final

from flows.warehouse import Warehouse

_SECRET_BYTES: Final = 32


def seal_batch(warehouse: Warehouse, batch_id: int) -> None:
    """Seal a batch and give it its hash.

    Its audit row and all its other rows must be written: one that comes after makes the batch look changed.
    """
    # All salts follow from it. It is kept nowhere: a salt that is erased is gone.
    secret = os.urandom(_SECRET_BYTES).hex()
    warehouse.run("chain/seal_rows", {"batch_id": batch_id, "secret": secret})
    warehouse.run("chain/seal_leads", {"batch_id": batch_id, "secret": secret})
    warehouse.run("chain/link_batch", {"batch_id": batch_id})
    warehouse.run("chain/hash_batch", {"batch_id": batch_id})
