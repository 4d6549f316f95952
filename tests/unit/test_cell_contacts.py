"""Contact cells: one contact each, unless a cell that is none turns out to hold several."""

import polars as pl
import pytest

from flows.cells.contacts import ContactKind, parse_contacts


def parts(cell: str, kind: ContactKind) -> list[tuple[str, str, bool]]:
    found = parse_contacts(pl.Series([cell]), kind, "US").parts
    return [(row["kind"], row["value"], row["is_valid"]) for row in found.iter_rows(named=True)]


@pytest.mark.parametrize(
    ("cell", "kind", "expected"),
    [
        ("a@x.io; b@x.io", "email", [("email", "a@x.io", True), ("email", "b@x.io", True)]),
        ("a@x.io, B@x.io", "email", [("email", "a@x.io", True), ("email", "b@x.io", True)]),
        ("a@x.io b@x.io", "email", [("email", "a@x.io", True), ("email", "b@x.io", True)]),
        ("a@x.io;", "email", [("email", "a@x.io", True)]),
        ("a@x.io / 212 736 5000", "email", [("email", "a@x.io", True), ("phone", "+12127365000", True)]),
        ("212-736-5000 / 646-736-0100", "phone", [("phone", "+12127365000", True), ("phone", "+16467360100", True)]),
        ("555-0100\n212-736-5000", "phone", [("phone", "5550100", False), ("phone", "+12127365000", True)]),
        ("212-736-5000 or 646-736-0100", "phone", [("phone", "+12127365000", True), ("phone", "+16467360100", True)]),
        ("212-736-5000 (work)", "phone", [("phone", "+12127365000", True)]),
    ],
)
def test_cells_of_several_contacts_are_taken_apart(
    cell: str, kind: ContactKind, expected: list[tuple[str, str, bool]]
) -> None:
    assert parts(cell, kind) == expected


@pytest.mark.parametrize(
    ("cell", "kind"),
    [
        ('"Reyes, Dana" <d@x.io>', "email"),
        ("omar@haddad", "email"),
        ("a@mail,x.io", "email"),
        ("555-0100 / 555-0101", "phone"),
        ("212-736-5000/1", "phone"),
        ("ask at the desk, room 5", "phone"),
        ("1-800-FLOWERS", "phone"),
    ],
)
def test_other_cells_stay_whole(cell: str, kind: ContactKind) -> None:
    column = parse_contacts(pl.Series([cell]), kind, "US")
    assert column.parts.is_empty()
    assert column.values.null_count() == 0
