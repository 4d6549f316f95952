"""Packed files: gzip, Zstandard and zip, told by their first bytes and unpacked block by block.

A zip holds one export; a workbook is a zip too and stays as it is. What unpacks to more than any export
has is refused while it is unpacked, whatever its own directory says, so a bomb costs neither memory nor disk.
"""

import gzip
import lzma
import os
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final, cast

from flows.errors import UnreadableFileError

GZIP_MAGIC: Final = b"\x1f\x8b"
ZSTD_MAGIC: Final = b"\x28\xb5\x2f\xfd"
ZIP_MAGIC: Final = b"PK\x03\x04"
# Of a zip without members.
_EMPTY_ZIP_MAGIC: Final = b"PK\x05\x06"

# A lead takes some 300 bytes: this is a hundred million of them.
FILE_BYTES_MAX: Final = 32 * 2**30
# Exports shrink to a fifth or a tenth, the most repetitive ones to a hundredth. Checked only behind
# the first bytes, since small files of one repeated line mean no harm.
COMPRESSION_RATIO_MAX: Final = 250
_RATIO_CHECKED_FROM_BYTES: Final = 64 * 2**20

_BLOCK_BYTES: Final = 2**20

# A zip of these is a document of Office or OpenOffice, which `detection` knows by name.
_DOCUMENT_MEMBERS: Final = ("[Content_Types].xml", "META-INF/manifest.xml")
# What file managers put beside the files that people packed.
_LITTER: Final = ("__MACOSX/", ".DS_Store", "Thumbs.db", "desktop.ini")


# What the libraries raise for damage; a name in a zip that is no text is a ValueError.
_BROKEN: Final = (
    EOFError,
    ValueError,
    gzip.BadGzipFile,
    lzma.LZMAError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
)


def unpacked_blocks(path: Path) -> Iterator[bytes]:
    """Yield a file's bytes in blocks, unpacked if it is packed, whatever the file is called.

    Raises UnreadableFileError where it cannot be read or unpacked, is a zip of no or several files, or
    holds more than any export has.
    """
    total = 0
    try:
        with path.open("rb") as source, _unpacked(path, source) as stream:
            packed_bytes = os.fstat(source.fileno()).st_size
            while block := stream.read(_BLOCK_BYTES):
                total += len(block)
                refuse_too_much(str(path), total, packed_bytes)
                yield block
    except OSError as error:
        raise UnreadableFileError(f"cannot read {path}: {error.strerror}") from error


def refuse_too_much(name: str, total: int, packed_bytes: int) -> None:
    """Raise UnreadableFileError where `total` bytes, unpacked of `packed_bytes`, are more than exports have."""
    if total > FILE_BYTES_MAX:
        raise UnreadableFileError(f"{name} has over {FILE_BYTES_MAX // 2**30} GiB; split it")
    if total > _RATIO_CHECKED_FROM_BYTES and total > COMPRESSION_RATIO_MAX * packed_bytes:
        raise UnreadableFileError(
            f"{name} unpacks to over {COMPRESSION_RATIO_MAX} times its size, which no export does; "
            "unpack it by hand if it is one"
        )


def holds_document(path: Path) -> bool:
    """Whether a zip is one document, such as a workbook, and no archive of files."""
    with _told(path, "zip"), zipfile.ZipFile(path) as archive:
        return _is_document(archive)


def _is_document(archive: zipfile.ZipFile) -> bool:
    names = archive.namelist()
    return any(name in names for name in _DOCUMENT_MEMBERS)


@contextmanager
def _unpacked(path: Path, source: IO[bytes]) -> Iterator[IO[bytes]]:
    """Open the export in a file; what is wrong with its packing becomes UnreadableFileError."""
    magic = source.read(4)
    source.seek(0)
    if magic.startswith(GZIP_MAGIC):
        with _told(path, "gzip"), gzip.GzipFile(fileobj=source) as stream:
            yield cast("IO[bytes]", stream)
    elif magic == ZSTD_MAGIC:
        # Imported here: few exports are packed so, and it takes a tenth of a second.
        import pyarrow

        with _told(path, "Zstandard"):
            yield pyarrow.CompressedInputStream(pyarrow.PythonFile(source, "r"), "zstd")
    elif magic in (ZIP_MAGIC, _EMPTY_ZIP_MAGIC):
        with _told(path, "zip"), zipfile.ZipFile(source) as archive:
            if _is_document(archive):
                source.seek(0)
                yield source
            else:
                with archive.open(_only_member(path, archive)) as stream:
                    yield stream
    else:
        yield source


@contextmanager
def _told(path: Path, packing: str) -> Iterator[None]:
    """Turn what the libraries say of broken packing into one line."""
    try:
        yield
    except _BROKEN as error:
        raise _broken(path, packing) from error
    except NotImplementedError as error:
        raise UnreadableFileError(f"{path} is a zip of a kind that is not known here ({error}); unpack it") from error
    except OSError as error:
        # Of the file system each error has a number, of the Zstandard library none.
        if error.errno is not None:
            raise
        raise _broken(path, packing) from error


def _broken(path: Path, packing: str) -> UnreadableFileError:
    # Without what the library says: of a zip it quotes names in it.
    return UnreadableFileError(f"{path} is broken {packing}; download or export it again")


def _only_member(path: Path, archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    """Return the one file in a zip; folders, and what file managers add, do not count."""
    members = [
        member
        for member in archive.infolist()
        if not member.is_dir()
        and not member.filename.startswith(_LITTER[0])
        and member.filename.rpartition("/")[2] not in _LITTER
    ]
    if not members:
        raise UnreadableFileError(f"{path} is a zip without a file in it; export it again")
    if len(members) > 1:
        raise UnreadableFileError(
            f"{path} is a zip of {len(members):,} files; unpack it and give them one by one, or their folder"
        )
    if members[0].flag_bits & 1:
        raise UnreadableFileError(f"{path} is a zip with a password; unpack it and give the file in it")
    return members[0]
