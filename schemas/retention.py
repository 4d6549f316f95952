"""The contract of `retention.toml`: for how long what is kept of people's data is kept (docs/retention.md)."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from schemas.reference import check_cron


class Retention(BaseModel):
    """How long archived files, and the text of rejected rows, are kept after their batch; 0 is the default.

    So many days copies of the warehouse are kept that `leads backup` and `leads restore` made: for ever where unset.
    `schedule` (cron, in UTC) is when `leads up` removes what was kept for long enough.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    archive_months: Annotated[int, Field(strict=True, ge=0, le=1200)] = 13
    rejected_raw_days: Annotated[int, Field(strict=True, ge=0, le=36_500)] = 90
    backup_days: Annotated[int, Field(strict=True, ge=1, le=36_500)] | None = None
    schedule: Annotated[str, AfterValidator(check_cron)] = "30 3 * * *"

    @field_validator("archive_months", "rejected_raw_days")
    @classmethod
    def _default_for_zero(cls, value: int, info: ValidationInfo) -> int:
        return value or int(cls.model_fields[str(info.field_name)].default)
