"""Heads: the hashes of the chain, left beside the archive as batches are committed.

A chain cannot show that its end was cut off or written anew: its heads, kept where the warehouse is not, can. The
warehouse may be ahead of them, for a run that is killed leaves none; the next one does. Never the other way round.
"""

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from flows.errors import LeadmillError
from flows.lasting_lines import append_lines
from flows.warehouse import Warehouse


@dataclass(frozen=True)
class Head:
    """A batch and its hash, as they were when the batch was committed."""

    batch_id: int
    hash: str


def heads_file(archive: Path) -> Path:
    """Return where the heads are: one JSON document a line, the newest last."""
    return archive / "heads.jsonl"


def read_heads(archive: Path) -> list[Head]:
    """Return all heads that were left, the oldest first; half a line, as a crash leaves it, is passed over."""
    path = heads_file(archive)
    lines = path.read_text("utf-8", "replace").splitlines() if path.is_file() else []
    return [head for line in lines if (head := _head_of(line)) is not None]


def _head_of(line: str) -> Head | None:
    try:
        document = json.loads(line)
        return Head(int(document["batch_id"]), str(document["hash"]))
    except (ValueError, TypeError, KeyError):
        return None


def leave_heads(warehouse: Warehouse, archive: Path) -> None:
    """Append the heads of all batches that the file does not have.

    Raises LeadmillError where that fails; the batches are committed all the same.
    """
    left = set(read_heads(archive))
    heads = [Head(*row) for row in warehouse.frame("chain/heads").iter_rows()]
    fresh = [head for head in heads if head not in left]
    if not fresh:
        return
    try:
        archive.mkdir(mode=0o700, parents=True, exist_ok=True)
        at = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        append_lines(heads_file(archive), [{**asdict(head), "at": at} for head in fresh])
    except OSError as error:
        raise LeadmillError(
            f"{heads_file(archive)}: cannot be written ({error.strerror}); the batches are in the warehouse all the "
            "same; make room, or set LEADS_ARCHIVE, and run again"
        ) from error


def set_aside(archive: Path, name: str) -> Path | None:
    """Keep the heads under another name, for a warehouse whose batches are others; return where, None without heads."""
    path = heads_file(archive)
    return path.replace(path.with_name(name)) if path.is_file() else None
