"""Reads `survivorship.toml` into a rule for each field, and says where each mistake stands."""

from collections.abc import Mapping
from pathlib import Path

from pydantic_core import PydanticCustomError

from flows.reference_files import Mistake, read_toml, refuse_file
from schemas.survivorship import DEFAULT_RULES, check_rule


def read_survivorship(path: Path, content: bytes) -> Mapping[str, str]:
    """Return the rule of every field of a lead, those that the file leaves out by default.

    Raises `UsageError` naming file, line and key of what is wrong.
    """
    document, toml = read_toml(path, content)
    rules = dict(DEFAULT_RULES)
    mistakes: list[Mistake] = []
    for name, rule in document.items():
        try:
            rules[name] = check_rule(name, rule)
        except PydanticCustomError as error:
            mistakes.append(Mistake(toml.line_of((name,)), name, error.message()))
    if mistakes:
        refuse_file(path, mistakes)
    return rules
