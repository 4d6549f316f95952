"""`leads train`: the identity model refitted to a warehouse, without labels, and written for somebody to look at.

The file goes into the reference folder, where every run finds it from then on (`flows.identity.model.load_model`); the
one that was there is kept beside it. It holds shares of pairs, and nothing of any record.
"""

from datetime import UTC, datetime
from math import log2
from pathlib import Path
from typing import Any, Final

from flows.identity.fitting import fit_weights
from flows.identity.model import MODEL_FILE, IdentityModel, Level, load_model
from flows.settings import Settings
from flows.steps.resolve import compared_records, value_frequencies
from flows.warehouse import Warehouse

_MOST_RECORDS: Final = 200_000


def train(
    warehouse: Warehouse, settings: Settings, *, is_dry_run: bool = False, most_records: int = _MOST_RECORDS
) -> list[dict[str, Any]]:
    """Refit the weights on at most so many records of the warehouse and write them to the reference folder.

    Refits the packaged model, so that training twice is training once; thresholds and all else that the folder's
    model says stay. Returns one row per level in the order of the model: `comparison`, `level`, `m_before` and
    `weight_before` as they were in use, `m` and `weight` as refitted. Raises UsageError where the records are too few.
    """
    used = load_model(settings.reference)
    warehouse.run("stage/create_staging")
    warehouse.run("resolve/create_identity")
    warehouse.run("train/sample_sources", {"most": most_records})
    warehouse.run("train/ask_contacts")
    warehouse.run("resolve/supersede_contacts")
    warehouse.run("resolve/face_records")
    strangers = warehouse.frame("train/strangers")["unique_id"]
    record_count = int(warehouse.frame("train/count_sources").item())
    records, kinds, headers = compared_records(warehouse)
    packaged = load_model()
    frequencies = value_frequencies(warehouse, headers, packaged, record_count)
    fit = fit_weights(records, strangers, frequencies, kinds, packaged, record_count)
    today = datetime.now(UTC).date()
    trained = used.model_copy(
        update={
            "name": f"trained-{today}",
            "source": f"leads train on {today}: {records.height:,} distinct records, of {record_count:,} in the "
            f"warehouse, with about {fit.pair_count:,} pairs of one person; refitted from {packaged.name}",
            "comparisons": fit.comparisons,
        }
    )
    if not is_dry_run:
        write_model(settings.reference, trained)
    return _changes(used, trained, record_count)


def write_model(folder: Path, model: IdentityModel) -> None:
    """Write a model into the reference folder, whole or not at all; keep the one that was there as `.bak`."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / MODEL_FILE
    fresh = path.with_name(f".{MODEL_FILE}.new")
    fresh.write_text(model.model_dump_json(indent=2, exclude_defaults=True) + "\n", encoding="utf-8")
    if path.exists():
        path.replace(kept_model(folder))
    fresh.replace(path)


def kept_model(folder: Path) -> Path:
    """Return where the model that a new one takes the place of is kept."""
    return folder / f"{MODEL_FILE}.bak"


def _changes(before: IdentityModel, after: IdentityModel, record_count: int) -> list[dict[str, Any]]:
    return [
        {
            "comparison": kind,
            "level": label,
            "m_before": before.comparisons[kind][label].m,
            "m": level.m,
            "weight_before": _weight(before, kind, before.comparisons[kind][label], record_count),
            "weight": _weight(after, kind, level, record_count),
        }
        for kind, levels in after.comparisons.items()
        for label, level in levels.items()
    ]


def _weight(model: IdentityModel, kind: str, level: Level, record_count: int) -> float:
    """Return the weight of a level in bits; where it depends on the value, that of a rare one."""
    if level.u == "pair":
        u = max(model.pair_u(record_count), level.least_u)
    elif level.u == "frequency":
        u = max(model.imagined_frequency.get(kind, 0.0), level.least_u)
    else:
        u = level.u
    return round(log2(level.m / u), 2)
