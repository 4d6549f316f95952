"""How cells move from an export's columns to the specification's."""

import json
from collections.abc import Mapping, Sequence

import polars as pl
import pytest

from flows.header_aliases import Aliases, load_aliases
from flows.steps.map import map_headers, map_records
from schemas.reference import Feed

Columns = Mapping[str, Sequence[str | None]]

VENDOR = Feed(name="default")
CRM = Feed(name="crm", origin="crm")


@pytest.fixture(scope="module")
def aliases() -> Aliases:
    return load_aliases(None)


def raw(columns: Columns) -> pl.DataFrame:
    height = len(next(iter(columns.values())))
    return pl.DataFrame(
        {
            "row_number": pl.int_range(1, height + 1, eager=True),
            "line_number": pl.int_range(2, height + 2, eager=True),
            **{header: pl.Series(cells, dtype=pl.String) for header, cells in columns.items()},
        }
    )


def mapped(columns: Columns, aliases: Aliases, feed: Feed = VENDOR) -> dict[str, list[str | None]]:
    """The mapped frame without its row numbers."""
    frame = map_records(raw(columns), map_headers(list(columns), feed, aliases), feed)
    assert frame.columns[:2] == ["row_number", "line_number"]
    assert frame["row_number"].to_list() == list(range(1, frame.height + 1))
    return frame.drop("row_number", "line_number").to_dict(as_series=False)


def test_cells_move_untouched(aliases: Aliases) -> None:
    columns: Columns = {
        "First Name": [" dana ", None],
        "Last Name": ["REYES", ""],
        "Email": ["Dana@Reyes.IO", "x"],
    }

    assert mapped(columns, aliases) == {
        "firstName": [" dana ", None],
        "lastName": ["REYES", ""],
        "email": ["Dana@Reyes.IO", "x"],
        "extra": [None, None],
    }


def test_columns_come_in_the_order_of_the_specification(aliases: Aliases) -> None:
    columns: Columns = {name: ["x"] for name in ("Lead ID", "Phone", "Notes", "Last Name", "Email")}

    assert list(mapped(columns, aliases)) == ["lastName", "email", "notes", "phone", "source_key", "extra"]


def test_what_is_not_mapped_stays_in_extra(aliases: Aliases) -> None:
    columns: Columns = {
        "Budget": ['1 "big" \\ one', None, " "],
        "Email": ["a@x.io", "b@x.io", "c@x.io"],
        'Shoe "Size"': ["line\nbreak\ttab\x01", "42", ""],
    }

    extra = mapped(columns, aliases)["extra"]

    assert [None if text is None else json.loads(text) for text in extra] == [
        {"Budget": '1 "big" \\ one', 'Shoe "Size"': "line\nbreak\ttab\x01"},
        {'Shoe "Size"': "42"},
        None,
    ]
    assert extra[0] is not None
    assert extra[0].index("Budget") < extra[0].index("Shoe")


def test_further_contacts_are_numbered_behind_the_first(aliases: Aliases) -> None:
    columns: Columns = {
        "Mobile": ["1"],
        "Secondary Email": ["b@x.io"],
        "Fax": ["9"],
        "Phone": ["2"],
        "Email": ["a@x.io"],
        "Other Phone": [""],
    }

    assert mapped(columns, aliases) == {
        "email": ["a@x.io"],
        "email#2": ["b@x.io"],
        "phone": ["2"],
        "phone#2": ["1"],
        "phone#3": [""],
        "extra": ['{"Fax":"9"}'],
    }


def test_column_of_either_kind_is_sorted_cell_by_cell(aliases: Aliases) -> None:
    columns: Columns = {"Email / Phone": ["a@x.io / 555 1234", "(212) 736-5000", "b@x.io", None, ""]}

    found = mapped(columns, aliases)

    assert found["email"] == ["a@x.io / 555 1234", None, "b@x.io", None, None]
    assert found["phone"] == [None, "(212) 736-5000", None, None, ""]


