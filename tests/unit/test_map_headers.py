"""Which field a header is taken for: every rule once, decoys never, each vendor's idiosyncrasies."""

import csv
import time
from collections import defaultdict
from pathlib import Path

import pytest

from flows.errors import UsageError
from flows.header_aliases import ALIAS_TABLE, FILE_NAME, PACKAGED_FILE, Aliases, load_aliases
from flows.headers import header_key, is_typo_of, normalise_header
from flows.reference_files import read_table
from flows.steps.map import HeaderMatch, map_headers
from schemas.reference import Feed
from schemas.spec import spec_fields

SUITE = Path(__file__).parents[3] / "shared/data/vendor-headers/headers.csv"

VENDOR = Feed(name="default")
CRM = Feed(name="crm", origin="crm")


@pytest.fixture(scope="module")
def aliases() -> Aliases:
    return load_aliases(None)


def fields(headers: list[str], aliases: Aliases, feed: Feed = VENDOR) -> list[str | None]:
    return [match.field for match in map_headers(headers, feed, aliases)]


def only(header: str, aliases: Aliases, feed: Feed = VENDOR) -> HeaderMatch:
    (match,) = map_headers([header], feed, aliases)
    return match


# --- spelling


@pytest.mark.parametrize(
    "header",
    ["First Name", "first_name", "FIRSTNAME", "FirstName", " first-name* ", "First  Name?", "Ｆirst Name", "firstName"],
)
def test_spellings_of_one_header_have_one_key(header: str) -> None:
    assert header_key(header) == "firstname"


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("E-mail 1 - Value", "email 1 value"),
        ("Téléphone", "telephone"),
        ("Straße", "strasse"),
        ("Imię i nazwisko", "imie i nazwisko"),
        ("الإيميل", "الايميل"),
        ("☎ Contact", "phone contact"),
        ("📧", "email"),
        ("country_id/id", "country id id"),
        ("Phone2", "phone 2"),
        ("# Employees", "employees"),
        ("?", ""),
    ],
)
def test_header_is_compared_by_its_words(header: str, words: str) -> None:
    assert normalise_header(header) == words


def test_marks_that_make_another_word_stay() -> None:
    assert normalise_header("फ़ोन") == normalise_header("फ\u093cोन")
    assert normalise_header("फ़ोन") != normalise_header("फन")
    assert header_key("ガ") != header_key("カ")


@pytest.mark.parametrize(
    ("word", "meant", "expected"),
    [
        ("nmae", "name", True),
        ("phne", "phone", True),
        ("campany", "company", True),
        ("fill", "full", False),
        ("lost", "last", False),
        ("staged", "stage", False),
        ("fame", "name", False),
        ("nam", "name", False),
    ],
)
def test_typo_is_one_slip_in_a_word_that_is_no_other(word: str, meant: str, expected: bool) -> None:
    assert is_typo_of(word, meant) is expected


# --- rules


def test_override_goes_first_by_text_then_by_spelling(aliases: Aliases) -> None:
    feed = Feed(name="f", headers={"Email": "", "email": "notes", "Kundenref": "source_key"})

    matches = map_headers(["Email", "email", "E-MAIL", "KUNDENREF"], feed, aliases)

    assert [(match.field, match.rule) for match in matches] == [
        (None, "override"),
        ("notes", "override"),
        ("notes", "override"),
        ("source_key", "override"),
    ]


def test_override_keeps_the_part_of_an_address_that_the_header_names(aliases: Aliases) -> None:
    match = only("Ort", aliases, Feed(name="f", headers={"Ort": "location"}))

    assert (match.field, match.role) == ("location", "city")


def test_every_spec_field_is_taken_by_its_name_from_the_crm(aliases: Aliases) -> None:
    names = [field.name for field in spec_fields()]

    matches = map_headers(names, CRM, aliases)

    assert [match.field for match in matches] == names
    assert {match.rule for match in matches} == {"spec"}


