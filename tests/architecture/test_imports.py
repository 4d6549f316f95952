"""The import direction: cli -> flows -> steps -> cells -> schemas, and who alone may know what.

Each rule is a function from a tree to the places that break it, and is tried twice: on this
repository, where it must find nothing, and on a small tree that breaks it.
"""

import ast
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MAY_IMPORT_PREFECT = {
    "flows/flow_run.py",
    "flows/ingest.py",
    "flows/prefect_server.py",
    "flows/retention.py",
    "flows/serve.py",
    "flows/sweep.py",
}
KNOWS_THE_SQL_FOLDER = "flows/warehouse.py"
DRAWERS = {"common", "helper", "helpers", "misc", "util", "utils"}
HEAVY = ("duckdb", "pandera", "polars", "prefect")

type_checking_only = re.compile(r"^(typing\.)?TYPE_CHECKING$")


def modules(root: Path, *folders: str) -> Iterator[tuple[str, ast.Module]]:
    """Every Python file below the folders, as its path in the repository and its syntax tree."""
    for folder in folders:
        for path in sorted((root / folder).rglob("*.py")):
            yield path.relative_to(root).as_posix(), ast.parse(path.read_text(encoding="utf-8"))


def imported(path: str, node: ast.AST) -> list[str]:
    """The dotted names that one statement imports; `from a import b` gives a and a.b, either may be the module."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if not isinstance(node, ast.ImportFrom):
        return []
    package = path.split("/")[: -node.level] if node.level else []
    base = ".".join([*package, *([node.module] if node.module else [])])
    return [base, *(f"{base}.{alias.name}" for alias in node.names)]


def imports(path: str, tree: ast.AST) -> list[str]:
    """All that a module imports, inside functions too."""
    return [name for node in ast.walk(tree) for name in imported(path, node)]


def start_up_imports(path: str, node: ast.AST) -> Iterator[str]:
    """All that importing a module imports: not what stands in functions or is only for the type checker."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(child, ast.If) and type_checking_only.match(ast.unparse(child.test)):
            for branch in child.orelse:
                yield from imported(path, branch)
                yield from start_up_imports(path, branch)
            continue
        yield from imported(path, child)
        yield from start_up_imports(path, child)


def within(name: str, *packages: str) -> bool:
    """Whether a dotted name is one of the packages or lies in one."""
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def module_name(path: str) -> str:
    """The dotted name of a file: flows/steps/read.py is flows.steps.read."""
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def broken_imports(root: Path, folder: str, is_forbidden: Callable[[str, str], bool]) -> list[tuple[str, str]]:
    """The (file, import) pairs below a folder for which is_forbidden(file's module, import) holds."""
    return [
        (path, name)
        for path, tree in modules(root, folder)
        for name in imports(path, tree)
        if is_forbidden(module_name(path), name)
    ]


def steps_that_look_sideways_or_up(root: Path) -> list[tuple[str, str]]:
    """Steps that import another step, a flow, the CLI or Prefect."""

    def is_forbidden(module: str, name: str) -> bool:
        if within(name, "prefect", "flows.cli", "flows.commands", "flows.ingest", "flows.pipeline", "flows.serve"):
            return True
        return within(name, "flows.steps") and name != "flows.steps" and not within(name, module)

    return broken_imports(root, "flows/steps", is_forbidden)


def cells_that_look_up(root: Path) -> list[tuple[str, str]]:
    """Cell parsers that import anything of flows but other cells and the errors."""

    def is_forbidden(_module: str, name: str) -> bool:
        is_ours = within(name, "flows") and name != "flows"
        return within(name, "prefect", "tests") or (is_ours and not within(name, "flows.cells", "flows.errors"))

    return broken_imports(root, "flows/cells", is_forbidden)


def schemas_that_look_up(root: Path) -> list[tuple[str, str]]:
    """Contracts that import code of ours other than contracts."""
    return broken_imports(root, "schemas", lambda _module, name: within(name, "flows", "tests", "prefect"))


def prefect_out_of_place(root: Path) -> list[tuple[str, str]]:
    """Imports of Prefect outside the few files that may know it."""
    return [
        (path, name)
        for path, tree in modules(root, "flows", "schemas")
        if path not in MAY_IMPORT_PREFECT
        for name in imports(path, tree)
        if within(name, "prefect")
    ]


def docstrings(tree: ast.Module) -> set[int]:
    """The ids of the constants that are docstrings: prose, which may name any folder."""
    return {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }


def path_parts(tree: ast.Module) -> Iterator[str]:
    """Text that is joined to a path: an operand of `/` or an argument of Path, joinpath or files."""
    for node in ast.walk(tree):
        parts: list[ast.expr] = []
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
            parts = [node.left, node.right]
        elif isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in {
            "Path",
            "PurePath",
            "files",
            "joinpath",
            "with_name",
        }:
            parts = node.args
        for part in parts:
            if isinstance(part, ast.Constant) and isinstance(part.value, str):
                yield part.value


def sql_folder_out_of_place(root: Path) -> list[tuple[str, str]]:
    """Text that leads to the SQL folder outside the one file that runs statements; `leads sql` is no path."""
    found = []
    for path, tree in modules(root, "flows", "schemas"):
        if path == KNOWS_THE_SQL_FOLDER:
            continue
        prose = docstrings(tree)
        texts = [
            node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose
        ]
        found += [(path, text) for text in texts if re.search(r"(?<![\w.])sql/", text)]
        found += [(path, part) for part in path_parts(tree) if part == "sql"]
    return found


