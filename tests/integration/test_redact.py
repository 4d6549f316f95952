"""What may never be kept is nowhere: not in the warehouse, not in the archive; and all else goes on as before."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from flows.archive import archived_file, note_of, stored_format
from flows.pipeline import ingest
from flows.replay import replay
from flows.run import Request
from flows.settings import Settings
from flows.steps import read
from flows.steps.redact import replace_records
from flows.warehouse import read_warehouse

SECRETS = ("078-05-1120", "219-09-9999", "987-65-4320")
CSV = (
    "Contacts of the fair\r\n"
    "First Name,Last Name,SSN,Notes\r\n"
    "Dana,Reyes,078-05-1120,tea\r\n"
    'Omar,,219-09-9999,"two\r\nlines"\r\n'
    "Eve,Day,987-65-4320,too,many\r\n"
    "\r\n"
    "Ann,Béll,,none\r\n"
)
ROWS: list[dict[str, Any]] = [
    {"First Name": "Dana", "Last Name": "Reyes", "SSN": SECRETS[0], "Notes": "tea"},
    {"First Name": "Omar", "Last Name": "", "SSN": SECRETS[1], "Notes": "two"},
    {"First Name": "Ann", "Last Name": "Béll", "SSN": SECRETS[2], "Notes": "none"},
]


def settings_in(folder: Path) -> Settings:
    return Settings(warehouse=folder / "leads.duckdb", reference=folder / "reference", archive=folder / "archive")


def everything_kept(folder: Path) -> bytes:
    """All bytes in warehouse and archive."""
    kept = [folder / "leads.duckdb", *(path for path in (folder / "archive").rglob("*") if path.is_file())]
    return b"".join(path.read_bytes() for path in kept)


def write_csv(path: Path) -> Path:
    path.write_bytes(CSV.encode("cp1252"))
    return path


def write_json(path: Path) -> Path:
    path.write_text(json.dumps({"data": ROWS}, indent=1, ensure_ascii=False), encoding="utf-8")
    return path


def write_ndjson(path: Path) -> Path:
    broken = '{"First Name": "Eve", "SSN": "987-65-4320",'
    lines = [json.dumps(ROWS[0]), broken, *map(json.dumps, ROWS[1:])]
    path.write_text("\n".join(lines), encoding="utf-16")
    return path


def write_parquet(path: Path) -> Path:
    pl.DataFrame(ROWS).write_parquet(path)
    return path


def write_xlsx(path: Path) -> Path:
    pl.DataFrame(ROWS).write_excel(path)
    return path


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("export.csv", write_csv),
        ("export.json", write_json),
        ("export.ndjson", write_ndjson),
        ("export.parquet", write_parquet),
        ("export.xlsx", write_xlsx),
    ],
)
def test_forbidden_cells_are_kept_nowhere_and_the_rest_replays(tmp_path: Path, name: str, write: Any) -> None:
    settings = settings_in(tmp_path)
    (tmp_path / "reference").mkdir()
    path = write(tmp_path / name)
    [summary] = ingest(settings, Request(paths=(str(path),)))
    assert summary.columns["status"] == "loaded", summary.columns["error"]
    assert summary.columns["rows_inserted"] == 2
    kept = everything_kept(tmp_path)
    for secret in SECRETS:
        assert secret.encode() not in kept
        assert secret.encode("utf-16-le") not in kept

    archived = archived_file(settings.archive, summary.columns["file_sha256"])
    assert archived is not None
    note = json.loads(note_of(archived).read_text())
    assert note["sha256"] != summary.columns["file_sha256"]
    file_format = stored_format(archived, summary.columns["file_format"])
    numbers = [row for chunk in read.read_records(archived, file_format) for row in chunk.rows["row_number"]]
    assert len(numbers) >= 3

    feeds = '[feeds.default]\nplaceholders = { lastName = "Unknown" }\n'
    (tmp_path / "reference" / "feeds.toml").write_text(feeds)
    [replayed] = replay(settings, "1")
    assert replayed.columns["rows_inserted"] == 1
    with read_warehouse(settings.warehouse, wait_seconds=0) as warehouse:
        names = warehouse.connection.sql("SELECT firstName, lastName FROM lead ORDER BY id").fetchall()
    assert names == [("Dana", "Reyes"), ("Ann", "Béll"), ("Omar", "Unknown")]

    [again] = ingest(settings, Request(paths=(str(path),), is_forced=True))
    assert again.columns["rows_unchanged"] == 3
    assert SECRETS[0].encode() not in everything_kept(tmp_path)


def test_all_but_the_records_stays_byte_for_byte() -> None:
    text = b"title\r\na,b\r\n1,x\r\nbroken x\r\n\r\n1,x\n3,y"
    records = [(b"1,x", b"1,-"), None, (b"1,x", b"1,-"), (b"3,y", b"3,y")]
    found = replace_records(iter([text[:9], text[9:20], text[20:]]), records, lambda line: line.replace("x", "?"), 2)
    assert b"".join(found) == b"title\r\na,b\r\n1,-\r\nbroken ?\r\n\r\n1,-\n3,y"
