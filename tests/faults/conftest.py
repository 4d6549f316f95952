"""The whole matrix only when asked for, and then as a table: fault, where, outcome."""

from collections import defaultdict

import pytest


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what became of each fault, a line per place."""
    told: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    for reports in terminalreporter.stats.values():
        for report in reports:
            for name, value in getattr(report, "user_properties", ()):
                if name == "fault" and getattr(report, "when", None) == "call":
                    command, place, fault, outcome = value
                    told[command, place][fault] = outcome
    if told:
        terminalreporter.section("faults: command, where, and what became of each fault")
    for (command, place), faults in told.items():
        outcomes = "; ".join(f"{fault}: {outcome}" for fault, outcome in sorted(faults.items()))
        terminalreporter.write_line(f"{command:13} {place:32} {outcomes}")
