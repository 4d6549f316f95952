"""Of people in `do_not_load.csv` nothing is kept: not in the warehouse, not in the archive, not in what is printed."""

import json
from pathlib import Path

import polars as pl
import pytest

from tests.integration.test_cli import Leads

# What Zoe is spelled like anywhere: her address, number, name and company.
SPELLINGS = ("zoe", "vance", "5550142", "555-0142", "quokka")

CSV = (
    "First Name,Last Name,Email,Phone,Company,Notes\n"
    "Dana,Reyes,dana@reyes.example,(212) 736-5000,Acme,\n"
    "Zoe,Vance,ZOE@vance.example,,Quokka Ltd,\n"
    "Zoe,,,+1 (415) 555-0142,Quokka Ltd,\n"
    'Zoe,Vance,"zoe@vance.example, office@quokka.example",,Quokka Ltd,"two\nlines"\n'
    ",Vance,zoe@vance.example,,Quokka Ltd,\n"
    "Zoe,Vance,zoe@vance.example,,Quokka Ltd,,too,many\n"
    "Omar,Haddad,omar@haddad.example,(646) 736-0100,Umbra,\n"
    ",Lopez,lopez@x.example,,,\n"
)


@pytest.fixture
def leads(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Leads:
    """The command, in a folder where Zoe stands in do_not_load.csv."""
    reference = tmp_path / "data" / "reference"
    reference.mkdir(parents=True)
    (reference / "do_not_load.csv").write_text("value,reason\nzoe@vance.example,asked\n+14155550142,asked\n")
    return Leads(tmp_path, capsys, monkeypatch)


def kept_of_zoe(leads: Leads) -> list[str]:
    """Where anything of Zoe is kept: files below data but the reference itself, by each spelling."""
    return [
        f"{path.name}: {spelling}"
        for path in sorted((leads.folder / "data").rglob("*"))
        if path.is_file() and path.parent.name != "reference"
        for spelling in SPELLINGS
        if spelling.encode() in _text(path)
    ]


def _text(path: Path) -> bytes:
    """What stands in a file, in small letters; Parquet is compressed."""
    content = path.read_bytes()
    return (str(pl.read_parquet(path).to_dicts()).encode() if content.startswith(b"PAR1") else content).lower()


def test_nothing_of_them_is_kept(leads: Leads) -> None:
    (leads.folder / "list.csv").write_text(CSV)

    done = leads("ingest", "list.csv", "--json")

    [batch] = json.loads(done.stdout)["batches"]
    counts = {name: batch[f"rows_{name}"] for name in ("read", "inserted", "rejected", "suppressed")}
    assert counts == {"read": 8, "inserted": 2, "rejected": 1, "suppressed": 5}, batch
    assert leads.rows("SELECT row_number, record_id, lead_id FROM batch_row WHERE outcome = 'suppressed'") == [
        (number, None, None) for number in (2, 3, 4, 5, 6)
    ]
    assert kept_of_zoe(leads) == []
    assert not any(spelling in (done.stdout + done.stderr).lower() for spelling in SPELLINGS)
    shown = leads("show", str(batch["batch_id"]))
    assert "suppressed" in shown.stdout


def test_archived_copy_reads_as_the_file_did(leads: Leads) -> None:
    (leads.folder / "list.csv").write_text(CSV)
    leads("ingest", "list.csv")
    (leads.folder / "data" / "reference" / "do_not_load.csv").unlink()

    [again] = leads.json("ingest", "list.csv", "--force")["batches"]

    # Taken again, the archive has the copy that it was rid of Zoe, and knows her rows by the mark.
    counts = {name: again[f"rows_{name}"] for name in ("read", "unchanged", "rejected", "suppressed")}
    assert counts == {"read": 8, "unchanged": 2, "rejected": 1, "suppressed": 5}
    assert kept_of_zoe(leads) == []


@pytest.mark.parametrize("name", ["list.json", "list.ndjson", "list.parquet", "list.xlsx"])
def test_nothing_is_kept_of_other_formats_either(leads: Leads, name: str) -> None:
    rows = [
        {"First Name": "Dana", "Last Name": "Reyes", "Email": "dana@reyes.example", "Tags": "a"},
        {"First Name": "Zoe", "Last Name": "Vance", "Email": "zoe@vance.example", "Tags": "Quokka"},
        {"First Name": "Omar", "Last Name": "Haddad", "Email": "omar@haddad.example", "Tags": "b"},
    ]
    path = leads.folder / name
    if name == "list.parquet":
        pl.DataFrame(rows).write_parquet(path)
    elif name == "list.xlsx":
        pl.DataFrame(rows).write_excel(path)
    elif name == "list.json":
        path.write_text(json.dumps([{**row, "Address": {"City": row["Tags"], "Lines": [row["Tags"]]}} for row in rows]))
    else:
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))

    [batch] = leads.json("ingest", name)["batches"]

    assert [batch[f"rows_{what}"] for what in ("read", "inserted", "suppressed")] == [3, 2, 1], batch
    assert kept_of_zoe(leads) == []
    [again] = leads.json("ingest", name, "--force")["batches"]
    assert [again[f"rows_{what}"] for what in ("read", "unchanged", "suppressed")] == [3, 2, 1], again


