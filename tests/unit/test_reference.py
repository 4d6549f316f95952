"""The reference folder: what is read from it, and one clear line for everything wrong in it."""

import re
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from flows.errors import UsageError
from flows.reference import load_reference
from schemas.reference import Feed
from schemas.reference_tables import REFERENCE_TABLES, STAGES, TEAM_MEMBERS, TEAMS

TEAMS_CSV = "teamId,accountId\n1,acme\n2,acme\n"
USERS_CSV = "user\nann@acme.example\nbob@acme.example\n"


def write(folder: Path, **files: str | bytes) -> Path:
    """Write files named `teams_csv` as `teams.csv`."""
    for name, content in files.items():
        stem, _, suffix = name.rpartition("_")
        data = content if isinstance(content, bytes) else content.encode()
        (folder / f"{stem}.{suffix}").write_bytes(data)
    return folder


def refusal(folder: Path, **files: str | bytes) -> str:
    """Return the error of a folder with these files, without the folder's own path."""
    write(folder, **files)
    with pytest.raises(UsageError) as caught:
        load_reference(folder)
    message = str(caught.value)
    assert "\n" not in message
    return message.removeprefix(f"{folder}/")


# --- the folder


def test_missing_folder_is_no_reference_at_all(tmp_path: Path) -> None:
    reference = load_reference(tmp_path / "nowhere")

    assert reference.feeds == {"default": Feed(name="default")}
    assert reference.teams is None
    assert reference.header_aliases is None


def test_missing_folder_is_refused_where_it_was_asked_for(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nowhere: there is no such reference folder"):
        load_reference(tmp_path / "nowhere", must_exist=True)


def test_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "reference").write_text("")

    with pytest.raises(UsageError, match=r"reference: the reference folder is a file; name the folder"):
        load_reference(tmp_path / "reference")


def test_feed_named_default_replaces_the_built_in_one(tmp_path: Path) -> None:
    folder = write(tmp_path, feeds_toml='[feeds.default]\naccount_id = "acme"\n[feeds.web]\n')

    feeds = load_reference(folder).feeds

    assert feeds == {"default": Feed(name="default", account_id="acme"), "web": Feed(name="web")}


def test_people_who_are_not_to_be_loaded_are_known(tmp_path: Path) -> None:
    found = load_reference(write(tmp_path, do_not_load_csv="value,reason\nZoe@Elsewhere.example,asked\n"))

    assert found.do_not_load is not None
    assert found.do_not_load.rows() == [("zoe@elsewhere.example", "asked")]


def test_misnamed_files_are_not_passed_over(tmp_path: Path) -> None:
    write(tmp_path, team_csv=TEAMS_CSV, notes_csv="whatever")

    assert refusal(tmp_path) == "team.csv: is not read; call it teams.csv, or move it out of the folder"


def test_workbook_in_place_of_a_csv_is_not_passed_over(tmp_path: Path) -> None:
    write(tmp_path, users_xlsx=b"PK")

    assert refusal(tmp_path) == (
        'users.xlsx: is a workbook and not read; in Excel save it as "CSV UTF-8": users.csv, '
        "or move it out of the folder"
    )


def test_workbook_beside_its_csv_is_the_editors_own(tmp_path: Path) -> None:
    write(tmp_path, users_xlsx=b"PK", users_csv=USERS_CSV)

    assert load_reference(tmp_path).users is not None


# --- the hash


def test_hash_changes_with_what_is_used_and_only_then(tmp_path: Path) -> None:
    write(tmp_path, teams_csv=TEAMS_CSV, users_csv=USERS_CSV)
    first = load_reference(tmp_path).sha256

    write(tmp_path, readme_md="notes")
    assert load_reference(tmp_path).sha256 == first
    write(tmp_path, header_aliases_csv="vendor,header,field\n")
    assert load_reference(tmp_path).sha256 != first


def test_hash_is_the_same_for_the_same_files_in_another_folder(tmp_path: Path) -> None:
    for name, files in (("a", ("teams_csv", "users_csv")), ("b", ("users_csv", "teams_csv"))):
        (tmp_path / name).mkdir()
        for file in files:
            write(tmp_path / name, **{file: TEAMS_CSV if file == "teams_csv" else USERS_CSV})

    assert load_reference(tmp_path / "a").sha256 == load_reference(tmp_path / "b").sha256


