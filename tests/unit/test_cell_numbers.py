"""Numbers: exact ids, head counts by their lower bound, amounts in whole units; nothing else is a number."""

import polars as pl
import pytest

from flows.cells.numbers import parse_counts, parse_ids, parse_money
from flows.cells.parsed import Parsed


def value(parsed: Parsed) -> int | str | None:
    if parsed.issues.filter(parsed.issues["code"] != "number_range").is_empty():
        number: int | None = parsed.values[0]
        return number
    return str(parsed.issues["code"][0])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1234567890123456789", 1234567890123456789),
        ("9223372036854775807", 9223372036854775807),
        (" 7 ", 7),
        ("007", 7),
        ("501.0", 501),
        ("0", 0),
        ("N/A", None),
        ("NA", None),
        ("", None),
        ("9223372036854775808", "number_invalid"),
        ("1234567890123456.0", "number_invalid"),
        ("1.23457E+18", "number_invalid"),
        ("1,200", "number_invalid"),
        ("12.5", "number_invalid"),
        ("-3", "number_invalid"),
        ("A12", "number_invalid"),
    ],
)
def test_ids_are_exact(text: str, expected: int | str | None) -> None:
    assert value(parse_ids(pl.Series([text]))) == expected


def test_an_id_may_have_a_least_value() -> None:
    parsed = parse_ids(pl.Series(["0", "1"]), least=1)
    assert (parsed.values.to_list(), parsed.issues.rows()) == ([None, 1], [(0, "number_invalid")])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("50", 50),
        ("50.0", 50),
        ("11-50", 11),
        ("11 – 50 employees", 11),
        ("51 to 200", 51),
        ("1.000-5.000", 1000),
        ("10,000+", 10000),
        ("1.2k", 1200),
        (">500", 500),
        ("10-Jan", 1),
        ("Nov-50", 11),
        ("<10", "number_invalid"),
        ("up to 50", "number_invalid"),
        ("12.5", "number_invalid"),
        ("-5", "number_invalid"),
        ("many", "number_invalid"),
        ("-", None),
    ],
)
def test_head_counts_are_lower_bounds(text: str, expected: int | str | None) -> None:
    assert value(parse_counts(pl.Series([text]))) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("95000", 95000),
        ("$1,200.50", 1201),
        ("$1,200.49", 1200),
        ("1.200,00", 1200),
        ("1.200,50 €", 1201),
        ("1,200", 1200),
        ("1.200", 1200),
        ("0.500", 1),
        ("1234.567", 1235),
        ("1 298,00", 1298),
        ("1'298.40", 1298),
        ("1,00,000", 100000),
        ("(500)", -500),
        ("($500.50)", -501),
        ("-$20", -20),
        ("500-", -500),
        ("50k", 50000),
        ("$1.2M", 1200000),
        ("1.250M", 1250000),
        ("1.2 Cr", 12000000),
        ("10-50k", 10000),
        ("$10,000 - $50,000", 10000),
        ("USD 5,000 per month", 5000),
        ("1e6", 1000000),
        ("9223372036854775808", "number_invalid"),
        ("1e99", "number_invalid"),
        ("10%", "number_invalid"),
        ("2024-01-15", "number_invalid"),
        ("20.03.2024", "number_invalid"),
        ("Q3 500", "number_invalid"),
        ("24/7", "number_invalid"),
        ("lots", "number_invalid"),
        ("none", None),
    ],
)
def test_amounts_of_money(text: str, expected: int | str | None) -> None:
    assert value(parse_money(pl.Series([text]))) == expected


@pytest.mark.parametrize(
    "text", ["11-50", "51 to 200", "10,000+", "1000+ employees", ">500", "Nov-50", "over 200", "1.000 – 5.000"]
)
def test_range_keeps_its_text_beside_its_lower_bound(text: str) -> None:
    read = parse_counts(pl.Series([text, "7"]))

    assert read.issues.rows() == [(0, "number_range")]
    assert read.values[0] is not None


def test_range_of_money_keeps_its_text_and_a_single_amount_says_nothing() -> None:
    read = parse_money(
        pl.Series(["$5,000 - $10,000", "10-50k", "-500", "(500)", "1.2M", "USD 1,5", "500-", "$1,200.50"])
    )

    assert read.values.to_list() == [5000, 10000, -500, -500, 1200000, 2, -500, 1201]
    assert read.issues.rows() == [(0, "number_range"), (1, "number_range")]


def test_issues_come_in_the_order_of_the_cells() -> None:
    found = parse_money(pl.Series([">5", "lots", "1-2"]))
    assert found.issues["index"].to_list() == [0, 1, 2]
