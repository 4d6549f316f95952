"""Normalise: text cells of the specification's fields to typed values.

A cell that cannot be read becomes null and an issue with its raw text; it never costs the row. Rows stay
in their order and are read one by one: no value depends on another row, but for the order of day and
month, which the evidence of the file's chunks tells (`add_date_evidence`).
"""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from typing import Final, cast

import polars as pl

from flows.cells.booleans import parse_booleans
from flows.cells.contact_rows import choose_contacts, list_contacts
from flows.cells.contacts import ContactColumn, ContactKind, parse_contacts
from flows.cells.dates import DateEvidence, gather_evidence, parse_dates
from flows.cells.email import INVALID as EMAIL_INVALID
from flows.cells.json_lists import parse_json_lists
from flows.cells.moments import DayOrder
from flows.cells.names import parse_names
from flows.cells.numbers import parse_counts, parse_ids, parse_money
from flows.cells.parsed import Parsed, issues_at, put
from flows.cells.phone import INVALID as PHONE_INVALID
from flows.cells.text import fold_case, parse_text, read_blanks
from schemas.lead import CONTACT_COLUMNS, ISSUE_COLUMNS, TYPED_LEAD_COLUMNS
from schemas.reference import Feed
from schemas.spec import lead_fields

Reader = Callable[[pl.Series], Parsed]

_NAMES: Final = ("firstName", "lastName")
_CONTACTS: Final[Mapping[str, str]] = {"email": EMAIL_INVALID, "phone": PHONE_INVALID}
_FIELD_TYPES: Final = {field.name: field.type for field in lead_fields()}
_DATE_FIELDS: Final = tuple(name for name, kind in _FIELD_TYPES.items() if kind == "date-time")
# The CRM's own: which record this is cannot be taken back by leaving it out.
_NEVER_CLEARED: Final = ("id", "accountId")
_KEY_FIELDS: Final = ("firstName", "lastName", "company", "applicationId")
_UNIT_SEPARATOR: Final = "\x1f"


@dataclass(frozen=True)
class Typed:
    """What normalise hands over, as `schemas.lead` describes it.

    `leads`: one row per mapped row, in its order. `contacts`: one per e-mail or phone number found, valid
    or not. `issues`: one per cell that could not be read, and per name that the CRM does not have.
    """

    leads: pl.DataFrame
    contacts: pl.DataFrame
    issues: pl.DataFrame


def find_date_orders(mapped_chunks: Iterable[pl.DataFrame], feed: Feed) -> dict[str, str]:
    """Return by field how the file writes dates: `mdy`, `dmy`, or `excel` for the day numbers of a sheet.

    A field whose cells are unclear or contradict each other is absent: what is ambiguous in it stays so. An
    order that the feed states is not asked of the file.
    """
    evidence: dict[str, DateEvidence] = {}
    for chunk in mapped_chunks:
        evidence = add_date_evidence(evidence, chunk)
    return date_orders_of(evidence, feed)


def add_date_evidence(evidence: Mapping[str, DateEvidence], mapped: pl.DataFrame) -> dict[str, DateEvidence]:
    """Return the evidence of the chunks so far and of this one, by field."""
    found = {
        field: evidence.get(field, DateEvidence()) + gather_evidence(mapped[field])
        for field in _DATE_FIELDS
        if field in mapped.columns
    }
    return {**evidence, **found}


def date_orders_of(evidence: Mapping[str, DateEvidence], feed: Feed) -> dict[str, str]:
    """Return what `find_date_orders` does, for the chunks that the evidence is of."""
    orders = {field: found.order for field, found in evidence.items()}
    return {
        field: order
        for field, order in orders.items()
        if order == "excel" or (order is not None and feed.date_order is None)
    }