def test_hash_tells_which_file_says_what(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    write(tmp_path / "a", users_csv="user\n", do_not_load_csv="value\n")
    write(tmp_path / "b", users_csv="user\n", forbidden_headers_csv="header\n")

    assert load_reference(tmp_path / "a").sha256 != load_reference(tmp_path / "b").sha256


# --- CSV files as people save them


def test_every_table_has_its_types_and_its_defaults(tmp_path: Path) -> None:
    reference = load_reference(
        write(
            tmp_path,
            teams_csv="teamId,accountId\n1,acme\n",
            users_csv="user\nAnn@acme.example\n",
            absences_csv="user,first_on\nann@acme.example,2026-01-05\n",
            team_members_csv="teamId,user\n1,ann@acme.example\n",
            lead_sources_csv="leadSourceId,teamId,name\n10,1,Web\n",
            stages_csv="processStage\nNew\nWon\n",
        )
    )

    frames = {
        "teams.csv": {
            "teamId": [1],
            "accountId": ["acme"],
            "name": [None],
            "fallback_owner": [None],
            "reentry": ["resume"],
            "timezone": ["UTC"],
            "active": [True],
        },
        "users.csv": {
            "user": ["ann@acme.example"],
            "name": [None],
            "active": [True],
            "working_days": [[1, 2, 3, 4, 5, 6, 7]],
            "accountId": [None],
            "id": [None],
        },
        "absences.csv": {"user": ["ann@acme.example"], "first_on": [date(2026, 1, 5)], "last_on": [None]},
        "team_members.csv": {
            "teamId": [1],
            "user": ["ann@acme.example"],
            "weight": [1.0],
            "daily_cap": [None],
            "open_cap": [None],
            "tier": [1],
            "position": [1],
        },
        "lead_sources.csv": {
            "leadSourceId": [10],
            "teamId": [1],
            "name": ["Web"],
            "aliases": [[]],
            "active": [True],
        },
        "stages.csv": {"processStage": ["New", "Won"], "order": [1, 2], "kind": ["open", "open"]},
    }
    loaded = (
        reference.teams,
        reference.users,
        reference.absences,
        reference.team_members,
        reference.lead_sources,
        reference.stages,
    )
    for table, frame in zip(REFERENCE_TABLES, loaded, strict=False):
        assert frame is not None
        assert_frame_equal(frame, pl.DataFrame(frames[table.file_name], schema=table.dtypes))


def test_file_without_rows_gives_the_empty_frame_of_its_table(tmp_path: Path) -> None:
    reference = load_reference(write(tmp_path, stages_csv="processStage,order,kind\n"))

    assert reference.stages is not None
    assert_frame_equal(reference.stages, STAGES.empty())


def test_european_excel_is_understood(tmp_path: Path) -> None:
    """Semicolons, a byte-order mark, CRLF, WAHR, a decimal comma, dotted dates, empty rows and columns."""
    reference = load_reference(
        write(
            tmp_path,
            team_members_csv="\ufeffTEAMID; user ;weight;;\r\n 1 ;ann@acme.example;0,5;;\r\n;;;;\r\n2;bob@acme.example;2;;\r\n".encode(),
            users_csv="\ufeffuser;active;working_days\r\nann@acme.example;WAHR;Mon-Fri\r\nbob@acme.example;FALSCH;sat-mon\r\n".encode(),
            absences_csv="user;first_on;last_on\r\nann@acme.example;5.1.2026;09.01.2026\r\n",
        )
    )

    assert reference.team_members is not None
    assert_frame_equal(
        reference.team_members.select("teamId", "user", "weight", "position"),
        pl.DataFrame(
            {
                "teamId": [1, 2],
                "user": ["ann@acme.example", "bob@acme.example"],
                "weight": [0.5, 2.0],
                "position": [1, 2],
            }
        ),
    )
    assert reference.users is not None
    assert reference.users["active"].to_list() == [True, False]
    assert reference.users["working_days"].to_list() == [[1, 2, 3, 4, 5], [1, 6, 7]]
    assert reference.absences is not None
    assert reference.absences["last_on"].to_list() == [date(2026, 1, 9)]


@pytest.mark.parametrize(
    ("text", "is_active"),
    [
        ("TRUE", True),
        ("true", True),
        ("1", True),
        ("yes", True),
        ("", True),
        ("0", False),
        ("No", False),
        ("FALSE", False),
    ],
)
def test_booleans_are_taken_in_spreadsheet_spellings(tmp_path: Path, text: str, is_active: bool) -> None:
    reference = load_reference(write(tmp_path, users_csv=f"user,active\nann@acme.example,{text}\n"))

    assert reference.users is not None
    assert reference.users["active"].to_list() == [is_active]


def test_columns_may_come_in_any_order_and_cells_may_hold_lines(tmp_path: Path) -> None:
    text = 'name,leadSourceId,teamId,aliases\n"Web, own",10,1,site | form||\n"two\nlines",x,1,\n'

    assert refusal(tmp_path, lead_sources_csv=text) == (
        'lead_sources.csv: line 3, leadSourceId: "x" is no whole number from 0 up'
    )


def test_aliases_are_separated_by_bars(tmp_path: Path) -> None:
    text = "leadSourceId,teamId,name,aliases\n10,1,Web, site | form||\n"

    sources = load_reference(write(tmp_path, lead_sources_csv=text)).lead_sources

    assert sources is not None
    assert sources["aliases"].to_list() == [["site", "form"]]


# --- mistakes in CSV files


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (
            {"teams_csv": ""},
            "teams.csv: is empty; its first line names the columns: "
            "teamId,accountId,name,fallback_owner,reentry,timezone,active",
        ),
        (
            {"teams_csv": "teamId,accountId,nmae\n"},
            'teams.csv: line 1, column 3: "nmae" is no column of this file (did you mean "name"?); '
            "it has teamId,accountId,name,fallback_owner,reentry,timezone,active",
        ),
        ({"teams_csv": "teamId,name\n"}, "teams.csv: line 1, accountId: the column is missing"),
        (
            {"users_csv": "ann@acme.example,Ann\n"},
            'users.csv: line 1, column 1: "***" is no column of this file; it has user,name,active,working_days,accountId,id; '
            'line 1, column 2: "Ann" is no column of this file; it has user,name,active,working_days,accountId,id; '
            "line 1, user: the column is missing",
        ),
        ({"users_csv": "user,USER\n"}, 'users.csv: line 1, column 2: "USER" is there already'),
        ({"teams_csv": "teamId,accountId\n1,\n"}, "teams.csv: line 2, accountId: is blank"),
        (
            {"teams_csv": "teamId,accountId\n1,acme,x\n"},
            "teams.csv: line 2, cell 3: there are only 2 columns",
        ),
        (
            {"teams_csv": "teamId,accountId\n1.5,acme\n"},
            'teams.csv: line 2, teamId: "1.5" is no whole number from 0 up',
        ),
        (
            {"teams_csv": "teamId,accountId,reentry\n1,acme,resum\n"},
            'teams.csv: line 2, reentry: "resum" is none of resume, catch_up (did you mean "resume"?)',
        ),
        (
            {"teams_csv": "teamId,accountId,timezone\n1,acme,Berlin\n"},
            'teams.csv: line 2, timezone: "Berlin" is no time zone (did you mean "Europe/Berlin"?)',
        ),
        (
            {"teams_csv": "teamId,accountId,active\n1,acme,ture\n"},
            'teams.csv: line 2, active: "ture" is neither true nor false (did you mean "true"?)',
        ),
        (
            {"teams_csv": "teamId,accountId\n1,acme\n\n2,acme\n1,beta\n1,acme\n"},
            'teams.csv: line 2, teamId: "1" is there twice (also lines 5, 6)',
        ),
        (
            {"teams_csv": "teamId,accountId,name\n1,acme,East\n2,acme,EAST\n3,beta,East\n"},
            "teams.csv: line 2, name: two teams of the account have it (also line 3)",
        ),
        (
            {"users_csv": "user\nann\n"},
            "users.csv: line 2, user: is no e-mail address; a user is known by the one that assignedTo holds",
        ),
        (
            {"users_csv": "user\nann@acme.example\nANN@acme.example\n"},
            "users.csv: line 2, user: is there twice (also line 3)",
        ),
        (
            {"users_csv": "user,name,active,working_days\nann@acme.example,,,mo-fri\n"},
            'users.csv: line 2, working_days: "mo-fri" names no working days (did you mean "mon"?); '
            "write them as mon-fri or mon,wed,fri",
        ),
        (
            {"absences_csv": "user,first_on\nann@acme.example,1/9/2026\n"},
            'absences.csv: line 2, first_on: "1/9/2026" is no date; write it as 2026-01-31',
        ),
        (
            {"absences_csv": "user,first_on\nann@acme.example,2026-02-30\n"},
            'absences.csv: line 2, first_on: "2026-02-30" is no day of the calendar',
        ),
        (
            {"absences_csv": "user,first_on,last_on\nann@acme.example,2026-01-09,2026-01-05\n"},
            "absences.csv: line 2, last_on: is before first_on",
        ),
        (
            {"team_members_csv": "teamId,user,weight\n1,ann@acme.example,1,000\n"},
            "team_members.csv: line 2, cell 4: there are only 3 columns",
        ),
        (
            {"team_members_csv": "teamId,user,weight\n1,ann@acme.example,-1\n"},
            'team_members.csv: line 2, weight: "-1" is no weight: a number from 0 up, such as 1 or 0.5',
        ),
        (
            {"team_members_csv": "teamId,user\n1,ann@acme.example\n1,ann@acme.example\n"},
            "team_members.csv: line 2, teamId, user: is there twice (also line 3)",
        ),
        (
            {"lead_sources_csv": "leadSourceId,teamId,name,aliases\n10,1,Web,site\n11,1,Fair,SITE\n12,2,Web,\n"},
            "lead_sources.csv: line 2, name, aliases: two sources of the team share one (also line 3)",
        ),
        (
            {"stages_csv": "processStage,order,kind\nNew,1,opn\n"},
            'stages.csv: line 2, kind: "opn" is none of open, won, lost (did you mean "open"?)',
        ),
        (
            {"stages_csv": "processStage\nWon\nWON\n"},
            "stages.csv: line 2, processStage: is there twice, but for capital letters (also line 3)",
        ),
        (
            {"do_not_load_csv": "value\nzoe\n"},
            "do_not_load.csv: line 2, value: is neither an e-mail address nor a phone number",
        ),
        (
            {"stages_csv": 'processStage\n"New\nWon\n'},
            "stages.csv: line 2: is no CSV record (unexpected end of data); a quote opened there may not be closed",
        ),
        (
            {"stages_csv": "processStage\nNew\nGelöst\n".encode("cp1252")},
            'stages.csv: line 3 is not UTF-8; in Excel save it as "CSV UTF-8 (comma delimited)"',
        ),
        (
            {"stages_csv": "processStage\nNew\n".encode("utf-16")},
            'stages.csv: line 1 is not UTF-8; in Excel save it as "CSV UTF-8 (comma delimited)"',
        ),
        (
            {"stages_csv": "processStage,order\nA,x\nB,y\nC,z\nD,u\nE,v\n"},
            'stages.csv: line 2, order: "x" is no whole number from 0 up; '
            'line 3, order: "y" is no whole number from 0 up; '
            'line 4, order: "z" is no whole number from 0 up; and 2 more mistakes',
        ),
    ],
)
def test_mistake_in_a_table_is_told_with_line_and_column(
    tmp_path: Path, files: dict[str, str | bytes], message: str
) -> None:
    assert refusal(tmp_path, **files) == message


