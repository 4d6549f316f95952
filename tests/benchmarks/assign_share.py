"""How long deciding on owners takes beside DuckDB's own load of the file: 200 members in 20 teams. Prints JSON.

`python -m tests.benchmarks.assign_share EXPORT [RUNS]` loads the export with a rule for each team, and the raw load in
turn. `assign_leads` decides and writes; `require_team_and_source` asks the rules, and what every lead needs of both.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TEAM_COUNT = 20
MEMBERS_EACH = 10
WEIGHTS = (1, 2, 0.5, 3, 1.5)
STEPS = ("require_team_and_source", "assign_leads")


def write_reference(folder: Path) -> None:
    """Write a feed `bench`, the teams with their members, and rules by the first letter of the company."""
    folder.mkdir(parents=True)
    users = [f"rep{place:03d}@acquirer.example" for place in range(TEAM_COUNT * MEMBERS_EACH)]
    teams = range(1, TEAM_COUNT + 1)
    members = [f"{place // MEMBERS_EACH + 1},{user},{WEIGHTS[place % 5]}" for place, user in enumerate(users)]
    rules = [
        f'[[rules]]\nname = "by {letter}"\nteam = {team}\nwhen = {{ field = "company", prefix = "{letter}" }}\n'
        for team, letter in zip(teams, "bcdefghijklmnopqrst", strict=False)
    ]
    rules.append(f'[[rules]]\nname = "rest"\nteam = {TEAM_COUNT}\n')
    for name, text in (
        ("feeds.toml", '[feeds.bench]\naccount_id = "bench"\ntimezone = "America/New_York"\n'),
        ("teams.csv", "teamId,accountId,name\n" + "".join(f"{team},bench,Team {team}\n" for team in teams)),
        ("users.csv", "user\n" + "\n".join(users) + "\n"),
        ("team_members.csv", "teamId,user,weight\n" + "\n".join(members) + "\n"),
        ("routing.toml", "".join(rules)),
    ):
        (folder / name).write_text(text, encoding="utf-8")


def measure(export: Path, folder: Path) -> dict[str, float]:
    """Return the wall seconds of both steps of one first load, and of the raw load after it."""
    write_reference(folder / "reference")
    places = {
        "LEADS_WAREHOUSE": str(folder / "leads.duckdb"),
        "LEADS_REFERENCE": str(folder / "reference"),
        "LEADS_ARCHIVE": str(folder / "archive"),
    }
    told = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.time_steps", str(export), "bench"],
        env={**os.environ, **places},
        check=True,
        stdout=subprocess.PIPE,
    ).stdout
    parts = json.loads(told)
    seconds = {step: sum(part["seconds"] for part in parts if part["step"] == step) for step in STEPS}
    began = time.perf_counter()
    raw = [sys.executable, "-m", "tests.benchmarks.load_raw", str(export), str(folder / "raw.duckdb")]
    subprocess.run(raw, check=True, stdout=subprocess.DEVNULL)
    return {**seconds, "raw_load": time.perf_counter() - began}


def main() -> None:
    """Measure the export that the first argument names, as often as the second says."""
    export, runs = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 3
    for _ in range(runs):
        with tempfile.TemporaryDirectory(prefix="leadmill-") as folder:
            seconds = measure(export, Path(folder))
        share = seconds["assign_leads"] / seconds["raw_load"]
        print(json.dumps({name: round(value, 2) for name, value in seconds.items()} | {"share": round(share, 2)}))


if __name__ == "__main__":
    main()
