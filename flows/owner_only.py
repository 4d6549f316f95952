"""Whatever a run writes is for its owner only: exports, warehouse and their temporary files hold people's data."""

import os


def write_for_owner_only() -> None:
    """Let this process, and those that it starts, make files of mode 0600 and folders of 0700.

    DuckDB, Prefect's server and libraries make some themselves, which nobody else could give a mode in time.
    """
    os.umask(0o077)