def normalise_leads(mapped: pl.DataFrame, feed: Feed, date_orders: Mapping[str, str]) -> Typed:
    """Read the mapped text columns of one chunk; `date_orders` is what its file tells (`date_orders_of`)."""
    tokens = _find_clear_tokens(mapped, feed)
    cells = mapped.with_columns(mapped[name].set(is_token, "") for name, is_token in tokens.items())
    fields, contact_columns = _parse_columns(cells, feed, date_orders)
    contacts = list_contacts(cells, contact_columns)
    primary, identifying = choose_contacts(contacts, cells.height)
    values = {name: column.values for name, column in fields.items()} | primary
    key_basis = _compose_key_basis(cells, values, identifying)
    is_missing = _find_missing(fields, contact_columns)
    values, has_placeholder_name = _complete(values, is_missing, cells.height, feed, date_orders)
    withdrawn = _find_withdrawn(cells, is_missing, tokens, feed)
    cleared = _list_cleared(withdrawn, values, cells.height)
    issues = [
        *(_issue_rows(mapped, name, column.issues) for name, column in fields.items() if not column.issues.is_empty()),
        _contact_issues(mapped, contacts),
    ]
    if feed.origin == "crm":
        values, missing_names = _fill_missing_names(mapped, values)
        issues += missing_names
    leads = _assemble(cells, values, feed).with_columns(
        key_basis=key_basis, has_placeholder_name=has_placeholder_name, cleared=cleared
    )
    return Typed(
        leads=leads.select(list(TYPED_LEAD_COLUMNS)),
        contacts=contacts.with_columns(row_number=mapped["row_number"].gather(contacts["index"])).select(
            list(CONTACT_COLUMNS)
        ),
        issues=pl.concat([pl.DataFrame(schema=ISSUE_COLUMNS), *issues]).sort("row_number", maintain_order=True),
    )


def _find_clear_tokens(mapped: pl.DataFrame, feed: Feed) -> dict[str, pl.Series]:
    """Return by column which cells hold the vendor's word for clearing a field."""
    if feed.origin != "vendor" or feed.clear_token is None:
        return {}
    token = feed.clear_token.strip()
    columns = [name for name in mapped.columns if _field_of(name) in _FIELD_TYPES]
    masks = {name: (mapped[name].str.strip_chars() == token).fill_null(False) for name in columns}
    return {name: mask for name, mask in masks.items() if mask.any()}


def _field_of(column: str) -> str:
    """Return the field that a mapped column gives: `email#2` gives `email`."""
    return column.partition("#")[0]


def _parse_columns(
    cells: pl.DataFrame, feed: Feed, date_orders: Mapping[str, str]
) -> tuple[dict[str, Parsed], dict[str, ContactColumn]]:
    """Parse each column on its own, as many at once as the machine has cores for."""
    not_a_vendors = () if feed.origin == "crm" else ("id", "accountId", "auditLog")
    fields = [
        name
        for name in (*_FIELD_TYPES, "source_key", "auditLog")
        if name in cells.columns and name not in _CONTACTS and name not in not_a_vendors
    ]
    contacts = sorted(
        (name for name in cells.columns if _field_of(name) in _CONTACTS),
        key=lambda name: (_field_of(name), int(name.partition("#")[2] or 1)),
    )
    # The longest first, so that no core waits at the end for a column of phones.
    read_contacts = {
        name: _workers().submit(parse_contacts, cells[name], cast("ContactKind", _field_of(name)), feed.region)
        for name in reversed(contacts)
    }
    read_fields = {name: _workers().submit(_reader_of(name, feed, date_orders), cells[name]) for name in fields}
    return (
        {name: read.result() for name, read in read_fields.items()},
        {name: read_contacts[name].result() for name in contacts},
    )


@cache
def _workers() -> ThreadPoolExecutor:
    """Return the threads of this process: kept, since each would compile all patterns anew."""
    return ThreadPoolExecutor(pl.thread_pool_size(), thread_name_prefix="normalise")


def _reader_of(field: str, feed: Feed, date_orders: Mapping[str, str]) -> Reader:
    match _FIELD_TYPES.get(field), field:
        case "date-time", _:
            seen = date_orders.get(field)
            order = feed.date_order or (cast("DayOrder", seen) if seen in ("mdy", "dmy") else None)
            return partial(parse_dates, zone=feed.timezone, order=order, has_serials=seen == "excel")
        case "boolean", _:
            return partial(parse_booleans, field=field)
        case _, "numberOfEmployees":
            return parse_counts
        case _, "monthlyTransactionVolume":
            return parse_money
        case "integer", _:
            return partial(parse_ids, least=1 if field == "id" else 0)
        case _, "auditLog":
            return parse_json_lists
        case _, "firstName":
            return partial(parse_names, part="first")
        case _, "lastName":
            return partial(parse_names, part="last")
        case _:
            return partial(parse_text, keeps_lines=field == "notes")


