"""The repository is the same for everybody: no file names a package index or a path of one machine."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# Put together from pieces, so that this file does not break its own rules.
INDEX_HOSTS = re.compile(
    "|".join(
        r"\.".join(labels)
        for labels in (
            ("pypi", "org"),
            ("pythonhosted", "org"),
            ("anaconda", "org"),
            ("registry", "npmjs"),
            ("deb", "debian", "org"),
        )
    ).encode()
)
# Where a path begins, or else every address with such a folder would count.
MACHINE_PATHS = re.compile(
    (
        r"(?<![\w.~-])/(?:"
        + "|".join(("Users", "home", "mnt", "opt", "private", "root", "tmp", "var/folders", "work", "workspace"))
        + r")/|[A-Za-z]:\\"
        + r"Users\\"
    ).encode()
)
# What .gitignore names, for a copy of the files that is no repository.
NOT_OURS = {".git", ".venv", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".hypothesis", "__pycache__"}
WRITTEN_BY_RUNS = ("data/warehouse/", "data/archive/", "data/reports/", "build/", "dist/")


def present_files(root: Path) -> list[Path]:
    """The files that are tracked or could be, as git sees them where there is a repository."""
    if (root / ".git").exists() and shutil.which("git"):
        listing = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=root,
            capture_output=True,
            check=True,
        )
        paths = [root / name.decode() for name in listing.stdout.split(b"\0") if name]
    else:
        paths = [
            path
            for path in root.rglob("*")
            if NOT_OURS.isdisjoint(path.relative_to(root).parts)
            and not path.relative_to(root).as_posix().startswith(WRITTEN_BY_RUNS)
        ]
    return sorted(path for path in paths if path.is_file())


def places(root: Path, pattern: re.Pattern[bytes]) -> list[str]:
    """Where the pattern stands in text files: 'file:line: what'. Bytes, since exports have many encodings."""
    found = []
    for path in present_files(root):
        content = path.read_bytes()
        if b"\0" in content:
            continue
        for match in pattern.finditer(content):
            line = content.count(b"\n", 0, match.start()) + 1
            found.append(f"{path.relative_to(root).as_posix()}:{line}: {match.group().decode()}")
    return found


def test_no_file_names_a_package_index() -> None:
    assert places(ROOT, INDEX_HOSTS) == []


def test_no_file_names_a_path_of_one_machine() -> None:
    assert places(ROOT, MACHINE_PATHS) == []


@pytest.mark.parametrize(
    ("pattern", "parts"),
    [
        (INDEX_HOSTS, ("--index-url https://", "pypi.", "org/simple")),
        (INDEX_HOSTS, ("https://files.", "pythonhosted.", "org/x")),
        (MACHINE_PATHS, ("--find-links /", "opt/wheels")),
        (MACHINE_PATHS, ("cd /", "work/main")),
        (MACHINE_PATHS, ("'/", "home/ada/exports'")),
        (MACHINE_PATHS, ("C:\\", "Users\\ada")),
    ],
)
def test_rule_finds_what_it_forbids(pattern: re.Pattern[bytes], parts: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("first line\n" + "".join(parts) + "\n", encoding="utf-8")
    assert [place.partition(": ")[0] for place in places(tmp_path, pattern)] == ["notes.txt:2"]


def test_rules_let_addresses_and_relative_paths_pass(tmp_path: Path) -> None:
    text = "https://example.com/home/page ../shared/data data/exports/ https://docs.python.org/3/ /usr/bin/env\n"
    (tmp_path / "notes.txt").write_text(text, encoding="utf-8")
    assert places(tmp_path, INDEX_HOSTS) + places(tmp_path, MACHINE_PATHS) == []
