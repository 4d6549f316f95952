"""Joining pairs to people, and the joins that the rules forbid."""

from flows.identity.clusters import (
    DIFFERENT_APPLICATIONS,
    DIFFERENT_COMPANIES,
    SET_APART,
    TOO_WEAK,
    TOO_WEAK_TOGETHER,
    TWO_CRM_IDS,
    Pair,
    Traits,
    WeighedPair,
    cluster_people,
)
from flows.identity.model import Profile

NOBODY = Traits()
PROFILE = Profile(merge_from=1.0, mean_from=-2.0, review_from=-3.0)


def crm(crm_id: int) -> Traits:
    """A person with a CRM id."""
    return Traits(crm_ids=frozenset([crm_id]))


def application(name: str) -> Traits:
    """A person with an application id."""
    return Traits(application_ids=frozenset([name]))


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


def weighed(node: int, other: int, weight: float) -> WeighedPair:
    """Two people of one record each, weighed."""
    return WeighedPair(node, other, weight, weight, 1)


def test_different_companies_are_reviewed_not_merged() -> None:
    pair = by_mail(1, 2)
    traits = {1: Traits(companies=frozenset(["northgate dental"])), 2: Traits(companies=frozenset(["harbour foods"]))}
    assert cluster_people([pair], traits).refused == {pair: DIFFERENT_COMPANIES}


def test_spellings_and_initials_of_a_company_are_one_company() -> None:
    for name, other in (
        ("northgate dental", "northgate dental care"),
        ("northgate dental", "nortgate dental"),
        ("international business machines", "ibm"),
    ):
        traits = {1: Traits(companies=frozenset([name])), 2: Traits(companies=frozenset([other]))}
        assert cluster_people([by_mail(1, 2)], traits).refused == {}, (name, other)


def test_the_company_of_a_third_record_counts_for_the_whole_person() -> None:
    traits = {1: Traits(companies=frozenset(["northgate"])), 3: Traits(companies=frozenset(["harbour foods"]))}
    clusters = cluster_people([by_mail(1, 2), by_phone(2, 3)], traits)
    assert clusters.person_of == {1: 1, 2: 1, 3: 3}


def test_people_who_were_set_apart_stay_apart_through_a_third() -> None:
    traits = {1: Traits(apart_from=frozenset([3])), 3: Traits(apart_from=frozenset([1]))}
    clusters = cluster_people([by_mail(1, 2), by_mail(2, 3)], traits)
    assert clusters.person_of[1] != clusters.person_of[3]
    assert list(clusters.refused.values()) == [SET_APART]


def test_a_pair_of_enough_weight_is_one_person_and_a_weaker_one_is_open() -> None:
    strong, weak = weighed(1, 2, 1.5), weighed(3, 4, 0.5)
    clusters = cluster_people([], {}, [strong, weak, weighed(5, 6, -4)], PROFILE)
    assert clusters.person_of[1] == clusters.person_of[2]
    assert clusters.joined == [strong]
    assert clusters.open == {weak: TOO_WEAK}


def test_one_record_between_two_people_does_not_fuse_them() -> None:
    """Two groups of three that agree within, and one link between them against eight pairs that disagree."""
    groups = ((1, 2, 3), (4, 5, 6))
    within = [weighed(a, b, 20.0) for nodes in groups for a in nodes for b in nodes if a < b]
    bridge = weighed(3, 4, 2.0)
    between = [weighed(a, b, -9.0) for a in groups[0] for b in groups[1] if (a, b) != (3, 4)]
    clusters = cluster_people([], {}, [*within, bridge, *between], PROFILE)
    assert {clusters.person_of[node] for node in groups[0]} == {1}
    assert {clusters.person_of[node] for node in groups[1]} == {4}
    assert clusters.open == {bridge: TOO_WEAK_TOGETHER}


def test_a_chain_of_weak_links_ends_where_its_ends_disagree() -> None:
    chain = [weighed(node, node + 1, 2.0) for node in range(1, 9)]
    apart = [weighed(a, b, -10.0) for a in range(1, 9) for b in range(a + 2, 10)]
    clusters = cluster_people([], {}, [*chain, *apart], PROFILE)
    assert max(list(clusters.person_of.values()).count(person) for person in clusters.person_of.values()) == 2


def test_a_pair_that_was_never_weighed_counts_as_missing() -> None:
    pairs = [weighed(1, 2, 6.0), weighed(2, 3, 6.0)]
    assert set(cluster_people([], {}, pairs, PROFILE, missing_weight=-2.0).person_of.values()) == {1}
    assert set(cluster_people([], {}, pairs, PROFILE, missing_weight=-12.0).person_of.values()) == {1, 3}


def test_of_many_pairs_between_two_people_one_is_open() -> None:
    pairs = [by_mail(1, 2), by_mail(3, 4)]
    between = [weighed(1, 3, 0.5), weighed(2, 4, 0.2)]
    assert cluster_people(pairs, {}, between, PROFILE).open == {between[0]: TOO_WEAK}