# --- references from file to file


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (
            {"team_members_csv": "teamId,user\n1,ann@acme.example\n3,ann@acme.example\n"},
            "team_members.csv: line 3, teamId: 3 is not in teams.csv (it has 1, 2)",
        ),
        (
            {"team_members_csv": "teamId,user\n1,zoe@acme.example\n"},
            "team_members.csv: line 2, user: this user is not in users.csv",
        ),
        (
            {
                "users_csv": "user,accountId\nann@acme.example,beta\n",
                "team_members_csv": "teamId,user\n1,ann@acme.example\n",
            },
            'team_members.csv: line 2, user: this user is of account "beta", team 1 of "acme"',
        ),
        (
            {"absences_csv": "user,first_on\nzoe@acme.example,2026-01-05\n"},
            "absences.csv: line 2, user: this user is not in users.csv",
        ),
        (
            {"teams_csv": "teamId,accountId,name,fallback_owner\n1,acme,,zoe@acme.example\n"},
            "teams.csv: line 2, fallback_owner: this user is not in users.csv",
        ),
        (
            {"lead_sources_csv": "leadSourceId,teamId,name\n10,7,Web\n"},
            "lead_sources.csv: line 2, teamId: 7 is not in teams.csv (it has 1, 2)",
        ),
        (
            {"feeds_toml": '[feeds.web]\naccount_id = "acme"\nteam_id = 7\n'},
            "feeds.toml: line 3, feeds.web.team_id: 7 is not in teams.csv (it has 1, 2)",
        ),
        (
            {"feeds_toml": "[feeds.web]\nteam_id = 1\n"},
            'feeds.toml: line 2, feeds.web.team_id: team 1 is of account "acme" (teams.csv), '
            'the feed of account_id "default"',
        ),
        (
            {
                "feeds_toml": '[feeds.web]\naccount_id = "acme"\nlead_source_id = 101\n',
                "lead_sources_csv": "leadSourceId,teamId,name\n100,1,Web\n",
            },
            "feeds.toml: line 3, feeds.web.lead_source_id: 101 is not in lead_sources.csv (did you mean 100?)",
        ),
        (
            {
                "feeds_toml": '[feeds.web]\naccount_id = "acme"\nteam_id = 2\nlead_source_id = 10\n',
                "lead_sources_csv": "leadSourceId,teamId,name\n10,1,Web\n",
            },
            "feeds.toml: line 4, feeds.web.lead_source_id: source 10 is of team 1 (lead_sources.csv), "
            "the feed of team_id 2",
        ),
    ],
)
def test_reference_to_nothing_is_told(tmp_path: Path, files: dict[str, str], message: str) -> None:
    assert refusal(tmp_path, **{"teams_csv": TEAMS_CSV, "users_csv": USERS_CSV, **files}) == message