def _issue_rows(mapped: pl.DataFrame, column: str, issues: pl.DataFrame) -> pl.DataFrame:
    index = issues["index"]
    raw = mapped[column].gather(index) if column in mapped.columns else pl.lit(None, pl.String)
    return pl.DataFrame({"row_number": mapped["row_number"].gather(index)}).with_columns(
        column_name=pl.lit(column), code=issues["code"], raw=raw
    )


def _contact_issues(mapped: pl.DataFrame, contacts: pl.DataFrame) -> pl.DataFrame:
    wrong = contacts.filter(~contacts["is_valid"])
    return wrong.select(
        row_number=mapped["row_number"].gather(wrong["index"]),
        column_name="kind",
        code=pl.col("kind").replace_strict(dict(_CONTACTS), return_dtype=pl.String),
        raw="raw",
    )


def _find_missing(fields: Mapping[str, Parsed], contact_columns: Mapping[str, ContactColumn]) -> dict[str, pl.Series]:
    """Return by field which rows have nothing to say about it: no cell, or a blank one."""
    missing: dict[str, pl.Series] = {}
    for name, column in fields.items():
        is_missing = column.values.is_null()
        unreadable = column.issues["index"]
        missing[name] = is_missing.scatter(unreadable, False) if unreadable.len() else is_missing
    for name, contacts in contact_columns.items():
        is_missing = contacts.values.is_null()
        taken = contacts.parts["index"].unique()
        is_missing = is_missing.scatter(taken, False) if taken.len() else is_missing
        kind = _field_of(name)
        missing[kind] = missing[kind] & is_missing if kind in missing else is_missing
    return missing


def _complete(
    values: Mapping[str, pl.Series],
    is_missing: Mapping[str, pl.Series],
    height: int,
    feed: Feed,
    date_orders: Mapping[str, str],
) -> tuple[dict[str, pl.Series], pl.Series]:
    """Put in the feed's constants where a cell is missing; tell which rows got a placeholder for a name."""
    completed = dict(values)
    everywhere = pl.repeat(True, height, dtype=pl.Boolean, eager=True)
    has_placeholder = ~everywhere
    for field, text in {**feed.defaults, **feed.placeholders}.items():
        # What people set for a text is kept as they wrote it, be it "N/A".
        is_text = _FIELD_TYPES[field] == "string"
        read = pl.Series([text]) if is_text else _reader_of(field, feed, date_orders)(pl.Series([text])).values
        constant = read.new_from_index(0, height)
        is_given_here = is_missing.get(field, everywhere)
        completed[field] = constant.zip_with(is_given_here, values.get(field, constant))
        if field in _NAMES:
            has_placeholder |= is_given_here
    return completed, has_placeholder


def _find_withdrawn(
    cells: pl.DataFrame, is_missing: Mapping[str, pl.Series], tokens: Mapping[str, pl.Series], feed: Feed
) -> dict[str, pl.Series]:
    """Return by field which rows withdraw it: the CRM by a blank cell, a vendor by the word for clearing."""
    withdrawn: dict[str, pl.Series] = {}
    for column in cells.columns if feed.origin == "crm" else tokens:
        field = _field_of(column)
        if field not in _FIELD_TYPES or field in _NEVER_CLEARED or not is_missing[field].any():
            continue
        is_written = tokens[column] if column in tokens else cells[column].is_not_null()
        withdrawn[field] = is_written & is_missing[field] | withdrawn.get(field, pl.Series([False]))
    return withdrawn


def _list_cleared(withdrawn: Mapping[str, pl.Series], values: Mapping[str, pl.Series], height: int) -> pl.Series:
    """Return for each row the fields that it withdraws, in the order of the specification; null for none.

    Rows are told apart by a number with a bit for each field: there are few combinations, and a list is
    made for each of them once.
    """
    fields = [field for field in _FIELD_TYPES if field in withdrawn]
    flags = pl.repeat(0, height, dtype=pl.UInt32, eager=True)
    for bit, field in enumerate(fields):
        # A constant of the feed in its place withdraws nothing.
        is_cleared = withdrawn[field] & values[field].is_null()
        flags = flags | is_cleared.cast(pl.UInt32) * (1 << bit)
    combinations = flags.unique()
    lists = [[field for bit, field in enumerate(fields) if flag >> bit & 1] or None for flag in combinations]
    table = pl.DataFrame({"flags": combinations, "cleared": pl.Series(lists, dtype=pl.List(pl.String))})
    return flags.to_frame("flags").join(table, on="flags", how="left", maintain_order="left")["cleared"]


