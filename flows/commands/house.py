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

    with reading(places) as warehouse:
        try:
            if len(duckdb.extract_statements(query)) != 1:
                raise UsageError("sql: give one statement, such as SELECT count(*) FROM lead")
            relation = warehouse.connection.sql(query)
            if relation is None:
                raise UsageError("the statement gives no rows; leads sql answers queries, such as SELECT")
            columns, rows = list(relation.columns), relation.fetchall()
            types = relation.types
        except (duckdb.Error, RuntimeError) as error:
            signals.raise_if_stopped(error)
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


def up(places: Places = NOWHERE_SPECIAL) -> None:
    """Serve the flow until Ctrl-C: the schedules of feeds.toml, and runs by hand from Prefect's UI or API.

    Uses the Prefect server that PREFECT_API_URL names, else one that it starts and ends itself.
    """
    from flows.serve import serve_deployments

    serve_deployments(places.settings())