def test_references_are_checked_only_where_the_other_file_exists(tmp_path: Path) -> None:
    reference = load_reference(
        write(
            tmp_path,
            feeds_toml="[feeds.web]\nteam_id = 7\nlead_source_id = 70\n",
            team_members_csv="teamId,user\n7,zoe@acme.example\n",
            absences_csv="user,first_on\nzoe@acme.example,2026-01-05\n",
            lead_sources_csv="leadSourceId,teamId,name\n70,7,Web\n",
        )
    )

    assert reference.feeds["web"].team_id == 7
    assert reference.teams is None


def test_feed_of_the_crm_may_have_teams_of_several_accounts(tmp_path: Path) -> None:
    feeds = '[feeds.crm]\norigin = "crm"\nteam_id = 1\n'

    assert load_reference(write(tmp_path, feeds_toml=feeds, teams_csv=TEAMS_CSV)).feeds["crm"].team_id == 1


# --- mistakes in feeds.toml


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        ("[feeds.crm\n", "line 1, column 11: expected ']' at the end of a table declaration"),
        ('[feeds.crm]\nregion = "US', "line 2, end of file: unterminated string"),
        ("[feeds.crm]\nregion US\n", "line 2, column 8: expected '=' after a key in a key/value pair"),
        (
            '# ours\n[feed.crm]\norigin = "crm"\n',
            'line 2, feed: is no part of this file, whose tables are [feeds.NAME] (did you mean "feeds"?)',
        ),
        (
            '[feeds.crm]\norigin = "crm"\n\nregoin = "US"\n',
            'line 4, feeds.crm.regoin: is no key of a feed (did you mean "region"?)',
        ),
        (
            '[feeds.crm]\npassword = "hunter2"\n',
            "line 2, feeds.crm.password: is no key of a feed",
        ),
        (
            '[feeds."our crm"]\n',
            "line 1, feeds.our crm: a feed's name is made of letters, digits, dots, hyphens and underscores",
        ),
        (
            '[feeds.crm]\norigin = "crn"\n',
            'line 2, feeds.crm.origin: "crn" is none of vendor, crm (did you mean "crm"?)',
        ),
        (
            '[feeds.crm]\nregion = "de"\n',
            'line 2, feeds.crm.region: "de" is no phone region of two capital letters (did you mean "DE"?)',
        ),
        (
            '[feeds.crm]\nregion = "UK"\n',
            'line 2, feeds.crm.region: "UK" is no phone region of two capital letters (did you mean "GB"?)',
        ),
        (
            '[feeds.crm]\ntimezone = "Europe/Berln"\n',
            'line 2, feeds.crm.timezone: "Europe/Berln" is no time zone (did you mean "Europe/Berlin"?)',
        ),
        (
            '[feeds.crm]\nencoding = "cp125"\n',
            'line 2, feeds.crm.encoding: "cp125" is no text encoding (did you mean "cp1252"?)',
        ),
        (
            '[feeds.crm]\ndelimiter = "tab"\n',
            'line 2, feeds.crm.delimiter: "tab" is no delimiter; use one character, '
            'such as "," ";" "|" or "\\t" for a tab',
        ),
        (
            '[feeds.crm]\nteam_id = "one"\n',
            'line 2, feeds.crm.team_id: "one" should be a valid integer, unable to parse string as an integer',
        ),
        (
            "[feeds.crm]\nmax_reject_fraction = 20\n",
            'line 2, feeds.crm.max_reject_fraction: "20" should be less than or equal to 1',
        ),
        (
            "[feeds]\ncrm = 1\n",
            'line 2, feeds.crm: "1" should be a valid dictionary or instance of Feed',
        ),
        (
            '[feeds.crm]\nlocation = ""\n',
            "line 2, feeds.crm.location: is blank; leave the key out instead",
        ),
        (
            '[feeds.crm]\nlocation = "sftp://ann:hunter2@files.example/in/*"\n',
            "line 2, feeds.crm.location: holds a user name or password; put them in an environment variable "
            "or Prefect Secret block",
        ),
        (
            '[feeds.crm.headers]\n"Given Name" = "frstName"\n',
            'line 2, feeds.crm.headers.Given Name: "frstName" is no field of the spec (did you mean "firstName"?)',
        ),
        (
            '[feeds.crm]\nheaders = { "Given Name" = "frstName" }\n',
            'line 2, feeds.crm.headers.Given Name: "frstName" is no field of the spec (did you mean "firstName"?)',
        ),
        (
            '[feeds.crm]\nheaders."Given Name" = "frstName"\n',
            'line 2, feeds.crm.headers.Given Name: "frstName" is no field of the spec (did you mean "firstName"?)',
        ),
        (
            '[feeds.crm]\ndefaults = { suorce = "Fair" }\n',
            'line 2, feeds.crm.defaults.suorce: "suorce" is no field of the spec (did you mean "source"?)',
        ),
        (
            '[feeds.crm]\ndefaults = { firstName = "Unknown" }\n',
            'line 2, feeds.crm.defaults.firstName: "firstName" cannot have a default, '
            "since names tell people apart; use placeholders",
        ),
        (
            '[feeds.crm]\ndefaults = { accountId = "acme" }\n',
            'line 2, feeds.crm.defaults.accountId: "accountId" cannot have a default; use account_id',
        ),
        (
            "[feeds.crm]\ndefaults = { createdAt = 2026-01-05 }\n",
            'line 2, feeds.crm.defaults.createdAt: "createdAt" is read-only and cannot have a default',
        ),
        (
            '[feeds.crm]\nplaceholders = { email = "none" }\n',
            'line 2, feeds.crm.placeholders.email: "email": only firstName and lastName have placeholders; '
            "for others use defaults",
        ),
        (
            '[feeds.crm]\nmatch_on = { dob = "day" }\n',
            'line 2, feeds.crm.match_on.dob: "day" is none of date, code, identifier, text',
        ),
        (
            '[feeds.crm]\ntrust = ["assignedto"]\n',
            'line 2, feeds.crm.trust: "assignedto" is no field of the spec (did you mean "assignedTo"?)',
        ),
        (
            '[feeds.crm]\ntrust = ["email"]\n',
            'line 2, feeds.crm.trust: "email" needs no trust, vendors may give it; trust is for accountId, '
            "teamId, assignedTo, processStage, archived, applicationId, branch, createdBy, lastContacted",
        ),
        (
            '[feeds.crm]\non_update = "keep"\n',
            'line 2, feeds.crm.on_update.default: "keep" is none of overwrite, fill',
        ),
        (
            '[feeds.crm.on_update]\nemial = "fill"\n',
            'line 2, feeds.crm.on_update.emial: "emial" is no field of the spec (did you mean "email"?)',
        ),
        (
            '[feeds.crm]\nas_of_pattern = "crm-%Y-%b"\n',
            'line 2, feeds.crm.as_of_pattern: "%b" is none of %Y %m %d %H %M %S; write it as in "crm-%Y-%m-%d"',
        ),
        (
            '[feeds.crm]\nas_of_pattern = "crm-%Y-%m"\n',
            'line 2, feeds.crm.as_of_pattern: "crm-%Y-%m" names no whole date; write it as in "crm-%Y-%m-%d"',
        ),
        (
            '[feeds.crm]\nschedule = "0 2 * *"\n',
            'line 2, feeds.crm.schedule: "0 2 * *" has 4 fields; a cron schedule has five: '
            'minute hour day month weekday, as in "0 2 * * *"',
        ),
        (
            '[feeds.a]\nregion = "xx"\n[feeds.b]\norigin = "x"\n',
            'line 2, feeds.a.region: "xx" is no phone region of two capital letters, such as US, GB or DE; '
            'line 4, feeds.b.origin: "x" is none of vendor, crm',
        ),
    ],
)
def test_mistake_in_feeds_is_told_with_line_and_key(tmp_path: Path, toml: str, message: str) -> None:
    assert refusal(tmp_path, feeds_toml=toml) == f"feeds.toml: {message}"


