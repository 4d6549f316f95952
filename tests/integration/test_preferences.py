"""Who asked not to be contacted stays so: through other files, merges, undo and re-import, until newer consent."""

import csv
import io
import os
import re
import resource
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from flows import person_key
from flows.errors import UsageError
from flows.preferences import Said, note_preference
from flows.reference import load_reference
from flows.regroup import merge_pairs
from flows.run import Request, open_run
from flows.settings import load_settings
from tests.integration.test_cli import Leads

FEEDS = """
[feeds.crm]
origin = "crm"
account_id = "acme"

[feeds.mail]
account_id = "acme"

[feeds.list]
account_id = "acme"

[feeds.web]
account_id = "acme"

[feeds.stop]
kind = "preferences"
"""

DANA = {"First Name": "Dana", "Last Name": "Reyes", "Email": "Dana@Reyes.example", "Phone": "(212) 736-5000"}
OMAR = {"First Name": "Omar", "Last Name": "Haddad", "Email": "omar@haddad.example", "Phone": "(646) 736-0100"}


class Office:
    """An office with feeds, whose files are of a day."""

    def __init__(self, leads: Leads) -> None:
        self.leads = leads
        reference = leads.folder / "data" / "reference"
        reference.mkdir(parents=True)
        self.reference = reference
        (reference / "feeds.toml").write_text(FEEDS)

    def file(self, name: str, rows: Sequence[dict[str, Any]], day: str) -> Path:
        """Write a CSV export that is of a day."""
        text = io.StringIO()
        writer = csv.DictWriter(text, list(dict.fromkeys(key for row in rows for key in row)))
        writer.writeheader()
        writer.writerows(rows)
        path = self.leads.folder / name
        path.write_text(text.getvalue(), encoding="utf-8")
        moment = datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()
        os.utime(path, (moment, moment))
        return path

    def load(self, feed: str, rows: Sequence[dict[str, Any]], day: str = "2026-01-05") -> dict[str, Any]:
        """Load rows for a feed; return the batch."""
        path = self.file(f"{feed}-{day}-{len(list(self.leads.folder.iterdir()))}.csv", rows, day)
        [batch] = self.leads.json("ingest", str(path), "--feed", feed)["batches"]
        assert batch["status"] == "loaded", batch["error"]
        return dict(batch)

    def may(self, name: str = "Dana") -> tuple[bool, ...]:
        """Whether a person may be e-mailed, called and texted."""
        [found] = self.leads.rows(
            "SELECT DISTINCT p.may_email, p.may_call, p.may_sms FROM lead_preference AS p "
            f"INNER JOIN lead_api AS l ON l.id = p.lead_id WHERE l.firstName = '{name}'"
        )
        return found


