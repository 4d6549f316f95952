"""The world's numbering plans as regular expressions for whole columns, made from libphonenumber's metadata.

libphonenumber is the truth about phone numbers and takes 31 microseconds for each. Its verdict on digits
that need no interpretation is a chain of patterns, which Polars runs over a column in a fiftieth of the
time. What would need interpretation (a prefix that may or may not belong to the number) is left to it.
"""

import re
from functools import cache
from typing import Final

import polars as pl
from phonenumbers import (
    COUNTRY_CODE_TO_REGION_CODE,
    PhoneMetadata,
    country_code_for_region,
    region_code_for_country_code,
)

_TYPES: Final = (
    "premium_rate",
    "toll_free",
    "shared_cost",
    "voip",
    "personal_number",
    "pager",
    "uan",
    "voicemail",
    "fixed_line",
    "mobile",
)


def are_valid(national: pl.Series, calling_code: int) -> pl.Series:
    """Tell for each national number, bare ASCII digits, whether libphonenumber's `is_valid_number` holds.

    A number belongs to the first region of its calling code whose leading digits it has, or, where a region
    lists none, one of whose patterns it matches; it is valid if it matches a pattern of that region.
    """
    regions = COUNTRY_CODE_TO_REGION_CODE[calling_code]
    is_valid = pl.repeat(False, national.len(), dtype=pl.Boolean, eager=True)
    pending = is_valid.not_().arg_true()
    for region in regions:
        numbers = national.gather(pending)
        leading = _metadata(calling_code, region).leading_digits if len(regions) > 1 else None
        if leading is None:
            is_settled = _are_known(numbers, calling_code, region)
            valid = pending.filter(is_settled)
        else:
            is_settled = numbers.str.contains(f"^(?:{_ascii(leading)})")
            valid = pending.filter(is_settled)
            valid = valid.filter(_are_known(national.gather(valid), calling_code, region))
        if valid.len():
            is_valid = is_valid.scatter(valid, True)
        pending = pending.filter(~is_settled)
        if pending.is_empty():
            break
    return is_valid


def read_international(texts: pl.Series) -> pl.DataFrame:
    """Read texts of a plus and ASCII digits: `number` in E.164 where `is_valid`; null where it takes the library."""
    codes = texts.str.extract(_calling_codes()).cast(pl.Int64)
    is_valid = pl.repeat(None, texts.len(), dtype=pl.Boolean, eager=True)
    for code in codes.drop_nulls().unique():
        index = (codes == code).arg_true()
        national = texts.gather(index).str.slice(1 + len(str(code)))
        is_plain = ~_may_have_prefix(national, code, region_code_for_country_code(code))
        is_valid = is_valid.scatter(index, are_valid(national, code).set(~is_plain, None))
    return pl.DataFrame({"number": texts.set(~is_valid.fill_null(False), None), "is_valid": is_valid})


def read_national(digits: pl.Series, region: str) -> pl.DataFrame:
    """Read ASCII digits dialled within a region: `number` and `is_valid` as of `read_international`."""
    code = country_code_for_region(region)
    metadata = _metadata(code, region)
    abroad = _ascii(metadata.international_prefix or "0")
    prefix, other_prefixes = _prefixes(code, region)
    # What may begin with another prefix or the calling code takes the library.
    is_plain = ~digits.str.contains(f"^(?:{abroad}|{code})")
    is_prefixed = pl.repeat(False, digits.len(), dtype=pl.Boolean, eager=True)
    if prefix:
        is_prefixed = digits.str.starts_with(prefix)
    if other_prefixes:
        is_plain &= ~digits.str.contains(f"^(?:{_ascii(other_prefixes)})")
    national = digits.str.strip_prefix(prefix).zip_with(is_prefixed, digits) if prefix else digits
    # A prefix is taken off only if a number of the region is left; else it may be the number's own.
    is_plain &= ~is_prefixed | _are_known(national, code, region)
    is_valid = are_valid(national, code).set(~is_plain, None)
    numbers = f"+{code}" + national
    return pl.DataFrame({"number": numbers.set(~is_valid.fill_null(False), None), "is_valid": is_valid})


def _may_have_prefix(national: pl.Series, calling_code: int, region: str) -> pl.Series:
    """Tell numbers that begin with what may be a prefix for calls within the country."""
    prefix, other_prefixes = _prefixes(calling_code, region)
    either = "|".join(filter(None, (prefix, other_prefixes)))
    if not either:
        return pl.repeat(False, national.len(), dtype=pl.Boolean, eager=True)
    # A pattern that matches nothing at all may change any number (Argentina's does).
    return national.str.contains("" if re.match(either, "") else f"^(?:{_ascii(either)})")


@cache
def _prefixes(calling_code: int, region: str) -> tuple[str, str]:
    """Return the prefix for calls within a country, if it is digits alone, and the pattern of all others."""
    pattern = _metadata(calling_code, region).national_prefix_for_parsing or ""
    choices = re.split(r"\|(?![^(]*\))", pattern)
    literal = min((choice for choice in choices if choice.isdecimal()), key=len, default="")
    return literal, "|".join(choice for choice in choices if choice != literal)


@cache
def _metadata(calling_code: int, region: str) -> PhoneMetadata:
    metadata = PhoneMetadata.metadata_for_region_or_calling_code(calling_code, region)
    if metadata is None:
        raise ValueError(f"no numbering plan of region {region}, calling code {calling_code}")
    return metadata


def _are_known(national: pl.Series, calling_code: int, region: str) -> pl.Series:
    """Tell numbers that are of some type in a region."""
    general, types = _patterns(calling_code, region)
    is_known = national.str.contains(general)
    is_of_type = pl.repeat(False, national.len(), dtype=pl.Boolean, eager=True)
    for lengths, pattern in types:
        is_of_type |= national.str.contains(pattern) & national.str.len_bytes().is_in(lengths)
    return is_known & is_of_type


@cache
def _patterns(calling_code: int, region: str) -> tuple[str, list[tuple[list[int], str]]]:
    """Return the general expression of a region's numbers, and those of its types with the lengths they allow."""
    metadata = _metadata(calling_code, region)
    general = metadata.general_desc
    if general is None:
        return _whole(""), []
    by_lengths: dict[tuple[int, ...], dict[str, None]] = {}
    for name in _TYPES:
        numbers = getattr(metadata, name)
        if numbers is not None and numbers.national_number_pattern:
            lengths = numbers.possible_length or general.possible_length
            by_lengths.setdefault(lengths, {})[numbers.national_number_pattern] = None
    types = [(list(lengths), _whole("|".join(patterns))) for lengths, patterns in by_lengths.items()]
    return _whole(general.national_number_pattern or ""), types


@cache
def _calling_codes() -> str:
    return r"^\+(" + "|".join(map(str, sorted(COUNTRY_CODE_TO_REGION_CODE, reverse=True))) + ")[0-9]+$"


def _whole(pattern: str) -> str:
    return f"^(?:{_ascii(pattern)})$"


def _ascii(pattern: str) -> str:
    # Both engines take \d for the digits of all scripts; these columns hold ASCII, and this is faster.
    return pattern.replace(r"\d", "[0-9]")
