"""The digests of the chain: of the same rows always the same, of other rows another; and blocks that lose no row."""

from itertools import pairwise

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from flows import chain

TEXTS = st.none() | st.text(max_size=3)
ROWS = st.lists(
    st.tuples(st.integers(0, 30), TEXTS, TEXTS, st.none() | st.integers(-9, 9), st.none() | st.booleans()),
    min_size=1,
    max_size=40,
)
SCHEMA = pa.schema([("key", pa.int64()), ("a", pa.string()), ("b", pa.string()), ("c", pa.int64()), ("d", pa.bool_())])
Row = tuple[int, str | None, str | None, int | None, bool | None]


def table(rows: list[Row], *, batch_id: int | None = None) -> pa.Table:
    found = pa.table([list(column) for column in zip(*rows, strict=True)], schema=SCHEMA)
    return found if batch_id is None else found.add_column(0, "batch_id", [[batch_id] * len(rows)])


def parts(whole: pa.Table, cuts: list[int]) -> list[pa.Table]:
    places = sorted({0, whole.num_rows, *(cut % whole.num_rows for cut in cuts)})
    return [whole.slice(start, end - start) for start, end in pairwise(places)]


@given(ROWS, st.lists(st.integers(0, 99), max_size=5))
def test_a_digest_is_of_the_rows_not_of_how_they_lie_in_memory(rows: list[Row], cuts: list[int]) -> None:
    whole = table(rows)
    assert chain.digest_of(b"salt", pa.concat_tables(parts(whole, cuts))) == chain.digest_of(b"salt", whole)


@given(ROWS, ROWS)
def test_no_two_contents_and_no_two_salts_have_one_digest(one: list[Row], other: list[Row]) -> None:
    is_same = chain.digest_of(b"salt", table(one)) == chain.digest_of(b"salt", table(other))
    assert is_same == (one == other)
    assert chain.digest_of(b"salt", table(one)) != chain.digest_of(b"SALT", table(one))


def test_a_text_that_moves_to_the_next_cell_and_an_empty_one_are_others() -> None:
    contents: list[list[Row]] = [
        [(1, "ab", "c", 1, True)],
        [(1, "a", "bc", 1, True)],
        [(1, "", None, 1, True)],
        [(1, None, "", 1, True)],
        [(1, None, None, 0, None)],
        [(1, None, None, None, False)],
    ]
    assert len({chain.digest_of(b"", table(rows)) for rows in contents}) == len(contents)


@given(ROWS, st.lists(st.integers(0, 99), max_size=5), st.integers(1, 10))
def test_blocks_have_each_row_once_and_are_found_again(rows: list[Row], cuts: list[int], size: int) -> None:
    whole = table(sorted(rows, key=lambda row: row[0]), batch_id=7)
    blocks = list(chain.blocks(parts(whole, cuts), size))
    assert pa.concat_tables([block for _, block in blocks]).equals(whole)
    keys = [key for key, _ in blocks]
    assert keys == sorted(set(keys)), "a block ends with its last key"
    seals = {7: dict.fromkeys(keys, (b"", b""))}
    held = list(chain.held_blocks(parts(whole, cuts[::-1]), seals))
    assert [(block.last_key, block.rows) for block in held] == blocks


@given(ROWS, st.sets(st.integers(0, 30)), st.integers(1, 10))
def test_a_block_keeps_its_place_when_rows_of_it_go(rows: list[Row], gone: set[int], size: int) -> None:
    whole = table(sorted(rows, key=lambda row: row[0]), batch_id=7)
    blocks = dict(chain.blocks(parts(whole, list(range(0, 40, 3))), size))
    seals = {7: dict.fromkeys(blocks, (b"", b""))}
    left = whole.filter(pa.array([key not in gone for key in whole["key"].to_pylist()]))
    for block in chain.held_blocks([left] if left.num_rows else [], seals):
        assert block.last_key is not None
        kept = [row for row in blocks[block.last_key].to_pylist() if row["key"] not in gone]
        assert (block.rows.to_pylist() if block.rows is not None else []) == kept
