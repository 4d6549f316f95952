"""What is shipped works without the checkout: the wheel holds code, schemas, facts and SQL, and `leads` starts."""

import json
import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.slow

# Run in the new environment: what Python finds there, of all that is not Python.
LOOK_AROUND = """
import json, pathlib, flows, schemas
site = pathlib.Path(flows.__file__).parent.parent
data = {path.relative_to(site).as_posix() for folder in ("flows", "schemas", "sql")
        for path in (site / folder).rglob("*") if path.suffix in {".csv", ".json", ".sql"}}
print(json.dumps({"flows": flows.__file__, "schemas": schemas.__file__, "data": sorted(data)}))
"""


@dataclass(frozen=True)
class Installed:
    """A new environment with the wheel in it: its folder, its programs, and the wheel."""

    folder: Path
    programs: Path
    wheel: Path


def run(command: Sequence[str | Path], cwd: Path) -> str:
    """Run a command without the checkout on its path and without the developer's settings; its stdout."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("LEADS_") and name not in {"PYTHONPATH", "PYTHONHOME"}
    }
    result = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert result.returncode == 0, f"{command}\n{result.stdout}\n{result.stderr}"
    return result.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The wheel, built and installed without network.

    The dependencies cannot be fetched in a test, so a path file lends those of the running
    environment. Path files inside a lent folder are not read, so the editable install of this
    checkout, which is one, cannot stand in for the wheel.
    """
    base = tmp_path_factory.mktemp("wheel")
    run([sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", base], cwd=ROOT)
    (wheel,) = base.glob("leadmill-*.whl")

    folder = base / "environment"
    venv.create(folder, symlinks=True, with_pip=False)
    names = {"base": str(folder), "platbase": str(folder)}
    site = Path(sysconfig.get_path("purelib", "venv", names))
    programs = Path(sysconfig.get_path("scripts", "venv", names))
    lent = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    (site / "lent.pth").write_text("".join(f"{path}\n" for path in sorted(lent)), encoding="utf-8")

    pip: list[str | Path] = [sys.executable, "-m", "pip", "--python", programs / "python"]
    run([*pip, "install", "--quiet", "--no-index", "--no-deps", wheel], cwd=base)
    return Installed(folder=folder, programs=programs, wheel=wheel)


def test_wheel_holds_what_runs_and_nothing_else(installed: Installed) -> None:
    with zipfile.ZipFile(installed.wheel) as archive:
        tops = {name.partition("/")[0] for name in archive.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"flows", "schemas", "sql"}


def test_sql_schemas_and_facts_lie_beside_the_code_as_in_the_checkout(installed: Installed, tmp_path: Path) -> None:
    found = json.loads(run([installed.programs / "python", "-c", LOOK_AROUND], cwd=tmp_path))
    assert Path(found["flows"]).is_relative_to(installed.folder)
    assert Path(found["schemas"]).is_relative_to(installed.folder)
    expected = sorted(
        path.relative_to(ROOT).as_posix()
        for pattern in ("flows/facts/*.csv", "flows/facts/*.json", "schemas/*.json", "sql/**/*.sql")
        for path in ROOT.glob(pattern)
    )
    assert found["data"] == expected
    assert any(name.startswith("sql/migrations/") for name in expected)


def test_leads_starts_from_another_folder(installed: Installed, tmp_path: Path) -> None:
    output = run([installed.programs / "leads", "--help"], cwd=tmp_path)
    assert "ingest" in output
    assert list(tmp_path.iterdir()) == []
