"""Names: a case is given back to a name that lost it, and no other name is touched."""

import polars as pl
import pytest

from flows.cells.names import NamePart, parse_names


def read(name: str, part: NamePart = "last") -> str | None:
    values: list[str | None] = parse_names(pl.Series([name]), part).values.to_list()
    return values[0]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("dana", "Dana"),
        ("REYES", "Reyes"),
        ("o'neil", "O'Neil"),
        ("O'NEIL", "O'Neil"),
        ("O’NEIL", "O’Neil"),
        ("mary-jane", "Mary-Jane"),
        ("MARY JANE", "Mary Jane"),
        ("MCDONALD", "McDonald"),
        ("MACDONALD", "Macdonald"),
        ("VAN DER BERG", "van der Berg"),
        ("de la cruz", "de la Cruz"),
        ("LA TORRE", "La Torre"),
        ("van", "Van"),
        ("ST. JOHN", "St. John"),
        ("SMITH III", "Smith III"),
        ("j.p. morgan", "J.P. Morgan"),
        ("jp", "JP"),
        ("NG", "Ng"),
        ("'T HOOFT", "'t Hooft"),
        ("ÉMILE", "Émile"),
        ("İSMAİL", "İsmail"),
        ("straße", "Straße"),
        ("ГРИГОРИЙ", "Григорий"),
        ("ΓΙΏΡΓΟΣ", "Γιώργος"),
        ("  dana   maria ", "Dana Maria"),
    ],
)
def test_names_without_case_are_recased(name: str, expected: str) -> None:
    assert read(name) == expected


@pytest.mark.parametrize(
    "name",
    ["DeShawn", "van der Berg", "Van Der Berg", "McDonald", "李", "محمد", "ნინო", "=SUM(A1)", "@SUM", "X Æ A-12", "x1"],
)
def test_other_names_stay_as_they_are(name: str) -> None:
    assert read(name) == name


def test_a_first_name_begins_with_a_capital() -> None:
    assert [read("van anh", "first"), read("DE LA ROSA", "first")] == ["Van Anh", "De la Rosa"]


@pytest.mark.parametrize("name", ["Null", "Nan", "Na", "na", "NA"])
def test_people_are_called_like_placeholders(name: str) -> None:
    assert read(name) == name.title()


@pytest.mark.parametrize("name", ["", "-", "N/A", "null", "NULL", "nan", "NaN", "None", "none", "Select", "undefined"])
def test_what_programs_write_is_no_name(name: str) -> None:
    assert read(name) is None
