"""Sheets of rejected rows: written for people to mend, and read back as they return them.

A sheet has the reason in front, then the batch and row that each line is, then the cells of the export under its own
headers. What was neither readable nor ours to repair, a broken record, stands as text in `leadmill_raw`.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import polars as pl

from flows.errors import UsageError
from flows.formulas import neutralise, restore

REASON: Final = "leadmill_reason"
BATCH: Final = "leadmill_batch"
ROW: Final = "leadmill_row"
LINE: Final = "leadmill_line"
RAW: Final = "leadmill_raw"

MARKS: Final = (REASON, BATCH, ROW, LINE, RAW)

# Which rejected row a record of a sheet is.
PLACES: Final = ("rejected_batch_id", "rejected_row_number")

_WORKBOOK_ROWS_MAX: Final = 1_048_576
_WORKBOOK_CELL_MAX: Final = 32_767


def is_sheet(headers: Iterable[str]) -> bool:
    """Whether a file with these headers is a sheet of rejected rows."""
    return {BATCH, ROW} <= set(headers)


def write_csv(sheet: pl.DataFrame, path: Path) -> None:
    """Write a sheet as CSV, with a byte order mark: Excel takes it for cp1252 without. Never over a file."""
    with _new_file(path).open("xb") as file:
        _safe(sheet).write_csv(file, include_bom=True)


def write_xlsx(sheet: pl.DataFrame, path: Path) -> None:
    """Write a sheet as a workbook whose cells are all text: no id loses a digit. Never over a file."""
    import xlsxwriter  # type: ignore[import-untyped]

    cells = _safe(sheet).with_columns(pl.col(name).str.head(_WORKBOOK_CELL_MAX) for name in (RAW,) if name in sheet)
    if sheet.height >= _WORKBOOK_ROWS_MAX or any(
        (cells[name].str.len_chars() > _WORKBOOK_CELL_MAX).any() for name in cells.columns
    ):
        raise UsageError("more rows, or longer cells, than a workbook can hold; take --csv FILE")
    with xlsxwriter.Workbook(_new_file(path), {"constant_memory": True, "strings_to_formulas": False}) as workbook:
        worksheet = workbook.add_worksheet("rejected")
        bold = workbook.add_format({"bold": True})
        worksheet.freeze_panes(1, 0)
        for column, header in enumerate(sheet.columns):
            worksheet.write_string(0, column, header, bold)
        for number, row in enumerate(cells.iter_rows(), start=1):
            for column, cell in enumerate(row):
                if cell is not None:
                    worksheet.write_string(number, column, cell)


def _new_file(path: Path) -> Path:
    if path.exists() or path.is_symlink():
        # It may be the sheet that somebody has mended.
        raise UsageError(f"{path} is there already; name another file")
    if not path.parent.is_dir():
        raise UsageError(f"{path.parent} is no folder; make it, or name another file")
    return path


def _safe(sheet: pl.DataFrame) -> pl.DataFrame:
    return sheet.select(neutralise(sheet[name].cast(pl.String)).replace("", None) for name in sheet.columns)


def read_sheet(rows: pl.DataFrame, name: str) -> dict[int, pl.DataFrame]:
    """Return the records of a sheet by the batch that they are of.

    `rows` is the sheet's raw frame. The frames have `rejected_batch_id` and `rejected_row_number`, the `line_number` in
    the sheet, and the export's columns; lines of which only the marks are filled are left
    out, for nothing was mended there. Raises UsageError where a line does not say which row it is, or two say the same.
    """
    if not is_sheet(rows.columns):
        raise UsageError(
            f"{name} is no sheet of rejected rows: it has no columns {BATCH} and {ROW}; "
            "write one with: leads rejects --csv FILE"
        )
    cells = [column for column in rows.columns if column not in (*MARKS, "row_number", "line_number")]
    places = rows.select(
        pl.col("line_number"),
        pl.col(BATCH).str.strip_chars().cast(pl.Int64, strict=False).alias("rejected_batch_id"),
        pl.col(ROW).str.strip_chars().cast(pl.Int64, strict=False).alias("rejected_row_number"),
        *(restore(rows[column]).alias(column) for column in cells),
    )
    says_something = pl.any_horizontal(pl.col(column).str.strip_chars() != "" for column in cells)
    filled = places.filter(says_something.fill_null(False)) if cells else places.clear()
    _refuse_unclear(filled, name)
    return {
        batch_id: filled.filter(pl.col("rejected_batch_id") == batch_id).sort("rejected_row_number")
        for batch_id in filled["rejected_batch_id"].unique()
    }


def _refuse_unclear(places: pl.DataFrame, name: str) -> None:
    unnamed = places.filter(pl.any_horizontal(pl.col(place).is_null() for place in PLACES))
    if not unnamed.is_empty():
        raise UsageError(
            f"{name}, line {unnamed['line_number'][0]}: {BATCH} and {ROW} must be the numbers that the sheet was "
            "written with; put them back, or take the line out"
        )
    twice = places.filter(pl.struct(PLACES).is_duplicated())
    if not twice.is_empty():
        raise UsageError(
            f"{name}, line {twice['line_number'][0]}: row {twice['rejected_row_number'][0]} of batch "
            f"{twice['rejected_batch_id'][0]} stands there twice; keep one"
        )


def as_documents(rows: pl.DataFrame, numbers: Iterable[int]) -> list[str]:
    """Return records of a raw frame as JSON objects: the raw text of what was never a line of an export."""
    documents = {
        row.pop("row_number"): json.dumps(row, ensure_ascii=False)
        for row in rows.drop("line_number").iter_rows(named=True)
    }
    return [documents[number] for number in numbers]