def test_prefixes_of_lead_ads_are_stripped(aliases: Aliases) -> None:
    columns: Columns = {
        "id": ["l:27933512212940000", "l:x"],
        "created_time": ["2026-01-05", ""],
        "ad_id": ["ag:12", ""],
        "full_name": ["Omar Haddad", "Omar Haddad"],
        "phone_number": ["p:+14025550105", "p:none"],
        "zip_code": ["z:10001", "10001"],
    }

    found = mapped(columns, aliases)

    assert found["source_key"] == ["27933512212940000", "l:x"]
    assert found["phone"] == ["+14025550105", "p:none"]
    assert found["location"] == ["10001", "10001"]
    assert found["extra"] == ['{"ad_id":"ag:12"}', None]


def test_of_several_columns_the_first_that_says_anything_counts(aliases: Aliases) -> None:
    columns: Columns = {
        "Associated Company": ["Beta", "Beta", "Acme", None],
        "Record ID": ["1", "2", "3", "4"],
        "Company Name": ["Acme", " ", "Acme", None],
        "Lifecycle Stage": ["", "", "", ""],
        "Lead Status": ["new", "new", "new", "new"],
    }

    found = mapped(columns, aliases)

    assert found["company"] == ["Acme", "Beta", "Acme", None]
    assert found["extra"] == ['{"Associated Company":"Beta"}', None, None, None]


def test_blank_is_not_absent_among_several_columns(aliases: Aliases) -> None:
    columns: Columns = {"Status": [None, "", None], "Stage": [None, None, ""]}

    assert mapped(columns, aliases)["processStage"] == [None, "", ""]


def test_opt_out_is_taken_by_channel_and_kept_as_evidence(aliases: Aliases) -> None:
    columns: Columns = {
        "Email Opt Out": ["1", ""],
        "Do Not Call": ["0", None],
        "Unsubscribed": ["", ""],
    }

    assert mapped(columns, aliases) == {
        "opt_out": ["", ""],
        "opt_out#email": ["1", ""],
        "opt_out#phone": ["0", None],
        "extra": ['{"Email Opt Out":"1","Do Not Call":"0"}', None],
    }


def test_active_is_the_opposite_of_archived(aliases: Aliases) -> None:
    columns: Columns = {
        "id": ["1", "2", "3", "4", "5"],
        "contact_name": ["A B"] * 5,
        "email_from": ["a@x.io"] * 5,
        "active": ["True", "0", "perhaps", "", None],
    }

    assert mapped(columns, aliases)["archived"] == ["false", "true", "perhaps", "", None]


# --- names


def test_full_name_is_split(aliases: Aliases) -> None:
    columns: Columns = {"Name": ["Dana Reyes", "Cher", "", None], "Email": ["a@x.io"] * 4}

    found = mapped(columns, aliases)

    assert found["firstName"] == ["Dana", "Cher", "", None]
    assert found["lastName"] == ["Reyes", None, "", None]
    assert found["extra"] == [None] * 4


def test_title_and_nickname_leave_the_whole_name_in_extra(aliases: Aliases) -> None:
    columns: Columns = {"Name": ["Dr. Dana Reyes", "Omar Haddad"], "Lead Name": ["D. Reyes", ""]}

    found = mapped(columns, aliases)

    assert (found["firstName"], found["lastName"]) == (["Dana", "Omar"], ["Reyes", "Haddad"])
    assert found["extra"] == ['{"Name":"Dr. Dana Reyes","Lead Name":"D. Reyes"}', None]


def test_name_beside_one_part_is_the_other_part_or_holds_both(aliases: Aliases) -> None:
    names: list[str | None] = ["Dana Reyes", "Reyes", "REYES, Dana", "dana  reyes", ""]

    beside_first = mapped({"Name": names, "First Name": ["Dana"] * 4 + [""]}, aliases)
    beside_last = mapped({"Name": names, "Last Name": ["Reyes"] * 4 + [""]}, aliases)

    assert beside_first["lastName"][:2] == ["Reyes", "Reyes"]
    assert beside_first["firstName"] == ["Dana"] * 4 + [""]
    assert beside_last["firstName"][:2] == ["Dana", None]
    assert beside_last["lastName"] == ["Reyes"] * 4 + [""]


def test_full_name_that_the_feed_asks_for_fills_rows_without_names(aliases: Aliases) -> None:
    feed = Feed(name="f", headers={"Whole": "full_name"})
    columns: Columns = {
        "First Name": ["Dana", ""],
        "Last Name": ["Reyes", None],
        "Whole": ["Somebody Else", "Omar Haddad"],
    }

    found = mapped(columns, aliases, feed)

    assert (found["firstName"], found["lastName"]) == (["Dana", "Omar"], ["Reyes", "Haddad"])