def test_vendor_gives_no_account_and_its_id_is_its_own_key(aliases: Aliases) -> None:
    names = [field.name for field in spec_fields()]
    expected = {"id": "source_key", "accountId": None, "auditLog": None}

    assert fields(names, aliases) == [expected.get(name, name) for name in names]


def test_column_of_the_crm_is_not_filled_from_a_custom_one(aliases: Aliases) -> None:
    headers = ["id", "processStage", "Status", "email", "Work Email", "location", "City"]

    assert fields(headers, aliases, CRM) == ["id", "processStage", None, "email", "email", "location", None]


def test_crm_of_another_make_gives_its_record_id_as_id(aliases: Aliases) -> None:
    assert fields(["Record ID", "First Name", "Last Name", "Lifecycle Stage"], aliases, CRM)[0] == "id"


def test_one_column_is_the_key_of_a_record(aliases: Aliases) -> None:
    assert fields(["id", "Lead ID", "Customer ID"], aliases) == [None, "source_key", None]


def test_rules_say_how_sure_they_are(aliases: Aliases) -> None:
    headers = ["Email", "Kundennummer", "properties.hs_lead_status", "Compny", "Shoe Size"]

    matches = map_headers(headers, VENDOR, aliases)

    assert [(match.rule, match.confidence) for match in matches] == [
        ("spec", 1.0),
        ("alias", 0.95),
        ("alias", 0.85),
        ("fuzzy", 0.86),
        ("none", 0.0),
    ]


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("Nmae", "full_name"),
        ("Emial", "email"),
        ("Phne", "phone"),
        ("Compny", "company"),
        ("Statu", "processStage"),
        ("Frist Name", "firstName"),
        ("Emial Adress", "email"),
        ("E-mial", "email"),
        ("Fisrtname", "firstName"),
        ("Phone Nubmer", "phone"),
        ("Lead Onwer", "assignedTo"),
    ],
)
def test_typo_is_understood(header: str, field: str, aliases: Aliases) -> None:
    match = only(header, aliases)

    assert (match.field, match.rule) == (field, "fuzzy")
    assert 0.5 < match.confidence < 1


@pytest.mark.parametrize(
    "header",
    [
        *("Company Name for Emails", "Previous Job Title", "Email Status", "E-mail 1 - Label", "Annual Revenue"),
        *("Fax", "Company Phone", "Company City", "Employee ID", "Contract", "Contract Name", "Course", "Score"),
        *("Staged", "Titled", "Dated", "Stats", "Store", "Lost Date", "Form Name", "Product Name", "User Name"),
        *("Secondary Contact First Name", "Spouse Name", "Mother's Name", "Country Code", "Email Domain"),
        *("Phone 1 - Type", "Next Follow Up Date", "Date of Birth", "Last Modified By", "Lead Score", "Lead Title"),
        *("Index", "#", "", "column 7", "Tags", "IP", "Latitude", "GCLID", "Monthly Budget", "Interested?"),
        *("your_budget_range?", "Company Founded", "Owner Phone", "Branch Manager", "Source IP", "Nodes", "Sage"),
    ],
)
def test_decoy_is_never_taken(header: str, aliases: Aliases) -> None:
    assert only(header, aliases).field is None
    among_others = ["First Name", "Last Name", "Email", "Phone", "Company", header]
    assert fields(among_others, aliases)[-1] is None


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        (
            ["Nombre", "Apellidos", "Correo", "Teléfono", "Empresa"],
            ["firstName", "lastName", "email", "phone", "company"],
        ),
        (["Nombre", "Correo"], ["full_name", "email"]),
        (["Nom", "Prénom", "Courriel", "Société"], ["lastName", "firstName", "email", "company"]),
        (["Nom", "Téléphone", "Statut"], ["full_name", "phone", "processStage"]),
        (
            ["Vorname", "Nachname", "Firma", "Straße", "PLZ"],
            ["firstName", "lastName", "company", "location", "location"],
        ),
        (["Imię i nazwisko", "Adres e-mail", "Nr telefonu"], ["full_name", "email", "phone"]),
        (["नाम", "फ़ोन", "ईमेल"], ["full_name", "phone", "email"]),
        (["الاسم", "البريد", "الهاتف"], ["full_name", "email", "phone"]),
        (["氏名", "メールアドレス", "会社名"], ["full_name", "email", "company"]),
        (["姓", "名", "手机", "公司"], ["lastName", "firstName", "phone", "company"]),
        (["Nome", "Cognome", "Cellulare", "Azienda"], ["firstName", "lastName", "phone", "company"]),
        (["Voornaam", "Achternaam", "Bedrijf"], ["firstName", "lastName", "company"]),
    ],
)
def test_other_languages_are_known(headers: list[str], expected: list[str], aliases: Aliases) -> None:
    assert fields(headers, aliases) == expected


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("Client Name", "full_name"),
        ("Your Email (required)", "email"),
        ("contact.phone", "phone"),
        ("emails.0.value", "email"),
        ("Email 7", "email"),
        ("Prospect City", "location"),
        ("address.city", "location"),
        ("owner.email", "assignedTo"),
    ],
)
def test_known_header_in_a_wrapping_is_found(header: str, field: str, aliases: Aliases) -> None:
    assert only(header, aliases).field == field


