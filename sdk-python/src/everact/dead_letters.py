"""Dead letters: told messages whose handler failed for good. They are kept until somebody decides about them.

for letter in await engine.dead_letters(kind="wallet"):
    print(letter.address, letter.handler, letter.error, letter.text)
    await engine.retry_dead_letter(letter)
"""

from __future__ import annotations

import asyncio
import base64
from typing import TYPE_CHECKING, Any, Final

import msgspec

from everact.codec import ABSENT, encode_message
from everact.errors import EveractError

if TYPE_CHECKING:
    from everact._lane import Lane

PAGE: Final = 1_000
"""Letters read at a time."""


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True):
    """A told message that became a dead letter."""

    id: int
    """Its number, never used again."""
    kind: str
    """The receiver's kind."""
    key: str
    """The receiver's key."""
    handler: str
    """The receiver's handler."""
    sender: str | None = None
    """The sender's address, `kind/key`; None where the message came from outside."""
    sequence: int | None = None
    """Its place among the sender's messages."""
    attempts: int = 0
    """How often the handler ran."""
    error: str = ""
    """The name of the last failure."""
    text: str = ""
    """The text of the last failure."""
    failed_at_ms: int = 0
    """When it failed for the last time, in milliseconds since 1970."""
    held: bool = False
    """The sender's later messages wait for a decision about this one."""
    metadata: dict[str, str] = {}
    """What travelled beside it; bytes in base64."""
    payload_base64: str | None = None

    @property
    def address(self) -> str:
        """The receiver's address, `kind/key`."""
        return f"{self.kind}/{self.key}"

    @property
    def payload(self) -> bytes:
        """The message as it was sent; a letter of a list has none, `dead_letter(id)` has."""
        return base64.b64decode(self.payload_base64 or "")

    @property
    def message(self) -> Any:
        """The message, where it is JSON."""
        return msgspec.json.decode(self.payload) if self.payload else None


class _Page(msgspec.Struct):
    dead_letters: list[DeadLetter]
    next: int | None = None


async def decide(lane: Lane, topic: str, **members: Any) -> bytes:
    """Asks the core about a topic that waits for the store, or for an engine elsewhere; on a thread that can wait."""
    given = {name: value for name, value in members.items() if value is not None}
    text = msgspec.json.encode({"topic": topic, **given}).decode()
    return await lane.loop.run_in_executor(None, lane.core.describe, text)


async def letters(lane: Lane, kind: str | None, key: str | None) -> list[DeadLetter]:
    """All letters, oldest first, a page at a time."""
    found: list[DeadLetter] = []
    after: int | None = 0
    while after is not None:
        answer = await decide(lane, "dead_letters", kind=kind, key=key, after=after, limit=PAGE)
        page = msgspec.json.decode(answer, type=_Page)
        found += page.dead_letters
        after = page.next
        await asyncio.sleep(0)
    return found


async def letter(lane: Lane, number: int) -> DeadLetter:
    """One letter with its message."""
    return msgspec.json.decode(await decide(lane, "dead_letter", id=number), type=DeadLetter)


async def retry(lane: Lane, given: DeadLetter | int, message: Any) -> None:
    """Sends a letter again, with another message where one is given."""
    number = given if isinstance(given, int) else given.id
    payload = None
    if message is not ABSENT:
        found = given if isinstance(given, DeadLetter) else await letter(lane, number)
        payload = base64.b64encode(_payload(lane, found, message)).decode()
    await decide(lane, "dead_retry", id=number, payload_base64=payload)


def _payload(lane: Lane, found: DeadLetter, message: Any) -> bytes:
    """The message as its handler takes it; as JSON where the handler is not known here."""
    try:
        table = next(table for table in lane.kinds if table.name == found.kind).handler(found.handler)
    except (StopIteration, EveractError):
        return encode_message(message)
    return table.payload_by_name(message, found.key)
