"""Who is one person, through files: what joins people, what keeps them apart, and what waits for somebody to decide."""

import random
from pathlib import Path
from typing import Any

import pytest

from tests.integration.test_rules import World


@pytest.fixture
def world(tmp_path: Path) -> World:
    """An empty warehouse with the feeds of the rules' tests."""
    return World(tmp_path)


def count_leads(world: World) -> int:
    """How many people the warehouse knows."""
    return int(world.rows("SELECT count(*) FROM lead")[0][0])


def person(first: str, last: str, **cells: Any) -> dict[str, Any]:
    """A row of a vendor without ids."""
    return {"firstName": first, "lastName": last, **cells}


NAMES = ("Ada Byron", "Ben Okri", "Cleo Marsh", "Dev Patel", "Elif Safak", "Femi Kuti", "Gro Dahle", "Hal Hartley")


def test_a_mailbox_of_an_office_joins_nobody(world: World) -> None:
    firsts, lasts = [name.split()[0] for name in NAMES[:7]], [name.split()[1] for name in NAMES]
    names = [(first, lasts[(place + 3 * turn) % 8]) for turn in range(3) for place, first in enumerate(firsts)]
    world.load("web", [person(*name, email="info@firm.example", company="Firm") for name in names])
    assert count_leads(world) == 21


def test_two_people_with_one_phone_and_one_surname_are_two(world: World) -> None:
    world.load("web", [person("Ada", "Byron", phone="2127365000"), person("Ralph", "Byron", phone="2127365000")])
    assert count_leads(world) == 2


def test_a_couple_with_one_mailbox_is_two(world: World) -> None:
    couple = {"email": "the.byrons@mail.example", "phone": "2127365000", "location": "12 High Street, Ware"}
    world.load("web", [person("Ada", "Byron", **couple), person("Ralph", "Byron", **couple)])
    assert count_leads(world) == 2


def test_a_family_business_is_as_many_people_as_it_has_first_names(world: World) -> None:
    firm = {"email": "info@byron.example", "phone": "2127365000", "company": "Byron Optics", "location": "Ware"}
    world.write("identity.toml", 'profile = "balanced"\n')
    world.load("web", [person("Ada", "Byron", **firm), person("Ralph", "Byron", **firm)])
    assert count_leads(world) == 2


def test_a_person_is_followed_from_mail_to_phone_to_initials(world: World) -> None:
    world.load("web", [person("Cleo", "Marsh", email="cleo@marsh.example")])
    world.load("list", [person("Cleo", "Marsh", email="cleo@marsh.example", phone="2127365000")], "2026-01-02")
    world.load("partner", [person("C.", "Marsh", phone="2127365000")], "2026-01-03")
    assert count_leads(world) == 1


@pytest.mark.parametrize(
    "other",
    [
        person("Bob", "Okri", email="ben.okri@road.example", phone="2127365000"),
        person("Robert", "Okry", email="ben.okri@road.example", phone="2127365000"),
        person("Okri", "Robert", email="ben.okri@road.example", phone="2127365000"),
        person("Róbert", "Okri", email="ben.okri+shop@road.example", phone="(212) 736-5000"),
        person("R", "Okri", email="ben.okri@road.example"),
    ],
    ids=["short form", "typo", "swapped", "accents and tag", "initial"],
)
def test_spellings_of_a_name_with_one_contact_are_one_person(world: World, other: dict[str, Any]) -> None:
    world.load("web", [person("Robert", "Okri", email="ben.okri@road.example", phone="2127365000"), other])
    assert count_leads(world) == 1


def test_one_name_with_other_contacts_is_two_people(world: World) -> None:
    world.load(
        "web",
        [
            person("Dev", "Patel", email="dev@one.example", phone="2127365000"),
            person("Dev", "Patel", email="patel@two.example", phone="6467360100"),
        ],
    )
    assert count_leads(world) == 2


def test_numbered_people_are_not_slips_of_each_other(world: World) -> None:
    world.load(
        "web",
        [
            person(f"Ann{n}", "Bell", email=f"ann{n}@bell.example", phone=f"212736{5000 + n}", company="Bell")
            for n in range(60)
        ],
    )
    assert count_leads(world) == 60


def test_two_ids_of_the_crm_stay_two_and_are_listed(world: World) -> None:
    world.load("crm", [{**person("Gro", "Dahle", email="gro@dahle.example"), "id": n} for n in (501, 502)])
    assert count_leads(world) == 2
    assert world.rows("SELECT decision, evidence->>'against' FROM match_decision") == [("review", "two_crm_ids")]


def test_one_person_at_two_companies_waits_for_somebody_to_decide(world: World) -> None:
    world.load("web", [person("Elif", "Safak", email="elif@safak.example", company="Northgate Dental Ltd")])
    world.load("list", [person("Elif", "Safak", email="elif@safak.example", company="Harbour Foods")])
    assert count_leads(world) == 2
    assert world.rows("SELECT decision, evidence->>'against' FROM match_decision") == [
        ("review", "different_companies")
    ]


def test_a_legal_form_makes_no_other_company(world: World) -> None:
    world.load("web", [person("Elif", "Safak", email="elif@safak.example", company="Northgate Dental")])
    world.load("list", [person("Elif", "Safak", email="elif@safak.example", company="NORTHGATE DENTAL, Inc.")])
    assert count_leads(world) == 1


def test_nobody_is_joined_across_accounts(world: World) -> None:
    world.load("web", [person("Hal", "Hartley", email="hal@hartley.example")])
    world.load("other", [person("Hal", "Hartley", email="hal@hartley.example")])
    assert count_leads(world) == 2


def test_evidence_of_match_on_finds_people_without_contacts(world: World) -> None:
    world.write("feeds.toml", '[feeds.list.match_on]\n"Born" = "date"\nTown = "text"\nMember = "identifier"\n')
    crowd = [
        person(*name.split(), Born=f"19{60 + n}-0{1 + n}-11", Town=f"{name[:2]}ville", Member=f"{7130000 + 977 * n}")
        for n, name in enumerate(NAMES)
    ]
    world.load("list", [*crowd, person("Clea", "Marsch", Born="1962-03-11", Town="Clville", Member="7131954")])
    assert count_leads(world) == len(crowd)


def test_the_order_of_rows_does_not_change_who_is_whom(tmp_path: Path) -> None:
    people = [(*name.split(), f"{name.split()[0].lower()}@{name.split()[1].lower()}.example") for name in NAMES]
    rows = [
        person(first, last, email=mail, company="Firm", phone=f"21273650{n:02}")
        for n, (first, last, mail) in enumerate(people)
    ]
    rows += [person(first[0], last, email=mail) for first, last, mail in people]
    rows += [person(first, last + "e", phone=f"21273650{n:02}") for n, (first, last, _) in enumerate(people)]
    found = set()
    for seed in range(4):
        folder = tmp_path / str(seed)
        folder.mkdir()
        shuffled = World(folder)
        random.Random(seed).shuffle(rows)
        shuffled.load("web", [{**row, "notes": f"{row['firstName']} {row['lastName']}"} for row in rows])
        groups = shuffled.rows(
            "SELECT list(r.notes ORDER BY r.notes) FROM record AS r JOIN record_lead AS l USING (source_id) GROUP BY l.lead_id"
        )
        found.add(frozenset(tuple(group) for (group,) in groups))
    assert len(found) == 1
