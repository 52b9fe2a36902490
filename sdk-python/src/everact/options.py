"""Configure an engine: the settings of docs/guide/configuration.md, each with its unit.

What is None here is taken from the environment (`EVERACT_` and the name in upper case) and then from the core's
default. The core checks the ranges.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Literal, TypedDict

if TYPE_CHECKING:
    from everact.metadata import Metadata


@dataclass(frozen=True)
class Options:
    """Settings of an engine; None leaves a setting to the environment or the default."""

    ask_timeout_ms: int | None = None
    """Deadline of asks that name none (30,000)."""
    idle_timeout_ms: int | None = None
    """Idle time before an actor leaves memory; kinds may override (600,000)."""
    activations_max: int | None = None
    """Actors in memory before the least recently used leave (1,000,000)."""
    processes_max: int | None = None
    """Processes alive in one shard before a spawn is `Overloaded` (1,048,576)."""
    memory_bytes_max: int | None = None
    """Encoded state of actors in memory before the least recently used leave; 0 is no limit (0)."""
    mailbox_capacity_messages: int | None = None
    """Waiting messages per actor; kinds may override (10,000)."""
    pending_asks_max: int | None = None
    """Open asks before `Overloaded` (1,000,000)."""
    uncommitted_bytes_max: int | None = None
    """Bytes accepted and not yet durable before asks get `Overloaded` and told messages wait (268,435,456)."""
    message_bytes_max: int | None = None
    """Larger messages, replies and states are `TooLarge` (16,777,216)."""
    json_depth_max: int | None = None
    """A message in JSON that nests deeper is `InvalidPayload` (128)."""
    json_elements_max: int | None = None
    """A message in JSON with more elements is `InvalidPayload` (1,000,000)."""
    caller_runs_max: int | None = None
    """Turns in a row on the caller before one goes through the queue (256)."""
    slow_turn_ms: int | None = None
    """A turn that is open for longer is reported (1,000)."""
    cache_bytes: int | None = None
    """The store's page cache (33,554,432)."""
    log_level: Literal["error", "warn", "info", "debug", "trace"] | None = None
    """Which of the core's own diagnostics go to the logger `everact.core` (none)."""
    shards: int | None = None
    """Independent parts of the actor table (1)."""
    listen: str | None = None
    """Address and port where the gateway listens, `127.0.0.1:8080` for example; port 0 takes a free one (nowhere)."""
    gateway: Mapping[str, Any] | None = None
    """The gateway's own settings, as docs/guide/gateway.md lists them."""

    pools: Mapping[str, int] | None = None
    """Pools for kinds that compute for long, by name: how many processes each has (`cpu`: processors less one)."""

    def given(self) -> dict[str, Any]:
        """The settings that are not left open."""
        ours = {"pools"}  # the core does not know it
        all_of_them = {field.name: getattr(self, field.name) for field in fields(self) if field.name not in ours}
        return {name: value for name, value in all_of_them.items() if value is not None}


class AskOptions(TypedDict, total=False):
    """Options of asks, as `with_options` takes them; `Reference.with_options` says what each one means."""

    deadline_ms: int | None
    producer: str | None
    sequence: int | None
    idempotency_key: str | None
    keep_ms: int | None
    metadata: Metadata | None
    reply_metadata: dict[str, str | bytes] | None
