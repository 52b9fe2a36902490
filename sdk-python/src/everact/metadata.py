"""Metadata: what travels beside a message or a reply, names with texts or bytes.

It is gRPC's metadata and HTTP's headers. It is stored with a message that one durable actor tells another, and with
the reply that a key or a producer's number gets again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final, TypeAlias

from everact.errors import InvalidArgument, TooLarge

Metadata: TypeAlias = Mapping[str, str | bytes]
"""Names to texts; a name that ends in `-bin` has bytes."""
Entries: TypeAlias = list[tuple[str, bytes]]
"""Metadata as the core takes and gives it."""

BYTES_MAX: Final = 64 * 1024
"""All metadata of one message or reply at most, with 6 bytes for each entry and 2 for their number."""

RESERVED: Final = "everact-"
"""Names that begin so are the engine's own."""

_NAME: Final = re.compile(r"[a-z0-9_.-]+")


def entries_of(metadata: Metadata) -> Entries:
    """Metadata for the core; `InvalidArgument` for a name or a value that cannot travel, `TooLarge`."""
    entries = [(name, _value(name, value)) for name, value in metadata.items()]
    count = 2 + sum(6 + len(name) + len(value) for name, value in entries)
    if count > BYTES_MAX:
        raise TooLarge(f"the metadata has {count} bytes, the limit is {BYTES_MAX}")
    return entries


def metadata_of(entries: Iterable[tuple[str, bytes]]) -> dict[str, str | bytes]:
    """Metadata from the core. Texts of one name are joined as HTTP joins them; of bytes the last ones stay."""
    found: dict[str, str | bytes] = {}
    for name, value in entries:
        before = found.get(name)
        if name.endswith("-bin"):
            found[name] = value
        elif isinstance(before, str):
            found[name] = f"{before}, {value.decode('utf-8', 'replace')}"
        else:
            found[name] = value.decode("utf-8", "replace")
    return found


def _value(name: str, value: str | bytes) -> bytes:
    if type(name) is not str or _NAME.fullmatch(name) is None:
        raise InvalidArgument(f"metadata {name!r}: a name has small letters, digits, `-`, `_` and `.`")
    if name.endswith("-bin"):
        if isinstance(value, bytes):
            return value
        raise InvalidArgument(f"metadata {name!r}: a name that ends in -bin has bytes")
    if name.startswith(RESERVED):
        raise InvalidArgument(f"metadata {name!r}: names that begin with {RESERVED} are the engine's own")
    if isinstance(value, str):
        try:
            return value.encode()
        except UnicodeEncodeError as error:
            raise InvalidArgument(f"metadata {name!r} is no well-formed text: {error}") from None
    raise InvalidArgument(f"metadata {name!r} has a text; bytes have a name that ends in -bin")
