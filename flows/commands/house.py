"""Commands about the house: sql, doctor, verify, up."""

from typing import Annotated

from cyclopts import Parameter

from flows import output, signals
from flows.commands.places import NOWHERE_SPECIAL, AsJson, Places, reading
from flows.errors import UsageError


def sql(
    query: Annotated[str, Parameter(help='a query, as in "SELECT count(*) FROM lead"')],
    as_json: AsJson = False,
    places: Places = NOWHERE_SPECIAL,
) -> None:
    """Ask the warehouse in SQL, read-only: no other file can be read or written from it."""
    import duckdb

    from flows.warehouse import damage_in

    with reading(places) as warehouse:
        try:
            statements = duckdb.extract_statements(query)
            if len(statements) != 1:
                raise UsageError("sql: give one statement, such as SELECT count(*) FROM lead")
            # Others can hardly change anything here, but some end the process (CALL enable_logging).
            is_query = statements[0].type in (duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN)
            relation = warehouse.connection.sql(query) if is_query else None
            if relation is None:
                raise UsageError("the statement gives no rows; leads sql answers queries, such as SELECT")
            columns, rows = list(relation.columns), relation.fetchall()
            types = relation.types
        except (duckdb.Error, RuntimeError) as error:
            signals.raise_if_stopped(error)
            damage = damage_in(error)
            if damage is not None:
                raise damage from error
            raise UsageError(f"sql: {str(error).splitlines()[0]}") from error
    if as_json:
        names = output.unique_names(columns)
        decoded = [[output.with_documents(*cell) for cell in zip(row, types, strict=True)] for row in rows]
        output.print_json([dict(zip(names, row, strict=True)) for row in decoded])
    else:
        output.print_table(columns, rows)


def doctor(as_json: AsJson = False, places: Places = NOWHERE_SPECIAL) -> int:
    """Check the set-up: versions, settings, reference files, warehouse and archive; exit 1 if something is wrong."""
    from flows.doctor import examine

    findings = examine(places.settings)
    records = [{"check": f.check, "status": f.status, "detail": f.detail, "fix": f.fix} for f in findings]
    output.print_records(records, ("check", "status", "detail", "fix"), as_json=as_json)
    return int(any(finding.status == "wrong" for finding in findings))


def verify(as_json: AsJson = False, places: Places = NOWHERE_SPECIAL) -> int:
    """Check that nobody changed what batches wrote: their chain, the invariants, leads from records, the archive.

    Changes nothing. Exit 1 where anything is found; first_batch is the first batch that does not fit.
    """
    from flows.verify import verify as verify_warehouse

    findings = verify_warehouse(places.settings())
    columns = ("check", "status", "detail", "first_batch")
    output.print_records([{name: getattr(f, name) for name in columns} for f in findings], columns, as_json=as_json)
    return int(any(finding.status == "found" for finding in findings))


def retain(
    dry_run: Annotated[bool, Parameter(help="show what would be removed", negative="")] = False,
    as_json: AsJson = False,
    places: Places = NOWHERE_SPECIAL,
) -> None:
    """Remove what was kept for long enough: archived files, texts of rejected rows, backups (retention.toml).

    What became of every row stays, and so do leads and their records. A file that is gone cannot be replayed.
    """
    from datetime import UTC, datetime

    from flows.retain import COLUMNS
    from flows.retain import retain as retain_data

    removals = retain_data(places.settings(), now=datetime.now(UTC), is_dry_run=dry_run)
    records = [{name: getattr(removal, name) for name in COLUMNS} for removal in removals]
    output.print_records(records, COLUMNS, as_json=as_json)
    if not as_json:
        told = "Dry run: nothing was removed." if dry_run else f"{len(removals):,} removed."
        output.note(told if removals else "Nothing is older than it may be.")


def up(places: Places = NOWHERE_SPECIAL) -> None:
    """Serve the flow until Ctrl-C: the schedules of feeds.toml, and runs by hand from Prefect's UI or API.

    Uses the Prefect server that PREFECT_API_URL names, else one that it starts and ends itself.
    """
    from flows.serve import serve_deployments

    serve_deployments(places.settings())
