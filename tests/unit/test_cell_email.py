"""E-mail addresses: found in what surrounds them, checked for syntax and nothing else."""

import polars as pl
import pytest

from flows.cells.email import comparison_form, parse_emails


def read(text: str | None) -> tuple[str | None, bool | None]:
    value, is_valid = parse_emails(pl.Series([text], dtype=pl.String)).row(0)
    return value, is_valid


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("dana@reyes.io", "dana@reyes.io"),
        (" DANA@Reyes.IO ", "dana@reyes.io"),
        ("Dana <D@x.io>", "d@x.io"),
        ('"Reyes, Dana" <d@x.io>', "d@x.io"),
        ("<d@x.io>", "d@x.io"),
        ("mailto:d@x.io?subject=Hi", "d@x.io"),
        ("'d@x.io'", "d@x.io"),
        ("'d@x.io", "d@x.io"),
        ("o'neil@x.io", "o'neil@x.io"),
        ("d+tag@x.co.uk", "d+tag@x.co.uk"),
        ("dana@example.com", "dana@example.com"),
        ("dana@company.test", "dana@company.test"),
        ("d@MÜNCHEN.example", "d@münchen.example"),
        ("d@xn--mnchen-3ya.example", "d@münchen.example"),
        ("d\u200b@x.io", "d@x.io"),
    ],
)
def test_valid_addresses(text: str, address: str) -> None:
    assert read(text) == (address, True)


@pytest.mark.parametrize(
    "text",
    [
        *("omar@haddad", "dana", "@x.io", "d@", "d..a@x.io", ".d@x.io", "d@-x.io", "d@x..io", "d@x.io.", "a b@x.io"),
        *("d@[127.0.0.1]", "d@127.0.0.1", f"{'d' * 65}@x.io", "d(home)@x.io", "d@x_y.io", "a@b@x.io"),
    ],
)
def test_invalid_addresses_keep_their_text(text: str) -> None:
    assert read(text.upper()) == (text, False)


@pytest.mark.parametrize(
    "text", [None, "", "-", "n/a", "none", "test@test.com", "TEST@TEST.COM", "noemail@noemail.com"]
)
def test_addresses_of_nobody_are_blank(text: str | None) -> None:
    assert read(text) == (None, None)


def test_comparison_form_is_the_mailbox() -> None:
    addresses = pl.DataFrame({"address": ["d.ana+ads@googlemail.com", "d.ana+ads@x.io", "+d@x.io", None]})
    assert addresses.select(comparison_form(pl.col("address")))["address"].to_list() == [
        "dana@gmail.com",
        "d.ana@x.io",
        "+d@x.io",
        None,
    ]
