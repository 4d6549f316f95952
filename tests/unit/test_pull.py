"""Pulling: which files a path means, whose they are, and what the archive holds of them."""

import gzip
import hashlib
import io
import os
import stat
import zipfile
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow
import pytest

from flows.errors import UnreadableFileError, UsageError
from flows.formats import packing
from flows.steps import pull
from flows.steps.pull import TakenFile, archive_file, choose_feed, find_files
from schemas.reference import Feed

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def write(path: Path, data: bytes = b"a,b\n1,2\n", modified_at: datetime | None = None) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    if modified_at:
        os.utime(path, (modified_at.timestamp(),) * 2)
    return path


def take(path: Path, archive: Path, now: datetime = NOW, **feed: Any) -> TakenFile:
    return archive_file(path, archive, Feed(name="web", **feed), now)


def archived(archive: Path) -> list[str]:
    return sorted(path.relative_to(archive).as_posix() for path in archive.rglob("*") if path.is_file())


# ---- which files


def test_file_is_taken_whatever_it_is_called(tmp_path: Path) -> None:
    file = write(tmp_path / "export.dat")
    assert find_files([str(file)]) == [file]


def test_folder_gives_its_exports_by_name(tmp_path: Path) -> None:
    names = ["b.CSV", "a.csv.gz", "c.ndjson", "d.jsonl", "e.json", "f.tsv", "g.txt"]
    names += ["h.csv.zst", "i.xlsx", "j.parquet", "k.zip", "l.json.zip"]
    for name in [*names, ".hidden.csv", "~$i.xlsx", "notes.md", "x.csv.part", "y.gz", "sub/inner.csv"]:
        write(tmp_path / name)
    assert [file.name for file in find_files([str(tmp_path)])] == sorted(names)


def test_pattern_gives_the_files_that_match(tmp_path: Path) -> None:
    for name in ["b.csv", "a.csv", "c.json", "sub/d.csv"]:
        write(tmp_path / name)
    assert [file.name for file in find_files([f"{tmp_path}/*.csv"])] == ["a.csv", "b.csv"]
    assert [file.name for file in find_files([f"{tmp_path}/**/d.csv"])] == ["d.csv"]


def test_file_that_looks_like_a_pattern_is_that_file(tmp_path: Path) -> None:
    write(tmp_path / "a1.csv")
    file = write(tmp_path / "a[1].csv")
    assert find_files([str(file)]) == [file]


def test_each_file_comes_once_in_the_order_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ["a.csv", "b.csv"]:
        write(tmp_path / name)
    monkeypatch.chdir(tmp_path)
    assert find_files(["b.csv", ".", f"{tmp_path}/a.csv", "./b.csv"]) == [Path("b.csv"), Path("a.csv")]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("missing.csv", "missing.csv does not exist"),
        ("missing/*.csv", "no file matches"),
        ("empty", "no exports in folder empty"),
        ("https://example.com/leads.csv", "URLs are not supported yet"),
        ("s3://bucket/leads.csv", "URLs are not supported yet"),
    ],
)
def test_path_that_names_nothing_is_wrong_usage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str, message: str
) -> None:
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=message):
        find_files([given])


def test_secret_in_a_url_is_not_repeated() -> None:
    with pytest.raises(UsageError) as error:
        find_files(["https://user:secret@example.com/leads.csv"])
    assert "secret" not in str(error.value)


def test_pipe_is_wrong_usage(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UsageError, match="no regular file"):
        find_files([str(tmp_path / "pipe")])


# ---- whose they are


@pytest.mark.parametrize(
    ("location", "is_its"),
    [
        ("exports/web/a.csv", True),
        ("exports/web", True),
        ("exports/web/", True),
        ("exports/web/*.csv", True),
        ("exports/w?b/[ab].csv", True),
        ("exports/**/*.csv", True),
        ("exports/**", True),
        ("exports/*/", True),
        ("exports/*.csv", False),
        ("exports", False),
        ("exports/*", False),
        ("exports/web/*.json", False),
        ("https://example.com/exports/web", False),
    ],
)
def test_location_holds_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, location: str, is_its: bool) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "exports" / "web" / "a.csv")
    feeds = {"default": Feed(name="default"), "web": Feed(name="web", location=location)}
    for path in (Path("exports/web/a.csv"), tmp_path / "exports/web/a.csv", Path("exports/../exports/web/a.csv")):
        assert choose_feed(path, feeds).name == ("web" if is_its else "default")


def test_file_of_two_feeds_is_wrong_usage(tmp_path: Path) -> None:
    feeds = {
        name: Feed(name=name, location=location)
        for name, location in [("web", str(tmp_path)), ("ads", f"{tmp_path}/*.csv")]
    }
    with pytest.raises(UsageError, match="feeds web and ads"):
        choose_feed(tmp_path / "a.csv", feeds)