@pytest.fixture
def office(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Office:
    """An office without leads."""
    return Office(Leads(tmp_path, capsys, monkeypatch))


def test_opt_out_columns_of_vendors_close_their_channel(office: Office) -> None:
    cases = [
        ("Unsubscribed", "true", (False, False, False)),
        ("Unsubscribed", "Newsletter, 2025", (False, False, False)),
        ("Unsubscribed", "n/a", (True, True, True)),
        ("Email Opt Out", "1", (False, True, True)),
        ("Email Opt Out", "ja", (False, True, True)),
        ("Email Opt Out", "0", (True, True, True)),
        ("Email Opt Out", "", (True, True, True)),
        ("HasOptedOutOfEmail", "TRUE", (False, True, True)),
        ("Unsubscribed Email", "x", (False, True, True)),
        ("Unsubscribe Date", "2025-12-01", (False, False, False)),
        ("Do Not Call", "Yes", (True, False, True)),
        ("DoNotPhone", "1", (True, False, True)),
        ("SMS Opt Out", "1", (True, True, False)),
        ("Do not allow Emails", "Do Not Allow", (False, True, True)),
        ("Do not allow Emails", "Allow", (True, True, True)),
        ("Subscribed", "No", (False, True, True)),
        ("Subscribed", "Yes", (True, True, True)),
        ("Marketing consent", "no", (False, False, False)),
        ("Accepts Email Marketing", "no", (False, True, True)),
        ("Opt-in", "yes", (True, True, True)),
        ("Email Opt In", "OPTED_OUT", (False, True, True)),
        ("SMS Opted Out", "Yes", (True, True, False)),
        ("Unsubscribe Date", "0000-00-00 00:00:00", (True, True, True)),
        ("Unsubscribe Date", "00/00/0000", (True, True, True)),
        ("Unsubscribed", "[]", (True, True, True)),
        ("Email_Opt_Out__c", "true", (False, True, True)),
        ("Do Not Call List", "x", (True, False, True)),
        ("Email Marketing Status", "Unsubscribed", (False, True, True)),
        ("Email Marketing Status", "Subscribed", (True, True, True)),
        ("Permission to Contact", "No", (False, False, False)),
        ("GDPR Consent", "no", (False, False, False)),
        ("Consent Withdrawn Date", "2025-12-01", (False, False, False)),
    ]
    rows = [
        {
            "First Name": "Zoe",
            "Last Name": f"Case{chr(97 + number // 26)}{chr(97 + number % 26)}",
            "Email": f"zoe{number}@case{number}.example",
            "Phone": f"+1212736{5000 + number}",
            header: cell,
        }
        for number, (header, cell, _) in enumerate(cases)
    ]

    office.load("list", rows)

    found = office.leads.rows(
        "SELECT may_email, may_call, may_sms FROM lead_preference JOIN lead ON id = lead_id ORDER BY lastName"
    )
    assert [(case[:2], may) for case, may in zip(cases, found, strict=True)] == [(case[:2], case[2]) for case in cases]
    assert office.leads.rows("SELECT column_name, raw FROM cell_issue WHERE code = 'preference_unclear'") == [
        ("Unsubscribed", "Newsletter, 2025")
    ]


def test_mailchimp_tells_by_its_own_headers_and_times(office: Office) -> None:
    rows = [
        {
            "Email Address": person["Email"],
            "First Name": person["First Name"],
            "Last Name": person["Last Name"],
            "Phone Number": person["Phone"],
            "MEMBER_RATING": "2",
            "OPTIN_TIME": "2024-05-01 10:00:00",
            "CONFIRM_TIME": "2024-05-01 10:00:00",
            "UNSUB_TIME": unsubscribed,
            "LEID": "1",
            "EUID": person["Last Name"],
        }
        for person, unsubscribed in ((DANA, "2025-06-02 08:30:00"), (OMAR, ""))
    ]

    office.load("mail", rows)

    assert office.may() == (False, True, True)
    assert office.may("Omar") == (True, True, True)
    assert office.leads.rows("SELECT noted_at::VARCHAR, evidence, source FROM contact_preference") == [
        ("2025-06-02 08:30:00+00", "UNSUB_TIME: 2025-06-02 08:30:00", "mail")
    ]


def test_opt_out_outlives_other_files_a_merge_and_the_undo_of_its_batch(office: Office) -> None:
    first = office.load("list", [{**DANA, "Email Opt Out": "true", "Do Not Call": "true"}], "2026-01-01")
    office.load("web", [{**DANA, "Job Title": "Owner", "Email Opt Out": "false"}], "2026-01-02")
    office.load("mail", [{**DANA, "First Name": "Dee", "Email Opt Out": ""}], "2026-01-03")
    office.load("crm", [{"id": 501, "firstName": "Dana", "lastName": "Reyes", "email": DANA["Email"]}], "2026-01-04")
    pairs = [pair["pair"] for pair in office.leads.json("review")]
    for pair in pairs:
        assert office.leads("review", "--merge", pair).returncode == 0

    assert office.leads("undo", str(first["batch_id"])).returncode == 0

    assert office.leads.rows("SELECT DISTINCT may_email, may_call, may_sms FROM lead_preference") == [
        (False, False, True)
    ]
    again = office.load("list", [{**DANA, "Email Opt Out": "false", "Do Not Call": ""}], "2026-02-01")
    assert again["rows_read"] == 1
    assert office.may()[:2] == (False, False)


def test_opt_out_comes_along_with_a_merge_and_stays_with_its_contact(office: Office) -> None:
    out = office.load("list", [{**DANA, "Email Opt Out": "true"}], "2026-01-01")
    office.load("web", [DANA], "2026-01-02")
    office.load("mail", [{"First Name": "Dolores", "Last Name": "Moss", "Email": "dolores@moss.example"}], "2026-01-03")
    assert office.may("Dolores") == (True, True, True)
    [pair] = office.leads.rows("SELECT min(source_id), max(source_id) FROM record")
    with open_run(load_settings(), load_reference(office.reference), Request()) as run:
        merge_pairs(run, [pair])

    may = "SELECT may_email, may_call, may_sms FROM lead_preference ORDER BY lead_id"
    assert office.leads.rows(may) == [(False, True, True)], "one lead, and out"
    assert office.leads("undo", str(out["batch_id"])).returncode == 0
    [lead] = {lead for (lead,) in office.leads.rows("SELECT lead_id FROM lead_contact WHERE value LIKE 'dana@%'")}
    assert office.leads.rows(f"SELECT may_email FROM lead_preference WHERE lead_id = {lead}") == [(False,)]


def test_mended_rows_of_a_list_are_replayed(office: Office) -> None:
    office.load("web", [DANA])
    office.load("stop", [{"email": "nobody", "channel": "email"}, {"email": "x@y.example", "channel": ""}])
    assert office.leads("rejects", "--csv", "mend.csv").returncode == 0
    sheet = office.leads.folder / "mend.csv"
    sheet.write_text(sheet.read_text().replace("nobody", "dana@reyes.example"))

    assert office.leads("replay", "mend.csv").returncode == 0

    assert office.may() == (False, True, True)
    assert office.leads.json("rejects") == []


def test_only_newer_evidenced_consent_lifts_an_opt_out(office: Office) -> None:
    office.load("list", [{**DANA, "Email Opt Out": "true"}], "2026-01-10")
    office.load("web", [{**DANA, "Email Opt In": "yes"}], "2026-01-20")
    assert office.may() == (False, True, True), "consent without a time is none"
    office.load("web", [{**DANA, "Email Opt In": "2026-01-05 10:00"}], "2026-01-21")
    assert office.may() == (False, True, True), "older consent lifts nothing"
    office.load("web", [{**DANA, "Email Opt In": "yes", "Opt-in Date": "2062-01-05 10:00"}], "2026-01-22")
    assert office.may() == (False, True, True), "nobody consented in the future"

    lifted = office.load("web", [{**DANA, "Email Opt In": "yes", "Opt-in Date": "2026-01-15 10:00"}], "2026-01-23")
    assert office.may() == (True, True, True)

    assert office.leads("undo", str(lifted["batch_id"])).returncode == 0
    assert office.may() == (False, True, True), "consent goes with its batch"
    office.load("web", [{**DANA, "Email Opt In": "yes", "Opt-in Date": "2026-01-15 10:00"}], "2026-01-24")
    assert office.may() == (True, True, True)
    office.load("list", [{**DANA, "Email Opt Out": "true", "Job Title": "Owner"}], "2026-02-01")
    assert office.may() == (False, True, True), "a later opt-out counts again"


def test_an_opt_out_goes_along_when_the_record_gets_a_new_address(office: Office) -> None:
    dana = {**DANA, "Record ID": "k1"}
    moved = {**dana, "Email": "dana@moved.example", "Email Opt Out": "", "Email Opt In": "", "Opt-in Date": ""}
    office.load("web", [{**dana, "Email Opt Out": "true"}, {**OMAR, "Record ID": "k2"}], "2026-01-10")
    office.load("web", [moved], "2026-01-11")
    assert office.leads.rows("SELECT value FROM lead_contact WHERE kind = 'email' AND value LIKE 'dana%'") == [
        ("dana@moved.example",)
    ]
    assert (office.may(), office.may("Omar")) == ((False, True, True), (True, True, True))
    office.load("web", [{**moved, "Email Opt In": "yes", "Opt-in Date": "2026-01-05 10:00"}], "2026-01-12")
    assert office.may() == (False, True, True), "consent of before the opt-out lifts nothing"
    office.load("web", [{**moved, "Email Opt In": "yes", "Opt-in Date": "2026-01-12 10:00"}], "2026-01-13")
    assert office.may() == (True, True, True)


def test_known_opt_outs_are_kept_once(office: Office) -> None:
    for day in ("2026-01-01", "2026-01-02", "2026-01-03"):
        office.load("list", [{**DANA, "Email Opt Out": "true"}, {**OMAR, "Notes": day}], day)

    assert office.leads.rows(
        "SELECT channel, status, noted_at::DATE::VARCHAR, last_noted_at::DATE::VARCHAR FROM contact_preference"
    ) == [("email", "out", "2026-01-01", "2026-01-03")]


def test_rows_that_make_no_lead_still_say_who_is_not_to_be_contacted(office: Office) -> None:
    office.load("list", [{**DANA, "First Name": "", "Email Opt Out": "true"}, OMAR])
    office.load("web", [DANA], "2026-01-06")

    assert office.may() == (False, True, True)


def test_opt_out_of_e_mail_on_a_row_without_one_is_known_once_the_person_has_one(office: Office) -> None:
    office.load("list", [{**DANA, "Email": "", "Email Opt Out": "true"}])
    office.load("web", [DANA], "2026-01-06")

    assert office.may() == (False, True, True)


def test_hashes_need_the_key_and_the_key_is_nobody_elses(office: Office) -> None:
    office.load("list", [{**DANA, "Email Opt Out": "true"}])
    key = office.leads.folder / "data" / "leads.key"
    assert key.stat().st_mode & 0o777 == 0o600
    assert re.fullmatch(r"[0-9a-f]{64}\n", key.read_text())
    [(hashed,)] = office.leads.rows("SELECT value_hash FROM contact_preference")
    assert re.fullmatch(r"[0-9a-f]{64}", hashed)

    kept = key.read_text()
    key.write_text("00" * 32 + "\n")
    path = office.file("next.csv", [{**OMAR, "Email Opt Out": "true"}], "2026-01-07")
    failed = office.leads("ingest", str(path), "--feed", "list")
    assert failed.returncode == 1
    assert "is not the key of this warehouse" in failed.stdout + failed.stderr
    key.unlink()
    failed = office.leads("ingest", str(path), "--feed", "list")
    assert failed.returncode == 1
    assert "the key of this warehouse is not there" in failed.stdout + failed.stderr
    assert not key.exists()
    (office.leads.folder / "elsewhere").write_text(kept)
    assert office.leads("ingest", str(path), "--feed", "list", LEADS_KEY_FILE="elsewhere").returncode == 0
    assert office.may("Omar") == (False, True, True)


def test_a_key_that_could_not_be_written_is_made_by_the_next_run(office: Office) -> None:
    key = office.leads.folder / "data" / "leads.key"
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, limits[1]))
    try:
        with pytest.raises(UsageError, match="cannot be written"):
            person_key._make_key(key)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    note_preference(load_settings(), Said("email", "dana@reyes.example", is_out=True))

    assert re.fullmatch(r"[0-9a-f]{64}\n", key.read_text())


