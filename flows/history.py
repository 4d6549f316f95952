"""History: what happened to a lead, in words, and how it was at a moment."""

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from flows.errors import UsageError
from flows.warehouse import Warehouse

_OURS: Final = "leadmill"
_MERGE_WORDS: Final = {
    "crm_id": "it turned out to be this lead of the CRM",
    "crm_merge": "the CRM merged them",
    "merged": "they are one person",
}
# Notes may be pages long; --json has all of it.
_MOST_LETTERS: Final = 80

Data = Mapping[str, Any]


@dataclass(frozen=True)
class Past:
    """How a lead was at a moment: after which batch, and its rows of `lead` then, several where it was not one yet."""

    asked_id: int
    moment: datetime
    batch_id: int
    leads: list[dict[str, Any]]

    def document(self) -> dict[str, Any]:
        """Return all of it as one document."""
        return {"asked_id": self.asked_id, "at": self.moment, "batch_id": self.batch_id, "leads": self.leads}


def lead_history(warehouse: Warehouse, lead_id: int) -> list[dict[str, Any]]:
    """Return the log of a lead, the oldest event first, under all ids that it ever had, each with words (`told`).

    An id that was given up is answered with the log of its lead. Raises UsageError for an id that never was one.
    """
    events = warehouse.frame("history/lead_events", {"lead_ids": _ids_of(warehouse, lead_id)})
    return [
        {**event, "data": data, "told": _told(event["event"], event["user"], data)}
        for event in events.iter_rows(named=True)
        for data in [json.loads(event["data"] or "null")]
    ]


def lead_then(warehouse: Warehouse, lead_id: int, moment: datetime) -> Past:
    """Return how a lead was at a moment; one without a zone is UTC.

    By its id then, or, where that was none yet or none any more, by those that it had. Raises UsageError where there
    was no such lead, or where that is not known.
    """
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    ids = _ids_of(warehouse, lead_id)
    batch_id, known_since = warehouse.frame("history/batch_then", {"moment": moment}).row(0)
    if known_since is not None and moment < known_since:
        raise UsageError(f"how leads were is known since {_text(known_since)}; name that moment or a later one")
    found = warehouse.frame("history/leads_then", {"moment": moment, "lead_ids": ids}).to_dicts()
    leads = [{**lead, "extra": json.loads(lead["extra"] or "null")} for lead in found]
    if not leads:
        raise UsageError(f"lead {lead_id} was not there at {_text(moment)}; see: leads history {lead_id}")
    return Past(lead_id, moment, batch_id, [lead for lead in leads if lead["id"] == lead_id] or leads)


def _ids_of(warehouse: Warehouse, lead_id: int) -> list[int]:
    ids = warehouse.frame("history/known_ids", {"lead_id": lead_id})["lead_id"].to_list()
    if not ids:
        raise UsageError(f'there is no lead {lead_id}; look for it: leads sql "SELECT * FROM lead"')
    return ids


def _told(event: str, user: str | None, data: object) -> str:
    """Return an event of ours in plain words; one that an export brought along says of itself what it says."""
    if user == _OURS and isinstance(data, Mapping) and event in _WORDS:
        # An entry that an export brought along may bear our name, and anything for data.
        with suppress(KeyError, TypeError, AttributeError):
            return _WORDS[event](data)
    return "" if data is None else _short(json.dumps(data, ensure_ascii=False))


def _created(data: Data) -> str:
    return f"new, from feed {data['feed']}" if "feed" in data else "a lead of its own again"


def _reverted(data: Data) -> str:
    if data.get("removed"):
        return f"gone: batch {data['undone_batch_id']} was undone"
    return "there again" if data.get("revived") else _changes(data)


def _merged(data: Data) -> str:
    reason = str(data["reason"])
    return f"lead {data['merged_id']} became part of it: {_MERGE_WORDS.get(reason, reason)}"


def _unmerged(data: Data) -> str:
    return f"lead {data['parted_id']} is no part of it any more" if "parted_id" in data else "a lead of its own again"


def _changes(data: Data) -> str:
    return "; ".join(f"{field}: {_change(change)}" for field, change in data.items())


def _change(data: Data) -> str:
    return f"{_value(data['before'])} -> {_value(data['after'])}"


def _value(value: object) -> str:
    return "(none)" if value is None else _short(str(value))


def _short(text: str) -> str:
    return text if len(text) <= _MOST_LETTERS else f"{text[:_MOST_LETTERS]}..."


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


_WORDS: Final[Mapping[str, Callable[[Data], str]]] = {
    "lead_created": _created,
    "lead_updated": _changes,
    "lead_reverted": _reverted,
    "lead_merged": _merged,
    "lead_unmerged": _unmerged,
    "lead_assigned": lambda data: f"owner: {_change(data)}",
    "lead_moved": lambda data: f"account: {_change(data)}",
    "lead_archived": lambda data: "archived",
    "lead_converted": lambda data: f"won: {_change(data)}",
    "lead_missing": lambda data: f"its exports list it no more, since {data['missing_since']}",
    "lead_returned": lambda data: f"listed again; it was missing since {data['missing_since']}",
}
