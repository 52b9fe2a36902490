"""The core's own diagnostics, where the setting `log_level` asks for them, as records of the logger `everact.core`."""

from __future__ import annotations

import json
import logging
from typing import Final

LOG: Final = logging.getLogger("everact.core")
LEVELS: Final = {1: logging.ERROR, 2: logging.WARNING, 3: logging.INFO, 4: logging.DEBUG, 5: 5}
"""Python's levels for the core's; it has none for traces."""


def log_line(number: int, line: str) -> None:
    """Logs what the core says of an event; `record.everact` has its name as `event`, and its fields."""
    level = LEVELS.get(number, logging.DEBUG)
    if LOG.isEnabledFor(level):
        said = json.loads(line)
        LOG.log(level, "%s", said["text"], extra={"everact": {"event": said["event"], **said["fields"]}})
