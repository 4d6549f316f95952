"""Whatever a document holds: its secrets go, the rest stays as it was, and it stays a document."""

import json
from collections.abc import Iterator
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.warehouse import SQL_FOLDER

SECRETS = ("apiKey", "Authorization", "Set-Cookie", "access_token", "clientSecret", "PASSWORD", "x-signature")
PLAIN = ("company", "before", "after", "a b", 'quo"ted', "back\\slash", "}{", "][", "ü", "")

texts = st.text(alphabet='ab "\\{}[]:,ü\n', max_size=8)
scalars = st.none() | st.booleans() | st.integers(0, 10**6) | texts


def documents(names: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    """Documents whose members have such names."""
    return st.recursive(
        scalars, lambda inside: st.lists(inside, max_size=3) | st.dictionaries(names, inside, max_size=3)
    )


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """The macros alone."""
    with duckdb.connect() as connection:
        connection.execute((SQL_FOLDER / "conclusions/without_secrets.sql").read_text(encoding="utf-8"))
        yield connection


def masked(connection: duckdb.DuckDBPyConnection, document: Any) -> Any:
    """The document as it is stored."""
    [(text,)] = connection.execute("SELECT without_secrets($1)", [json.dumps(document, ensure_ascii=False)]).fetchall()
    return json.loads(text)


@settings(max_examples=60)
@given(documents(st.sampled_from(PLAIN)))
def test_a_document_without_secrets_stays_as_it_is(connection: duckdb.DuckDBPyConnection, document: Any) -> None:
    assert masked(connection, document) == document


@settings(max_examples=200)
@given(documents(st.sampled_from((*SECRETS, *PLAIN))))
def test_each_secret_goes_and_nothing_else(connection: duckdb.DuckDBPyConnection, document: Any) -> None:
    found = masked(connection, document)
    assert found in ("***", expected(document))
    # Only what is nested deeper than can be looked through may cost the whole document.
    assert found == expected(document) or json.dumps(document).count("[") + json.dumps(document).count("{") > 5


def expected(document: Any) -> Any:
    """The same by walking through it."""
    if isinstance(document, dict):
        return {
            name: "***" if name in SECRETS and not isinstance(value, bool | None) else expected(value)
            for name, value in document.items()
        }
    return [expected(each) for each in document] if isinstance(document, list) else document
