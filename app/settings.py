"""Settings of one installation, read from AXF_* variables and an optional .env file."""

import re
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, SecretStr, field_validator, model_validator
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
    media_store: Literal["local", "s3"] = Field(
        default="local", description="Where pictures of shoppers lie"
    )
    s3_endpoint: str = Field(default="", pattern=r"^(https?://[^\s?#]+)?$")
    s3_region: str = ""
    s3_bucket: str = ""
    s3_path_style: bool = False
    s3_key_id: str = ""
    s3_secret: SecretStr = SecretStr("")
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
    free_registrations: int = Field(
        default=10, ge=1, description="New accounts of one address that are not slowed down"
    )
    pay_minutes: int = Field(default=15, ge=1, le=120, description="Time to pay an order, minutes")
    payment_provider: Literal["", "sandbox", "alipay"] = Field(
        default="", description="Who takes payments; the sandbox takes no real money"
    )
    public_url: str = Field(
        default="", description="Where the shop is found: payment providers call and lead back"
    )
    alipay_app_id: str = Field(default="", pattern=r"^([0-9]{8,32})?$")
    alipay_seller_id: str = Field(default="", pattern=r"^([0-9]{16})?$")
    alipay_private_key: SecretStr = SecretStr("")
    alipay_private_key_file: Path | None = None
    alipay_public_key: str = ""
    alipay_public_key_file: Path | None = None
    alipay_gateway: str = Field(
        default="https://openapi.alipay.com/gateway.do", pattern=r"^https?://[^\s?#]+$"
    )
    carrier_secret: SecretStr = Field(
        default=SecretStr(""), description="Signs the carriers' news; empty: none is taken"
    )
    free_delivery_fen: int = Field(
        default=3900, ge=0, description="Goods sum with free delivery, fen"
    )
    delivery_fee_fen: int = Field(default=500, ge=0, description="Delivery fee below that sum, fen")
    delivery_regions: str = Field(
        default="",
        pattern=r"^\s*([0-9]{2}([0-9]{2}){0,2}\s*(,\s*|$))*$",
        description="Codes of the provinces, cities and districts delivered to; empty: all",
    )
    slot_minutes: Annotated[Literal[30, 60], BeforeValidator(int)] = Field(
        default=30, description="Length of a delivery window, minutes"
    )
    slot_capacity: int = Field(
        default=20, ge=0, le=100_000, description="Orders that one delivery window takes"
    )
    slot_opens: int = Field(default=7, ge=0, le=23, description="First delivery, hour of the day")
    slot_closes: int = Field(default=22, ge=1, le=24, description="Last delivery, hour of the day")

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
    def _refuse_a_day_without_hours(self) -> Self:
        if self.slot_opens >= self.slot_closes:
            raise ValueError("AXF_SLOT_OPENS must be before AXF_SLOT_CLOSES")
        return self

    @field_validator("public_url")
    @classmethod
    def _want_an_origin(cls, url: str) -> str:
        """Paths are put behind it, so it ends with the host."""
        url = url.rstrip("/")
        if url and not re.fullmatch(r"https?://[A-Za-z0-9.\[\]:-]+", url):
            raise ValueError("must be like https://shop.example")
        return url

    @model_validator(mode="after")
    def _refuse_s3_without_a_bucket(self) -> Self:
        if self.media_store == "s3" and not self.s3_bucket:
            raise ValueError("AXF_MEDIA_STORE=s3 needs AXF_S3_BUCKET")
        return self

    @model_validator(mode="after")
    def _refuse_half_an_alipay(self) -> Self:
        if self.payment_provider == "alipay":
            missing = self._missing_for_alipay()
            if missing:
                raise ValueError(f"Alipay needs {', '.join(missing)}")
            if self.is_production and not self.public_url.startswith("https://"):
                raise ValueError("AXF_PUBLIC_URL must begin with https:// in production")
            if self.is_production and not self.alipay_gateway.startswith("https://"):
                raise ValueError("AXF_ALIPAY_GATEWAY must begin with https:// in production")
        return self

    def _missing_for_alipay(self) -> list[str]:
        wanted = {
            "AXF_ALIPAY_APP_ID": self.alipay_app_id,
            "AXF_ALIPAY_SELLER_ID": self.alipay_seller_id,
            "AXF_ALIPAY_PRIVATE_KEY": self.alipay_private_key.get_secret_value()
            or self.alipay_private_key_file,
            "AXF_ALIPAY_PUBLIC_KEY": self.alipay_public_key or self.alipay_public_key_file,
            "AXF_PUBLIC_URL": self.public_url,
        }
        return [name for name, value in wanted.items() if not value]

    @model_validator(mode="after")
    def _refuse_unsafe_production(self) -> Self:
        if self.env == "production":
            if self.secret_key.get_secret_value() == INSECURE_KEY:
                raise ValueError("AXF_SECRET_KEY must be set in production")
            if len(self.secret_key.get_secret_value().strip()) < SHORTEST_KEY:
                raise ValueError("AXF_SECRET_KEY is too short: 32 characters at least")
            if 0 < len(self.carrier_secret.get_secret_value()) < SHORTEST_KEY:
                raise ValueError("AXF_CARRIER_SECRET is too short: 32 characters at least")
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
    def delivered_regions(self) -> tuple[str, ...]:
        """Beginnings of districts' codes: 110000 stands for all that begins with 11."""
        codes = (code.strip() for code in self.delivery_regions.split(","))
        return tuple(re.sub("(00)+$", "", code) for code in codes if code)

    @property
    def knows_alipay(self) -> bool:
        """Also while another provider is chosen: what was begun with Alipay is ended with it."""
        return not self._missing_for_alipay()

    @property
    def is_production(self) -> bool:
        return self.env == "production"

    def ticket_life(self, *, remember: bool) -> timedelta:
        return timedelta(days=self.ticket_days) if remember else timedelta(hours=self.ticket_hours)


@lru_cache
def get_settings() -> Settings:
    return Settings()