def test_file_that_was_redacted_before_is_redacted_again(leads: Leads) -> None:
    listed = leads.folder / "data" / "reference" / "do_not_load.csv"
    rows = listed.read_text()
    listed.unlink()
    (leads.folder / "list.csv").write_text(
        "First Name,Last Name,Email,SSN\nDana,Reyes,dana@reyes.example,078-05-1120\nZoe,Vance,zoe@vance.example,\n"
    )
    leads("ingest", "list.csv")
    leads("undo", "1")
    listed.write_text(rows)

    [again] = leads.json("ingest", "list.csv")["batches"]

    assert again["rows_suppressed"] == 1
    archived = [path for path in (leads.folder / "data" / "archive").rglob("*") if path.is_file()]
    assert not any(b"Zoe" in path.read_bytes() for path in archived)


def test_difference_of_reference_folders_names_nobody(leads: Leads) -> None:
    other = leads.folder / "other"
    other.mkdir()
    (other / "do_not_load.csv").write_text("value\nsomebody@else.example\n")

    told = leads("check-reference", "--diff", str(other))

    assert "do_not_load.csv" in told.stdout
    assert "@" not in told.stdout


def test_who_was_loaded_before_they_stood_there_is_told_and_named_by_id_alone(leads: Leads) -> None:
    listed = leads.folder / "data" / "reference" / "do_not_load.csv"
    names = listed.read_text()
    listed.unlink()
    (leads.folder / "list.csv").write_text(CSV)
    leads("ingest", "list.csv")
    assert leads("check-reference").returncode == 0
    listed.write_text(names)

    done = leads("check-reference", "--json")

    assert done.returncode == 1
    [finding] = json.loads(done.stdout)
    assert (finding["status"], finding["code"]) == ("found", "unwanted_people_kept")
    [ids] = leads.rows("SELECT string_agg(id, ', ' ORDER BY id) FROM lead WHERE firstName = 'Zoe'")
    assert f"{ids[0]}; run: leads erase --id ID" in finding["detail"]
    assert [spelling for spelling in SPELLINGS if spelling in done.stdout.lower()] == []
    for lead_id in str(ids[0]).split(", "):
        assert leads("erase", "--id", lead_id, "--yes").returncode == 0
    assert leads("check-reference").returncode == 0


def test_a_file_in_which_nobody_could_look_for_them_is_not_kept(leads: Leads) -> None:
    lines = "zoe@vance.example,Quokka Ltd\ndana@reyes.example,Acme\n"
    (leads.folder / "bare.csv").write_text(lines)

    for _ in range(2):
        [batch] = json.loads(leads("ingest", "bare.csv", "--json").stdout)["batches"]
        assert batch["status"] == "failed"
        assert "the archive did not keep the file" in batch["error"]
        assert kept_of_zoe(leads) == []
    assert leads("verify").returncode == 0
    assert "load what is to be loaded again" in leads("replay", "1").stderr
    # With a header it is read, and kept without her.
    (leads.folder / "bare.csv").write_text("email,company\n" + lines)
    leads("ingest", "bare.csv")
    assert kept_of_zoe(leads) == []


def test_a_file_that_nobody_could_read_is_kept_where_everybody_may_be(leads: Leads) -> None:
    (leads.folder / "data" / "reference" / "do_not_load.csv").unlink()
    (leads.folder / "bare.csv").write_text("dana@reyes.example,Acme\n")

    [batch] = json.loads(leads("ingest", "bare.csv", "--json").stdout)["batches"]

    assert batch["status"] == "failed"
    assert (leads.folder / "data" / "archive" / batch["file_sha256"][:2] / batch["file_sha256"]).is_file()
