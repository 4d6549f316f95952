"""CRM merges: which of its records the CRM says it has merged.

Some exports have a column for the id of the record that survived, others one for the ids that were given
up. Taken beside the leads as pairs of ids; what follows is set logic (sql/resolve/follow_crm_merges.sql).
"""

from typing import Final

import polars as pl

from flows.cells.numbers import parse_ids
from schemas.lead import CRM_MERGE_COLUMNS
from schemas.reference import Feed

# An id in a list, as 12, 12.0 or with the time of the merge behind it as HubSpot gives it (12:1650000000000).
_LISTED_ID: Final = r"(\d{1,18})(?:\.0+)?(?::\d+)?(?:[^\d.:]|$)"


def gather_crm_merges(mapped: pl.DataFrame, leads: pl.DataFrame, feed: Feed) -> pl.DataFrame:
    """Return the merges that the mapped rows of a chunk's valid leads tell of (`schemas.lead.CRM_MERGE_COLUMNS`).

    One row per record given up and row that says so; none for feeds other than the CRM's. What is no id says nothing.
    """
    told = [pl.DataFrame(schema=CRM_MERGE_COLUMNS)]
    if feed.origin == "crm":
        ids = leads.select("row_number", pl.col("id").alias("own_id")).drop_nulls("own_id")
        if "merged_into" in mapped.columns:
            master = parse_ids(mapped["merged_into"], least=1).values
            rows = mapped.select("row_number").with_columns(master_id=master)
            told.append(ids.join(rows, on="row_number", maintain_order="left").rename({"own_id": "given_up_id"}))
        if "merged_ids" in mapped.columns:
            listed = mapped.select("row_number", given_up_id=pl.col("merged_ids").str.extract_all(_LISTED_ID))
            rows = listed.explode("given_up_id").with_columns(
                pl.col("given_up_id").str.extract(_LISTED_ID).cast(pl.Int64, strict=False)
            )
            told.append(ids.join(rows, on="row_number", maintain_order="left").rename({"own_id": "master_id"}))
    found = pl.concat(frame.select(list(CRM_MERGE_COLUMNS)) for frame in told)
    return found.drop_nulls().filter(pl.col("given_up_id") != pl.col("master_id"))