def test_an_opt_out_without_a_date_counts_from_the_list_though_an_older_one_has_one(office: Office) -> None:
    office.load("web", [{**DANA, "Opt In": "yes", "Opt-in Date": "2026-01-07"}], "2026-01-07")
    listed = [{"email": DANA["Email"], "date": "2026-01-06"}, {"email": DANA["Email"], "date": ""}]
    office.load("stop", listed, "2026-01-08")

    assert office.may() == (False, False, False)


def test_dry_run_makes_no_key(office: Office) -> None:
    path = office.file("next.csv", [{**OMAR, "Email Opt Out": "true"}], "2026-01-07")

    assert office.leads("ingest", str(path), "--feed", "list", "--dry-run").returncode == 0

    assert not (office.leads.folder / "data" / "leads.key").exists()


def test_list_of_opt_outs_marks_addresses_and_makes_no_leads(office: Office) -> None:
    office.load("web", [DANA, OMAR], "2026-01-02")

    batch = office.load(
        "stop",
        [
            {"Email": "DANA@reyes.example", "Phone": "", "Channel": "e-mail", "Date": "2026-01-03"},
            {"Email": "", "Phone": "646 736 0100", "Channel": "Calls and SMS", "Date": ""},
            {"Email": "later@new.example", "Phone": "", "Channel": "", "Date": ""},
            {"Email": "nobody", "Phone": "", "Channel": "email", "Date": ""},
        ],
    )

    assert [batch[f"rows_{what}"] for what in ("read", "inserted", "unchanged", "rejected")] == [4, 0, 3, 1]
    assert office.leads.rows("SELECT count(*) FROM lead") == [(2,)]
    assert office.may() == (False, True, True)
    assert office.may("Omar") == (True, False, False)
    assert office.leads.rows("SELECT noted_at::DATE::VARCHAR FROM contact_preference WHERE channel = 'email'") == [
        ("2026-01-03",)
    ]
    [rejected] = office.leads.json("rejects")
    assert rejected["reasons"][0]["code"] == "address_required"
    assert rejected["raw"].startswith("nobody")
    office.load("web", [{"First Name": "Lee", "Last Name": "New", "Email": "later@new.example"}], "2026-01-04")
    assert office.may("Lee") == (False, False, False)


