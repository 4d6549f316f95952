"""Short forms of given names, and what is left of a company's name without its legal form."""

import json
import re
import unicodedata
from pathlib import Path

import duckdb
import pytest

from flows.identity.vocabulary import legal_forms, short_forms

SUITE = Path(__file__).parents[3] / "shared" / "data" / "field-suites" / "company_suffixes.json"


def key(name: str) -> str:
    """A company's name as sql/resolve/identify_records.sql compares it, before the legal form goes."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", name.lower()) if not unicodedata.combining(c))
    return " ".join(re.findall(r"[^\W_]+", plain))


def without_form(name: str) -> str:
    """The name without its legal form, by the engine that does it in a run."""
    [(left,)] = duckdb.execute(
        "SELECT regexp_replace($name, $forms, '')", {"name": key(name), "forms": legal_forms()}
    ).fetchall()
    return str(left)


@pytest.mark.parametrize(
    ("name", "left"),
    [
        ("Northgate Dental Ltd.", "northgate dental"),
        ("NORTHGATE DENTAL, Inc.", "northgate dental"),
        ("Northgate Dental GmbH", "northgate dental"),
        ("Northgate S.A.", "northgate"),
        ("Northgate Pty Ltd", "northgate"),
        ("Northgate GmbH & Co. KG", "northgate"),
        ("Northgate sro", "northgate"),
        ("Łoś spolka z o.o", "łos"),
        ("Society of Friends", "society of friends"),
        ("GmbH Northgate", "gmbh northgate"),
        ("Incubate", "incubate"),
        ("Ltd", "ltd"),
    ],
)
def test_a_legal_form_at_the_end_is_no_part_of_the_name(name: str, left: str) -> None:
    assert without_form(name) == left


@pytest.mark.skipif(not SUITE.exists(), reason="the field suites are not beside the repository")
def test_legal_forms_at_the_end_of_names_of_the_suite() -> None:
    """All 18 of its 26 names; in the others the form stands in front or within, where it may be the name (AB InBev)."""
    cases = json.loads(SUITE.read_text(encoding="utf-8"))
    kept = [case["input"] for case in cases if without_form(case["input"]) != key(case["expected"])]
    assert kept == [
        *("Oy Hello World", "Oy Hello World Ab", "Hello Oy World", "Hello pty ltd World", "Hello Oy World Ab"),
        *("Ab Oy Hello World", "Hello Ab Oy World", "ОАО Новороссийский морской торговый порт"),
    ]


def test_short_forms_go_both_ways() -> None:
    known = dict(short_forms().iter_rows())
    for name, short in (("robert", "bob"), ("william", "bill"), ("katherine", "kate")):
        assert short in known[name]
        assert name in known[short]
    assert "ralph" not in known["robert"]


def test_each_name_stands_once_and_never_for_itself() -> None:
    forms = short_forms()
    assert forms["first_name"].is_unique().all()
    assert not any(name in known for name, known in forms.iter_rows())