def test_feeds_may_have_a_byte_order_mark_and_windows_line_ends(tmp_path: Path) -> None:
    folder = write(tmp_path, feeds_toml='\ufeff[feeds.crm]\r\norigin = "crm"\r\n'.encode())

    assert load_reference(folder).feeds["crm"].origin == "crm"


def test_feeds_in_another_encoding_are_told(tmp_path: Path) -> None:
    toml = '[feeds.crm]\ncreated_by = "Jörg"\n'.encode("cp1252")

    assert refusal(tmp_path, feeds_toml=toml) == "feeds.toml: line 2 is not UTF-8; save the file as UTF-8"


# --- contracts of frames that no file made


def test_contract_refuses_frames_that_break_it() -> None:
    import pandera.errors

    teams = pl.DataFrame(
        {
            "teamId": [1],
            "accountId": ["acme"],
            "name": [None],
            "fallback_owner": [None],
            "reentry": ["never"],
            "timezone": ["UTC"],
            "active": [True],
        },
        schema=TEAMS.dtypes,
    )
    with pytest.raises(pandera.errors.SchemaErrors):
        TEAMS.schema.validate(teams, lazy=True)
    with pytest.raises(pandera.errors.SchemaErrors):
        TEAM_MEMBERS.schema.validate(TEAM_MEMBERS.empty().drop("position"), lazy=True)


# --- the page about it


def test_every_key_and_column_is_explained() -> None:
    page = (Path(__file__).parents[2] / "docs" / "reference.md").read_text(encoding="utf-8")
    words = set(re.findall(r"`([A-Za-z_]+)`", page))

    assert set(Feed.model_fields) - {"name"} <= words
    for table in REFERENCE_TABLES:
        assert f"`{table.file_name}`" in page
        assert {name for name, column in table.columns.items() if column.is_given} <= words
