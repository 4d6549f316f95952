"""The key by which people are known again without their address being kept: HMACs in the warehouse, the key outside.

A copy of the warehouse alone tells nobody whose address a hash is of. The key is a file of its own, made when it is
first needed; the warehouse keeps a digest of it, so that another key, or none, is noticed and nobody is overlooked.
"""

import hmac
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import Final, Literal

import polars as pl

from flows.errors import UsageError
from flows.settings import Settings
from flows.warehouse import Warehouse
from flows.whole_files import make_folder, whole_file

_KEY_BYTES: Final = 32
_FINGERPRINT_OF: Final = "leadmill person key"

KeyState = Literal["none", "fitting", "missing", "other"]


def key_path(settings: Settings) -> Path:
    """Return where the key lies, or would lie."""
    return settings.key_file or settings.archive.parent / "leads.key"


def person_key(settings: Settings, warehouse: Warehouse, *, is_dry_run: bool = False) -> bytes:
    """Return the key of the people in a warehouse; make it where none was needed before.

    A dry run makes none: where there is none it works with one that is forgotten with it. Raises UsageError where the
    key is missing, unreadable, or another than the one that the warehouse was used with.
    """
    path = key_path(settings)
    state = key_state(settings, warehouse)
    if state in ("missing", "other"):
        raise UsageError(
            f"{path}: {_WORDS[state]}, and without it nobody who opted out or was erased is known again; "
            "restore the file from its backup, or name it by LEADS_KEY_FILE"
        )
    if state == "none":
        if is_dry_run and not path.exists():
            return secrets.token_bytes(_KEY_BYTES)
        key = _read_key(path) if path.exists() else _make_key(path)
        warehouse.append("person_key", pl.DataFrame({"fingerprint": [_fingerprint(key)]}))
        return key
    return _read_key(path)


_WORDS: Final = {"missing": "the key of this warehouse is not there", "other": "is not the key of this warehouse"}


def key_state(settings: Settings, warehouse: Warehouse) -> KeyState:
    """Return how the key fits a warehouse: `none` was needed yet, or it is `fitting`, `missing`, or an `other` one.

    Raises UsageError for a file that holds no key.
    """
    known = warehouse.frame("preferences/key_fingerprint")
    if known.is_empty():
        return "none"
    path = key_path(settings)
    if not path.exists():
        return "missing"
    return "fitting" if hmac.compare_digest(_fingerprint(_read_key(path)), known.item()) else "other"


def value_hash(key: bytes, kind: str, value: str) -> str:
    """Return the HMAC-SHA256, in hex, of a contact of a kind ('email', 'phone') in its normal form."""
    return hmac.digest(key, f"{kind}:{value}".encode(), "sha256").hex()


def value_hashes(key: bytes, kinds: Iterable[str], values: Iterable[str]) -> pl.Series:
    """Return the hashes of contacts side by side."""
    hashes = [value_hash(key, kind, value) for kind, value in zip(kinds, values, strict=True)]
    return pl.Series("value_hash", hashes, dtype=pl.String)


def _fingerprint(key: bytes) -> str:
    return hmac.digest(key, _FINGERPRINT_OF.encode(), "sha256").hex()


def _make_key(path: Path) -> bytes:
    key = secrets.token_bytes(_KEY_BYTES)
    make_folder(path.parent)
    # Whole or not at all: half a key, as a crash would leave it, would be a broken one from then on.
    with whole_file(path) as file:
        file.write(f"{key.hex()}\n".encode())
    return key


def _read_key(path: Path) -> bytes:
    try:
        key = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except OSError as error:
        raise UsageError(f"{path}: the key cannot be read ({error.strerror}); check its permissions") from error
    except ValueError:
        key = b""
    if len(key) != _KEY_BYTES:
        raise UsageError(f"{path}: is no key of {_KEY_BYTES} bytes in hex; restore it, or set LEADS_KEY_FILE")
    return key
