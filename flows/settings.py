"""Settings: where things are, from flags, LEADS_ variables or leads.toml, in that order.

Unknown keys are refused, so that a misspelt one is not silently without effect. Secrets are never
settings: they are named, and read from the environment where they are needed.
"""

import difflib
import os
import tomllib
from pathlib import Path
from typing import Any, Final

from pydantic import Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from flows.errors import UsageError
from flows.fail_points import VARIABLE, check_fail_points

_PREFIX: Final = "LEADS_"
_FILE: Final = Path("leads.toml")


class Settings(BaseSettings):
    """What every command needs to know; see docs for each key."""

    model_config = SettingsConfigDict(env_prefix=_PREFIX, extra="forbid", frozen=True)

    warehouse: Path = Field(default=Path("data/warehouse/leads.duckdb"), description="The DuckDB file.")
    reference: Path = Field(Path("data/reference"), description="The folder of feeds.toml and its companions.")
    archive: Path = Field(default=Path("data/archive"), description="Where the content of every file taken is kept.")
    key_file: Path | None = Field(
        default=None,
        description="The key of the hashes that people are known again by; unset: leads.key beside the archive.",
    )
    wait_seconds: float = Field(default=60.0, ge=0, description="How long to wait for a warehouse that is held.")
    memory_limit: str | None = Field(
        default=None,
        pattern=r"^\d+(\.\d+)?\s*([KMGT]i?B)$",
        description="DuckDB's memory, as in 2GB; unset: 80% of all.",
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Flags win over the environment, the environment over leads.toml."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, toml_file=_FILE)

    def export(self) -> None:
        """Put these settings into the environment, for flow runs that read theirs there."""
        for key in self.model_fields_set:
            value = getattr(self, key)
            os.environ[f"{_PREFIX}{key.upper()}"] = str(value.absolute() if isinstance(value, Path) else value)


def load_settings(**flags: Any) -> Settings:  # noqa: ANN401 - whatever the command line gives, checked here
    """Return the settings; flags that are None do not count. Raises UsageError naming the key at fault."""
    _refuse_unknown_variables()
    check_fail_points()
    try:
        return Settings(**{key: value for key, value in flags.items() if value is not None})
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{_FILE}: is not valid TOML: {error}") from error
    except ValidationError as error:
        raise UsageError("; ".join(_explain(problem["loc"], problem["msg"]) for problem in error.errors())) from error


def _explain(location: tuple[int | str, ...], message: str) -> str:
    key = str(location[0])
    if key not in Settings.model_fields:
        return f"{_FILE}: unknown key {key!r}{_nearest(key)}"
    return f"setting {key} ({_PREFIX}{key.upper()} or {_FILE}): {message}"


def _refuse_unknown_variables() -> None:
    for variable in sorted(set(os.environ) - {VARIABLE}):
        if variable.startswith(_PREFIX) and variable.removeprefix(_PREFIX).lower() not in Settings.model_fields:
            key = variable.removeprefix(_PREFIX).lower()
            raise UsageError(f"environment: unknown variable {variable}{_nearest(key, _PREFIX)}")


def _nearest(key: str, prefix: str = "") -> str:
    names = difflib.get_close_matches(key, Settings.model_fields, n=1)
    if not names:
        known = ", ".join(prefix + (name.upper() if prefix else name) for name in Settings.model_fields)
        return f"; known are {known}"
    name = names[0]
    return f"; did you mean {prefix + name.upper() if prefix else name}?"