def test_repeated_header_means_the_same(aliases: Aliases) -> None:
    matches = map_headers(["Name", "Email", "Name (2)", "Email (2)", "Notes (2)"], VENDOR, aliases)

    assert [match.field for match in matches] == ["full_name", "email", "full_name", "email", None]
    assert [match.header for match in matches][2:4] == ["Name (2)", "Email (2)"]


def test_full_name_is_superfluous_beside_first_and_last_name(aliases: Aliases) -> None:
    full, *_ = map_headers(["Full Name", "First Name", "Last Name"], VENDOR, aliases)

    assert (full.field, full.rule) == ("full_name", "redundant")


def test_further_contacts_come_behind_the_first(aliases: Aliases) -> None:
    headers = ["Mobile", "Other Phone", "Secondary Email", "Phone", "Email", "Phone 3"]

    ranks = {match.header: match.rank for match in map_headers(headers, VENDOR, aliases)}

    assert ranks["Phone"] < ranks["Mobile"] < ranks["Phone 3"] < ranks["Other Phone"]
    assert ranks["Email"] < ranks["Secondary Email"]


# --- vendors


@pytest.mark.parametrize(
    ("vendor", "headers", "expected"),
    [
        (
            "frappe",
            ["name", "lead_name", "email", "mobile_no", "organization", "owner", "creation"],
            ["source_key", "full_name", "email", "phone", "company", "createdBy", "createdAt"],
        ),
        (
            "odoo",
            ["id", "name", "contact_name", "partner_name", "email_from", "active", "type"],
            ["source_key", None, "full_name", "company", "email", "archived", None],
        ),
        (
            "linkedin",
            ["First Name", "Last Name", "URL", "Email Address", "Company", "Position", "Connected On"],
            ["firstName", "lastName", None, "email", "company", "jobTitle", "createdAt"],
        ),
        (
            "facebook_lead_ads",
            ["id", "created_time", "adset_name", "campaign_name", "is_organic", "full_name", "phone_number"],
            ["source_key", "createdAt", None, "source", None, "full_name", "phone"],
        ),
        (
            "datablist",
            ["Index", "Account Id", "Lead Owner", "First Name", "Last Name", "Phone 1", "Email 2", "Deal Stage"],
            [None, "source_key", "assignedTo", "firstName", "lastName", "phone", "email", "processStage"],
        ),
        (
            "google_contacts",
            ["Name", "E-mail 1 - Label", "E-mail 1 - Value", "Phone 1 - Value", "Organization 1 - Title"],
            ["full_name", None, "email", "phone", "jobTitle"],
        ),
    ],
)
def test_vendor_is_recognised_by_its_own_words(
    vendor: str, headers: list[str], expected: list[str | None], aliases: Aliases
) -> None:
    assert aliases.recognise_vendor([header_key(header) for header in headers]) == vendor
    assert fields(headers, aliases) == expected


