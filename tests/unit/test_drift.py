"""What changed between two files of a feed, and what may not."""

import pytest

from flows.errors import BatchFailedError
from flows.steps.drift import Column, Columns, find_drift, require_columns
from schemas.reference import Feed


def columns(row_count: int = 100, **fields: tuple[str | None, int]) -> Columns:
    """A file with these headers, each with its field and how many rows fill it."""
    return Columns(row_count, {header: Column(header, name, count) for header, (name, count) in fields.items()})


WEEK_ONE = columns(First=("firstName", 100), Company=("company", 90), Fax=(None, 60), Rare=(None, 5))


def test_nothing_changed() -> None:
    assert find_drift(WEEK_ONE, WEEK_ONE, has_header=True).warnings == ()


def test_the_first_file_of_a_feed_is_not_compared() -> None:
    assert find_drift(Columns(), WEEK_ONE, has_header=True).warnings == ()


def test_columns_come_and_go() -> None:
    now = columns(First=("firstName", 100), Company=("company", 90), Rare=(None, 5), Score=(None, 7))
    drift = find_drift(WEEK_ONE, now, has_header=True)
    assert drift.warnings == ("new column 'Score', kept in extra", "column 'Fax' is missing; it was kept in extra")
    assert drift.counts == {"new": 1, "missing": 1, "renamed": 0, "emptied": 0}


def test_a_column_for_the_same_field_was_renamed() -> None:
    now = columns(Organisation=("company", 90), First=("firstName", 100), Fax=(None, 60), Rare=(None, 5))
    assert find_drift(WEEK_ONE, now, has_header=True).warnings == (
        "column 'Company' is now called 'Organisation', taken for company",
    )


def test_a_column_with_an_alike_header_was_renamed() -> None:
    now = columns(First=("firstName", 100), Company=("company", 90), Fax=(None, 60), Rares=(None, 5))
    assert find_drift(WEEK_ONE, now, has_header=True).renamed == {"Rare": now.by_header["Rares"]}


def test_a_full_column_that_runs_dry_is_told_and_a_rare_one_is_not() -> None:
    now = columns(First=("firstName", 100), Company=("company", 2), Fax=(None, 60), Rare=(None, 0))
    assert find_drift(WEEK_ONE, now, has_header=True).warnings == (
        "column 'Company' is suddenly empty; it was taken for company",
    )


def test_few_rows_may_be_empty_by_chance() -> None:
    now = columns(19, First=("firstName", 19), Company=("company", 0), Fax=(None, 0), Rare=(None, 0))
    assert find_drift(WEEK_ONE, now, has_header=True).warnings == ()


def test_a_key_that_json_leaves_out_is_an_empty_cell() -> None:
    now = columns(First=("firstName", 100), Company=("company", 90))
    assert find_drift(WEEK_ONE, now, has_header=False).warnings == (
        "column 'Fax' is suddenly empty; it was kept in extra",
    )


@pytest.mark.parametrize(
    ("now", "lacking"),
    [
        (columns(First=("firstName", 9)), "lastName"),
        (columns(Mail=("email", 9)), "firstName and lastName"),
    ],
)
def test_a_file_without_columns_for_the_names_is_refused(now: Columns, lacking: str) -> None:
    with pytest.raises(BatchFailedError, match=f"no column is taken for {lacking}, "):
        require_columns(now, Columns(), Feed(name="web"))


@pytest.mark.parametrize(
    ("now", "feed"),
    [
        (columns(Name=("full_name", 9)), Feed(name="web")),
        (columns(Mail=("email", 9)), Feed(name="web", placeholders={"firstName": "Unknown", "lastName": "Lead"})),
        (columns(Mail=("email", 9)), Feed.model_validate({"name": "crm", "origin": "crm"})),
        (columns(0, Mail=("email", 0)), Feed(name="web")),
    ],
    ids=["full name", "placeholders", "the CRM is believed", "no rows"],
)
def test_a_file_that_can_make_leads_is_not_refused(now: Columns, feed: Feed) -> None:
    require_columns(now, Columns(), feed)


def test_the_crm_may_not_lose_its_ids() -> None:
    crm = Feed.model_validate({"name": "crm", "origin": "crm"})
    with pytest.raises(BatchFailedError, match="no column is taken for id, "):
        require_columns(columns(First=("firstName", 9)), columns(Id=("id", 9)), crm)
