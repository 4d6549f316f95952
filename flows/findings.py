"""What a check found: the one shape in which `leads doctor` tells it."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Finding:
    """The outcome of one check; `fix` says what to do where `status` is not "ok"."""

    check: str
    status: Literal["ok", "note", "wrong"]
    detail: str
    fix: str = ""
