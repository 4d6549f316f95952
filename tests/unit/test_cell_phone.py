"""Phone numbers: E.164 where the numbering plan knows them, else their digits, never a guess."""

import polars as pl
import pytest

from flows.cells.phone import parse_phones

Read = tuple[str | None, bool | None]


def read(*texts: str | None, region: str = "US") -> list[Read]:
    return [(value, is_valid) for value, is_valid in parse_phones(pl.Series(texts, dtype=pl.String), region).rows()]


@pytest.mark.parametrize(
    "text",
    [
        *("(212) 736-5000", "212.736.5000", "+1 212 736 5000", "1-212-736-5000", "2127365000", "+12127365000"),
        *("212-736-5000 x123", "212 736 5000 ext. 5", "(212)736-5000 #9", "tel:+1-212-736-5000"),
        *(" 212\u00a0736\u00a05000 ", "\u202a+1 212 736 5000\u202c", "２１２-736-5000", "212/736-5000"),
    ],
)
def test_spellings_of_a_number_are_one_number(text: str) -> None:
    assert read(text) == [("+12127365000", True)]


@pytest.mark.parametrize(
    ("text", "region", "number"),
    [
        ("020 7946 0958", "GB", "+442079460958"),
        ("+44 (0)20 7946 0958", "US", "+442079460958"),
        ("030/23125-014", "DE", "+493023125014"),
        ("06 12 34 56 78", "FR", "+33612345678"),
        ("06 6982 1234", "IT", "+390669821234"),
        ("011 15-2345-6789", "AR", "+5491123456789"),
        ("011 44 20 7946 0958", "US", "+442079460958"),
        ("1-800-FLOWERS", "US", "+18003569377"),
        ("(876) 522-1234", "JM", "+18765221234"),
    ],
)
def test_numbers_are_read_by_the_region_they_are_dialled_in(text: str, region: str, number: str) -> None:
    assert read(text, region=region) == [(number, True)]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("555-0100", "5550100"),
        ("+1 555-0100", "+15550100"),
        ("(999) 736-5000", "9997365000"),
        ("555-0100 x42", "5550100"),
        ("001-212-736-5000", "0012127365000"),
        ("call me", "call me"),
        ("020 7946 0958", "02079460958"),
    ],
)
def test_invalid_numbers_give_their_digits(text: str, value: str) -> None:
    assert read(text) == [(value, False)]


@pytest.mark.parametrize(
    "text", [None, "", "N/A", "na", "000-0000", "0000000000", "(999) 999-9999", "123-456-7890", "1111111", "+"]
)
def test_numbers_of_nobody_are_blank(text: str | None) -> None:
    assert read(text) == [(None, None)]


def test_a_real_number_of_one_digit_stays() -> None:
    assert read("99999 99999", region="IN") == [("+919999999999", True)]


def test_plain_and_odd_texts_keep_their_order() -> None:
    assert read("555-0100", "212-736-5000", None, "tel:+12127365000", "(212) 736-5000") == [
        ("5550100", False),
        ("+12127365000", True),
        (None, None),
        ("+12127365000", True),
        ("+12127365000", True),
    ]


def test_digits_that_passed_through_a_float_are_a_number() -> None:
    read = parse_phones(pl.Series(["2127365000.0", "442079460958.0", "212.736.5000"]), "US")

    assert read["value"].to_list() == ["+12127365000", "442079460958", "+12127365000"]