def test_list_may_say_who_is_in_again(office: Office) -> None:
    office.load("web", [DANA, OMAR], "2026-01-02")
    office.load("stop", [{"email": DANA["Email"], "status": "unsubscribed"}, {"email": OMAR["Email"]}], "2026-01-03")
    office.load(
        "stop",
        [
            {"email": DANA["Email"], "status": "subscribed", "timestamp": "2026-01-04 10:00"},
            {"email": OMAR["Email"], "status": "subscribed", "timestamp": ""},
        ],
        "2026-01-05",
    )

    assert office.may() == (True, True, True)
    assert office.may("Omar") == (False, False, False)


@pytest.mark.parametrize("header", ["Status", "Opt-in Status", "Consent", "Email Marketing Status"])
def test_who_is_listed_with_a_status_that_says_nothing_is_out(office: Office, header: str) -> None:
    office.load("web", [DANA, OMAR])
    office.load("stop", [{"email": DANA["Email"], header: ""}, {"email": OMAR["Email"], header: "Cleaned"}])

    assert (office.may(), office.may("Omar")) == ((False,) * 3, (False,) * 3)


def test_list_without_addresses_is_refused(office: Office) -> None:
    path = office.file("stop.csv", [{"Name": "Dana Reyes"}], "2026-01-02")

    failed = office.leads("ingest", str(path), "--feed", "stop")

    assert failed.returncode == 1
    assert "no column is taken for email or phone, so nobody can be marked" in failed.stderr


