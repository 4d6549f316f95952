"""`leads up` with a real server: a schedule fires, runs by hand load and sweep, bad parameters are refused, Ctrl-C ends all."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from flows.warehouse import read_warehouse

pytestmark = [pytest.mark.prefect, pytest.mark.slow]

FEEDS = '[feeds.web]\nlocation = "in/*.csv"\nschedule = "* * * * *"\ntimezone = "Europe/Berlin"\n'


class Served:
    """A running `leads up`."""

    def __init__(self, folder: Path) -> None:
        (folder / "data/reference").mkdir(parents=True)
        (folder / "in").mkdir()
        (folder / "data/reference/feeds.toml").write_text(FEEDS)
        (folder / "data/reference/retention.toml").write_text('schedule = "15 4 1 * *"\n')
        (folder / "in/web.csv").write_text("First Name,Last Name\nDana,Reyes\n")
        (folder / "by-hand.csv").write_text("First Name,Last Name\nEve,Stone\n")
        self.folder = folder
        self.log = folder / "up.log"
        root = str(Path(__file__).parents[2])
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "flows.cli", "up"],
                cwd=folder,
                env={**os.environ, "PYTHONPATH": root, "PREFECT_HOME": str(folder / "prefect")},
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self.url = self.wait_for(self._url, "the server")

    def _url(self) -> str | None:
        found = re.search(r"Prefect: (http://127\.0\.0\.1:\d+)", self.log.read_text())
        return None if found is None else f"{found[1]}/api"

    def wait_for(self, look: Callable[[], Any], what: str, seconds: float = 180) -> Any:
        """Return what `look` finds, or fail with the log."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            found = look()
            if found:
                return found
            time.sleep(0.5)
        raise AssertionError(f"no {what} within {seconds} s:\n{self.log.read_text()[-3000:]}")

    def post(self, path: str, document: dict[str, Any]) -> httpx.Response:
        """Ask Prefect's API; again while its database is too busy to answer, as Prefect's own client does."""
        for _ in range(10):
            answer = httpx.post(f"{self.url}{path}", json=document, timeout=30)
            if not answer.is_server_error:
                return answer
            time.sleep(1)
        raise AssertionError(f"{path}: {answer.status_code} {answer.text}")

    def deployments(self) -> dict[str, dict[str, Any]]:
        """The deployments, by the names of their flow and their own."""
        flows = {flow["id"]: flow["name"] for flow in self.post("/flows/filter", {}).json()}
        found = self.post("/deployments/filter", {}).json()
        return {f"{flows[each['flow_id']]}/{each['name']}": each for each in found}

    def start(self, deployment: str, request: dict[str, Any]) -> str:
        """Ask for a run of a deployment; return its id."""
        parameters = {"parameters": {"request": request}}
        found = self.deployments()[deployment]["id"]
        run_id: str = self.post(f"/deployments/{found}/create_flow_run", parameters).json()["id"]
        return run_id

    def batches(self) -> list[tuple[Any, ...]]:
        """What was loaded so far, as far as the warehouse can be read now."""
        try:
            with read_warehouse(self.folder / "data/warehouse/leads.duckdb", wait_seconds=0) as warehouse:
                query = "SELECT coalesce(file_uri, kind), trigger, flow_run_id FROM batch WHERE status = 'loaded' ORDER BY batch_id"
                return warehouse.connection.sql(query).fetchall()
        except Exception:
            return []


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """`leads up` in a folder of its own, ended by Ctrl-C."""
    served = Served(tmp_path_factory.mktemp("served"))
    try:
        served.wait_for(lambda: len(served.deployments()) == 4, "deployments")
        yield served
    finally:
        if served.process.poll() is None:
            served.process.kill()
            served.process.wait()


def test_there_is_a_deployment_per_scheduled_feed_and_one_of_each_flow_for_runs_by_hand(served: Served) -> None:
    deployments = served.deployments()
    names = {"ingest-leads/web", "ingest-leads/by-hand", "sweep-duplicates/by-hand", "retain-data/by-schedule"}
    assert set(deployments) == names
    retention = deployments["retain-data/by-schedule"]["schedules"][0]["schedule"]
    assert (retention["cron"], retention["timezone"]) == ("15 4 1 * *", "UTC")
    assert deployments["ingest-leads/web"]["schedules"][0]["schedule"] == {
        "cron": "* * * * *",
        "timezone": "Europe/Berlin",
        "day_or": True,
    }
    for deployment in deployments.values():
        assert deployment["global_concurrency_limit"]["limit"] == 1
        assert deployment["concurrency_options"]["collision_strategy"] == "ENQUEUE"


