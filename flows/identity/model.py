"""The identity model: how much each kind of agreement says, and from which weight on two records are one person.

The weights are reviewed data: `facts/identity_model.json`, or a file of that name in the reference folder, where
`leads train` puts a refitted one. Each level of a comparison has `m`, the share of true pairs that agree so, and
`u`, the share of other pairs that do; the weight of a level is log2(m / u). Some `u` follow from the data at hand:
`frequency` is how common the value is, `pair` how common a value is that two records share and nobody else.
"""

import json
from functools import cache
from math import log2
from pathlib import Path
from typing import Annotated, Final, Literal

import polars as pl
from pydantic import BaseModel, ConfigDict, Field

from flows.errors import UsageError
from schemas.reference import IdentityRules

MODEL_FILE: Final = "identity_model.json"
PACKAGED_MODEL: Final = Path(__file__).parent.parent / "facts" / MODEL_FILE

ProfileName = Literal["careful", "balanced"]
EVIDENCE_KINDS: Final = ("date", "code", "identifier", "text")

Share = Annotated[float, Field(gt=0, le=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Level(_Strict):
    """How often true pairs (`m`) and other pairs (`u`) agree in this way; `u` is never taken to be below `least_u`."""

    m: Share
    u: Share | Literal["frequency", "pair"]
    least_u: float = Field(default=2e-6, ge=0, le=1)


class Profile(_Strict):
    """From which weights on records are joined: the best pair of two groups, and the mean over all their pairs.

    What reaches `review_from` and is not joined waits for a person: `leads review`. To join a lead that is known
    already, a batch must be surer by `known_margin`: it sees the lead and not what is still to come, and what is joined
    too early stays joined. A sweep, which sees all, asks for no margin.
    """

    merge_from: float
    mean_from: float
    review_from: float
    known_margin: float = 0.0


class IdentityModel(_Strict):
    """The weights, and the thresholds of both profiles.

    `imagined_records` is how many records of other people every warehouse is thought to hold besides its own, so that
    a value is never thought common, or rare, because the warehouse is small. `imagined_frequency` says how common a
    value of a column is among those; of other columns they carry a value as often as our own records do, as far as
    that is known: half so often where `half_known_count` records have it. `missing_pair_weight` is the weight of two
    records that share nothing a pair is looked for by.
    """

    name: str
    source: str
    imagined_records: int = Field(ge=1)
    imagined_frequency: dict[str, Share]
    half_known_count: int = Field(default=50, ge=1)
    missing_pair_weight: float
    household_weights: dict[str, float]
    profiles: dict[ProfileName, Profile]
    comparisons: dict[str, dict[str, Level]]

    def prior_weight(self, record_count: int) -> float:
        """Return the weight of a pair of which nothing is known, among so many records: one partner for each."""
        return -log2(record_count + self.imagined_records)

    def frequency(self, column: str, count: pl.Expr, record_count: int) -> pl.Expr:
        """Return how common a value of a column is that `count` of so many records carry.

        Without the imagined records' share of a common value it would be thought rarer the fewer records there are, and
        a small file would join people whom a large one, with the same shares, keeps apart.
        """
        share: pl.Expr | float = count / max(record_count, 1) * count / (count + self.half_known_count)
        share = self.imagined_frequency.get(column, share)
        return (count + self.imagined_records * share) / (record_count + self.imagined_records)

    def pair_u(self, record_count: int) -> float:
        """Return how common a value is that two of so many records carry."""
        return 2 / (record_count + self.imagined_records)


def load_model(reference: Path | None = None) -> IdentityModel:
    """Return the model of the reference folder, else the packaged one. Raises UsageError for one that does not fit."""
    path = PACKAGED_MODEL
    if reference is not None and (reference / MODEL_FILE).exists():
        path = reference / MODEL_FILE
    return _read_model(path, path.stat().st_mtime_ns)


def profile_of(model: IdentityModel, rules: IdentityRules) -> Profile:
    """Return the profile that `identity.toml` names, with its thresholds in the place of the profile's own."""
    given = rules.model_dump(exclude={"profile"}, exclude_none=True)
    return model.profiles[rules.profile].model_copy(update=given)


@cache
def _read_model(path: Path, _changed_at: int) -> IdentityModel:
    try:
        model = IdentityModel.model_validate_json(path.read_bytes())
    except ValueError as error:
        raise UsageError(
            f"{path}: is no identity model ({str(error).splitlines()[0]}); mend it, or take it away"
        ) from None
    packaged = json.loads(PACKAGED_MODEL.read_bytes())["comparisons"]
    for name, levels in packaged.items():
        missing = levels.keys() ^ model.comparisons.get(name, {}).keys()
        if missing:
            raise UsageError(f"{path}: comparison {name}: levels differ from the packaged model's ({sorted(missing)})")
    return model
