"""Words that people and companies are called by: short forms of given names, and legal forms of companies.

Both are data of well-kept libraries, put into the form in which names are compared here.
"""

import csv
import re
import unicodedata
from functools import cache

import polars as pl
from cleanco.non_nfkd_map import NON_NFKD_MAP  # type: ignore[import-untyped]
from cleanco.termdata import terms_by_country, terms_by_type  # type: ignore[import-untyped]
from nicknames import with_names_csv_path


@cache
def short_forms() -> pl.DataFrame:
    """Return one row per given name (`first_name`) with the names that are short for it, or that it is short for."""
    with with_names_csv_path() as path, path.open(encoding="utf-8", newline="") as lines:
        pairs = [(row["name1"], row["name2"]) for row in csv.DictReader(lines)]
    both = [*pairs, *((short, name) for name, short in pairs)]
    known = pl.DataFrame(both, schema=["first_name", "short_forms"], orient="row").unique()
    return known.group_by("first_name").agg(pl.col("short_forms").sort()).sort("first_name")


@cache
def legal_forms() -> str:
    """Return a regular expression for what a company's name ends in and is not its name (` gmbh`, ` inc`).

    For names in small letters, one space between words. A name that is all legal form keeps its first word.
    """
    terms = {term for group in (terms_by_type, terms_by_country) for terms in group.values() for term in terms}
    # Also as they are written without their dots (sro) and without letters of their own (spolka).
    spelt = {term.replace(".", "") for term in terms} | {_with_plain_letters(term) for term in terms} | terms
    folded = {_folded(term) for term in spelt} - {""}
    longest_first = sorted(folded, key=lambda term: (-len(term), term))
    return f"(?: (?:{'|'.join(map(re.escape, longest_first))}))+$"


def _with_plain_letters(term: str) -> str:
    return "".join(NON_NFKD_MAP.get(c, c) for c in term.lower())


def _folded(term: str) -> str:
    plain = "".join(c for c in unicodedata.normalize("NFKD", term.lower()) if not unicodedata.combining(c))
    return " ".join(re.findall(r"\w+", plain))
