"""What an edit of the reference folder would change, row by row and key by key."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from flows.reference import FEEDS_FILE, ROUTING_FILE, Reference
from schemas.reference_tables import DO_NOT_LOAD, REFERENCE_TABLES

COLUMNS: Final = ("file", "change", "row", "column", "before", "after")


@dataclass(frozen=True)
class Change:
    """One cell or key that is other than before, or a row that came or went (`column` is then empty)."""

    file: str
    change: Literal["added", "removed", "changed"]
    row: str
    column: str = ""
    before: str | None = None
    after: str | None = None


def compare_references(before: Reference, after: Reference) -> list[Change]:
    """Return what is other in `after`, file by file; of files without rows of their own only that they are."""
    # Of those who are not to be loaded nothing is told but that the file is another.
    tables = (table.file_name for table in REFERENCE_TABLES if table is not DO_NOT_LOAD)
    told = (FEEDS_FILE, ROUTING_FILE, *tables)
    changes = [change for name in told for change in _compare_rows(name, _rows(name, before), _rows(name, after))]
    for name in sorted({*before.contents, *after.contents} - set(told)):
        if before.contents.get(name) != after.contents.get(name):
            is_new, is_gone = name not in before.contents, name not in after.contents
            changes.append(Change(name, "added" if is_new else "removed" if is_gone else "changed", "the file"))
    return changes


def _rows(name: str, reference: Reference) -> dict[str, dict[str, Any]]:
    """Return the rows of a file by what names each: for rules their place counts too."""
    if name == FEEDS_FILE:
        return {feed.name: feed.model_dump(exclude={"name"}) for feed in reference.feeds.values()}
    if name == ROUTING_FILE:
        settings = reference.routing.model_dump(exclude={"rules"})
        rules = {
            f"rule {rule.name}": {"place": place, **rule.model_dump(exclude={"name"}, exclude_none=True, by_alias=True)}
            for place, rule in enumerate(reference.routing.rules, start=1)
        }
        return {"settings": settings, **rules}
    [table] = [table for table in REFERENCE_TABLES if table.file_name == name]
    frame = reference.frame_of(name)
    if frame is None:
        return {}
    return {
        ", ".join(str(row[column]) for column in table.key): {
            column: value for column, value in row.items() if column not in (*table.key, "position")
        }
        for row in frame.iter_rows(named=True)
    }


def _compare_rows(
    name: str, before: Mapping[str, Mapping[str, Any]], after: Mapping[str, Mapping[str, Any]]
) -> Iterator[Change]:
    for row in [*before, *(row for row in after if row not in before)]:
        if row not in after:
            yield Change(name, "removed", row)
        elif row not in before:
            yield Change(name, "added", row)
        else:
            columns = [*before[row], *(column for column in after[row] if column not in before[row])]
            for column in columns:
                old, new = before[row].get(column), after[row].get(column)
                if old != new:
                    yield Change(name, "changed", row, column, _told(old), _told(new))


def _told(value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, list | tuple):
        return ", ".join(str(each) for each in value)
    return str(value)
