"""Review: pairs of leads that wait for somebody to decide, as a sheet to fill in and give back, and one by one.

A sheet has the decision in front (`merge`, `apart`, or blank for later), then the pair that each line is, then why it
is open and what both leads say.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import polars as pl

from flows.errors import UnreadableFileError, UsageError
from flows.explain import list_open_pairs, pairs_of
from flows.reference import load_reference
from flows.regroup import Outcome, merge_pairs, part_pairs
from flows.run import Request, Run, open_run
from flows.settings import Settings
from flows.steps import read
from schemas.reference import DEFAULT_FEED, Feed, did_you_mean

DECISION: Final = "leadmill_decision"
PAIR: Final = "leadmill_pair"
_SHEET_COLUMNS: Final = (
    *("lead_id", "other_lead_id", "name", "other_name", "email", "other_email", "phone", "other_phone"),
    *("company", "other_company"),
)
Word = Literal["merge", "apart"]
_WORDS: Final[tuple[Word, ...]] = ("merge", "apart")


@dataclass(frozen=True)
class Decisions:
    """Pairs of source records that are one person, and pairs that never are."""

    merge: Sequence[tuple[int, int]] = ()
    apart: Sequence[tuple[int, int]] = ()


def decide(settings: Settings, decisions: Decisions) -> list[Outcome]:
    """Carry out decisions: a batch that joins, and one that sets apart.

    Raises UsageError for pairs that are not open, before anything is done.
    """
    reference = load_reference(settings.reference, must_exist="reference" in settings.model_fields_set)
    with open_run(settings, reference, Request(), must_exist=True) as run:
        _refuse_unknown(run, [*decisions.merge, *decisions.apart])
        done = [merge_pairs(run, decisions.merge)] if decisions.merge else []
        return done + ([part_pairs(run, decisions.apart)] if decisions.apart else [])


def _refuse_unknown(run: Run, pairs: Sequence[tuple[int, int]]) -> None:
    known = {frozenset(pair) for pair in pairs_of([row["pair"] for row in list_open_pairs(run.warehouse)])}
    for pair in pairs:
        if frozenset(pair) not in known:
            raise UsageError(f"pair {pair[0]}-{pair[1]} is not open; see: leads review")


def review_sheet(pairs: Sequence[dict[str, Any]]) -> pl.DataFrame:
    """Return the open pairs as a sheet: one row per pair, all text."""
    names = (DECISION, PAIR, "leadmill_why", "leadmill_weight", *_SHEET_COLUMNS)
    rows = [("", row["pair"], row["why"], row["weight"], *(row[column] for column in _SHEET_COLUMNS)) for row in pairs]
    texts = [["" if cell is None else str(cell) for cell in row] for row in rows]
    return pl.DataFrame(texts, schema=dict.fromkeys(names, pl.String), orient="row")


def read_decisions(path: Path) -> Decisions:
    """Return what a sheet that came back decides. Raises UsageError for a line that says neither merge nor apart."""
    if not path.is_file():
        raise UsageError(f"{path} does not exist; write a sheet with: leads review --csv FILE")
    try:
        file_format = read.detect_format(path, Feed(name=DEFAULT_FEED))
        rows = pl.concat([chunk.rows for chunk in read.read_records(path, file_format)], how="diagonal")
    except UnreadableFileError as error:
        raise UsageError(f"{path}: {error}") from error
    if not {DECISION, PAIR} <= set(rows.columns):
        raise UsageError(f"{path} is no sheet of open pairs: it has no columns {DECISION} and {PAIR}")
    found: dict[Word, list[str]] = {"merge": [], "apart": []}
    for line, text, pair in rows.select("line_number", DECISION, PAIR).iter_rows():
        word = (text or "").strip().lower()
        if word in found:
            found[word].append(pair or "")
        elif word:
            raise UsageError(
                f'{path}, line {line}: "{word}" is no decision{did_you_mean(word, _WORDS)}; write merge or apart, '
                "or leave it blank"
            )
    return Decisions(pairs_of(found["merge"]), pairs_of(found["apart"]))


def ask_one_by_one(
    pairs: Sequence[dict[str, Any]], show: Callable[[dict[str, Any]], None], ask: Callable[[], str]
) -> Decisions:
    """Show each open pair and ask: m(erge), a(part), s(kip) or q(uit); return what was decided until then."""
    decided: dict[str, list[str]] = {"m": [], "a": []}
    for pair in pairs:
        show(pair)
        answer = _answer(ask)
        if answer == "q":
            break
        if answer in decided:
            decided[answer].append(pair["pair"])
    return Decisions(pairs_of(decided["m"]), pairs_of(decided["a"]))


def _answer(ask: Callable[[], str]) -> str:
    while True:
        try:
            answer = ask().strip().lower()[:1]
        except EOFError:
            return "q"
        if answer in ("m", "a", "s", "q"):
            return answer
