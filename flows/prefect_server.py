"""A Prefect server of our own, for a run where none is configured: started, used, and ended with us.

Prefect can start one by itself, but a run that is killed leaves that process behind. This one is told
by the kernel when we die, however we die.
"""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import httpx

from flows.errors import LeadmillError

STARTUP_SECONDS: Final = 120.0
_SHUTDOWN_SECONDS: Final = 8.0
_PR_SET_PDEATHSIG: Final = 1


@contextmanager
def own_prefect_server(*, with_schedules: bool = False) -> Iterator[str]:
    """Run a Prefect server on a free loopback port; yield its API URL and end it with the block.

    It keeps its records where Prefect does by default (PREFECT_HOME), so that they are there for a later
    `prefect server start`. `with_schedules` also runs what a lasting server does: its scheduler and its UI.
    Raises LeadmillError when it does not answer in time.
    """
    port = _free_port()
    api_url = f"http://127.0.0.1:{port}/api"
    command = [
        *(sys.executable, "-m", "uvicorn", "--factory", "prefect.server.api.server:create_app"),
        *("--host", "127.0.0.1", "--port", str(port), "--log-level", "error", "--lifespan", "on"),
    ]
    environment = {
        **os.environ,
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "PREFECT__SERVER_FINAL": "1",
    }
    if with_schedules:
        environment["PREFECT_UI_API_URL"] = api_url
    else:
        environment |= {"PREFECT_UI_ENABLED": "0", "PREFECT__SERVER_EPHEMERAL": "1"}
    process = subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        preexec_fn=_die_with_parent,
        start_new_session=True,
    )
    try:
        _wait_until_healthy(api_url, process)
        yield api_url
    finally:
        _end(process)


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _die_with_parent() -> None:
    """Ask the kernel to end this process when its parent is gone, even by kill -9 (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _wait_until_healthy(api_url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + STARTUP_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise LeadmillError(
                f"the Prefect server ended with code {process.returncode}; try: prefect server start, "
                "and set PREFECT_API_URL"
            )
        try:
            if httpx.get(f"{api_url}/health", timeout=2.0).status_code == httpx.codes.OK:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise LeadmillError(
        f"the Prefect server did not answer within {STARTUP_SECONDS:.0f} s; try: prefect server start, "
        "and set PREFECT_API_URL"
    )


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_SHUTDOWN_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
