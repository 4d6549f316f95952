"""What the command line says: tables and JSON on stdout, progress and errors on stderr.

Outside text (file names, cells, headers) is printed as text: no markup, no control characters.
"""

import json
import math
import re
import shutil
import sys
import traceback
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from flows.errors import InternalError, LeadmillError
from flows.plain_text import one_line

if TYPE_CHECKING:
    from rich.console import Console

    from flows.run import Progress
    from flows.steps.publish import BatchSummary

# A table is for eyes; whoever wants it all asks for JSON.
MOST_TABLE_ROWS: Final = 200
# What JSON may hold as it is and a terminal would act on.
_UNSAFE_IN_JSON: Final = re.compile(r"[\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_NUMERIC: Final = (int, float, Decimal)


def print_json(value: object) -> None:
    """Print one JSON document: times as ISO 8601 in UTC, numbers as they are."""
    text = json.dumps(_finite(value), default=_json_value, ensure_ascii=False, indent=2)
    sys.stdout.write(_UNSAFE_IN_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", text) + "\n")


def _finite(value: Any) -> Any:  # noqa: ANN401 - a document
    """Return a document without NaN and infinity, which JSON does not have: null stands for them."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(each) for each in value]
    return value


def with_documents(value: Any, dtype: Any) -> Any:  # noqa: ANN401 - a cell of any DuckDB type
    """Return a cell with its JSON texts as what they say, also those inside lists and structs."""
    if value is None:
        return None
    if str(dtype) == "JSON":
        return json.loads(value)
    if dtype.id == "list":
        return [with_documents(each, dtype.children[0][1]) for each in value]
    if dtype.id == "struct":
        return {name: with_documents(value[name], child) for name, child in dtype.children}
    return value


def unique_names(columns: Sequence[str]) -> list[str]:
    """Return names of which none stands twice: `a`, `a_2`, so that no column is lost in a row object."""
    names: list[str] = []
    for column in columns:
        place, name = 1, column
        while name in names:
            place, name = place + 1, f"{column}_{place + 1}"
        names.append(name)
    return names


def _json_value(value: object) -> object:
    if isinstance(value, datetime):
        return (value.astimezone(UTC) if value.tzinfo else value).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).hex()
    return str(value)


def plain(value: object) -> str:
    """Return a value as one line of text without control characters."""
    if value is None:
        return ""
    text = value if isinstance(value, str) else _cell(value)
    return one_line(text)


def _cell(value: object) -> str:
    if isinstance(value, datetime):
        return str(_json_value(value.replace(microsecond=0)))
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:,.2f}"
    if isinstance(value, list | dict):
        return json.dumps(value, default=_json_value, ensure_ascii=False)
    return str(value)


def print_text(text: str) -> None:
    """Print lines of text as they are, without control characters."""
    sys.stdout.write("".join(plain(line) + "\n" for line in text.splitlines()))


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print rows as a table; numbers to the right; long tables are cut with a note on stderr."""
    from rich.table import Table
    from rich.text import Text

    shown = list(rows)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for position, column in enumerate(columns):
        is_number = any(isinstance(row[position], _NUMERIC) for row in shown)
        table.add_column(Text(plain(column)), justify="right" if is_number else "left", overflow="fold")
    for row in shown[:MOST_TABLE_ROWS]:
        table.add_row(*(Text(plain(cell)) for cell in row))
    _console(sys.stdout).print(table)
    if len(shown) > MOST_TABLE_ROWS:
        note(f"{len(shown) - MOST_TABLE_ROWS:,} more rows; --json prints all")


def print_records(records: Sequence[Mapping[str, object]], columns: Sequence[str], *, as_json: bool) -> None:
    """Print row objects: all of each as JSON, or the named columns as a table."""
    if as_json:
        print_json(list(records))
    else:
        print_table(columns, [[record[column] for column in columns] for record in records])


def print_pair(pair: Mapping[str, Any]) -> None:
    """Print an open pair of leads side by side, with what speaks for and against it."""
    print_text(f"\n{pair['pair']}: {pair['why']}")
    names = ("lead_id", "name", "email", "phone", "company")
    print_table(("", "one", "other"), [(name, pair[name], pair[f"other_{name}"]) for name in names])


def print_summary(summaries: Sequence["BatchSummary"]) -> None:
    """Print the summary table of a run, and the error of each file that failed."""
    from flows.steps.publish import SUMMARY_HEADINGS

    print_table(SUMMARY_HEADINGS, [summary.cells() for summary in summaries])
    for summary in summaries:
        for warning in summary.columns["warnings"] or ():
            note(f"{summary.cells()[0]}: {warning}")
        if summary.columns["rows_suppressed"]:
            note(f"{summary.cells()[0]}: {summary.columns['rows_suppressed']:,} suppressed; nothing of them is kept")
        if summary.columns["error"]:
            note(f"{summary.cells()[0]}: {summary.columns['status']}: {summary.columns['error']}")


def print_next_steps(summaries: Sequence["BatchSummary"]) -> None:
    """Say where to look after a run."""
    if summaries and all(summary.columns["status"] == "skipped" for summary in summaries):
        note("Every file was loaded before; nothing changed.")
    last = max((int(summary.columns["batch_id"]) for summary in summaries), default=None)
    hints = ['sql "SELECT * FROM lead LIMIT 5"', "batches"]
    if last is not None:
        hints.append(f"show {last}")
    if any(summary.columns["rows_rejected"] for summary in summaries):
        hints.append("rejects")
    command = _own_command()
    note("Look next: " + "   ".join(f"{command} {hint}" for hint in hints))


def _own_command() -> str:
    """Return how `leads` is called here: by its name, or where it lies when it is not on the path."""
    beside_python = Path(sys.executable).with_name("leads")
    if shutil.which("leads") is not None or not beside_python.exists():
        return "leads"
    try:
        return str(beside_python.relative_to(Path.cwd()))
    except ValueError:
        return str(beside_python)


def print_error(error: BaseException, *, debug: bool = False) -> None:
    """Print an error as one line; with `debug` its traceback before."""
    if debug:
        _print_traceback(error)
    sys.stderr.write(f"leads: {plain(str(error))}\n")


def _print_traceback(error: BaseException) -> None:
    """Print where an error and those that it came from were raised; only of ours the text, others' may quote cells."""
    chain = [error]
    while before := chain[-1].__cause__ or (not chain[-1].__suppress_context__ and chain[-1].__context__) or None:
        chain.append(before)
    for each in reversed(chain):
        told = f": {each}" if isinstance(each, LeadmillError | InternalError) else ""
        if each.__traceback__ is not None:
            sys.stderr.write("Traceback (most recent call last):\n")
            sys.stderr.writelines(traceback.format_tb(each.__traceback__))
        sys.stderr.write(plain(f"{type(each).__module__}.{type(each).__qualname__}{told}") + "\n\n")


def note(text: str) -> None:
    """Print one line for people on stderr."""
    sys.stderr.write(plain(text) + "\n")


def report_progress(progress: "Progress") -> None:
    """Show how far a file is: one line that is rewritten on a terminal, plain lines elsewhere."""
    if progress.step == "read":
        told = f"{progress.file}: {progress.rows_read:,} rows read"
    elif progress.rows_read:
        told = f"{progress.file}: {progress.step} {progress.rows_read:,} rows"
    else:
        told = f"{progress.file}: {progress.step}"
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[2K{plain(told)}")
        sys.stderr.flush()
    else:
        note(told)


def end_progress() -> None:
    """Clear the progress line of a terminal."""
    if sys.stderr.isatty():
        sys.stderr.write("\r\x1b[2K")
        sys.stderr.flush()


def _console(stream: Any) -> "Console":  # noqa: ANN401 - any text stream
    from rich.console import Console

    # A pipe has no width: let rows be as long as they are.
    return Console(file=stream, width=None if stream.isatty() else 10_000, highlight=False, soft_wrap=False)
