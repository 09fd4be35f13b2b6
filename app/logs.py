"""What a served shop writes to its log: one line a request and every warning, in UTC."""

import logging
import time
from typing import Any


class UtcFormatter(logging.Formatter):
    @staticmethod
    def converter(seconds: float | None = None) -> time.struct_time:
        return time.gmtime(seconds)

    default_msec_format = "%s.%03dZ"


LOGGING: dict[str, Any] = {  # Any: the shape that logging.config.dictConfig takes
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": UtcFormatter,
            "format": "%(asctime)s %(levelname)s %(name)s %(message)s",
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {"axf": {"level": "INFO"}},
}
