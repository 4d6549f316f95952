"""Rebuild after an erasure: the same warehouse as the erased one, number by number, and nobody is back."""

from pathlib import Path

from flows.erase import erase
from flows.rebuild import rebuild
from flows.restore import restore
from flows.verify import verify
from tests.integration.test_erasure import SPELLINGS, dana_id, kept_files, load_again, world
from tests.integration.test_rebuild import everything
from tests.integration.test_rules import World

__all__ = ["world"]  # fixtures


def rebuilt(world: World) -> Path:
    """Rebuild; the result must be the warehouse to the letter, and the archive what it was."""
    target = world.folder / "again.duckdb"
    archive = {path: path.read_bytes() for path in world.settings.archive.rglob("*") if path.is_file()}
    done = rebuild(world.settings, target)
    assert done.differing_tables == []
    before, after = everything(world.settings.warehouse), everything(target)
    for table, content in before.items():
        assert after[table] == content, table
    assert {path: path.read_bytes() for path in world.settings.archive.rglob("*") if path.is_file()} == archive
    return target


def assert_nobody_is_back(world: World) -> None:
    """No file has any spelling of Dana, and the warehouse is sound."""
    assert [path.name for path in kept_files(world) if SPELLINGS.search(path.read_bytes())] == []
    assert [finding for finding in verify(world.settings) if finding.status != "ok"] == []


def test_three_files_a_merge_and_the_files_again(world: World) -> None:
    erase(world.settings, [dana_id(world)])
    load_again(world)
    target = rebuilt(world)
    assert_nobody_is_back(world)
    restore(world.settings, target, is_confirmed=True)
    assert_nobody_is_back(world)