# ---- the archive


def test_file_is_kept_under_its_hash_for_its_owner_only(tmp_path: Path) -> None:
    file = write(tmp_path / "in" / "leads.csv", b"a,b\n1,2\n")
    taken = take(file, tmp_path / "archive")
    digest = hashlib.sha256(b"a,b\n1,2\n").hexdigest()
    assert (taken.uri, taken.name, taken.sha256, taken.bytes) == (str(file), "leads.csv", digest, 8)
    assert taken.path == tmp_path / "archive" / digest[:2] / digest
    assert taken.path.read_bytes() == b"a,b\n1,2\n"
    assert stat.S_IMODE(taken.path.stat().st_mode) == 0o600
    assert archived(tmp_path / "archive") == [f"{digest[:2]}/{digest}"]


def zstd(data: bytes) -> bytes:
    packed = pyarrow.BufferOutputStream()
    with pyarrow.CompressedOutputStream(packed, "zstd") as stream:
        stream.write(data)
    content: bytes = packed.getvalue().to_pybytes()
    return content


def zipped(members: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return packed.getvalue()


def one_in_a_zip(data: bytes) -> bytes:
    litter = {"export/": b"", "__MACOSX/export/._leads.csv": b"x", "export/.DS_Store": b"x"}
    return zipped({**litter, "export/leads.csv": data})


@pytest.mark.parametrize("pack", [gzip.compress, zstd, one_in_a_zip])
def test_packed_or_renamed_the_content_is_the_same_file(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    data = b"a,b\n1,2\n" * 1000
    plain = take(write(tmp_path / "leads.csv", data), tmp_path / "archive")
    renamed = take(write(tmp_path / "other.txt", pack(data)), tmp_path / "archive")
    assert (renamed.sha256, renamed.bytes, renamed.path) == (plain.sha256, plain.bytes, plain.path)
    assert len(archived(tmp_path / "archive")) == 1


def test_known_content_is_not_written_again(tmp_path: Path) -> None:
    file = write(tmp_path / "leads.csv")
    first = take(file, tmp_path / "archive").path.stat()
    again = take(file, tmp_path / "archive").path.stat()
    assert (again.st_ino, again.st_mtime_ns) == (first.st_ino, first.st_mtime_ns)


def test_rest_of_a_crash_is_replaced(tmp_path: Path) -> None:
    file = write(tmp_path / "leads.csv", b"a,b\n1,2\n")
    place = take(file, tmp_path / "archive").path
    place.write_bytes(b"a,")
    assert take(file, tmp_path / "archive").path.read_bytes() == b"a,b\n1,2\n"


def test_several_gzip_members_are_one_file(tmp_path: Path) -> None:
    file = write(tmp_path / "leads.csv.gz", gzip.compress(b"a,b\n") + gzip.compress(b"1,2\n"))
    assert take(file, tmp_path / "archive").path.read_bytes() == b"a,b\n1,2\n"


def test_several_zstandard_frames_are_one_file(tmp_path: Path) -> None:
    file = write(tmp_path / "leads.csv.zst", zstd(b"a,b\n") + zstd(b"1,2\n"))
    assert take(file, tmp_path / "archive").path.read_bytes() == b"a,b\n1,2\n"


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_zip_of_any_method_is_unpacked(tmp_path: Path, method: int) -> None:
    file = write(tmp_path / "leads.zip", zipped({"a.csv": b"a,b\n1,2\n"}, method))
    assert take(file, tmp_path / "archive").path.read_bytes() == b"a,b\n1,2\n"


def test_workbook_is_a_zip_that_stays_packed(tmp_path: Path) -> None:
    data = zipped({"[Content_Types].xml": b"x", "xl/workbook.xml": b"x"})
    assert take(write(tmp_path / "leads.xlsx", data), tmp_path / "archive").path.read_bytes() == data


DATA = b"a,b\n" + bytes(range(256)) * 50


@pytest.mark.parametrize(
    ("data", "packing"),
    [
        (gzip.compress(DATA, mtime=0)[:-12], "gzip"),
        (gzip.compress(DATA, mtime=0)[:-6] + b"xxxxxx", "gzip"),
        (gzip.compress(b"a,b\n", mtime=0)[:11] + b"\xff" * 20, "gzip"),
        (gzip.compress(b"a,b\n", mtime=0) + b"rubbish", "gzip"),
        (b"\x1f\x8b", "gzip"),
        (zstd(DATA)[:-5], "Zstandard"),
        (b"\x28\xb5\x2f\xfd" + b"\xff" * 20, "Zstandard"),
        (zstd(DATA) + b"rubbish", "Zstandard"),
        (b"\x28\xb5\x2f\xfd", "Zstandard"),
        (zipped({"a.csv": DATA})[:-12], "zip"),
        (zipped({"a.csv": b"a,b\n1,2\n"}, zipfile.ZIP_STORED).replace(b"1,2", b"1,3"), "zip"),
        (b"PK\x03\x04", "zip"),
    ],
    ids=lambda value: value if isinstance(value, str) else "broken",
)
def test_broken_packing_is_unreadable_and_leaves_nothing(tmp_path: Path, data: bytes, packing: str) -> None:
    with pytest.raises(UnreadableFileError, match=f"is broken {packing}"):
        take(write(tmp_path / "leads.csv.gz", data), tmp_path / "archive")
    assert archived(tmp_path / "archive") == []


def with_password(data: bytes) -> bytes:
    """Set the flag for encryption in the header and the directory of a zip of one file."""
    at = data.index(b"PK\x01\x02")
    return data[:6] + bytes([data[6] | 1]) + data[7 : at + 8] + bytes([data[at + 8] | 1]) + data[at + 9 :]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (zipped({"a.csv": b"a", "b.csv": b"b", "__MACOSX/a.csv": b"x"}), "zip of 2 files; unpack it"),
        (zipped({"export/": b"", ".DS_Store": b"x"}), "zip without a file in it"),
        (zipped({}), "zip without a file in it"),
        (with_password(zipped({"a.csv": b"a"})), "zip with a password"),
    ],
)
def test_zip_that_is_not_one_readable_file_is_refused(tmp_path: Path, data: bytes, message: str) -> None:
    with pytest.raises(UnreadableFileError, match=message):
        take(write(tmp_path / "leads.zip", data), tmp_path / "archive")
    assert archived(tmp_path / "archive") == []