@pytest.mark.parametrize(
    "headers",
    [
        ["First Name", "Last Name", "Email", "Phone", "Company"],
        ["id", "name", "email"],
        ["name"],
        ["EUID", *(f"Question {number}" for number in range(20))],
    ],
)
def test_vendor_is_not_guessed_without_evidence(headers: list[str], aliases: Aliases) -> None:
    assert aliases.recognise_vendor([header_key(header) for header in headers]) is None


def test_name_is_a_person_where_no_vendor_says_otherwise(aliases: Aliases) -> None:
    assert fields(["name", "email", "phone"], aliases) == ["full_name", "email", "phone"]


def test_vendor_whose_words_leave_no_name_is_not_believed(aliases: Aliases) -> None:
    """`mobile_no` alone makes it look like Frappe, whose `name` is a record's id."""
    assert fields(["name", "email", "mobile_no"], aliases) == ["full_name", "email", "phone"]


# --- kinds of headers, written from how such products name theirs; few stand in the aliases word for word

QUESTIONS_AND_WRAPPINGS = {
    "What's your first name?": "firstName",
    "What is your last name?": "lastName",
    "What's your email address?": "email",
    "Please enter your phone number": "phone",
    "Your Name (required)": "full_name",
    "Wie lautet Ihre E-Mail-Adresse?": "email",
    "Quel est votre prénom ?": "firstName",
    "¿Cuál es su correo electrónico?": "email",
    "Which company do you work for?": "company",
    "Best phone number to reach you": "phone",
    "Full Name - First Name": "firstName",
    "Name (Last)": "lastName",
    "Address (City)": "location",
    "Contact Information: Email": "email",
    "Personal details / Phone": "phone",
    "(Do Not Modify) Modified On": "updatedAt",
    "Invitee Email": "email",
    "Invitee First Name": "firstName",
    "Requester Name": "full_name",
    "Adresse électronique professionnelle": "email",
    "Correo electrónico del trabajo": "email",
    "Telefone profissional": "phone",
    "Telefon geschäftlich": "phone",
    "Corporate Email": "email",
    "Sales Rep Email": "assignedTo",
    "Lead Owner Email": "assignedTo",
    "E-mailadres": "email",
    "Adres e-mail": "email",
    "Numer telefonu": "phone",
    "Stanowisko": "jobTitle",
    "Nazwa firmy": "company",
    "Liczba pracowników": "numberOfEmployees",
    "Aantal werknemers": "numberOfEmployees",
    "Effectif": "numberOfEmployees",
    "Ragione sociale": "company",
    "Cognome": "lastName",
    "Sobrenome": "lastName",
    "会社名": "company",
    "メールアドレス": "email",
    "電話番号": "phone",
    "役職": "jobTitle",
    "Zip/Postal Code": "location",
    "primary_contact_primary_email": "email",
    "telephone1": "phone",
    "Company size": "numberOfEmployees",
    "Submitted At": "createdAt",
}
DECOYS = """Company Name for Emails|Previous Job Title|Email Status|E-mail 1 - Label|Annual Revenue|Opportunity Name
    |Deal Name|Phone Type|Email Provider|Spouse Name|Company LinkedIn|Manager Email|Emergency Contact Name
    |Emergency Contact Phone|Referrer Name|Referred By Email|Partner Email|Email Bounce Reason|Email Domain|Job Function
    |Name of Assistant|Assistant's Phone|Name Pronunciation|Job Posting Title|Product Name|File Name|Username|Password
    |Birth City|Company Founded|Previous Company|Parent Company|Course Title|Email Sent|Email Hash|Last Email Subject
    |What is your budget?|Is your company hiring?|What is your manager's email?|Your manager's name|Address Type|Name - Label
    |Owner Email Status|Work Email Status|Other Phone Type|Do you work for an agency?|Name of your school|Other Name
    |Which product do you use?|Business Email Verified|Personal Email Sent Count|Best time to call you|Direct Reports"""


