"""Files that were made to hurt, or look so: a clear error or one rejected row, and memory below 1 GiB."""

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow
import pytest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="memory is counted in KiB on Linux alone"),
]

MIB = 2**20
PEAK_KIB_MAX = 2**20
HEADER = b"First Name,Last Name,Email\n"
GOOD_ROW = b"Ann,Lee,ann@x.example\n"


def zstd(blocks: Iterable[bytes]) -> bytes:
    packed = pyarrow.BufferOutputStream()
    with pyarrow.CompressedOutputStream(packed, "zstd") as stream:
        for block in blocks:
            stream.write(block)
    content: bytes = packed.getvalue().to_pybytes()
    return content


def ingest(folder: Path, blocks: Iterable[bytes]) -> dict[str, Any]:
    """Load a file by the command line in a process of its own, whose peak memory is checked; return its batch."""
    path = folder / "leads.csv"
    with path.open("wb") as file:
        file.writelines(blocks)
    places = {"LEADS_WAREHOUSE": str(folder / "leads.duckdb"), "LEADS_ARCHIVE": str(folder / "archive")}
    with (folder / "told").open("wb") as told:
        process = subprocess.Popen(
            [sys.executable, "-m", "flows.cli", "ingest", str(path), "--json"],
            env={**{name: value for name, value in os.environ.items() if not name.startswith("LEADS_")}, **places},
            stdout=told,
        )
        _, status, used = os.wait4(process.pid, 0)
        # The process is gone already; without this the object would warn of it.
        process.returncode = os.waitstatus_to_exitcode(status)
    assert used.ru_maxrss < PEAK_KIB_MAX
    (batch,) = json.loads((folder / "told").read_text(encoding="utf-8"))["batches"]
    assert isinstance(batch, dict)
    return batch


def one_line(around: tuple[bytes, bytes]) -> Iterator[bytes]:
    yield around[0]
    for _ in range(300):
        yield b"x" * MIB
    yield around[1]


@pytest.mark.parametrize(
    ("blocks", "error"),
    [
        pytest.param(one_line((b"", b"\n")), "line 1 is over 1 MiB", id="300-mb-in-the-first-line"),
        pytest.param([b"[" * 100_000, b"]" * 100_000], "nested deeper than 64 levels", id="deep-json"),
        pytest.param([b"\x89PNG\r\n\x1a\n", bytes(range(256)) * 50], "PNG image", id="picture"),
        pytest.param([gzip.compress(b"x" * (300 * MIB), 6)], "250 times its size", id="gzip-bomb"),
        pytest.param([zstd([b"x" * MIB] * 2000)], "250 times its size", id="zstandard-bomb"),
    ],
)
def test_file_that_is_no_export_is_refused(tmp_path: Path, blocks: Iterable[bytes], error: str) -> None:
    batch = ingest(tmp_path, blocks)
    assert (batch["status"], batch["rows_inserted"]) == ("failed", 0)
    assert error in batch["error"]


@pytest.mark.parametrize(
    "blocks",
    [
        pytest.param(one_line((HEADER + b"Bo,Ek,", b"\n" + GOOD_ROW)), id="300-mb-in-a-cell"),
        pytest.param(one_line((HEADER + b'Bo,Ek,"', b"\n" + GOOD_ROW)), id="300-mb-behind-an-open-quote"),
        pytest.param(
            [b'{"First Name":"Ann","Last Name":"Lee"}\n', b'{"a":' * 100_000, b"1", b"}" * 100_000, b"\n"],
            id="deep-line",
        ),
    ],
)
def test_record_that_no_export_has_is_rejected_and_the_others_load(tmp_path: Path, blocks: Iterable[bytes]) -> None:
    batch = ingest(tmp_path, blocks)
    assert (batch["status"], batch["rows_inserted"], batch["rows_rejected"]) == ("loaded", 1, 1)
