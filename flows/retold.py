"""Retold: what an older warehouse still knows of erased people, put in their place while its batches are told again.

The archive says nothing of them any more: their rows fall out of the steps as suppressed ones. Left of them in the
older warehouse are numbers: which rows they were, what became of those, which ids and turns they had. A batch is told
these before it begins, and takes them over around the few statements that give out numbers or count. What it says of
everybody else follows from files and decisions, as in any other batch.
"""

from collections.abc import Mapping
from typing import Any, Final

from flows.archive import place_in, redacted_format
from flows.person_key import person_key
from flows.settings import Settings
from flows.warehouse import Warehouse

# What is told of a batch whose file is redacted, and of one that lacks people: into which table, by which statement.
_TOLD_OF_FILE: Final = {"told_row": "rebuild/told_rows", "told_column": "rebuild/told_columns"}
_TOLD_OF_PEOPLE: Final = {
    "told_row": "rebuild/told_rows",
    "told_event": "rebuild/told_events",
    "told_assignment": "rebuild/told_assignments",
    "told_round": "rebuild/told_rounds",
    "told_rejected": "rebuild/told_rejected",
    "told_sighting": "rebuild/told_sightings",
    "told_decision": "rebuild/told_decisions",
    "told_preference": "rebuild/told_preferences",
    "told_revision": "rebuild/told_revisions",
}

# What is left of erased people and need not wait for its batch: it is of nobody else.
_LEFT: Final = {
    "lead_alias": "rebuild/erased_ids",
    "withdrawn_record": "rebuild/gone_withdrawn",
    "confirmed_record": "rebuild/gone_confirmed",
    "reinstated_lead": "rebuild/gone_reinstated",
    "assigned_anew": "rebuild/gone_assigned",
}

# Numbers are taken over as they are given out, all else before the batch is counted and sealed.
_BEFORE: Final = {
    "resolve/number_people": ("rebuild/number_leads",),
    "load/write_batch": ("rebuild/take_turns", "rebuild/tell_erased"),
}
_AFTER: Final = {
    "resolve/identify_versions": ("rebuild/number_records",),
    "assign/write_assignments": ("rebuild/take_turns",),
}


class Retelling(Warehouse):
    """A new warehouse in which the batches of an old one are told again, one after the other (`begin_batch`).

    Raises UsageError where the key of the old one's people is not there.
    """

    def __init__(self, fresh: Warehouse, old: Warehouse, settings: Settings) -> None:
        super().__init__(fresh.connection)
        self._old = old
        self._archive = settings.archive
        self._last_erasure = int(old.frame("rebuild/last_erasure").item())
        self._columns: Mapping[str, Any] = {}
        self._is_redacted = False
        # From the beginning: no other key will do, and nobody else is given these ids.
        fingerprint = old.frame("preferences/key_fingerprint")
        self.append("person_key", fingerprint)
        if not fingerprint.is_empty():
            person_key(settings, self)
        if self._last_erasure:
            for table, name in _LEFT.items():
                self.append(table, old.frame(name))

    @property
    def lacks_people(self) -> bool:
        """Whether people of whom the batch told is may be gone: they were erased by it, or later."""
        return bool(self._columns) and self._columns["batch_id"] <= self._last_erasure

    def begin_batch(self, columns: Mapping[str, Any]) -> None:
        """Let the next batch be that of an audit row, and tell what is known of it."""
        self._columns = columns
        sha256, batch = columns["file_sha256"], {"batch_id": columns["batch_id"]}
        # Rows that are replayed by number are of a file of before.
        self._is_redacted = (self.lacks_people and columns["kind"] == "replay") or (
            sha256 is not None and redacted_format(place_in(self._archive, sha256)) is not None
        )
        super().run("rebuild/create_told")
        told = (_TOLD_OF_FILE if self._is_redacted else {}) | (_TOLD_OF_PEOPLE if self.lacks_people else {})
        for table, name in told.items():
            self.append(table, self._old.frame(name, batch))
        if self.lacks_people:
            self.append("told_last_mark", self._old.frame("rebuild/last_marks"))

    def erased_rows(self) -> frozenset[int]:
        """Return the numbers of the batch's rows that are erased people's."""
        return frozenset(self.frame("rebuild/erased_rows")["row_number"]) if self.lacks_people else frozenset()

    def end(self) -> None:
        """Take over what no batch says."""
        self.append("erased_person", self._old.frame("rebuild/erased_elsewhere"))

    def run(self, name: str, parameters: Mapping[str, object] | None = None) -> None:
        """Run the statements of a named SQL file, and what belongs around them."""
        for each in _BEFORE.get(name, ()) if self.lacks_people else ():
            super().run(each)
        if name == "load/write_batch" and self._is_redacted:
            super().run("rebuild/tell_file")
        super().run(name, None if parameters is None else {**parameters, **self._said_then(name)})
        for each in _AFTER.get(name, ()) if self.lacks_people else ():
            super().run(each)

    def _said_then(self, name: str) -> dict[str, object]:
        """Return what the batch said where it cannot say it again: how a file was that is redacted, who is gone."""
        if name == "load/write_batch" and self._is_redacted:
            return {"file_format": self._columns["file_format"], "warnings": self._columns["warnings"]}
        if name == "rebuild/keep_request" and self.lacks_people:
            return {"request": self._columns["request"]}
        return {}