def test_what_is_said_by_hand_holds_before_and_after_the_lead_is_there(office: Office) -> None:
    said = office.leads("preference", "--email", "DANA@reyes.example", "--out", "--evidence", "call of 3 March")
    assert said.returncode == 0, said.stderr
    office.load("web", [DANA, OMAR])
    assert office.may() == (False, False, False)

    done = office.leads.json("preference", "--phone", "646-736-0100", "--out", "--channel", "phone")
    assert done["kind"] == "preference"
    assert [(lead["may_email"], lead["may_call"], lead["may_sms"]) for lead in done["leads"]] == [(True, False, True)]

    lifted = office.leads.json("preference", "--email", "dana@reyes.example", "--in", "--evidence", "letter")
    assert office.may() == (True, True, True)
    office.leads("undo", str(lifted["batch_id"]))
    assert office.may() == (False, False, False)

    listed = office.leads.json("preferences")
    assert [(row["channel"], row["status"], row["source"], row["evidence"], row["is_standing"]) for row in listed] == [
        ("all", "in", "by hand", "letter", False),
        ("phone", "out", "by hand", "by hand", True),
        ("all", "out", "by hand", "call of 3 March", True),
    ]
    assert "@" not in str(listed)
    assert "6467360100" not in str(listed)
    [(dana,)] = office.leads.rows("SELECT id FROM lead WHERE firstName = 'Dana'")
    explained = office.leads.json("explain", str(dana))
    assert (explained["may_email"], explained["may_call"], explained["may_sms"]) == (False, False, False)
    assert [row["status"] for row in explained["preferences"]] == ["in", "out"]
    assert "call of 3 March" in office.leads("explain", str(dana)).stdout


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--email", "dana@reyes.example"), "say what they want"),
        (("--out",), "say of whom"),
        (("--email", "a@b.example", "--phone", "1", "--out"), "say of whom"),
        (("--email", "dana-reyes", "--out"), "--email: cannot be read as an e-mail address"),
        (("--phone", "12", "--out"), "--phone: cannot be read as a phone number"),
        (("--email", "dana@reyes.example", "--in"), "consent counts with evidence only"),
    ],
)
def test_what_is_not_said_clearly_is_refused(office: Office, arguments: tuple[str, ...], told: str) -> None:
    refused = office.leads("preference", *arguments)

    assert refused.returncode == 2
    assert told in refused.stderr
    assert "dana" not in refused.stderr