def drawers(root: Path) -> list[tuple[str, str]]:
    """Files and folders whose name says nothing about what is in them."""
    return [
        (path.relative_to(root).as_posix(), path.stem)
        for folder in ("flows", "schemas", "tests")
        for path in sorted((root / folder).rglob("*"))
        if path.stem.strip("_").lower() in DRAWERS and (path.is_dir() or path.suffix == ".py")
    ]


def heavy_start(root: Path) -> list[tuple[str, str]]:
    """Heavy libraries that the CLI imports at once, itself or through modules of ours."""
    files = {module_name(path): (path, tree) for path, tree in modules(root, "flows", "schemas")}
    found: list[tuple[str, str]] = []
    waiting, seen = ["flows.cli"], {"flows.cli"}
    while waiting:
        path, tree = files[waiting.pop()]
        for name in start_up_imports(path, tree):
            if within(name, *HEAVY):
                found.append((path, name))
            elif name in files and name not in seen:
                seen.add(name)
                waiting.append(name)
    return found


RULES: dict[Callable[[Path], list[tuple[str, str]]], dict[str, str]] = {
    steps_that_look_sideways_or_up: {
        "flows/steps/load.py": "from flows.steps import read",
        "flows/steps/map.py": "from . import read",
        "flows/steps/pull.py": "def pull():\n    import flows.steps.read as reading",
        "flows/steps/read.py": "from prefect import task",
        "flows/steps/validate.py": "from flows.cli import main",
    },
    cells_that_look_up: {
        "flows/cells/email.py": "from flows.steps.read import read_records",
        "flows/cells/names.py": "from .. import warehouse",
        "flows/cells/phone.py": "import flows.settings",
    },
    schemas_that_look_up: {
        "schemas/lead.py": "from flows.cells import email",
        "schemas/raw.py": "import flows.errors",
    },
    prefect_out_of_place: {
        "flows/cells/email.py": "import prefect",
        "flows/pipeline.py": "def run():\n    from prefect.artifacts import create_markdown_artifact",
    },
    sql_folder_out_of_place: {
        "flows/pipeline.py": "PATH = ROOT / 'sql'",
        "flows/steps/load.py": "run('sql/load/leads.sql')",
        "flows/steps/resolve.py": "FOLDER = files('flows').joinpath('sql')",
        "flows/steps/survive.py": "TEXT = f'{root}/sql/{name}'",
    },
    drawers: {
        "flows/helpers/phone.py": "",
        "flows/utils.py": "",
        "tests/unit/common.py": "",
    },
    heavy_start: {
        "flows/cli.py": "import polars as pl\nfrom flows import settings",
        "flows/settings.py": "if True:\n    import duckdb",
    },
}
# What the rules must let pass, in one tree.
GOOD_TREE = {
    "flows/__init__.py": "",
    "flows/cells/email.py": "from flows.cells import text\nfrom flows.errors import LeadmillError\nimport schemas.spec",
    "flows/cells/text.py": "import polars",
    "flows/cli.py": (
        "from typing import TYPE_CHECKING\nfrom flows import errors\n"
        "if TYPE_CHECKING:\n    import duckdb\n"
        "def sql():\n    'See sql/analytics.'\n    from flows import pipeline\n    app.command(name='sql')"
    ),
    "flows/errors.py": "",
    "flows/ingest.py": "from prefect import flow\nfrom flows import pipeline",
    "flows/pipeline.py": "import polars\nfrom flows.steps import load, read",
    "flows/steps/load.py": "from flows import warehouse\nfrom flows.cells import email\nfrom schemas import lead",
    "flows/steps/read.py": "from flows.errors import LeadmillError",
    "flows/warehouse.py": "import duckdb\nSQL = ROOT / 'sql'",
    "schemas/lead.py": "import polars\nfrom schemas.spec import spec_fields\nfrom . import raw",
    "schemas/raw.py": "",
    "schemas/spec.py": "import json",
}


def write_tree(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_rule_holds_here(rule: Callable[[Path], list[tuple[str, str]]]) -> None:
    assert rule(ROOT) == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_rule_lets_the_good_tree_pass(rule: Callable[[Path], list[tuple[str, str]]], tmp_path: Path) -> None:
    write_tree(tmp_path, GOOD_TREE)
    assert rule(tmp_path) == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_rule_finds_each_file_that_breaks_it(rule: Callable[[Path], list[tuple[str, str]]], tmp_path: Path) -> None:
    write_tree(tmp_path, GOOD_TREE)
    write_tree(tmp_path, RULES[rule])
    found = {path for path, _ in rule(tmp_path)}
    # A folder that is a drawer is named itself, not the files in it.
    assert {path if path in found else str(Path(path).parent) for path in RULES[rule]} == found


def test_importing_the_cli_imports_nothing_heavy() -> None:
    """Says by running what heavy_start says by reading: third-party modules may import for us."""
    program = f"import sys, flows.cli; print(*(name for name in {HEAVY!r} if name in sys.modules))"
    result = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert (result.returncode, result.stdout.split()) == (0, []), result.stderr
