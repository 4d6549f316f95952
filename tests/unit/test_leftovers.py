"""What a killed run left goes, what a run is at work on stays."""

import tempfile
from pathlib import Path

import pytest

from flows.leftovers import remove_leftovers, scratch_folder, unfinished_file
from flows.whole_files import whole_file

PREFIX = ".unfinished-"


def test_only_what_nobody_is_at_work_on_is_removed(tmp_path: Path) -> None:
    (tmp_path / f"{PREFIX}old").write_text("half a")
    (tmp_path / f"{PREFIX}folder").mkdir()
    (tmp_path / f"{PREFIX}folder" / "file").write_text("half a")
    (tmp_path / "whole").write_text("whole")
    with unfinished_file(tmp_path, PREFIX) as (_, at_work):
        remove_leftovers(tmp_path, PREFIX)
        assert sorted(tmp_path.iterdir()) == sorted([at_work, tmp_path / "whole"])
    assert list(tmp_path.iterdir()) == [tmp_path / "whole"]


def test_a_file_that_was_renamed_stays_and_is_its_owners_only(tmp_path: Path) -> None:
    with unfinished_file(tmp_path, PREFIX) as (file, unfinished):
        file.write(b"whole")
        file.flush()
        unfinished.replace(tmp_path / "whole")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("whole", b"whole")]
    assert (tmp_path / "whole").stat().st_mode & 0o777 == 0o600


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "house").mkdir()
    (tmp_path / "house" / f"{PREFIX}link").symlink_to(tmp_path / "elsewhere")
    remove_leftovers(tmp_path / "house", PREFIX)
    assert (tmp_path / "elsewhere").is_dir()


def test_scratch_folders_of_killed_runs_go_and_those_in_use_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    (tmp_path / "leadmill-scratch-killed").mkdir()
    with scratch_folder() as first, scratch_folder() as second:
        assert sorted(tmp_path.iterdir()) == sorted([first, second])
        assert first.stat().st_mode & 0o777 == 0o700
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_export_left_goes_with_the_next(tmp_path: Path) -> None:
    (tmp_path / ".leads.csv.unfinished-killed").write_text("half a")
    with whole_file(tmp_path / "leads.csv") as file:
        file.write(b"whole")
    assert [path.name for path in tmp_path.iterdir()] == ["leads.csv"]
