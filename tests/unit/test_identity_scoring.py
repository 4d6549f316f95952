"""What each comparison says of two records: its level, its weight, and when names are corroborated."""

from typing import Any

import polars as pl
import pytest

from flows.identity.model import IdentityModel, load_model
from flows.identity.scoring import COMPARED_COLUMNS, describe_pairs, score_pairs
from flows.identity.vocabulary import legal_forms, short_forms

COUNT = 10_000


def compare(one: dict[str, Any], other: dict[str, Any], evidence: dict[str, str] | None = None) -> dict[str, Any]:
    """The scored pair of two records; what is left out is blank."""
    blank = {name: [] if isinstance(dtype, pl.List) else None for name, dtype in COMPARED_COLUMNS.items()}
    rows = [{**blank, **said, "unique_id": number} for number, said in enumerate((one, other), start=1)]
    schema = {**COMPARED_COLUMNS, **dict.fromkeys(evidence or {}, pl.String())}
    records = pl.DataFrame(rows, schema=schema).with_columns(
        digits=pl.concat_str(
            pl.col("first_name").fill_null(""), pl.lit("|"), pl.col("last_name").fill_null("")
        ).str.replace_all(r"[^0-9|]", "")
    )
    forms = records.join(short_forms(), on="first_name", how="left", suffix="_known")
    records = forms.with_columns(short_forms=pl.col("short_forms_known").fill_null([])).select(list(schema))
    frequencies = {
        name: pl.DataFrame({"value": [one.get(name)], "frequency": [0.001]}, schema_overrides={"value": pl.String})
        for name in ("first_name", "last_name", "company", *(evidence or {}))
    }
    pairs = pl.DataFrame({"source_id": [1], "other_source_id": [2]})
    return score_pairs(records, pairs, frequencies, evidence or {}, model(), COUNT).row(0, named=True)


def model() -> IdentityModel:
    """The packaged model."""
    return load_model()


def person(first: str | None, last: str | None, **said: Any) -> dict[str, Any]:
    """What is compared of somebody."""
    return {"first_name": first, "last_name": last, **said}


@pytest.mark.parametrize(
    ("first", "other", "level"),
    [
        ("robert", "robert", "same"),
        ("robert", "bob", "short_form"),
        ("robert", "r", "initial"),
        ("robert", "rovert", "one_edit"),
        ("christine", "christina", "one_edit"),
        ("catherine", "catharyne", "alike"),
        ("robert", "sofia", "other"),
        ("ann1", "ann2", "other"),
        ("robert", None, "missing"),
    ],
)
def test_levels_of_first_names(first: str, other: str | None, level: str) -> None:
    assert compare(person(first, "okri"), person(other, "okri"))["level_first_name"] == level


def test_swapped_names_are_one_piece_of_evidence() -> None:
    scored = compare(person("okri", "ben"), person("ben", "okri"))
    assert (scored["level_first_name"], scored["level_last_name"]) == ("swapped", "missing")


@pytest.mark.parametrize(
    ("emails", "others", "level"),
    [
        (["ben@a.example", "x@a.example"], ["ben@a.example"], "same"),
        (["benokri@a.example"], ["benokri@b.example"], "same_name_part"),
        (["benokri@a.example"], ["bemokri@a.example"], "alike"),
        (["jane@a.example"], ["john@a.example"], "other"),
        (["jane@a.example"], [], "missing"),
    ],
)
def test_levels_of_addresses(emails: list[str], others: list[str], level: str) -> None:
    scored = compare(person("ben", "okri", emails=emails), person("ben", "okri", emails=others))
    assert scored.get("level_email", "missing") == level


def test_the_address_of_an_office_says_little() -> None:
    desk = compare(person("a", "b", desk_emails=["info@a.example"]), person("c", "d", desk_emails=["info@a.example"]))
    assert desk["level_email"] == "desk"
    assert desk["weight_email"] < 3


def test_one_roof_says_little_of_two_first_names_unless_a_birthday_is_shared() -> None:
    home = {"phones": ["+12127365000"], "emails": ["the.byrons@mail.example"]}
    two = compare(person("ada", "byron", **home), person("ralph", "byron", **home))
    assert two["weight_phone"] == two["weight_email"] == 2.0
    assert two["weight"] < 0
    born = {"evidence_1": "19790411"}
    one = compare(
        person("ada", "byron", **home, **born), person("ralph", "byron", **home, **born), {"evidence_1": "date"}
    )
    assert one["weight_phone"] > 10


def test_names_alone_and_names_with_a_place_are_not_enough() -> None:
    there = {"location": "12 high street ware"}
    assert not compare(person("ada", "byron"), person("ada", "byron"))["is_corroborated"]
    assert not compare(person("ada", "byron", **there), person("ada", "byron", **there))["is_corroborated"]
    assert compare(person("ada", "byron", company="firm"), person("ada", "byron", company="firm"))["is_corroborated"]


def test_other_contacts_take_equal_names_and_more() -> None:
    one = {"emails": ["ada@one.example"], "company": "firm"}
    other = {"emails": ["byron@two.example"], "company": "firm"}
    assert compare(person("ada", "byron", **one), person("ada", "byron", **other))["is_corroborated"]
    assert not compare(person("ada", "byron", **one), person("adah", "byron", **other))["is_corroborated"]


def test_evidence_is_told_by_header_without_any_value() -> None:
    scored = compare(
        person("ada", "byron", evidence_1="19790411"),
        person("ada", "byron", evidence_1="19790412"),
        {"evidence_1": "date"},
    )
    frame = pl.DataFrame([scored])
    [told] = describe_pairs(frame, {"evidence_1": "born|date"})
    assert '"born|date": {"level": "one_edit"' in told
    assert "1979" not in told and "ada" not in told


@pytest.mark.parametrize("name", ["acme ltd", "acme gmbh", "acme inc", "acme s a", "acme pty ltd", "acme gmbh co kg"])
def test_legal_forms_are_no_part_of_a_name(name: str) -> None:
    assert pl.Series([name]).str.replace(legal_forms(), "")[0] == "acme"


def test_a_name_that_is_all_legal_form_stays() -> None:
    assert pl.Series(["limited"]).str.replace(legal_forms(), "")[0] == "limited"
