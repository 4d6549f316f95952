"""survivorship.toml: which rules a field may have, and what is said of those that it may not."""

from pathlib import Path

import pytest

from flows.errors import UsageError
from flows.reference import load_reference
from schemas.spec import lead_columns
from schemas.survivorship import DEFAULT_RULES, RULES, RULES_OF_FIELD


def refusal(folder: Path, text: str) -> str:
    """What is said of a file with this text, without its folder."""
    (folder / "survivorship.toml").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError) as refused:
        load_reference(folder)
    return str(refused.value).replace(f"{folder}/", "")


def test_without_the_file_every_field_is_chosen_by_authority(tmp_path: Path) -> None:
    assert load_reference(tmp_path).survivorship == dict.fromkeys(lead_columns(), "authority")


def test_what_the_file_leaves_out_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "survivorship.toml").write_text('notes = "union"\nlastContacted = "max" # the latest\n')
    rules = load_reference(tmp_path).survivorship
    assert rules == {**DEFAULT_RULES, "notes": "union", "lastContacted": "max"}
    assert tuple(rules) == lead_columns()


def test_the_hash_of_the_reference_data_covers_the_rules(tmp_path: Path) -> None:
    before = load_reference(tmp_path).sha256
    (tmp_path / "survivorship.toml").write_text('notes = "union"\n')
    assert load_reference(tmp_path).sha256 != before


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('\nnote = "union"\n', 'line 2, note: is no field of a lead (did you mean "notes"?)'),
        ('auditLog = "union"\n', 'line 1, auditLog: is no field of a lead; lines are like notes = "union"'),
        (
            'notes = "unoin"\n',
            'line 1, notes: "unoin" is no rule (did you mean "union"?); '
            "notes may have authority, newest, first_seen, longest, union",
        ),
        (
            'archived = "longest"\n',
            'line 1, archived: "longest" does not fit archived, which may have authority, newest, first_seen',
        ),
        (
            'location = "union"\n',
            'line 1, location: "union" does not fit location, which may have authority, newest, first_seen, longest',
        ),
        (
            "numberOfEmployees = 3\n",
            'line 1, numberOfEmployees: should be the name of a rule, as in numberOfEmployees = "newest"; '
            "numberOfEmployees may have authority, newest, first_seen, min, max",
        ),
        ('[rules]\nnotes = "union"\n', 'line 1, rules: is no field of a lead; lines are like notes = "union"'),
        ("notes = union\n", "line 1, column 9: invalid value"),
    ],
)
def test_a_mistake_names_file_line_and_key_and_what_would_do(tmp_path: Path, text: str, told: str) -> None:
    assert refusal(tmp_path, text) == f"survivorship.toml: {told}"


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    told = refusal(tmp_path, 'accountId = "newest"\nteamId = "max"\n')
    assert told == (
        'survivorship.toml: line 1, accountId: "newest" does not fit accountId, which may have authority; '
        'line 2, teamId: "max" does not fit teamId, which may have authority, newest, first_seen'
    )


def test_every_field_has_rules_and_the_default_is_one_of_them() -> None:
    assert tuple(RULES_OF_FIELD) == lead_columns()
    for field, rules in RULES_OF_FIELD.items():
        assert set(rules) <= set(RULES) and DEFAULT_RULES[field] in rules, field
