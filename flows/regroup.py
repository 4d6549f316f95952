"""Regroup: decide anew who is whom, without a file: merge by hand, unmerge, sweep for duplicates.

Each is a batch of its own. Its decisions are kept in match_decision; from them follow whose each source record is,
which lead ids are given up and which live again, and the touched leads are concluded again from their records. Nothing
is copied or patched, so that taking a merge back gives what was there before.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final, Literal

import polars as pl

from flows.batches import begin_staging, close_decided, new_batch
from flows.errors import UsageError
from flows.run import Progress, Run
from flows.steps import disappear, load, publish, resolve, survive
from flows.warehouse import Warehouse
from schemas.reference import Feed

BY_HAND: Final = "by_hand"
# Of groups of more pairs than this only the oldest records are set apart by name: one pair keeps two people apart.
_MOST_NAMED_PAIRS: Final = 200

_DECISION_SCHEMA: Final = {
    "source_id": pl.Int64,
    "other_source_id": pl.Int64,
    "decision": pl.String,
    "rule": pl.String,
    "weight": pl.Float64,
    "evidence": pl.String,
}


@dataclass(frozen=True)
class Source:
    """A source record of a touched lead, and what lead ids follow from."""

    source_id: int
    lead_id: int
    born_id: int | None
    crm_id: int | None
    account_id: str
    first_lead_id: int | None


@dataclass(frozen=True)
class Outcome:
    """What a batch without a file did: the audit row, and how many leads were joined or parted."""

    summary: publish.BatchSummary
    leads_before: int
    leads_after: int


def merge_pairs(run: Run, pairs: Sequence[tuple[int, int]]) -> Outcome:
    """Join the leads of pairs of source records by hand. Raises UsageError for people who must not be joined."""
    return _regroup(run, "merge", _by_hand(pairs, "merged"), _joined, {"pairs": [list(pair) for pair in pairs]})


def part_pairs(run: Run, pairs: Sequence[tuple[int, int]]) -> Outcome:
    """Decide that pairs of source records are never of one person: no rerun and no sweep joins them."""
    return _regroup(run, "unmerge", _by_hand(pairs, "never"), _as_they_are, {"pairs": [list(pair) for pair in pairs]})


def unmerge(run: Run, lead_id: int, record_ids: Sequence[int] = ()) -> Outcome:
    """Take apart what was joined to a lead.

    `lead_id` is a lead, or an id that was given up to one: then only what came with that id is set apart. With
    `record_ids` the source records of these leave the lead as one person. Raises UsageError where there is nothing to
    part.
    """
    groups = _groups_to_part(run.warehouse, lead_id, record_ids)
    person_of = {source.source_id: number for number, group in enumerate(groups) for source in group}
    pairs = [pair for one, other in combinations(groups, 2) for pair in _pairs_between(one, other)]
    asked = {"lead_id": lead_id, "record_ids": list(record_ids)}
    return _regroup(run, "unmerge", _by_hand(pairs, "never"), lambda sources, _: _told(sources, person_of), asked)


def sweep(run: Run, *, is_full: bool = False) -> Outcome:
    """Look for people who were not recognised when they came: new and changed records against all, or all of them.

    Joins what is sure, and leaves what is not for `leads review`. Parts nobody.
    """
    warehouse = run.warehouse
    begin_staging(run, _new_batch(run, "sweep"))
    run.report(Progress("sweep", "resolve"))
    warehouse.run("resolve/create_identity")
    warehouse.run("regroup/stage_swept", {"is_full": is_full})
    warehouse.run("regroup/stage_swept_versions")
    warehouse.run("resolve/supersede_contacts")
    warehouse.run("regroup/stage_swept_contacts")
    warehouse.run("regroup/stage_swept_identities")
    warehouse.run("regroup/stage_swept_evidence")
    warehouse.run("regroup/stage_swept_blocks")
    resolve.match_people(warehouse, run.identity.without_margin())
    decisions = warehouse.frame("regroup/swept_decisions")
    return _regroup(run, "sweep", decisions, _joined, {"is_full": is_full})


def _by_hand(pairs: Iterable[tuple[int, int]], decision: str) -> pl.DataFrame:
    rows = [(min(pair), max(pair), decision, BY_HAND, None, None) for pair in pairs]
    return pl.DataFrame(rows, schema=_DECISION_SCHEMA, orient="row").unique(maintain_order=True)


Grouping = Callable[[Sequence[Source], pl.DataFrame], Mapping[int, int]]


def _regroup(
    run: Run,
    kind: Literal["merge", "unmerge", "sweep"],
    decisions: pl.DataFrame,
    group: Grouping,
    asked: Mapping[str, object],
) -> Outcome:
    """Keep the decisions, give each touched source record its person, and conclude the touched leads again."""
    warehouse = run.warehouse
    batch = _new_batch(run, kind)
    begin_staging(run, batch)
    warehouse.run("regroup/create_regroup")
    warehouse.append("new_decision", decisions.select(list(_DECISION_SCHEMA)))
    with warehouse.transaction():
        warehouse.run("regroup/touch_decided")
        sources = [Source(**row) for row in warehouse.frame("regroup/affected_sources").iter_rows(named=True)]
        person_of = group(sources, decisions)
        _refuse_forbidden(sources, person_of)
        grouped = number_leads(warehouse, sources, person_of)
        before = len({source.lead_id for source in sources})
        warehouse.append("grouped_source", grouped)
        warehouse.run("regroup/write_decisions")
        _conclude(warehouse)
        if kind == "sweep":
            warehouse.run("regroup/remember_sweep")
        disappear.settle_missing(warehouse, batch.feed.name, has_file=False)
        close_decided(run, batch, asked)
    summary = publish.summarise_batch(warehouse, batch.batch_id)
    return Outcome(summary, before, grouped["lead_id"].n_unique())


def _new_batch(run: Run, kind: load.BatchKind) -> load.Batch:
    # Its decisions are of nobody's account in particular.
    return new_batch(run, kind, Feed(name="leadmill", rotate=False))


def _conclude(warehouse: Warehouse) -> None:
    warehouse.run("regroup/note_parted")
    warehouse.run("regroup/apply_groups")
    warehouse.run("regroup/part_assignments")
    survive.conclude_known(warehouse)
    survive.complete_leads(warehouse)
    load.write_decided(warehouse)


def _joined(sources: Sequence[Source], decisions: pl.DataFrame) -> dict[int, int]:
    """Return the person of each source record: leads stay whole, and those that a merge names become one."""
    root_of = {source.lead_id: source.lead_id for source in sources}
    lead_of = {source.source_id: source.lead_id for source in sources}

    def find(lead: int) -> int:
        while root_of[lead] != lead:
            lead = root_of[lead]
        return lead

    merged = decisions.filter(pl.col("decision") == "merged")
    for source_id, other_source_id in merged.select("source_id", "other_source_id").iter_rows():
        low, high = sorted((find(lead_of[source_id]), find(lead_of[other_source_id])))
        root_of[high] = low
    return {source_id: find(lead) for source_id, lead in lead_of.items()}


def _as_they_are(sources: Sequence[Source], _: pl.DataFrame) -> dict[int, int]:
    return {source.source_id: source.lead_id for source in sources}


def _told(sources: Sequence[Source], person_of: Mapping[int, int]) -> dict[int, int]:
    return {source.source_id: person_of[source.source_id] for source in sources}


def _refuse_forbidden(sources: Sequence[Source], person_of: Mapping[int, int]) -> None:
    """Raise UsageError for a person with two CRM ids or in two accounts (design 5.7), and for two with one CRM id."""
    people: dict[int, list[Source]] = defaultdict(list)
    people_of_id: dict[int, set[int]] = defaultdict(set)
    for source in sources:
        people[person_of[source.source_id]].append(source)
        if source.crm_id is not None:
            people_of_id[source.crm_id].add(person_of[source.source_id])
    for crm_id, parted in people_of_id.items():
        if len(parted) > 1:
            raise UsageError(f"these records are one lead, {crm_id}, in the CRM: take them apart there")
    for members in people.values():
        crm_ids = sorted({source.crm_id for source in members if source.crm_id is not None})
        if len(crm_ids) > 1:
            raise UsageError(f"leads {crm_ids[0]} and {crm_ids[1]} are two of the CRM's: merge them there")
        if len({source.account_id for source in members}) > 1:
            leads = sorted({source.lead_id for source in members})
            raise UsageError(f"leads {leads[0]} and {leads[1]} are of two accounts, which nobody is joined across")


def number_leads(warehouse: Warehouse, sources: Sequence[Source], person_of: Mapping[int, int]) -> pl.DataFrame:
    """Return the source records with the lead ids of their people: the CRM's, else the oldest that one was born with.

    Who never had one is given the next.
    """
    people: dict[int, list[Source]] = defaultdict(list)
    for source in sources:
        people[person_of[source.source_id]].append(source)
    mark, *taken = warehouse.frame("regroup/taken_ids")["id"]
    used, next_id = set(taken), mark
    rows = []
    for person, members in sorted(people.items(), key=lambda each: min(source.source_id for source in each[1])):
        crm_ids = [source.crm_id for source in members if source.crm_id is not None]
        born = [source.born_id for source in members if source.born_id is not None]
        lead_id = min(crm_ids or born, default=None)
        founder = None
        if lead_id is None:
            next_id = next(number for number in range(next_id + 1, next_id + 2 + len(used)) if number not in used)
            lead_id, founder = next_id, min(source.source_id for source in members)
        rows += [
            (source.source_id, person, lead_id, lead_id if source.source_id == founder else source.born_id)
            for source in members
        ]
    if next_id > mark:
        warehouse.run("regroup/raise_mark", {"lead_id": next_id})
    schema = {"source_id": pl.Int64, "person": pl.Int64, "lead_id": pl.Int64, "born_id": pl.Int64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _groups_to_part(warehouse: Warehouse, lead_id: int, record_ids: Sequence[int]) -> list[list[Source]]:
    """Return the source records of a lead in the groups that it is to be parted into, the one that stays first."""
    alias = warehouse.frame("regroup/find_alias", {"lead_id": lead_id})
    survivor = lead_id if alias.is_empty() else alias["lead_id"].item()
    if survivor is None:
        raise UsageError(f"{lead_id} is no lead any more ({alias['reason'].item()}): there is nothing to take apart")
    warehouse.run("regroup/touch_lead", {"lead_id": survivor})
    sources = [Source(**row) for row in warehouse.frame("regroup/affected_sources").iter_rows(named=True)]
    if not sources:
        raise UsageError(f"there is no lead {lead_id}; see: leads merges")
    if len(sources) == 1:
        raise UsageError(f"lead {survivor} has one source record: nobody was joined to it")
    if record_ids:
        return _groups_by_records(warehouse, sources, record_ids, survivor)
    by_first: dict[int | None, list[Source]] = defaultdict(list)
    for source in sources:
        by_first[source.first_lead_id].append(source)
    if survivor != lead_id:
        if lead_id not in by_first or len(by_first) == 1:
            raise UsageError(
                f"no record of lead {survivor} came with id {lead_id}; say which: --record (leads explain)"
            )
        gone = by_first.pop(lead_id)
        return [[source for group in by_first.values() for source in group], gone]
    if len(by_first) > 1:
        first = by_first.pop(survivor, None) or by_first.pop(min(by_first, key=str))
        return [first, *by_first.values()]
    return [[source] for source in sorted(sources, key=lambda each: (each.born_id != survivor, each.source_id))]


def _groups_by_records(
    warehouse: Warehouse, sources: Sequence[Source], record_ids: Sequence[int], lead_id: int
) -> list[list[Source]]:
    named = set(warehouse.frame("regroup/sources_of_records", {"record_ids": list(record_ids)})["source_id"])
    gone = [source for source in sources if source.source_id in named]
    kept = [source for source in sources if source.source_id not in named]
    if len(gone) < len(named) or not gone:
        raise UsageError(f"not all of these records are of lead {lead_id}; see: leads explain {lead_id}")
    if not kept:
        raise UsageError(f"these are all records of lead {lead_id}: leave out those that stay")
    return [kept, gone]


def _pairs_between(one: Sequence[Source], other: Sequence[Source]) -> list[tuple[int, int]]:
    if len(one) * len(other) > _MOST_NAMED_PAIRS:
        return [(min(source.source_id for source in one), min(source.source_id for source in other))]
    return [(source.source_id, partner.source_id) for source in one for partner in other]