@pytest.mark.parametrize(
    ("name", "request_value", "told"),
    [
        ("ingest-leads/by-hand", {"pathz": ["x"]}, "pathz"),
        ("ingest-leads/by-hand", {"dry_run": "perhaps"}, "dry_run"),
        ("ingest-leads/by-hand", {"feed": 5}, "feed"),
        ("sweep-duplicates/by-hand", {"full": "perhaps"}, "full"),
        ("sweep-duplicates/by-hand", {"fully": True}, "fully"),
        ("retain-data/by-schedule", {"now": "2099-01-01"}, "now"),
    ],
)
def test_bad_parameters_are_refused_readably(
    served: Served, name: str, request_value: dict[str, Any], told: str
) -> None:
    deployment = served.deployments()[name]["id"]
    answer = served.post(f"/deployments/{deployment}/create_flow_run", {"parameters": {"request": request_value}})
    assert answer.status_code == 409
    assert "Validation failed" in answer.json()["detail"]
    assert told in json.dumps(answer.json()) or "request" in answer.json()["detail"]


def test_a_run_by_hand_loads_and_is_named_in_its_batch(served: Served) -> None:
    run_id = served.start("ingest-leads/by-hand", {"paths": ["by-hand.csv"]})
    batches = served.wait_for(lambda: [b for b in served.batches() if b[0] == "by-hand.csv"], "batch by hand")
    assert batches == [("by-hand.csv", "manual", run_id)]


def test_columns_that_changed_are_an_event_without_their_names(served: Served) -> None:
    (served.folder / "wider.csv").write_text("First Name,Last Name,Favourite Colour\nOmar,Haddad,blue\n")
    served.start("ingest-leads/by-hand", {"paths": ["wider.csv"]})
    wanted = {"filter": {"event": {"name": ["leadmill.feed.columns-changed"]}}}
    [event] = served.wait_for(lambda: served.post("/events/filter", wanted).json().get("events"), "event")
    assert event["resource"]["prefect.resource.id"] == "leadmill.feed.default"
    assert {**event["payload"], "batch_id": 0} == {"batch_id": 0, "new": 1, "missing": 0, "renamed": 0, "emptied": 0}
    assert "Colour" not in json.dumps(event)


def test_a_second_run_of_a_deployment_queues(served: Served) -> None:
    asked = {"paths": ["by-hand.csv"], "dry_run": True}
    created = [served.start("ingest-leads/by-hand", asked) for _ in range(2)]

    def finished() -> list[dict[str, Any]]:
        runs = served.post("/flow_runs/filter", {"flow_runs": {"id": {"any_": created}}}).json()
        return runs if all(run["state"]["type"] in ("COMPLETED", "FAILED", "CRASHED") for run in runs) else []

    first, second = sorted(served.wait_for(finished, "end of both runs"), key=lambda run: str(run["start_time"]))
    assert [first["state"]["type"], second["state"]["type"]] == ["COMPLETED", "COMPLETED"]
    assert second["start_time"] >= first["end_time"]


def test_a_sweep_by_hand_is_named_in_its_batch(served: Served) -> None:
    served.wait_for(served.batches, "warehouse to sweep")
    run_id = served.start("sweep-duplicates/by-hand", {"full": True})
    batches = served.wait_for(lambda: [b for b in served.batches() if b[0] == "sweep"], "sweep")
    assert batches == [("sweep", "manual", run_id)]


def test_what_was_kept_for_long_enough_is_removed(served: Served) -> None:
    served.wait_for(served.batches, "warehouse")
    old = served.folder / "data/archive/aa" / f"aa{'0' * 62}"
    old.parent.mkdir(exist_ok=True)
    old.write_text("what a killed run left")
    os.utime(old, (0, 0))
    served.start("retain-data/by-schedule", {"dry_run": False})
    served.wait_for(lambda: not old.exists(), "removal")
    wanted = {"artifacts": {"key": {"any_": ["retain-summary"]}}}
    [artifact] = served.wait_for(lambda: served.post("/artifacts/filter", wanted).json(), "artifact")
    assert artifact["data"] == "1 x archived file, 0 x text of rejected rows, 0 x backup removed"


def test_a_sweep_from_the_command_line_is_a_flow_run_where_a_server_is_named(served: Served) -> None:
    root = str(Path(__file__).parents[2])
    done = subprocess.run(
        [sys.executable, "-m", "flows.cli", "sweep", "--json"],
        cwd=served.folder,
        env={
            **os.environ,
            "PYTHONPATH": root,
            "PREFECT_HOME": str(served.folder / "prefect"),
            "PREFECT_API_URL": served.url,
        },
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert done.returncode == 0, done.stderr
    [swept] = json.loads(done.stdout)
    assert swept["kind"] == "sweep"
    run = httpx.get(f"{served.url}/flow_runs/{swept['flow_run_id']}", timeout=30).json()
    assert run["state"]["type"] == "COMPLETED"
    assert run["parameters"] == {"request": {"full": False}}


def test_a_schedule_fires(served: Served) -> None:
    batches = served.wait_for(lambda: [b for b in served.batches() if b[0] == "in/web.csv"], "scheduled batch")
    assert [trigger for _, trigger, _ in batches] == ["schedule"]


def test_ctrl_c_ends_everything_within_ten_seconds(served: Served) -> None:
    served.process.send_signal(signal.SIGINT)
    served.process.wait(10)
    left = []
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            try:
                environment = (process / "environ").read_bytes()
            except OSError:
                continue
            if f"PREFECT_HOME={served.folder / 'prefect'}".encode() in environment:
                left.append(process.name)
    assert left == []
