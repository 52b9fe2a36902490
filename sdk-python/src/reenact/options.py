"""Configure an engine: the settings of docs/reference/boundary.md, each with its unit.

What is None here is taken from the environment (`REENACT_` and the name in upper case) and then from the core's
default. The core checks the ranges.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Options:
    """Settings of an engine; None leaves a setting to the environment or the default."""

    ask_timeout_ms: int | None = None
    """Deadline of asks that name none (30,000)."""
    idle_timeout_ms: int | None = None
    """Idle time before an actor leaves memory; kinds may override (600,000)."""
    activations_max: int | None = None
    """Actors in memory before the least recently used leave (1,000,000)."""
    memory_bytes_max: int | None = None
    """Encoded state of actors in memory before the least recently used leave; 0 is no limit (0)."""
    mailbox_capacity_messages: int | None = None
    """Waiting messages per actor; kinds may override (10,000)."""
    pending_asks_max: int | None = None
    """Open asks before `Overloaded` (1,000,000)."""
    message_bytes_max: int | None = None
    """Larger messages, replies and states are `TooLarge` (16,777,216)."""
    caller_runs_max: int | None = None
    """Turns in a row on the caller before one goes through the queue (256)."""
    slow_turn_ms: int | None = None
    """A turn that is open for longer is reported (1,000)."""
    cache_bytes: int | None = None
    """The store's page cache (33,554,432)."""
    shards: int | None = None
    """Independent parts of the actor table (1)."""

    def given(self) -> dict[str, Any]:
        """The settings that are not left open."""
        return {name: value for name, value in asdict(self).items() if value is not None}