def test_questions_and_wrappings_of_headers_are_seen_through(aliases: Aliases) -> None:
    told = {header: only(header, aliases).field for header in QUESTIONS_AND_WRAPPINGS}

    assert told == QUESTIONS_AND_WRAPPINGS


def test_decoys_are_never_taken(aliases: Aliases) -> None:
    decoys = [decoy.strip() for decoy in DECOYS.split("|")]

    taken = {decoy: only(decoy, aliases).field for decoy in decoys}

    assert {decoy: field for decoy, field in taken.items() if field} == {}


def test_words_that_differ_by_language_are_read_by_their_neighbours(aliases: Aliases) -> None:
    assert fields(["Nome", "Cidade", "Estado", "CEP"], aliases)[1:] == ["location"] * 3
    assert fields(["Nombre", "Ciudad", "Estado"], aliases)[1:] == ["location", "location"]
    assert fields(["Nombre", "Provincia", "Ciudad", "Estado"], aliases)[3] == "processStage"
    assert fields(["Ad", "Soyad", "Cep"], aliases)[2] == "phone"


def test_overrides_of_what_was_found_find_the_same_again(aliases: Aliases) -> None:
    headers = [*QUESTIONS_AND_WRAPPINGS, "Phone 3", "Emial", "Nom", "Prénom", "Full Name", "City", "Zip"]
    first = map_headers(headers, VENDOR, aliases)
    overrides = {match.header: "" if match.rule == "redundant" else match.field or "" for match in first}

    again = map_headers(headers, Feed(name="fair", headers=overrides), aliases)

    assert {match.rule for match in again} == {"override"}
    assert [(match.field or "", match.rank) for match in again] == [
        (overrides[match.header], match.rank if overrides[match.header] else 1) for match in first
    ]


@pytest.mark.skipif(not SUITE.exists(), reason="the labelled headers are not here")
def test_labelled_headers_of_vendors(aliases: Aliases) -> None:
    rows = defaultdict(list)
    with SUITE.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            rows[row["vendor"]].append(row)
    right = wrong = 0
    taken_decoys = []
    for labelled in rows.values():
        for row, match in zip(labelled, map_headers([row["header"] for row in labelled], VENDOR, aliases), strict=True):
            if "DECOY" in row["note"] and match.field:
                taken_decoys.append(row["header"])
            if (match.field or "") == row["lead_field"]:
                right += 1
            else:
                wrong += 1

    assert taken_decoys == []
    assert right / (right + wrong) >= 0.95


def test_headers_of_a_wide_file_take_no_time(aliases: Aliases) -> None:
    headers = [f"Custm Qestion {number} of the frm line{number}" for number in range(1_998)] + ["Emial", "é" * 10_000]
    started = time.perf_counter()

    map_headers(headers, VENDOR, aliases)

    assert time.perf_counter() - started < 1


# --- the reviewed data


def test_packaged_aliases_keep_their_contract() -> None:
    rows = read_table(PACKAGED_FILE, PACKAGED_FILE.read_bytes(), ALIAS_TABLE).frame

    keys = [(vendor, header_key(header)) for vendor, header, *_ in rows.iter_rows()]
    assert len(keys) == len(set(keys))


def test_no_packaged_header_is_known_for_another_field_than_its_own_name(aliases: Aliases) -> None:
    own = {header_key(field.name): field.name for field in spec_fields()}
    known = {key: alias for key in own if (alias := aliases.generic(key))}

    assert {key: alias.field for key, alias in known.items() if alias.field != own[key]} == {"id": "source_key"}


