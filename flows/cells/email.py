"""E-mail addresses: unpacked from what surrounds them, in small letters, domains as people read them.

A strict pattern settles the plain majority as valid; email-validator has the last word on the rest.
Whether mail arrives is no matter of syntax: no domain is looked up, and names reserved for documentation
and tests are as valid as others. A domain without a dot, an address at an IP number, comments and folded
white space are refused: allowed by some RFC, and a slip in every list of leads.
"""

import re
from typing import Final

import polars as pl
from email_validator import EmailNotValidError, validate_email

from flows.cells.parsed import put
from flows.cells.text import drop_placeholders, tidy_texts

INVALID: Final = "email_invalid"

# A part of what is valid: no quotes, no dot out of place, no label with the double hyphen of IDNA.
_PLAIN: Final = r"^[a-z0-9_+-]['a-z0-9_+-]*(?:\.['a-z0-9_+-]+)*@(?:[a-z0-9]+(?:-[a-z0-9]+)*\.)+[a-z]{2,}$"
# No part of an address this short can be too long.
_LONGEST_PLAIN: Final = 64
_LONGEST_LOCAL_PART: Final = 64
# With a name and brackets around it; what is longer landed in the wrong column.
_LONGEST_TEXT: Final = 500

_NOBODYS: Final = [
    "test@test.com",
    "test@fb.com",
    "none@none.com",
    "na@na.com",
    "no@no.com",
    "null@null.com",
    "noemail@noemail.com",
    "nomail@nomail.com",
    "no@email.com",
    "none@email.com",
    "email@email.com",
    "a@a.com",
    "abc@abc.com",
    "asdf@asdf.com",
    "xxx@xxx.com",
]

# `Dana <dana@x.io>`, `<dana@x.io>`, `mailto:dana@x.io?subject=Hi`, `'dana@x.io'`
_IN_BRACKETS: Final = re.compile(r"^[^<>]*<\s*([^<>]+?)\s*>$")
_MAILTO: Final = re.compile(r"^(?:mailto|e-?mail):\s*([^?]*)", re.IGNORECASE)
_TORN_QUOTES: Final = r'"[^"]*[\x00-\x08\n-\x1f][^"]*"@'
_QUOTED: Final = re.compile(r"^['\"‘“](.*@[^'\"]*)['\"’”]$")


def parse_emails(texts: pl.Series) -> pl.DataFrame:
    """Read texts that hold one address each, one row per text in its order.

    Gives `value`, the address in its normal form if `is_valid`, else the text in small letters; both are
    null where the text is blank or stands for nobody (`test@test.com`).
    """
    values, is_valid = texts, _is_plain(texts)
    index = (~is_valid).fill_null(True).arg_true()
    if index.len():
        given = texts.gather(index)
        small = tidy_texts(given).str.to_lowercase()
        values, is_valid = put(values, index, small), put(is_valid, index, _is_plain(small))
        odd = (~is_valid).fill_null(True).arg_true()
        read = _read_odd(values.gather(odd))
        # White space around an address is none of it; between its quotes it would be, and no mail has it.
        is_torn = texts.gather(odd).str.contains(_TORN_QUOTES).fill_null(False)
        values, is_valid = put(values, odd, read["value"]), put(is_valid, odd, read["is_valid"] & ~is_torn)
    is_nobodys = values.is_in(_NOBODYS).fill_null(False)
    if is_nobodys.any():
        values, is_valid = values.set(is_nobodys, None), is_valid.set(is_nobodys, None)
    return pl.DataFrame({"value": values, "is_valid": is_valid})


def unpack(text: str) -> str:
    """Return the address inside a tidied text: without a name before it, brackets, quotes or `mailto:`."""
    for wrapping in (_IN_BRACKETS, _MAILTO, _QUOTED):
        found = wrapping.match(text)
        text = found[1].strip() if found else text
    # Sheets mark text by an apostrophe before it.
    return text.removeprefix("'")


def comparison_form(address: pl.Expr) -> pl.Expr:
    """Return valid addresses so that two spellings of one mailbox are equal; for comparing only.

    What follows a plus is a label of the owner's own; Gmail ignores dots and has two names for its domain.
    """
    domain = address.str.extract(r"@([^@]+)$").str.replace(r"^googlemail\.com$", "gmail.com")
    name = address.str.extract(r"^(.*)@").str.replace(r"^([^+]+)\+.*$", "$1")
    undotted = pl.when(domain == "gmail.com").then(name.str.replace_all(".", "", literal=True)).otherwise(name)
    return pl.concat_str(undotted, pl.lit("@"), domain)


def _is_plain(texts: pl.Series) -> pl.Series:
    return texts.str.contains(_PLAIN) & (texts.str.len_bytes() <= _LONGEST_PLAIN)


def _read_odd(small: pl.Series) -> pl.DataFrame:
    """Ask the library about tidied texts in small letters, once about each; one row per text."""
    distinct = small.unique()
    known = drop_placeholders(distinct)
    addresses = [None if text is None else _normal_form(text) for text in known]
    table = pl.DataFrame(
        {
            "text": distinct,
            "address": pl.Series(addresses, dtype=pl.String),
            "known": known,
        }
    ).select(
        "text",
        value=pl.coalesce("address", "known"),
        is_valid=pl.when(pl.col("known").is_not_null()).then(pl.col("address").is_not_null()),
    )
    return small.to_frame("text").join(table, on="text", how="left", nulls_equal=True, maintain_order="left")


def _normal_form(text: str) -> str | None:
    # The library would say so of what has no @, but takes longer; most cells that are no address have none.
    if "@" not in text or len(text) > _LONGEST_TEXT:
        return None
    address = unpack(text)
    try:
        checked = validate_email(
            address,
            check_deliverability=False,
            # Whether a name is reserved is policy, not syntax; that there is a dot is asked below.
            globally_deliverable=False,
            allow_quoted_local=True,
            allow_smtputf8=True,
            strict=True,
        )
    except EmailNotValidError:
        return None
    # Quotes count as well, which the library forgets.
    is_too_long = len(checked.local_part or "") > _LONGEST_LOCAL_PART
    labels = (checked.ascii_domain or "").split(".")
    has_top_level_name = len(labels) > 1 and re.search("[a-z]", labels[-1]) is not None
    return checked.normalized.lower() if has_top_level_name and not is_too_long else None
