"""What holds for every test: nothing of the machine's own settings reaches it, and slow is not wrong."""

import os

import pytest
from hypothesis import settings

# A developer's warehouse or Prefect server must not take part in a test. Done on import, before
# any module under test can read its settings.
for _name in list(os.environ):
    if _name.startswith("LEADS_") or _name in {"PREFECT_API_URL", "PREFECT_API_KEY"}:
        del os.environ[_name]

# As in the Makefile, for those who call pytest themselves.
os.environ.setdefault("DO_NOT_TRACK", "1")
os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
os.environ.setdefault("PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS", "120")

# How long an example takes says something about the machine, not about the property.
settings.register_profile("leadmill", deadline=None)
settings.register_profile("all-faults", deadline=None)
settings.load_profile("leadmill")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Golden cases are written anew, and every fault is tried, only when asked for."""
    parser.addoption("--update-golden", action="store_true", help="write the expected tables of golden cases anew")
    parser.addoption("--all-faults", action="store_true", help="the whole matrix of faults, not a sample")


def pytest_configure(config: pytest.Config) -> None:
    """Let properties of the house try more when every fault is asked for."""
    if config.getoption("--all-faults"):
        settings.load_profile("all-faults")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what only `make test-faults` runs."""
    if config.getoption("--all-faults"):
        return
    left_out = [item for item in items if item.get_closest_marker("all_faults")]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]