def test_rotation_passes_over_who_may_not_be_contacted_at_all(office: Office) -> None:
    reference = office.reference
    (reference / "teams.csv").write_text("teamId,accountId,name\n1,acme,East\n")
    (reference / "users.csv").write_text("user\nann@acme.example\n")
    (reference / "team_members.csv").write_text("teamId,user\n1,ann@acme.example\n")
    (reference / "feeds.toml").write_text(FEEDS.replace("[feeds.web]\n", "[feeds.web]\nteam_id = 1\n"))
    (reference / "routing.toml").write_text("skip_opted_out = true\n")
    office.leads("preference", "--email", DANA["Email"], "--out")
    rows = [
        DANA,
        {**OMAR, "Email Opt Out": "1"},
        {"First Name": "Kim", "Last Name": "Out", "Email": "kim@out.example", "Unsubscribed": "1"},
    ]

    office.load("web", rows)

    assert office.leads.rows(
        "SELECT firstName, l.assignedTo, owner_rule FROM lead AS l JOIN assignment AS a ON a.lead_id = l.id ORDER BY 1"
    ) == [
        ("Dana", None, "unassigned_opted_out"),
        ("Kim", None, "unassigned_opted_out"),
        ("Omar", "ann@acme.example", "rotation"),
    ]
    (reference / "routing.toml").write_text("")
    office.load("web", [{**rows[2], "Job Title": "Owner"}], "2026-01-07")
    assert office.leads.rows("SELECT assignedTo FROM lead WHERE firstName = 'Kim'") == [("ann@acme.example",)]