@pytest.mark.parametrize("pack", [gzip.compress, zstd, one_in_a_zip])
def test_bomb_is_refused_and_leaves_nothing(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    bomb = write(tmp_path / "leads.csv.gz", pack(b"\0" * (80 * 2**20)))
    with pytest.raises(UnreadableFileError, match="250 times its size"):
        take(bomb, tmp_path / "archive")
    assert archived(tmp_path / "archive") == []


def test_file_over_the_cap_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packing, "FILE_BYTES_MAX", 4)
    with pytest.raises(UnreadableFileError, match="split it"):
        take(write(tmp_path / "leads.csv"), tmp_path / "archive")
    assert archived(tmp_path / "archive") == []


def test_file_that_cannot_be_opened_is_unreadable(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError, match=r"cannot read .*No such file"):
        take(tmp_path / "gone.csv", tmp_path / "archive")
    with pytest.raises(UnreadableFileError, match=r"cannot read .*directory"):
        take(tmp_path, tmp_path / "archive")
    assert archived(tmp_path / "archive") == []


def test_file_that_changes_while_it_is_read_is_unreadable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write(tmp_path / "leads.csv")
    blocks = packing.unpacked_blocks

    def grow(path: Path) -> Iterator[bytes]:
        yield from blocks(path)
        write(path, b"a,b\n1,2\n3,4\n")

    monkeypatch.setattr(pull, "unpacked_blocks", grow)
    with pytest.raises(UnreadableFileError, match="changed while it was read"):
        take(file, tmp_path / "archive")
    assert archived(tmp_path / "archive") == []


# ---- as of when


def test_as_of_is_when_the_file_was_modified_but_never_later_than_now(tmp_path: Path) -> None:
    modified_at = datetime(2026, 1, 5, 3, 4, 5, tzinfo=UTC)
    file = write(tmp_path / "leads.csv", modified_at=modified_at)
    assert take(file, tmp_path / "archive").as_of == modified_at
    assert take(file, tmp_path / "archive", now=modified_at - timedelta(days=1)).as_of == modified_at - timedelta(
        days=1
    )


def test_as_of_is_the_date_in_the_name_where_the_feed_says_how(tmp_path: Path) -> None:
    modified_at = datetime(2026, 2, 1, tzinfo=UTC)
    keys: dict[str, Any] = {"as_of_pattern": "web-%Y-%m-%d.csv", "timezone": "America/New_York"}
    for name, as_of in [
        ("web-2026-01-05.csv", datetime(2026, 1, 5, 5, tzinfo=UTC)),
        ("web-2026-01-05.csv.gz", datetime(2026, 1, 5, 5, tzinfo=UTC)),
        ("web-2026-13-45.csv", modified_at),
        ("ads-2026-01-05.csv", modified_at),
        ("web-2027-01-05.csv", NOW),
    ]:
        assert take(write(tmp_path / name, modified_at=modified_at), tmp_path / "archive", **keys).as_of == as_of
