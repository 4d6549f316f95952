"""What is proven of conditions is true of every lead, and a condition is never neither true nor false."""

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from flows.routing import holds
from flows.routing_logic import excludes, implies, is_impossible
from schemas.routing import AllOf, AnyOf, FieldTest, NoneOf

TEXTS = ["CA", "ca", "Cab", "WA", "w", ""]
NUMBERS = [1, 2, 3, 4]
LEADS = pl.DataFrame(
    [(text, number) for text in [*TEXTS, " cab ", None] for number in [*NUMBERS, None]],
    schema={"location": pl.String, "numberOfEmployees": pl.Int64},
    orient="row",
)
letters = st.sampled_from(["CA", "Cab", "WA", "w"])
tests = st.one_of(
    letters.map(lambda text: FieldTest(field="location", equals=text)),
    st.lists(letters, min_size=1, max_size=3).map(lambda texts: FieldTest(field="location", is_in=tuple(texts))),
    letters.map(lambda text: FieldTest(field="location", prefix=text)),
    letters.map(lambda text: FieldTest(field="location", matches=text)),
    st.booleans().map(lambda value: FieldTest(field="location", is_empty=value)),
    st.booleans().map(lambda value: FieldTest(field="numberOfEmployees", is_empty=value)),
    st.sampled_from(NUMBERS).map(lambda number: FieldTest(field="numberOfEmployees", equals=number)),
    st.tuples(st.sampled_from(NUMBERS), st.sampled_from([None, *NUMBERS])).map(
        lambda ends: FieldTest(field="numberOfEmployees", at_least=ends[0], at_most=ends[1])
    ),
)
conditions = st.recursive(
    tests,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: AllOf.model_construct(all=tuple(parts))),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: AnyOf.model_construct(any=tuple(parts))),
        inner.map(lambda part: NoneOf.model_construct(excluded=part)),
    ),
    max_leaves=5,
)


def told(condition: FieldTest | AllOf | AnyOf | NoneOf) -> pl.Series:
    """Of which of the leads a condition holds."""
    return LEADS.select(holds(condition).alias("holds"))["holds"]


@given(conditions)
def test_a_condition_holds_or_does_not(condition: FieldTest | AllOf | AnyOf | NoneOf) -> None:
    assert told(condition).null_count() == 0
    assert (told(NoneOf.model_construct(excluded=condition)) == ~told(condition)).all()


@given(conditions, conditions)
def test_what_is_proven_is_true_of_every_lead(
    one: FieldTest | AllOf | AnyOf | NoneOf, other: FieldTest | AllOf | AnyOf | NoneOf
) -> None:
    if implies(one, other):
        assert not (told(one) & ~told(other)).any()
    if excludes(one, other):
        assert not (told(one) & told(other)).any()
    if is_impossible(one):
        assert not told(one).any()
