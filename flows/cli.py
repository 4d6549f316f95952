"""The command `leads`: its commands and its exit codes; what each says stands in flows/commands.

Imports stand inside the commands: `leads --help` must answer at once.
"""

import os
import sys

import cyclopts
from cyclopts import App

from flows import output, signals
from flows.commands import batches, house, loading, owners, people, records
from flows.errors import LeadmillError, UsageError

app = App(
    name="leads",
    help="Turn CRM, form, ad and list exports into one trustworthy lead table in DuckDB.",
    help_epilogue=(
        "Exit codes: 0 done; 1 a batch failed or a check found something; 2 wrong usage or configuration; "
        "75 the warehouse is held by another process."
    ),
    version_flags=["--version"],
    suppress_keyboard_interrupt=False,
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
app.command(people.merges)
app.command(people.unmerge)
app.command(people.review)
app.command(people.sweep)
app.command(people.train)
app.command(owners.assign)
app.command(owners.check_reference, name="check-reference")
app.command(owners.reassign)
app.command(records.export)
app.command(house.sql)
app.command(house.doctor)
app.command(house.verify)
app.command(house.up)


def main() -> int:
    """Run the command line; return its exit code."""
    signals.stop_cleanly_on_signals()
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
        if debug:
            raise
        # Its text may hold cells of a file: only its kind is shown.
        output.note(f"leads: internal error ({type(error).__name__}); run again with --debug and report it")
        return 1
    return result if isinstance(result, int) else 0


def _tell_stop(stopped: signals.Stopped) -> int:
    output.end_progress()
    output.print_error(stopped)
    return stopped.exit_code


if __name__ == "__main__":
    sys.exit(main())
