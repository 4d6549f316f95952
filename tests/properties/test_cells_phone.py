"""Phone numbers: the vectorised paths and libphonenumber itself give the same answer to the same text."""

import phonenumbers
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from flows.cells.numbering_plan import are_valid
from flows.cells.phone import parse_phones

# The leading digits of every North American region, and some that no region has.
NORTH_AMERICAN_STARTS = sorted(
    {"", "1", "0", "8001", "809", "829", "849", "900", "600", "522", "310", "212", "983", "416", "211", "555"}
    | {"268", "264", "684", "246", "441", "242", "767", "473", "671", "658", "876", "869", "345", "758"}
    | {"670", "664", "787", "939", "721", "649", "868", "784", "284", "340"}
)
FORMS = [
    "({}) {}-{}",
    "({}){}-{}",
    "{}.{}.{}",
    "{}-{}-{}",
    "{} {} {}",
    "{}{}{}",
    "1-{}-{}-{}",
    "1 ({}) {}-{}",
    "1{}{}{}",
    "+1 {} {} {}",
    "+1 ({}) {}-{}",
    "+1-{}-{}-{}",
    "+1{}{}{}",
]
EXTENSIONS = ["", "", "x123", " x7", " ext. 5", " ext 12345", ", ext. 9", " #42", "x 99"]
DIGITS = st.text(st.sampled_from("0123456789"), min_size=10, max_size=10)


def by_library(text: str, region: str) -> str | None:
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def assert_same_as_library(texts: list[str], region: str) -> None:
    ours = parse_phones(pl.Series(texts, dtype=pl.String), region)
    for text, (value, is_valid) in zip(texts, ours.rows(), strict=True):
        expected = by_library(text, region)
        # What stands for nobody is blank here, and never a valid number.
        assert (value if is_valid else None) == expected, text
        assert is_valid is None or is_valid == (expected is not None), text


@st.composite
def north_american(draw: st.DrawFn) -> str:
    digits = (draw(st.sampled_from(NORTH_AMERICAN_STARTS)) + draw(DIGITS))[:10]
    form = draw(st.sampled_from(FORMS))
    return form.format(digits[:3], digits[3:6], digits[6:]) + draw(st.sampled_from(EXTENSIONS))


@pytest.mark.parametrize("region", ["US", "CA", "GB", "JM", "BS"])
@settings(max_examples=20)
@given(st.lists(north_american(), min_size=1, max_size=40))
def test_north_american_numbers_are_what_the_library_says(region: str, texts: list[str]) -> None:
    assert_same_as_library(texts, region)


REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)
TYPES = [
    PhoneNumberType.FIXED_LINE,
    PhoneNumberType.MOBILE,
    PhoneNumberType.TOLL_FREE,
    PhoneNumberType.PREMIUM_RATE,
    PhoneNumberType.UAN,
]


@st.composite
def of_some_region(draw: st.DrawFn) -> tuple[str, str]:
    """A number of a region as it is written there or abroad, some of its digits changed, one more or less."""
    region = draw(st.sampled_from(REGIONS))
    example = phonenumbers.example_number_for_type(region, draw(st.sampled_from(TYPES)))
    example = example or phonenumbers.example_number(region)
    assert example is not None
    written = draw(
        st.sampled_from(
            [
                phonenumbers.format_number(example, PhoneNumberFormat.NATIONAL),
                phonenumbers.format_number(example, PhoneNumberFormat.INTERNATIONAL),
                phonenumbers.format_number(example, PhoneNumberFormat.E164),
                phonenumbers.national_significant_number(example),
            ]
        )
    )
    text = list(written)
    places = [place for place, character in enumerate(text) if character.isdigit()]
    for place in draw(st.lists(st.sampled_from(places), max_size=3)):
        text[place] = draw(st.sampled_from("0123456789"))
    end = draw(st.sampled_from(["", "", "", "0", "7", "less"]))
    changed = "".join(text[:-1] if end == "less" else [*text, end])
    return draw(st.sampled_from([region, region, "US", "GB"])), changed + draw(st.sampled_from(EXTENSIONS))


@settings(max_examples=150)
@given(of_some_region())
def test_numbers_of_every_region_are_what_the_library_says(dialled: tuple[str, str]) -> None:
    region, text = dialled
    assert_same_as_library([text], region)


@settings(max_examples=60)
@given(st.lists(st.text(st.sampled_from("0123456789+()-. x/#extABC,;"), max_size=22), min_size=1, max_size=20))
def test_any_text_is_what_the_library_says(texts: list[str]) -> None:
    assert_same_as_library([text for text in texts if text.strip(" .-")], "US")


@settings(max_examples=50)
@given(st.sampled_from(REGIONS), st.lists(DIGITS, min_size=1, max_size=20))
def test_plans_know_the_valid_numbers_of_a_calling_code(region: str, numbers: list[str]) -> None:
    code = phonenumbers.country_code_for_region(region)
    shown = phonenumbers.example_number(region)
    assert shown is not None
    numbers = [*numbers, phonenumbers.national_significant_number(shown)]
    verdicts = are_valid(pl.Series(numbers), code)
    for number, verdict in zip(numbers, verdicts, strict=True):
        zeros = len(number) - len(number.lstrip("0"))
        held = phonenumbers.PhoneNumber(
            country_code=code,
            national_number=int(number),
            italian_leading_zero=zeros > 0,
            number_of_leading_zeros=zeros or None,
        )
        assert verdict == phonenumbers.is_valid_number(held), (code, number)
