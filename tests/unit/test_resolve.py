"""Joining pairs to people, and the joins that the rules forbid."""

from flows.steps.resolve import (
    DIFFERENT_APPLICATIONS,
    TWO_CRM_IDS,
    Pair,
    Traits,
    cluster_people,
)

NOBODY = Traits(frozenset(), frozenset())


def crm(crm_id: int) -> Traits:
    """A person with a CRM id."""
    return Traits(frozenset([crm_id]), frozenset())


def application(name: str) -> Traits:
    """A person with an application id."""
    return Traits(frozenset(), frozenset([name]))


def by_mail(node: int, other: int) -> Pair:
    """Two people with one e-mail address and agreeing names."""
    return Pair(node, other, "email_and_names")


def by_phone(node: int, other: int) -> Pair:
    """Two people with one phone number and agreeing names."""
    return Pair(node, other, "phone_and_names")


def test_a_chain_of_pairs_is_one_person() -> None:
    clusters = cluster_people([by_mail(1, 2), by_phone(2, 3)], dict.fromkeys((1, 2, 3, 4), NOBODY))
    assert clusters.person_of == {1: 1, 2: 1, 3: 1, 4: 4}
    assert clusters.refused == {}


def test_two_crm_ids_are_never_one_person() -> None:
    pair = by_mail(501, 502)
    clusters = cluster_people([pair], {501: crm(501), 502: crm(502)})
    assert clusters.person_of == {501: 501, 502: 502}
    assert clusters.refused == {pair: TWO_CRM_IDS}


def test_a_vendor_record_between_two_crm_leads_joins_the_one_with_the_stronger_evidence() -> None:
    traits = {501: crm(501), 502: crm(502), -9: NOBODY}
    clusters = cluster_people([by_phone(501, -9), by_mail(502, -9)], traits)
    assert clusters.person_of[-9] == clusters.person_of[502] != clusters.person_of[501]
    assert clusters.refused == {by_phone(501, -9): TWO_CRM_IDS}


def test_different_application_ids_are_reviewed_not_merged() -> None:
    pair = by_mail(1, 2)
    clusters = cluster_people([pair], {1: application("A1"), 2: application("A2")})
    assert clusters.refused == {pair: DIFFERENT_APPLICATIONS}


def test_the_order_of_pairs_does_not_matter() -> None:
    traits = {501: crm(501), 502: crm(502), -9: NOBODY, -8: NOBODY}
    pairs = [by_phone(501, -9), by_mail(502, -9), by_mail(-8, -9), by_phone(-8, 501)]
    outcomes = [cluster_people(order, traits) for order in (pairs, pairs[::-1], pairs[2:] + pairs[:2])]
    assert outcomes[0] == outcomes[1] == outcomes[2]
