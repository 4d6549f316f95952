"""The collections of real-world fields beside the repository, where they are there to be asked."""

import json
import xml.etree.ElementTree as ET
from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from flows.cells.dates import parse_dates
from flows.cells.email import parse_emails
from flows.cells.numbers import parse_money
from flows.cells.phone import parse_phones

SUITES = Path(__file__).parents[3] / "shared" / "data"

pytestmark = pytest.mark.skipif(not SUITES.exists(), reason="the field suites are not beside the repository")


def suite(name: str) -> list[dict[str, Any]]:
    cases: list[dict[str, Any]] = json.loads((SUITES / "field-suites" / name).read_text(encoding="utf-8"))
    return cases


def test_phone_numbers_of_all_regions_in_all_spellings() -> None:
    by_region: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for case in suite("phones_e164_regions_A_to_M.json"):
        by_region[case["default_region"]].append(case)
    for region, cases in by_region.items():
        read = parse_phones(pl.Series([case["input"] for case in cases]), region)
        assert read.rows() == [(case["e164"], case["valid"]) for case in cases]


def test_at_least_97_percent_of_money() -> None:
    cases = suite("money.json")
    values = parse_money(pl.Series([case["price_raw"] for case in cases], dtype=pl.String)).values
    amounts = [None if case["amount"] is None else Decimal(str(case["amount"])) for case in cases]
    whole = [None if amount is None else int(amount.to_integral_value(ROUND_HALF_UP)) for amount in amounts]
    right = sum(value == amount for value, amount in zip(values, whole, strict=True))
    assert right / len(cases) >= 0.97


# What these need is not in the text: the day of the run, a language, an order or a whole date.
RELATIVE_TO_TODAY = ("test_dates_with_day_missing", "test_dates_with_no_day_or_month", "test_extracted_period")
# Read day first here, as dots are.
DOTTED_MONTH_FIRST = ("11. 12. 2014, 08:45:39",)


def test_all_unambiguous_absolute_dates_and_none_that_are_relative() -> None:
    for case in suite("dates.json"):
        read = parse_dates(pl.Series([case["input"]]), "UTC")
        if case["test"].startswith(RELATIVE_TO_TODAY):
            assert read.issues["code"].to_list() == ["date_invalid"], case["input"]
        elif "kw" not in case and case["input"] not in DOTTED_MONTH_FIRST:
            assert read.values[0].replace(tzinfo=None).isoformat() == case["expected"], case["input"]


# Allowed by some RFC, refused by ours: no dot in the domain, a number for a top level, an address at an
# IP number, nothing between the quotes; and the address that stands for nobody.
REFUSED_BY_POLICY = {5, 23, 24, 43, 61, 68, 72, 75, 77, 79, 81, 166, 167}
# Right once the cell is tidied: white space around, a backslash too many.
TIDIED = {60, 99, 127, 128, 132, 160, 88, 89, 144, 148, 149, 153, 157, 158, *range(141, 157)}
VALID = ("ISEMAIL_VALID_CATEGORY", "ISEMAIL_DNSWARN", "ISEMAIL_RFC5321")


def test_emails_agree_with_isemail_but_for_policy() -> None:
    differing = set()
    for case in ET.parse(SUITES / "isemail" / "tests.xml").iter("test"):
        address = case.findtext("address") or ""
        # Control characters stand there as their pictures.
        text = "".join(chr(ord(c) - 0x2400) if 0x2400 <= ord(c) <= 0x2420 else c for c in address)
        is_valid = parse_emails(pl.Series([text]))["is_valid"][0]
        if bool(is_valid) != (case.findtext("category") in VALID):
            differing.add(int(case.get("id", "0")))
    assert differing <= REFUSED_BY_POLICY | TIDIED