# --- location


def test_address_columns_compose_one_location(aliases: Aliases) -> None:
    columns: Columns = {
        "Country": ["US", "", None, ""],
        "Zip Code": ["78701", "", None, ""],
        "City": [" Austin ", "Rome", None, ""],
        "Street": ["1 Main St\r\nApt 4", "", None, " "],
        "State": ["TX", None, None, None],
    }

    assert mapped(columns, aliases)["location"] == ["1 Main St, Apt 4, Austin, TX, 78701, US", "Rome", None, ""]


def test_single_address_comes_as_it_is(aliases: Aliases) -> None:
    assert mapped({"Address": ["123 Main St\nApt 4B"]}, aliases)["location"] == ["123 Main St\nApt 4B"]


def test_city_that_the_address_ends_with_is_not_repeated(aliases: Aliases) -> None:
    columns: Columns = {
        "Address": ["1 Main St, Austin, TX 78701", "Austin Road 5", "Austin"],
        "City": ["Austin", "Austin", "Austin"],
        "State": ["TX", "TX", "TX"],
    }

    assert mapped(columns, aliases)["location"] == [
        "1 Main St, Austin, TX 78701",
        "Austin Road 5, Austin, TX",
        "Austin, TX",
    ]


def test_second_city_is_left_in_extra(aliases: Aliases) -> None:
    found = mapped({"City": ["Rome", ""], "City (2)": ["Pisa", "Bari"], "Country": ["IT", "IT"]}, aliases)

    assert found["location"] == ["Rome, IT", "Bari, IT"]
    assert found["extra"] == ['{"City (2)":"Pisa"}', None]


# --- frames


def test_empty_chunk_gives_the_same_columns(aliases: Aliases) -> None:
    headers = ["Name", "Email", "Street", "City", "Email / Phone", "Budget", "Status", "Stage", "Do Not Call"]
    matches = map_headers(headers, VENDOR, aliases)
    one_row = map_records(raw({header: ["x"] for header in headers}), matches, VENDOR)
    no_row = map_records(raw({header: [] for header in headers}), matches, VENDOR)

    assert no_row.schema == one_row.schema
    assert no_row.is_empty()


def test_columns_that_come_and_go_between_chunks_are_taken_as_they_are(aliases: Aliases) -> None:
    matches = map_headers(["Email", "Phone"], VENDOR, aliases)

    frame = map_records(raw({"Email": ["a@x.io"], "Later": ["1"]}), matches, VENDOR)

    assert frame.drop("row_number", "line_number").to_dict(as_series=False) == {
        "email": ["a@x.io"],
        "extra": ['{"Later":"1"}'],
    }


def test_raw_frame_is_left_as_it_was(aliases: Aliases) -> None:
    columns: Columns = {
        "Name": ["Dr. Dana Reyes Jr."],
        "Phone": ["p:+12127365000"],
        "Street": ["1 Main\nSt"],
        "City": ["Rome"],
        "Budget": ['"'],
    }
    frame = raw(columns)
    before = frame.clone()

    map_records(frame, map_headers(list(columns), VENDOR, aliases), VENDOR)

    assert frame.equals(before)


def test_audit_log_of_the_crm_is_taken_and_that_of_a_vendor_is_not(aliases: Aliases) -> None:
    columns: Columns = {"id": ["501"], "firstName": ["Dana"], "auditLog": ["[]"]}

    assert mapped(columns, aliases, CRM) == {"firstName": ["Dana"], "id": ["501"], "auditLog": ["[]"], "extra": [None]}
    assert mapped(columns, aliases)["extra"] == ['{"auditLog":"[]"}']


def test_cell_of_line_breaks_is_blank(aliases: Aliases) -> None:
    assert mapped({"Email": ["a@x.io"], "Budget": ["\r\n"]}, aliases)["extra"] == [None]


def test_tenth_phone_comes_behind_the_ninth(aliases: Aliases) -> None:
    columns: Columns = {"Phone": ["0"], **{f"Phone ({number})": [str(number)] for number in range(2, 12)}}

    found = mapped(columns, aliases)

    assert [cells[0] for name, cells in found.items() if name.startswith("phone")] == ["0", *map(str, range(2, 12))]
