"""The sample exports and reference data hold what the README shows and the guided run relies on."""

import csv
import gzip
import io
import json
import re
from collections import Counter
from datetime import datetime
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest

from flows.reference import load_reference
from schemas.spec import spec_fields

ROOT = Path(__file__).parents[2]
EXPORTS = ROOT / "data" / "exports"
REFERENCE = ROOT / "data" / "reference"

CRM = "crm-2026-01-06.json"
HUBSPOT = "hubspot-contacts-2026-01-07.csv"
FACEBOOK = "facebook-leads-2026-01-08.tsv"
FAIR = "messe-kontakte-2026-01-09.csv"
WEB_FORM = "webform-2026-01-09.ndjson.gz"


def text_of(name: str) -> str:
    content = (EXPORTS / name).read_bytes()
    if name == WEB_FORM:
        return gzip.decompress(content).decode()
    return content.decode("cp1252" if name == FAIR else "utf-8")


def crm_leads() -> list[dict[str, Any]]:
    leads: list[dict[str, Any]] = json.loads(text_of(CRM))
    return leads


def table(name: str, delimiter: str) -> tuple[list[str], list[list[str]]]:
    header, *rows = csv.reader(io.StringIO(text_of(name), newline=""), delimiter=delimiter, strict=True)
    return header, [row for row in rows if any(row)]


def people(name: str) -> Counter[tuple[str, str]]:
    """Count the people of a file by names and e-mail, as a careful reader would see them."""
    if name in (CRM, WEB_FORM):
        documents = (
            crm_leads()
            if name == CRM
            else [json.loads(line) for line in text_of(name).splitlines() if line.endswith("}")]
        )
        cells = [(f"{d['firstName']} {d['lastName']}", d.get("email") or "") for d in documents]
    else:
        header, rows = table(name, {HUBSPOT: ",", FACEBOOK: "\t", FAIR: ";"}[name])
        at = {cell: position for position, cell in enumerate(header)}
        if name == FACEBOOK:
            cells = [(row[at["full_name"]], row[at["email"]]) for row in rows]
        else:
            first, last, email = (
                ("First Name", "Last Name", "Email") if name == HUBSPOT else ("Vorname", "Nachname", "E-Mail")
            )
            cells = [(f"{row[at[first]]} {row[at[last]]}", row[at[email]]) for row in rows]
    return Counter((who.casefold(), email.casefold()) for who, email in cells if email)


def test_reference_data_is_right_and_complete() -> None:
    reference = load_reference(REFERENCE, must_exist=True)

    assert set(reference.feeds) == {"default", "crm", "hubspot", "facebook", "webform", "events"}
    for frame in (
        reference.teams,
        reference.users,
        reference.absences,
        reference.team_members,
        reference.lead_sources,
        reference.stages,
    ):
        assert frame is not None
        assert len(frame) > 0


@pytest.mark.parametrize(
    ("name", "feed", "day"),
    [
        (CRM, "crm", "2026-01-06"),
        (HUBSPOT, "hubspot", "2026-01-07"),
        (FACEBOOK, "facebook", "2026-01-08"),
        (FAIR, "events", "2026-01-09"),
        (WEB_FORM, "webform", "2026-01-09"),
    ],
)
def test_every_export_is_one_feeds_and_says_its_day(name: str, feed: str, day: str) -> None:
    feeds = load_reference(REFERENCE).feeds

    matching = [each for each, its in feeds.items() if its.location and fnmatch(f"data/exports/{name}", its.location)]
    assert matching == [feed]
    as_of = feeds[feed].as_of_in(name)
    assert as_of is not None
    # The name's day is a day of the feed's own zone, so at most half a day from UTC's.
    assert abs((as_of.replace(tzinfo=None) - datetime.fromisoformat(day)).total_seconds()) <= 12 * 3600


def test_folder_holds_these_exports_only() -> None:
    assert {path.name for path in EXPORTS.iterdir()} == {CRM, HUBSPOT, FACEBOOK, FAIR, WEB_FORM}


@pytest.mark.parametrize("name", [CRM, HUBSPOT, FACEBOOK, FAIR, WEB_FORM])
def test_nobody_in_the_samples_is_real(name: str) -> None:
    """Reserved domains, and of American numbers only those that telephone companies keep for fiction."""
    text = text_of(name)

    domains = re.findall(r"[\w.-]@([\w-]+(?:\.[\w-]+)+)", text)
    assert domains
    assert all(re.search(r"(?i)\.example(\.net)?$|^marlowe$", domain) for domain in domains)
    assert all(re.fullmatch(r"1?\d{3}55501\d\d", number) for number in re.findall(r"\+(1\d{10})\b", text))


