"""Explain: what a lead is made of, who was joined to it and why, and who may belong to it; in words and as data."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from flows.assignment_words import assignment_lines
from flows.errors import UsageError
from flows.identity import clusters
from flows.preferences import list_preferences, preference_of
from flows.steps.survive import field_provenance
from flows.warehouse import Warehouse

_RULE_WORDS: Final = {
    "email_and_names": "same e-mail address, and the names agree",
    "phone_and_names": "same phone number, and the names agree",
    "crm_id": "the CRM's id",
    "by_hand": "decided by hand",
}
_AGAINST_WORDS: Final = {
    clusters.TWO_CRM_IDS: "both have an id of the CRM: merge them there",
    clusters.DIFFERENT_APPLICATIONS: "their application ids differ",
    clusters.DIFFERENT_COMPANIES: "their companies differ",
    clusters.DIFFERENT_OWNERS: "the CRM, or somebody, gave them different owners",
    clusters.DIFFERENT_TEAMS: "the CRM gave them different teams",
    clusters.TOO_WEAK: "the evidence is too weak to join them",
    clusters.TOO_WEAK_TOGETHER: "one pair of records agrees, the others speak against it",
}
_LEVEL_WORDS: Final = {
    "same": "same",
    "swapped": "swapped",
    "short_form": "short form",
    "initial": "initial",
    "half_swapped": "one of the names in the other's place",
    "one_edit": "one letter apart",
    "two_edits": "two letters apart",
    "alike": "alike",
    "similar": "similar",
    "same_name_part": "same before the @",
    "same_part": "same in part",
    "same_beginning": "same beginning",
    "desk": "an office's",
    "other": "differs",
}


@dataclass(frozen=True)
class Explanation:
    """A lead: its id today, its records, what was decided of them, where each field is from, who got it and why.

    And how it may be contacted (`may`), by what was said of its contacts (`preferences`).
    """

    lead_id: int
    asked_id: int
    records: pl.DataFrame
    decisions: pl.DataFrame
    fields: pl.DataFrame
    assignment: list[str]
    may: dict[str, bool]
    preferences: list[dict[str, Any]]

    def document(self) -> dict[str, Any]:
        """Return all of it as one document."""
        return {
            "lead_id": self.lead_id,
            "asked_id": self.asked_id,
            "records": self.records.to_dicts(),
            "decisions": [
                {**row, "evidence": json.loads(row["evidence"] or "null"), "why": why(row)}
                for row in self.decisions.iter_rows(named=True)
            ],
            "fields": self.fields.to_dicts(),
            "assignment": self.assignment,
            **self.may,
            "preferences": self.preferences,
        }


def find_lead(warehouse: Warehouse, lead_id: int) -> int:
    """Return the lead that an id means today. Raises UsageError for an id that is none, or whose lead is gone."""
    found = warehouse.frame("audit/find_lead", {"lead_id": lead_id})
    if found.is_empty():
        raise UsageError(f'there is no lead {lead_id}; look for it: leads sql "SELECT * FROM lead"')
    today, reason = found.row(0)
    if today is None:
        raise UsageError(f"lead {lead_id} is gone ({reason})")
    return int(today)


def explain_lead(warehouse: Warehouse, lead_id: int) -> Explanation:
    """Return what is known of a lead, by its id or one that it was given up to."""
    today = find_lead(warehouse, lead_id)
    parameters = {"lead_id": today}
    return Explanation(
        lead_id=today,
        asked_id=lead_id,
        records=warehouse.frame("audit/lead_records", parameters),
        decisions=warehouse.frame("audit/lead_decisions", parameters),
        fields=field_provenance(warehouse, today),
        assignment=assignment_lines(warehouse, today),
        may=preference_of(warehouse, today),
        preferences=list_preferences(warehouse, today),
    )


def list_merges(warehouse: Warehouse, batch_id: int | None) -> list[dict[str, Any]]:
    """Return who was joined to whom, of a batch or of all, the newest first."""
    return _told(warehouse.frame("audit/merges", {"batch_id": batch_id}))


def list_open_pairs(warehouse: Warehouse) -> list[dict[str, Any]]:
    """Return the pairs of leads that somebody should decide, the likeliest first."""
    return _told(warehouse.frame("audit/open_pairs"))


def _told(decisions: pl.DataFrame) -> list[dict[str, Any]]:
    return [
        {**row, "evidence": json.loads(row["evidence"] or "null"), "why": why(row)}
        for row in decisions.iter_rows(named=True)
    ]


def why(decision: Mapping[str, Any]) -> str:
    """Return in plain words why two records were joined, or why they were not."""
    evidence: Mapping[str, Any] = json.loads(decision["evidence"] or "{}")
    rule = str(decision["rule"])
    told = _RULE_WORDS.get(rule, rule) if rule != "weighed" else _compared_words(evidence.get("compared", {}))
    against = evidence.get("against")
    return told if against is None else f"{told}; but {_AGAINST_WORDS.get(against, against)}"


def _compared_words(compared: Mapping[str, Mapping[str, Any]]) -> str:
    """Return what agreed and what did not, the weightiest first."""
    ordered = sorted(compared.items(), key=lambda item: -abs(item[1]["weight"]))
    return ", ".join(
        f"{_header_of(name)} {_LEVEL_WORDS.get(said['level'], said['level'])} ({said['weight']:+.1f})"
        for name, said in ordered
    )


def _header_of(compared: str) -> str:
    """Return what was compared in words; evidence is named by its header and kind (`dob|date`)."""
    return compared.partition("|")[0].replace("_", " ")


def pairs_of(texts: Sequence[str]) -> list[tuple[int, int]]:
    """Return the pairs of source records that texts like `12-57` name. Raises UsageError for others."""
    found = []
    for text in texts:
        one, dash, other = text.strip().partition("-")
        if not (dash and one.isdecimal() and other.isdecimal()):
            raise UsageError(f'"{text}" is no pair; copy it from the first column of: leads review')
        found.append((int(one), int(other)))
    return found
