"""Phone numbers in E.164 by the feed's region; libphonenumber decides what is one.

The forms that fill American columns (`(212) 736-5000`, `212.736.5000`, `+1 212 736 5000`) and numbers
of other plans that need no interpretation are settled column by column with the library's own patterns;
only what is left, each distinct text once, goes to the library itself. A property test holds both equal.
"""

from typing import Final

import phonenumbers
import polars as pl

from flows.cells import numbering_plan
from flows.cells.parsed import put
from flows.cells.text import read_blanks

INVALID: Final = "phone_invalid"

_NORTH_AMERICA: Final = 1
_E164_BYTES: Final = len("+12127365000")
# Ten digits of which the first is no prefix: read the same by every part of the library.
_TEN_DIGITS: Final = r"\(?[2-9][0-9]{2}\)?[ .-]?[0-9]{3}[ .-]?[0-9]{4}"
_PLAIN_ABROAD: Final = rf"^\+1[ .-]?{_TEN_DIGITS}$"
_PLAIN_AT_HOME: Final = rf"^(?:\+?1[ .-]?)?{_TEN_DIGITS}$"
_HOME_REGIONS: Final = ("US", "CA")

_PUNCTUATION: Final = [" ", "-", ".", "(", ")", "/"]
# Split off before reading, as the library does; it knows many more spellings.
_EXTENSION: Final = r"(?i)[ ,]*(?:x|ext|extn|extension|#)[:.]? ?[0-9]{1,7}$"

# What pandas makes of a column of digits with a gap in it.
_DIGITS_AS_FLOAT: Final = r"^(\+?[0-9]{7,15})\.0$"

# Typed to get past a form. Some are real numbers somewhere, so only an invalid one stands for nobody.
_NOBODYS: Final = r"^\+?(?:0*|0?123456789?0?|1234567|" + "|".join(f"{digit}{{5,}}" for digit in "123456789") + ")$"


def parse_phones(texts: pl.Series, region: str) -> pl.DataFrame:
    """Read texts that hold one number each, one row per text in its order.

    Gives `value`: E.164 without extension if `is_valid`, else the bare digits, with a leading + where the
    text has one (the text itself where it has no digits). Both are null where the text is blank or stands
    for nobody (`000-0000`).
    """
    form = _PLAIN_AT_HOME if region in _HOME_REGIONS else _PLAIN_ABROAD
    is_plain = texts.str.contains(form).fill_null(False)
    if is_plain.all():
        return _read_plain(texts)
    index, odd = is_plain.arg_true(), is_plain.not_().arg_true()
    plain, others = _read_plain(texts.gather(index)), _read_odd(texts.gather(odd), region, form)
    order = pl.concat([index, odd]).arg_sort()
    return pl.concat([plain, others]).select(pl.all().gather(order))


def _read_plain(texts: pl.Series) -> pl.DataFrame:
    # As we write them ourselves, nothing is to be taken out.
    is_e164 = bool((texts.str.starts_with("+1") & (texts.str.len_bytes() == _E164_BYTES)).all())
    digits = texts if is_e164 else texts.str.replace_many([*_PUNCTUATION, "+"], [""])
    national = digits.str.tail(10)
    is_valid = numbering_plan.are_valid(national, _NORTH_AMERICA)
    values = texts if is_e164 else "+1" + national
    wrong = is_valid.not_().arg_true()
    if wrong.len():
        values = put(values, wrong, _bare_digits(texts.gather(wrong)))
    return _without_nobodys(values, is_valid)


def _read_odd(texts: pl.Series, region: str, form: str) -> pl.DataFrame:
    """Read texts of every other form, each distinct one once; one row per text."""
    distinct = pl.DataFrame({"text": texts.unique()})
    distinct = distinct.with_columns(known=read_blanks(distinct["text"])).drop_nulls()
    distinct = distinct.with_columns(known=pl.col("known").str.replace(_DIGITS_AS_FLOAT, "$1"))
    distinct = distinct.with_columns(main=pl.col("known").str.replace(_EXTENSION, ""))
    plain, rest = _parted(distinct, distinct["main"].str.contains(form))
    rest = rest.hstack(_read_digits(rest["main"].str.replace_many(_PUNCTUATION, [""]), region))
    settled, left = _parted(rest, rest["is_valid"].is_not_null())
    table = pl.concat(
        [
            plain.select("text").hstack(_read_plain(plain["main"])),
            settled.select("text").hstack(_verdicts(settled["number"], settled["main"])),
            left.select("text").hstack(_verdicts(_ask_library(left["known"], region), left["main"])),
        ]
    )
    found = texts.to_frame("text").join(table, on="text", how="left", maintain_order="left")
    return found.select("value", "is_valid")


def _parted(frame: pl.DataFrame, mask: pl.Series) -> tuple[pl.DataFrame, pl.DataFrame]:
    return frame.filter(mask), frame.filter(~mask)


def _read_digits(texts: pl.Series, region: str) -> pl.DataFrame:
    """Read what is digits alone, or a plus and digits: `number` and `is_valid` of the numbering plans."""
    abroad = texts.str.contains(r"^\+[0-9]{5,17}$").arg_true()
    at_home = texts.str.contains(r"^[0-9]{5,17}$").arg_true()
    settled = pl.concat(
        [
            numbering_plan.read_international(texts.gather(abroad)),
            numbering_plan.read_national(texts.gather(at_home), region),
        ]
    ).with_columns(index=pl.concat([abroad, at_home]))
    every = texts.to_frame("text").with_row_index().select("index")
    return every.join(settled, on="index", how="left", maintain_order="left").drop("index")


def _ask_library(texts: pl.Series, region: str) -> pl.Series:
    return pl.Series([read_number(text, region) for text in texts], dtype=pl.String)


def _verdicts(numbers: pl.Series, main: pl.Series) -> pl.DataFrame:
    """Return the values of texts whose number is known, or null because they hold no valid one."""
    is_valid = numbers.is_not_null()
    return _without_nobodys(numbers.zip_with(is_valid, _bare_digits(main)), is_valid)


def read_number(text: str, region: str) -> str | None:
    """Return the E.164 form of a text in any form that the library takes for a valid number."""
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _bare_digits(texts: pl.Series) -> pl.Series:
    """Return the digits of invalid numbers with a leading + where there is one; texts without digits as they are."""
    digits = texts.str.extract(r"^[^0-9+]*(\+)").fill_null("") + texts.str.replace_all(r"[^0-9]", "")
    return texts.zip_with(~texts.str.contains("[0-9]"), digits)


def _without_nobodys(values: pl.Series, is_valid: pl.Series) -> pl.DataFrame:
    is_nobodys = values.str.contains(_NOBODYS) & ~is_valid
    if is_nobodys.any():
        values, is_valid = values.set(is_nobodys, None), is_valid.set(is_nobodys, None)
    return pl.DataFrame({"value": values, "is_valid": is_valid})