def _fill_missing_names(
    mapped: pl.DataFrame, values: Mapping[str, pl.Series]
) -> tuple[dict[str, pl.Series], list[pl.DataFrame]]:
    """Give the CRM's leads without a name an empty one, each with an issue: the CRM is believed."""
    filled = dict(values)
    issues = []
    for name in _NAMES:
        value = filled.get(name, pl.repeat(None, mapped.height, dtype=pl.String, eager=True))
        filled[name] = value.fill_null("")
        issues.append(_issue_rows(mapped, name, issues_at(value.is_null().arg_true(), "name_missing")))
    return filled, issues


def _compose_key_basis(
    cells: pl.DataFrame, values: Mapping[str, pl.Series], identifying: Mapping[str, pl.Series]
) -> pl.Series:
    """Return for each row the text that stands for its record where the source gives no key of its own.

    Names, company and application id with the e-mail, else with the phone number, else every cell of the
    row; which of these it is stands in front. Letter case and spacing make no difference. It is empty where
    the row has a key: the CRM's id, or the vendor's own.
    """
    nothing = pl.repeat(None, cells.height, dtype=pl.String, eager=True)
    has_key = values.get("source_key", nothing).is_not_null() | values.get("id", nothing).is_not_null()
    needed = (~has_key).arg_true()
    empty = pl.repeat("", cells.height, dtype=pl.String, eager=True)
    if needed.is_empty():
        return empty
    frame = pl.DataFrame({**{field: values.get(field, nothing) for field in _KEY_FIELDS}, **identifying})
    frame = frame if needed.len() == cells.height else frame[needed]
    size = -(-frame.height // pl.thread_pool_size())
    found = pl.concat(_workers().map(_compose_contact_basis, frame.iter_slices(size)))
    index = found.is_null().arg_true()
    if index.len():
        found = put(found, index, _compose_row_basis(cells[needed.gather(index)]))
    return found if needed.len() == cells.height else put(empty, needed, found)


def _compose_contact_basis(frame: pl.DataFrame) -> pl.Series:
    has_email, has_phone = pl.col("email").is_not_null(), pl.col("phone").is_not_null()
    form = pl.when(has_email).then(pl.lit("email")).when(has_phone).then(pl.lit("phone"))
    parts = [*(pl.col(field).fill_null("") for field in _KEY_FIELDS), pl.coalesce("email", "phone")]
    return fold_case(frame.select(pl.concat_str(form, *parts, separator=_UNIT_SEPARATOR)).to_series())


def _compose_row_basis(cells: pl.DataFrame) -> pl.Series:
    """Return all cells that say something with their columns' names, whatever the order of the columns."""
    names = sorted(set(cells.columns) - {"row_number", "line_number", "has_placeholder_name"})
    texts = [f"{name}=" + fold_case(read_blanks(cells[name])) for name in names]
    frame = pl.DataFrame([text.alias(name) for text, name in zip(texts, names, strict=True)])
    return frame.select(
        pl.concat_str(pl.lit("row"), pl.all(), separator=_UNIT_SEPARATOR, ignore_nulls=True)
    ).to_series()


def _assemble(cells: pl.DataFrame, values: Mapping[str, pl.Series], feed: Feed) -> pl.DataFrame:
    """Put the columns of typed leads together; null where nothing was mapped."""
    is_crm = feed.origin == "crm"
    given = {
        name: pl.lit(values[name]) if name in values else pl.lit(None, dtype)
        for name, dtype in TYPED_LEAD_COLUMNS.items()
    }
    given["accountId"] = pl.coalesce(given["accountId"], pl.lit(feed.account_id))
    given["createdBy"] = pl.coalesce(given["createdBy"], pl.lit(feed.created_by, pl.String))
    given["source_created_at"], given["source_updated_at"] = given["createdAt"], given["updatedAt"]
    if not is_crm:
        # A vendor's times are of its own records, not of our leads.
        for name in ("createdAt", "updatedAt"):
            given[name] = pl.lit(None, TYPED_LEAD_COLUMNS[name])
    if "auditLog" in values:
        given["audit_log"] = pl.lit(values["auditLog"])
    for name in ("row_number", "line_number", "extra"):
        if name in cells.columns:
            given[name] = pl.col(name)
    return cells.select(**given)
