"""Where a full name is cut, one row per rule."""

import polars as pl
import pytest

from flows.cells.full_names import split_full_names


def split(name: str | None, region: str = "US") -> tuple[str | None, str | None, bool]:
    names = split_full_names(pl.Series([name], dtype=pl.String), region)
    return names.first.item(), names.last.item(), names.says_more.item()


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("John Doe", "John", "Doe"),
        ("  John   Doe ", "John", "Doe"),
        ("Doe, John", "John", "Doe"),
        ("Doe,John", "John", "Doe"),
        ("John Michael Smith", "John Michael", "Smith"),
        ("K. R. Narayanan", "K. R.", "Narayanan"),
        ("Ludwig van Beethoven", "Ludwig", "van Beethoven"),
        ("Vincent van der Berg", "Vincent", "van der Berg"),
        ("van Beethoven, Ludwig", "Ludwig", "van Beethoven"),
        ("María de la Cruz García", "María", "de la Cruz García"),
        ("Ana Maria dos Santos Oliveira", "Ana Maria", "dos Santos Oliveira"),
        ("Ahmed bin Khalid Al Maktoum", "Ahmed", "bin Khalid Al Maktoum"),
        ("Mohammed Al-Rashid", "Mohammed", "Al-Rashid"),
        ("José Ortega y Gasset", "José", "Ortega y Gasset"),
        ("Van Morrison", "Van", "Morrison"),
        ("Al Pacino", "Al", "Pacino"),
        ("John O'Neil", "John", "O'Neil"),
        ("John & Jane Doe", "John & Jane", "Doe"),
        ("John Doe III", "John", "Doe III"),
        ("Smith, John, Jr.", "John", "Smith Jr."),
        ("Smith Jr., John", "John", "Smith Jr."),
        ("Иванов Иван Иванович", "Иван Иванович", "Иванов"),
        ("محمد أحمد", "محمد", "أحمد"),
        ("जॉन डो", "जॉन", "डो"),
        ("👩\u200d💻 Jane Roe ✨", "Jane", "Roe"),
    ],
)
def test_name_is_cut_as_its_owner_would(name: str, first: str, last: str) -> None:
    assert split(name) == (first, last, False)


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("Dr. Martin King Jr.", "Martin", "King Jr."),
        ("Prof. Dr. Hans Müller", "Hans", "Müller"),
        ("Mr. and Mrs. Smith", None, "Smith"),
        ("Mrs. Reyes", None, "Reyes"),
        ("Doe, Mr. John", "John", "Doe"),
        ("John Smith, PhD, MBA", "John", "Smith"),
        ('John "Johnny" Doe', "John", "Doe"),
        ("Robert (Bob) Smith", "Robert", "Smith"),
        ("田中様", None, "田中"),
    ],
)
def test_titles_degrees_and_nicknames_go_and_are_told(name: str, first: str | None, last: str) -> None:
    assert split(name) == (first, last, True)


@pytest.mark.parametrize(
    ("name", "region", "first", "last"),
    [
        ("田中太郎", "US", "太郎", "田中"),
        ("田中 太郎", "US", "太郎", "田中"),
        ("王小明", "US", "小明", "王"),
        ("田中誠", "JP", "誠", "田中"),
        ("李明", "CN", "明", "李"),
        ("김철수", "KR", "철수", "김"),
        ("남궁민수", "KR", "민수", "남궁"),
        ("ジョン・スミス", "JP", "ジョン", "スミス"),
        ("たなか", "JP", "たなか", None),
    ],
)
def test_east_asian_names_begin_with_the_family(name: str, region: str, first: str, last: str | None) -> None:
    assert split(name, region) == (first, last, False)


@pytest.mark.parametrize("name", ["Cher", "O'Brien", "=SUM(A1:A10)", "john@dup.com", "Doe,", "Dr"])
def test_single_word_is_a_first_name(name: str) -> None:
    assert split(name) == (name.strip(","), None, False)


@pytest.mark.parametrize("name", ["", "   ", "N/A", "-"])
def test_name_that_says_nothing_gives_two_blank_ones(name: str) -> None:
    assert split(name) == ("", "", False)


def test_absent_name_gives_two_absent_ones() -> None:
    assert split(None) == (None, None, False)


def test_column_is_left_as_it_was() -> None:
    cells = pl.Series(["Dr. Ana Lopez", "✨ Omar Haddad", None])

    split_full_names(cells, "US")

    assert cells.to_list() == ["Dr. Ana Lopez", "✨ Omar Haddad", None]