def test_crm_export_has_the_specs_shape() -> None:
    names = [field.name for field in spec_fields()]
    leads = crm_leads()

    assert len(leads) == 40
    assert len({lead["id"] for lead in leads}) == 40
    assert all(set(lead) <= set(names) for lead in leads)
    assert sum(set(lead) == set(names) for lead in leads) == 38
    assert all(lead["auditLog"] for lead in leads)
    entries = [entry for lead in leads for entry in lead["auditLog"]]
    assert len({entry["id"] for entry in entries}) == len(entries)
    assert {"lead_created", "lead_updated", "lead_archived", "lead_converted"} == {e["event"] for e in entries}
    assert all(entry["requestHeaders"]["authorization"] == "********" for entry in entries)


def test_crm_export_has_what_must_be_believed_or_noted() -> None:
    leads = {lead["id"]: lead for lead in crm_leads()}
    reference = load_reference(REFERENCE)
    assert reference.teams is not None
    assert reference.users is not None
    teams, users = set(reference.teams["teamId"]), set(reference.users["user"])

    assert sum(lead["archived"] for lead in leads.values()) == 2
    assert [id for id, lead in leads.items() if lead["teamId"] not in teams] == [513]
    assert [id for id, lead in leads.items() if not lead["assignedTo"]] == [503, 510]
    assert [id for id, lead in leads.items() if lead["assignedTo"] and lead["assignedTo"] not in users] == [517]
    assert [id for id, lead in leads.items() if not (lead["firstName"] and lead["lastName"])] == [520, 528]
    assert [id for id, lead in leads.items() if lead["phone"] == ""] == [536]
    assert leads[504]["email"] == leads[539]["email"]


def test_hubspot_export_has_rows_to_reject_below_tolerance() -> None:
    header, rows = table(HUBSPOT, ",")

    assert len(rows) == 57
    ragged = [row for row in rows if len(row) != len(header)]
    nameless = [row for row in rows if not (row[1].strip() and row[2].strip())]
    assert (len(ragged), len(nameless)) == (1, 3)
    assert (len(ragged) + len(nameless)) / len(rows) < load_reference(REFERENCE).feeds["hubspot"].max_reject_fraction


def test_facebook_export_is_tabbed_with_prefixes_and_offsets() -> None:
    header, rows = table(FACEBOOK, "\t")

    assert len(rows) == 40
    assert all(len(row) == len(header) for row in rows)
    assert all(row[0].startswith("l:") and row[1].endswith("+0000") for row in rows)
    names = [row[header.index("full_name")] for row in rows]
    assert [name for name in names if " " not in name] == ["Cher", ""]


def test_fair_list_is_what_excel_writes_in_germany() -> None:
    content = (EXPORTS / FAIR).read_bytes()
    header, rows = table(FAIR, ";")

    assert content.count(b"\r\n") == content.count(b"\n") == 32
    with pytest.raises(UnicodeDecodeError):
        content.decode("utf-8")
    assert "Umsatz/Monat (€)" in header
    assert len(rows) == 30
    assert all(len(row) == len(header) for row in rows)
    assert sum(not (row[1] and row[2]) for row in rows) == 2
    assert [row[header.index("Nachname")] for row in rows if row[header.index("Team-Nr.")] == "7"] == ["Eßer"]
    overrides = load_reference(REFERENCE).feeds["events"].headers
    assert set(overrides) <= set(header)
    assert set(header) - set(overrides) == {"Umsatz/Monat (€)"}


def test_web_form_has_one_line_that_was_cut_off() -> None:
    lines = text_of(WEB_FORM).splitlines()

    assert len(lines) == 21
    assert sum(not line.endswith("}") for line in lines) == 1
    assert (EXPORTS / WEB_FORM).read_bytes()[4:8] == bytes(4), "no time of packing: the same bytes whenever built"


def test_people_repeat_within_files_and_across_them() -> None:
    seen = {name: people(name) for name in (CRM, HUBSPOT, FACEBOOK, FAIR, WEB_FORM)}

    within = {name: sum(count - 1 for count in who.values()) for name, who in seen.items()}
    assert within == {CRM: 1, HUBSPOT: 3, FACEBOOK: 2, FAIR: 2, WEB_FORM: 1}
    files_of = Counter(person for who in seen.values() for person in who)
    assert sum(count > 1 for count in files_of.values()) == 19
    assert files_of[("dana reyes", "dana.reyes@mail.example.net")] == 3
