"""The feed contract: its defaults, its rules by origin, and the date in a file's name."""

from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from schemas.reference import Feed, nearest


def test_feed_of_a_name_alone_is_an_american_vendor_of_the_default_account() -> None:
    feed = Feed(name="default")

    assert (feed.kind, feed.origin, feed.account_id) == ("leads", "vendor", "default")
    assert (feed.region, feed.timezone, feed.date_order) == ("US", "UTC", None)
    assert (feed.extent, feed.rotate, feed.max_reject_fraction) == ("delta", True, 0.2)
    assert feed.update_rule("email") == "fill"


def test_crm_overwrites_rotates_nobody_and_is_held_strictly() -> None:
    feed = Feed(name="crm", origin="crm")

    assert (feed.rotate, feed.max_reject_fraction) == (False, 0.02)
    assert feed.update_rule("email") == "overwrite"


def test_what_a_feed_says_goes_before_what_its_origin_means() -> None:
    feed = Feed.model_validate(
        {
            "name": "crm",
            "origin": "crm",
            "rotate": True,
            "max_reject_fraction": 0.5,
            "on_update": {"phone": "fill"},
        }
    )

    assert (feed.rotate, feed.max_reject_fraction) == (True, 0.5)
    assert (feed.update_rule("phone"), feed.update_rule("email")) == ("fill", "overwrite")


def test_update_rule_is_per_field_then_the_feeds_default() -> None:
    one = Feed.model_validate({"name": "bought", "on_update": "overwrite"})
    table = Feed.model_validate({"name": "bought", "on_update": {"default": "overwrite", "email": "fill"}})

    assert one.update_rule("email") == "overwrite"
    assert (table.update_rule("email"), table.update_rule("phone")) == ("fill", "overwrite")


def test_toml_values_become_the_text_of_a_cell() -> None:
    feed = Feed.model_validate(
        {"name": "fair", "defaults": {"teamId": 3, "interestedInSwitching": True, "source": "Fair"}}
    )

    assert feed.defaults == {"teamId": "3", "interestedInSwitching": "true", "source": "Fair"}


def test_a_feed_does_not_change() -> None:
    feed = Feed(name="default")

    with pytest.raises(ValidationError):
        feed.region = "DE"


@pytest.mark.parametrize(
    "pattern",
    [
        "crm-%Y-%m-%d",
        r"\d{4}-\d{2}-\d{2}",
        r"crm-(\d{4}-\d{2}-\d{2})",
        r"crm-(?P<year>\d+)-(?P<month>\d+)-(?P<day>\d+)",
    ],
)
def test_as_of_is_midnight_of_the_named_day_in_the_feeds_zone(pattern: str) -> None:
    feed = Feed(name="crm", as_of_pattern=pattern, timezone="Europe/Berlin")

    assert feed.as_of_in("crm-2026-01-06.json") == datetime(2026, 1, 5, 23, tzinfo=UTC)


def test_as_of_may_have_a_time() -> None:
    feed = Feed(name="crm", as_of_pattern="crm.%Y%m%d-%H%M")

    assert feed.as_of_in("crm.20260106-0215.csv.gz") == datetime(2026, 1, 6, 2, 15, tzinfo=UTC)
    assert feed.as_of_in("crm_20260106-0215.csv.gz") is None


def test_as_of_is_unknown_where_the_name_holds_no_day() -> None:
    feed = Feed(name="crm", as_of_pattern="crm-%Y-%m-%d")

    assert feed.as_of_in("crm-2026-02-30.json") is None
    assert feed.as_of_in("contacts.json") is None
    assert Feed(name="default").as_of_in("crm-2026-01-06.json") is None


@pytest.mark.parametrize(
    "schedule", ["0 2 * * *", "*/15 6-22 * * mon-fri", "0,30 0 1 jan,jul 0", "5 4 * * sun", "59 23 31 12 7"]
)
def test_cron_schedules_of_five_fields_are_taken(schedule: str) -> None:
    assert Feed(name="crm", schedule=schedule).schedule == schedule


@pytest.mark.parametrize(
    "schedule",
    [
        "* * * *",
        "60 * * * *",
        "* 24 * * *",
        "* * 0 * *",
        "* * * 13 *",
        "* * * * 8",
        "*/0 * * * *",
        "*/ * * * *",
        "1-2-3 * * * *",
        "mon * * * *",
        "@daily",
        ", * * * *",
    ],
)
def test_other_schedules_are_refused(schedule: str) -> None:
    with pytest.raises(ValidationError, match="cron schedule"):
        Feed(name="crm", schedule=schedule)


def test_nearest_looks_past_capitals_and_gives_up_on_strangers() -> None:
    assert nearest("FRISTNAME", ["firstName", "lastName"]) == "firstName"
    assert nearest("zebra", ["firstName", "lastName"]) is None
