"""What may never be stored: which headers it is, and how it leaves rows and texts."""

import polars as pl
import pytest

from flows.cells.card_numbers import is_card_number
from flows.forbidden_headers import PACKAGED_FILE, ForbiddenHeaders, load_forbidden_headers
from flows.formats.records import FileFormat
from flows.header_matching import HeaderMatch
from flows.reference_files import read_table
from flows.steps.seal import mask_broken, mask_rows, seal_card_numbers, seal_columns
from schemas.reference_tables import FORBIDDEN_HEADERS

CSV = FileFormat("csv", "utf-8", ",", 1)
NDJSON = FileFormat("ndjson", "utf-8", None, None)


@pytest.fixture(scope="module")
def forbidden() -> ForbiddenHeaders:
    return load_forbidden_headers(None)


def raw(**columns: list[str | None]) -> pl.DataFrame:
    height = len(next(iter(columns.values())))
    numbers = pl.int_range(1, height + 1, eager=True)
    return pl.DataFrame(
        {"row_number": numbers, "line_number": numbers + 1, **columns},
        schema_overrides=dict.fromkeys(columns, pl.String),
    )


def test_packaged_headers_keep_their_contract() -> None:
    assert read_table(PACKAGED_FILE, PACKAGED_FILE.read_bytes(), FORBIDDEN_HEADERS).frame.height > 100


@pytest.mark.parametrize(
    "header",
    [
        *(
            "SSN",
            "ssn",
            "Social Security Number",
            "Client SSN (last 4)",
            "properties.ssn",
            "Applicant's Social Security #",
        ),
        *("Credit Card #", "creditCardNumber", "card_number", "Cardnumber", "CVV", "Card Expiry Date", "CC-Number*"),
        *(
            "IBAN",
            "Bank Account",
            "bank_account_number",
            "Routing Number",
            "IBAN (2)",
            "Kontonummer",
            "Kreditkartennummer",
        ),
        *("Numéro de sécurité sociale", "Número de tarjeta", "BSN", "PESEL", "カード番号"),
    ],
)
def test_card_bank_and_social_security_columns_are_forbidden(header: str, forbidden: ForbiddenHeaders) -> None:
    assert forbidden.among(["Email", header]) == {header}


def test_columns_that_only_sound_alike_are_not(forbidden: ForbiddenHeaders) -> None:
    harmless = [
        *("Account Number", "Accepts Credit Cards?", "Credit Card Processor", "Card volume", "Bank", "Bank Name"),
        *(
            "PIN Code",
            "Expiration Date",
            "Account",
            "Customer Number",
            "Social Media",
            "Security",
            "Business card",
            "Id",
        ),
        *("currentPaymentProcessor", "monthlyTransactionVolume", "SIN", "Swift response", "Last 4 deals", "Sort"),
    ]

    assert forbidden.among(harmless) == frozenset()


def test_headers_of_the_reference_folder_are_added() -> None:
    added = pl.DataFrame({"header": ["Shoe Size", "Passport"], "reason": [None, "x"], "match": ["whole", "within"]})

    headers = ["shoe_size", "Shoe Size EU", "Passport no.", "Old passport", "SSN"]

    assert load_forbidden_headers(added).among(headers) == {"shoe_size", "Passport no.", "Old passport", "SSN"}


def test_forbidden_column_leaves_an_issue_for_each_cell_that_said_anything() -> None:
    rows, issues = seal_columns(raw(Name=["a", "b", "c"], SSN=["123-45-6789", " ", None]), {"SSN"})

    assert rows.columns == ["row_number", "line_number", "Name"]
    assert issues.rows() == [(1, "SSN", "forbidden_column", None)]


def test_card_numbers_leave_notes_and_extra() -> None:
    mapped = raw(
        notes=["card 4111 1111 1111 1111!", "call 415 555 2671"],
        extra=['{"Ad ID":"4111111111111111","Fax":"4111111111111111","Wish":"\\"5555-5555-5555-4444\\""}', None],
    )

    sealed, issues = seal_card_numbers(mapped)

    assert sealed["notes"].to_list() == ["card [card number removed]!", "call 415 555 2671"]
    assert sealed["extra"].to_list() == [
        '{"Ad ID":"4111111111111111","Fax":"4111111111111111","Wish":"\\"[card number removed]\\""}',
        None,
    ]
    assert issues.rows() == [(1, "notes", "card_number", None), (1, "Wish", "card_number", None)]


def test_frame_without_card_numbers_stays_as_it_is() -> None:
    mapped = raw(extra=['{"Zoho":"4876876000000123457"}', '{"a":"1700000000000"}'])

    sealed, issues = seal_card_numbers(mapped)

    assert sealed.equals(mapped)
    assert issues.is_empty()


def test_column_of_long_numbers_is_one_of_ids_unless_they_are_cards() -> None:
    ids = ["4876876000000123455", "4876876000000123460", "4876876000000123450", "4876876000000123451"]
    cards = ["4111111111111111", "5555555555554444", "378282246310005", "4012888888881881"]
    extra: list[str | None] = [f'{{"Zoho":"{one}","Paid":"{other}"}}' for one, other in zip(ids, cards, strict=True)]
    assert sum(map(is_card_number, ids)) == 1

    sealed, issues = seal_card_numbers(raw(extra=extra))

    assert sealed["extra"].to_list() == [f'{{"Zoho":"{one}","Paid":"[card number removed]"}}' for one in ids]
    assert issues["column_name"].to_list() == ["Paid"] * 4


def test_text_of_a_rejected_row_is_masked_cell_by_cell() -> None:
    rows = raw(Name=['Dana "D"'], CVV=["123"], Phone=["5551234567"], Notes=["4111111111111111"], SSN=["1,2"])
    text = '"Dana ""D""",123,5551234567,4111111111111111,"1,2"'
    matches = [HeaderMatch("Notes", "notes", "alias", 1.0), HeaderMatch("Phone", "phone", "alias", 1.0)]

    assert mask_rows([text], rows, {"CVV", "SSN"}, matches, CSV) == [
        '"Dana ""D""",[removed],5551234567,[card number removed],[removed]'
    ]


def test_text_of_a_rejected_json_record_is_masked_by_key() -> None:
    rows = pl.DataFrame({"row_number": [1], "line_number": [1], "name": ["x"], "bank.iban": ["DE"], "cvv": ["123"]})
    text = '{"name": "x", "bank": {"iban": "DE \\"89"}, "cvv": 123, "phone": "5551234567"}'

    assert mask_rows([text], rows, {"bank.iban", "cvv"}, [], NDJSON) == [
        '{"name": "x", "bank": {"iban": "[removed]"}, "cvv": "[removed]", "phone": "5551234567"}'
    ]


def test_broken_record_is_masked_from_both_ends(forbidden: ForbiddenHeaders) -> None:
    rows = raw(Name=["a"], SSN=["1"], City=["b"])

    assert mask_broken("x,123,Rome", rows, forbidden, CSV) == "x,[removed],Rome"
    assert mask_broken("Reyes,Dana,123456789,Rome", rows, forbidden, CSV) == "Reyes,[removed],[removed],Rome"
    assert mask_broken("Reyes 078-05-1120", rows, forbidden, CSV) == "Reyes [removed]"
    assert mask_broken('{"ssn": 123456789, "a": ', rows, forbidden, NDJSON) == '{"ssn": "[removed]", "a": '
    assert mask_broken("a,4111111111111111", raw(Name=["a"]), forbidden, CSV) == "a,[card number removed]"
