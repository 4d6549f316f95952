"""The contract of `survivorship.toml`: by which rule each field of a lead is chosen among its records.

What the rules do is in sql/conclusions; here is which there are, and which make sense for a field.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from schemas.reference import did_you_mean, refuse
from schemas.spec import SpecField, lead_columns, lead_fields

AUTHORITY: Final = "authority"

_OF_ANY_TYPE: Final = (AUTHORITY, "newest", "first_seen")
_OF_TYPE: Final = {"string": ("longest",), "date-time": ("min", "max")}

_IDS: Final = ("id", "accountId")
# Ids have no order of size, and of the names of users the longer one is no better.
_NAMES_OF_OTHERS: Final = ("teamId", "leadSourceId", "assignedTo", "applicationId", "createdBy")
_AMOUNTS: Final = ("monthlyTransactionVolume", "numberOfEmployees")
# The one text that keeps its lines: of any other what was joined could not be told apart again.
_JOINED: Final = ("notes",)


def _rules_of(field: SpecField) -> tuple[str, ...]:
    if field.name in _IDS:
        return (AUTHORITY,)
    if field.name in _NAMES_OF_OTHERS:
        return _OF_ANY_TYPE
    if field.name in _AMOUNTS:
        return (*_OF_ANY_TYPE, "min", "max")
    return (*_OF_ANY_TYPE, *_OF_TYPE.get(field.type, ()), *(("union",) if field.name in _JOINED else ()))


RULES_OF_FIELD: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {field.name: _rules_of(field) for field in lead_fields()}
)
RULES: Final = (*_OF_ANY_TYPE, "longest", "union", "min", "max")
DEFAULT_RULES: Final[Mapping[str, str]] = MappingProxyType(dict.fromkeys(lead_columns(), AUTHORITY))


def check_rule(field: str, rule: object) -> str:
    """Return the rule of a field; refuse a field that there is not, and a rule that is none or does not fit it."""
    if field not in RULES_OF_FIELD:
        hint = did_you_mean(field, RULES_OF_FIELD) or '; lines are like notes = "union"'
        refuse(f"is no field of a lead{hint}")
    fitting = ", ".join(RULES_OF_FIELD[field])
    if not isinstance(rule, str):
        refuse(f'should be the name of a rule, as in {field} = "newest"; {field} may have {fitting}')
    if rule not in RULES:
        refuse(f'"{rule}" is no rule{did_you_mean(rule, RULES)}; {field} may have {fitting}')
    if rule not in RULES_OF_FIELD[field]:
        refuse(f'"{rule}" does not fit {field}, which may have {fitting}')
    return rule