def write_aliases(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    (folder / FILE_NAME).write_text(text, encoding=encoding)
    return folder


def test_aliases_of_the_folder_are_added_and_go_first(tmp_path: Path) -> None:
    folder = write_aliases(tmp_path, "vendor,header,field\nacme,Kd-Ref,source_key\ngeneric,Position,jobTitle\n")

    own = load_aliases(folder)

    assert fields(["Kd-Ref", "Position", "Email"], own) == ["source_key", "jobTitle", "email"]


def test_generic_alias_of_the_folder_goes_before_a_packaged_vendor(tmp_path: Path) -> None:
    headers = ["Email Address", "MEMBER_RATING", "OPTIN_TIME", "EUID", "TAGS"]
    folder = write_aliases(tmp_path, "vendor,header,field\ngeneric,Tags,notes\n")

    assert fields(headers, load_aliases(None))[-1] is None
    assert fields(headers, load_aliases(folder))[-1] == "notes"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("delimiter", [",", ";"])
def test_aliases_are_read_as_spreadsheets_save_them(tmp_path: Path, encoding: str, delimiter: str) -> None:
    text = "vendor,header,field\r\ngeneric,Größe,numberOfEmployees\r\n,,\r\n".replace(",", delimiter)

    assert fields(["GRÖSSE"], load_aliases(write_aliases(tmp_path, text, encoding))) == ["numberOfEmployees"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("vendor,header,field\ngeneric,A,email\ngeneric,B,jobtitel\n", ["line 3", "jobtitel", "jobTitle"]),
        ("vendor,header,field,role\ngeneric,A,email,street\n", ["line 2", "role"]),
        ("vendor,header,field\n,A,email\n", ["line 2", "vendor"]),
        ("vendor,header,field\ngeneric,***,email\n", ["line 2", "no letter or digit"]),
        ("vendor,heading,field\n", ["line 1", "heading", "header"]),
    ],
)
def test_wrong_alias_is_told_with_its_line(tmp_path: Path, text: str, told: list[str]) -> None:
    with pytest.raises(UsageError) as error:
        load_aliases(write_aliases(tmp_path, text))

    assert [part for part in [FILE_NAME, *told] if part not in str(error.value)] == []


def test_a_spec_name_to_the_letter_is_that_field_whatever_vendor_the_rest_looks_like() -> None:
    headers = ["firstName", "lastName", "email", "teamId", "leadSourceId"]
    matches = map_headers(headers, Feed(name="web"), load_aliases(None))
    assert [match.field for match in matches] == headers


# --- opt-outs by their words


@pytest.mark.parametrize(
    ("header", "channel"),
    [
        ("SMS Opted Out", "sms"),
        ("PersonHasOptedOutOfEmail", "email"),
        ("PersonDoNotCall", "phone"),
        ("Email_Opt_Out__c", "email"),
        ("et4ae5__HasOptedOutOfMobile__c", ""),
        ("hs_email_optout_8363428", "email"),
        ("Opted out of email: Newsletter", "email"),
        ("Unsubscribed From Emails At", "email"),
        ("Do Not Call List", "phone"),
        ("Do Not Text/SMS", "sms"),
        ("Do Not Call or Email", ""),
        ("WhatsApp Opt Out", "sms"),
        ("Global Opt-Out", ""),
        ("Unsub Date", ""),
        ("On DNC List", ""),
        ("Is Blacklisted", ""),
        ("Don't contact", ""),
        ("donotsendmm", "email"),
    ],
)
def test_opt_outs_that_no_alias_names_are_known_by_their_words(header: str, channel: str, aliases: Aliases) -> None:
    match = only(header, aliases)
    assert (match.field, match.role) == ("opt_out", channel)


@pytest.mark.parametrize(
    "header",
    [
        "Opt Out Reason",
        "Unsubscribe Link",
        "Unsubscribe URL",
        "Unsubscribed Campaign",
        "Has Opted Out Of Fax",
        "Number of Unsubscribes",
        "Suppression Reason",
        "Blacklisted IP",
        "Do Not Sync",
        "Call Date",
        "Text Messages",
    ],
)
def test_what_is_told_about_an_opt_out_is_none(header: str, aliases: Aliases) -> None:
    assert only(header, aliases).field not in ("opt_out", "opt_in")
