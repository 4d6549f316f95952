"""Gives back the reference data that a batch used: its files, to the byte, in a folder of their own."""

from pathlib import Path

from flows.errors import UsageError
from flows.warehouse import Warehouse


def give_back(warehouse: Warehouse, batch_id: int, folder: Path) -> list[str]:
    """Write the reference files of a batch into a folder that is new or empty; return their names.

    Raises UsageError where the batch used none, or was loaded before versions were kept.
    """
    files = warehouse.frame("audit/reference_version", {"batch_id": batch_id})
    if files.is_empty():
        raise UsageError(f"batch {batch_id}: no reference files are kept of it; it used none, or is older than keeping")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder}: is there already; name a folder that is new or empty")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.iter_rows():
            (folder / name).write_bytes(content)
    except OSError as error:
        raise UsageError(f"{folder}: cannot be written ({error.strerror}); name another folder") from error
    return files["file_name"].to_list()