def test_lists_can_be_undone_and_opt_outs_stay(office: Office) -> None:
    office.load("web", [DANA])
    batch = office.load("stop", [{"email": DANA["Email"], "channel": "email"}])

    assert office.leads("undo", str(batch["batch_id"])).returncode == 0

    assert office.may() == (False, True, True)
    assert office.leads.rows("SELECT count(*) FROM lead") == [(1,)]


def test_doctor_misses_the_key(office: Office) -> None:
    def found() -> str:
        [finding] = [each for each in office.leads.json("doctor") if each["check"] == "key"]
        return f"{finding['status']}: {finding['detail']}"

    office.load("web", [OMAR])
    assert found().endswith("none was needed yet")
    office.load("list", [{**DANA, "Email Opt Out": "true"}])
    key = office.leads.folder / "data" / "leads.key"
    assert found().startswith("ok")
    key.chmod(0o644)
    assert "can be read by others" in found()
    key.unlink()
    assert "is not there" in found()
    assert found().startswith("wrong")


@pytest.mark.parametrize("form", ["csv", "ndjson", "json", "parquet"])
def test_exports_say_who_may_be_contacted_and_read_back_without_a_change(office: Office, form: str) -> None:
    office.load("crm", [{"id": "1", "firstName": "Dana", "lastName": "Reyes", "email": "dana@reyes.example"}])
    office.load("crm", [{"id": "2", "firstName": "Omar", "lastName": "Haddad", "email": "omar@haddad.example"}])
    office.leads("export", "--output", f"before.{form}")
    assert b"may_email" not in (office.leads.folder / f"before.{form}").read_bytes()
    office.leads("preference", "--email", "dana@reyes.example", "--out", "--channel", "email")

    told = office.leads("export", "--output", f"after.{form}")

    assert "1 of them asked not to be contacted in some way" in told.stderr
    path = office.leads.folder / f"after.{form}"
    frame: pl.DataFrame = getattr(pl, f"read_{form}")(path)
    assert frame.select("firstName", "may_email", "may_call", "may_sms").rows() == [
        ("Dana", False, True, True),
        ("Omar", True, True, True),
    ]
    office.leads("export", "--for", "email", "--output", f"mailing.{form}")
    assert b"Dana" not in (office.leads.folder / f"mailing.{form}").read_bytes()
    assert b"Omar" in (office.leads.folder / f"mailing.{form}").read_bytes()

    before = office.leads.rows("SELECT * FROM lead ORDER BY id")
    [batch] = office.leads.json("ingest", str(path), "--feed", "crm")["batches"]
    assert [batch[f"rows_{what}"] for what in ("read", "unchanged")] == [2, 2]
    assert office.leads.rows("SELECT * FROM lead ORDER BY id") == before
    assert office.may() == (False, True, True)
    assert office.may("Omar") == (True, True, True)


def test_verify_finds_what_somebody_changed_in_preferences(office: Office) -> None:
    office.load("web", [DANA, {**OMAR, "Email Opt Out": "1"}])
    office.load("stop", [{"email": DANA["Email"]}, {"email": "later@new.example"}])
    office.leads("preference", "--email", DANA["Email"], "--in", "--evidence", "letter")
    office.load("stop", [{"email": OMAR["Email"]}, {"email": DANA["Email"]}], "2026-01-20")

    def found() -> set[str]:
        return {each["check"] for each in office.leads.json("verify") if each["status"] == "found"}

    assert found() == set()
    for change, check in (
        ("UPDATE contact_preference SET status = 'in' WHERE batch_id = 2", "rows"),
        ("DELETE FROM contact_preference WHERE batch_id = 3", "rows"),
        ("UPDATE contact_preference SET value = 'x@y.example' WHERE batch_id = 1", "preferences"),
    ):
        path = office.leads.folder / "data" / "warehouse" / "leads.duckdb"
        kept = path.read_bytes()
        with duckdb.connect(path) as connection:
            connection.execute(change)
        assert found() == {check}, change
        path.write_bytes(kept)
