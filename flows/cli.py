"""The command `leads`: its commands and its exit codes; what each says stands in flows/commands.

Imports stand inside the commands: `leads --help` must answer at once.
"""

import os
import sys
from typing import Final

import cyclopts
from cyclopts import App

from flows import output, signals
from flows.commands import backups, batches, contacting, house, loading, owners, people, records, subjects
from flows.errors import LeadmillError, UsageError, internal_error
from flows.owner_only import write_for_owner_only

# What the warehouse's ids and counts fit in.
_NUMBER_MAX: Final = 2**63 - 1


def _refuse_huge_numbers(_type: object, value: object) -> None:
    if isinstance(value, int) and abs(value) > _NUMBER_MAX:
        raise ValueError("there is no number as large as this")


app = App(
    name="leads",
    help="Turn CRM, form, ad and list exports into one trustworthy lead table in DuckDB.",
    help_epilogue=(
        "Exit codes: 0 done; 1 a batch failed or a check found something; 2 wrong usage or configuration; "
        "75 the warehouse is held by another process."
    ),
    version_flags=["--version"],
    suppress_keyboard_interrupt=False,
    default_parameter=cyclopts.Parameter(validator=_refuse_huge_numbers),
)

app.command(loading.ingest)
app.command(loading.map_file, name="map")
app.command(batches.batches)
app.command(batches.show)
app.command(batches.rejects)
app.command(batches.undo)
app.command(batches.reconcile)
app.command(loading.replay)
app.command(loading.approve)
app.command(people.explain)
app.command(people.history)
app.command(people.merges)
app.command(people.unmerge)
app.command(people.review)
app.command(people.sweep)
app.command(people.train)
app.command(contacting.preference)
app.command(contacting.preferences)
app.command(owners.assign)
app.command(owners.check_reference, name="check-reference")
app.command(owners.reassign)
app.command(records.export)
app.command(subjects.erase)
app.command(backups.backup)
app.command(backups.restore)
app.command(backups.rebuild)
app.command(house.sql)
app.command(house.doctor)
app.command(house.verify)
app.command(house.retain)
app.command(house.up)


def main() -> int:
    """Run the command line; return its exit code."""
    signals.stop_cleanly_on_signals()
    write_for_owner_only()
    arguments = sys.argv[1:]
    debug = "--debug" in arguments
    try:
        result = app(arguments, exit_on_error=False, print_error=False, result_action="return_value")
    except cyclopts.CycloptsError as error:
        output.print_error(error, debug=debug)
        return UsageError.exit_code
    except LeadmillError as error:
        output.end_progress()
        output.print_error(error, debug=debug)
        return error.exit_code
    except signals.Stopped as stopped:
        return _tell_stop(stopped)
    except BrokenPipeError:
        # Whoever read our output has stopped, as in `leads batches | head`.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        try:
            signals.raise_if_stopped(error)
        except signals.Stopped as stopped:
            return _tell_stop(stopped)
        damage = _damage_in(error)
        if damage is not None and not debug:
            output.end_progress()
            output.print_error(damage)
            return damage.exit_code
        fault = internal_error(error)
        if fault is not error:
            fault.__cause__ = error
        output.print_error(fault, debug=debug)
        return 1
    return result if isinstance(result, int) else 0


def _damage_in(error: Exception) -> LeadmillError | None:
    if "flows.warehouse" not in sys.modules:
        return None
    from flows.warehouse import damage_in

    return damage_in(error)


def _tell_stop(stopped: signals.Stopped) -> int:
    output.end_progress()
    output.print_error(stopped)
    return stopped.exit_code


if __name__ == "__main__":
    sys.exit(main())
