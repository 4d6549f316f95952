"""Subject: all that we hold about one person, for that person: what an erasure would find, written out to be read.

As a text under headings, or as one JSON document with a list for each heading.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, BinaryIO, Final, Literal

from flows import output
from flows.erase import find_content, people_named
from flows.warehouse import Warehouse

# What is told, in this order: heading, name in the document, statement.
_SECTIONS: Final = (
    ("The lead, as it is today", "lead", "subject/lead"),
    ("Addresses", "contacts", "subject/contacts"),
    ("What each source said", "records", "subject/records"),
    ("Rows of files", "rows", "subject/rows"),
    ("Rejected rows", "rejected", "subject/rejected"),
    ("Cells that could not be used", "issues", "subject/issues"),
    ("How the records were found to be of one person", "decisions", "subject/decisions"),
    ("How the person may be contacted", "may_contact", "subject/may_contact"),
    ("What was said about that", "preferences", "subject/preferences"),
    ("Team and owner", "assignments", "subject/assignments"),
    ("Log", "events", "subject/events"),
)


def write_subject(warehouse: Warehouse, lead_id: int, file: BinaryIO, form: Literal["text", "json"]) -> None:
    """Write all that is held about the person of a lead. Raises UsageError for an id of nobody."""
    find_content(warehouse, people_named(warehouse, [lead_id]))
    told = {name: _rows(warehouse, statement) for _, name, statement in _SECTIONS}
    if form == "json":
        file.write(json.dumps(told, ensure_ascii=False, indent=1, default=output.plain).encode() + b"\n")
        return
    file.write("\n".join(_lines(lead_id, told)).encode() + b"\n")


def _rows(warehouse: Warehouse, statement: str) -> list[dict[str, Any]]:
    """Return the rows of a statement, each without the columns that say nothing."""
    rows = warehouse.frame(statement).iter_rows(named=True)
    return [{name: value for name, value in row.items() if value not in (None, [], "")} for row in rows]


def _lines(lead_id: int, told: Mapping[str, list[dict[str, Any]]]) -> Iterator[str]:
    yield f"What is held about the person of lead {lead_id}, {datetime.now(UTC):%Y-%m-%d}"
    for heading, name, _ in _SECTIONS:
        yield ""
        yield heading
        yield "-" * len(heading)
        if not told[name]:
            yield "nothing"
        for number, row in enumerate(told[name]):
            if number:
                yield ""
            # A line of its own for each: what was said may be long, or have line ends.
            yield from (f"{column}: {output.plain(value)}" for column, value in row.items())
