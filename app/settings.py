"""Settings of one installation, read from AXF_* variables and an optional .env file."""

from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

ROOT = Path(__file__).resolve().parent.parent
INSECURE_KEY = "development-only-key-do-not-use-in-production"
SHORTEST_KEY = 32


class Settings(BaseSettings):
    """What may differ between two installations. Production refuses to start on unsafe values."""

    model_config = SettingsConfigDict(
        env_prefix="AXF_",
        env_file=".env",
        extra="ignore",
        # Without this the text of a validation error prints the secret itself.
        hide_input_in_errors=True,
    )

    env: Literal["development", "production"] = "development"
    database_url: str = f"sqlite+aiosqlite:///{ROOT / 'var' / 'axf.db'}"
    secret_key: SecretStr = SecretStr(INSECURE_KEY)
    storefront: Literal["open", "members"] = "open"
    media_dir: Path = ROOT / "var" / "media"
    allowed_hosts: str = Field(
        default="*", description="Host names that are served, comma separated"
    )
    pool_size: int = Field(
        default=8, ge=1, le=200, description="Database connections of one process"
    )
    ticket_days: int = Field(
        default=14, ge=1, le=90, description="Life of a remembered log-in, days"
    )
    ticket_hours: int = Field(
        default=12, ge=1, le=48, description="Life of a log-in not remembered, hours"
    )
    pay_minutes: int = Field(default=15, ge=1, le=120, description="Time to pay an order, minutes")
    payment_provider: Literal["", "sandbox"] = Field(
        default="", description="Who takes payments; the sandbox takes no real money"
    )
    free_delivery_fen: int = Field(
        default=3900, ge=0, description="Goods sum with free delivery, fen"
    )
    delivery_fee_fen: int = Field(default=500, ge=0, description="Delivery fee below that sum, fen")

    @field_validator("database_url")
    @classmethod
    def _name_the_async_driver(cls, url: str) -> str:
        """Accept the short forms that people type: `mysql://…` and `sqlite:///…`."""
        scheme, _, rest = url.partition("://")
        driver = {"mysql": "mysql+aiomysql", "mariadb": "mysql+aiomysql"}.get(scheme)
        if scheme == "sqlite":
            driver = "sqlite+aiosqlite"
        return f"{driver or scheme}://{rest}"

    @model_validator(mode="after")
    def _refuse_unsafe_production(self) -> Self:
        if self.env == "production":
            if self.secret_key.get_secret_value() == INSECURE_KEY:
                raise ValueError("AXF_SECRET_KEY must be set in production")
            if len(self.secret_key.get_secret_value().strip()) < SHORTEST_KEY:
                raise ValueError("AXF_SECRET_KEY is too short: 32 characters at least")
            if not self.hosts or "*" in self.hosts:
                raise ValueError("AXF_ALLOWED_HOSTS must name the hosts served in production")
            if not self.payment_provider:
                # The sandbox hands goods out for nothing: nobody gets it by forgetting a line.
                raise ValueError("AXF_PAYMENT_PROVIDER must be chosen in production")
        return self

    @property
    def hosts(self) -> list[str]:
        return [host.strip() for host in self.allowed_hosts.split(",") if host.strip()]

    @property
    def is_production(self) -> bool:
        return self.env == "production"

    def ticket_life(self, *, remember: bool) -> timedelta:
        return timedelta(days=self.ticket_days) if remember else timedelta(hours=self.ticket_hours)


@lru_cache
def get_settings() -> Settings:
    return Settings()
