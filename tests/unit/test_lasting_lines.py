"""Lines that outlive a crash."""

from pathlib import Path

from flows.lasting_lines import append_lines


def test_lines_are_added_for_the_owner_only_and_half_a_line_stays_apart(tmp_path: Path) -> None:
    path = tmp_path / "lines.jsonl"
    append_lines(path, [{"a": 1}, {"a": 2}])
    with path.open("a") as file:
        file.write('{"a": 3, "b')
    append_lines(path, [{"a": 4}])
    assert path.read_text() == '{"a": 1}\n{"a": 2}\n{"a": 3, "b\n{"a": 4}\n'
    assert path.stat().st_mode & 0o777 == 0o600
