"""The contract of `retention.toml`: for how long what is kept of people's data is kept (docs/retention.md)."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator


class Retention(BaseModel):
    """How long archived files, and the text of rejected rows, are kept after their batch; 0 is the default."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    archive_months: Annotated[int, Field(strict=True, ge=0, le=1200)] = 13
    rejected_raw_days: Annotated[int, Field(strict=True, ge=0, le=36_500)] = 90

    @field_validator("*")
    @classmethod
    def _default_for_zero(cls, value: int, info: ValidationInfo) -> int:
        return value or int(cls.model_fields[str(info.field_name)].default)
