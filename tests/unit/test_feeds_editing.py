"""Overrides written into `feeds.toml`: all else stays as people wrote it."""

import tomllib
from pathlib import Path

import pytest

from flows.errors import UsageError
from flows.feeds_editing import headers_block, write_headers

WRITTEN = """# ours, by hand
[feeds.crm]
origin = "crm"   # believed

[feeds.fair]
region = "DE"
headers = { "Nr." = "", Vorname = "lastName" } # old

[feeds.web]
timezone = 'UTC'
"""


def test_headers_are_added_and_replaced_and_nothing_else_changes(tmp_path: Path) -> None:
    path = tmp_path / "feeds.toml"
    path.write_text(WRITTEN, encoding="utf-8")

    write_headers(path, "fair", {"Vorname": "firstName", 'Say "x" \\': "notes"})

    edited = path.read_text(encoding="utf-8")
    expected = tomllib.loads(WRITTEN)
    expected["feeds"]["fair"]["headers"] = {"Nr.": "", "Vorname": "firstName", 'Say "x" \\': "notes"}
    assert tomllib.loads(edited) == expected
    kept = [line for line in WRITTEN.splitlines() if not line.startswith("headers")]
    assert [line for line in edited.splitlines() if not line.startswith("headers")] == kept


@pytest.mark.parametrize("text", ["", "[feeds.crm]\norigin = 'crm'", "feeds.crm.origin = 'crm'\r\n", "\ufeff[feeds]\n"])
def test_feed_that_is_new_is_added(tmp_path: Path, text: str) -> None:
    path = tmp_path / "reference" / "feeds.toml"
    if text:
        path.parent.mkdir()
        path.write_bytes(text.encode())

    write_headers(path, "fair", {"Vorname": "firstName"})
    write_headers(path, "fair", {"Vorname": "firstName"})

    written = path.read_bytes().decode("utf-8")
    assert written.startswith("\ufeff") == text.startswith("\ufeff")
    before = tomllib.loads(text.removeprefix("\ufeff")).get("feeds", {})
    assert tomllib.loads(written.removeprefix("\ufeff"))["feeds"] == {
        **before,
        "fair": {"headers": {"Vorname": "firstName"}},
    }


def test_broken_file_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "feeds.toml"
    path.write_text("[feeds.fair\n")

    with pytest.raises(UsageError, match="line 1"):
        write_headers(path, "fair", {"Vorname": "firstName"})

    assert path.read_text() == "[feeds.fair\n"
    assert list(tmp_path.iterdir()) == [path]


def test_block_says_what_is_written(tmp_path: Path) -> None:
    headers = {"Vorname": "firstName", "Nr.": "", "a.b": "email", "": "notes"}

    assert tomllib.loads(headers_block("fair", headers)) == {"feeds": {"fair": {"headers": headers}}}
