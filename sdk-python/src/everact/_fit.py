"""Whether a state can be stored and read back, equal: asked before a turn commits, and of the defaults at open.

A state of plain fields is looked at by a test made for its class, which costs a tenth of a microsecond. Any other one
is decoded again from the very bytes that are to be stored; the actor goes on with what came back, so that the next turn
sees what a restart would read. Where that differs from what the handler left, the turn has failed.
"""

from __future__ import annotations

import itertools
import math
import re
import typing
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any, Final

import msgspec
from msgspec import inspect

from everact import _models
from everact._refusal import Refusal
from everact._text import text_of
from everact.errors import InvalidState

DEPTH_MAX: Final = 128
"""Arrays and objects within one another, as the core bounds them for all JSON."""

INTEGER_MIN: Final = -(2**63)
INTEGER_MAX: Final = 2**63 - 1
"""Integers beyond are refused: not every language can hold them."""

ENCODE: Final = msgspec.json.Encoder(enc_hook=_models.write).encode
_SORTED: Final = msgspec.json.Encoder(enc_hook=_models.write, order="deterministic").encode

_DIGITS_SHOWN: Final = 20
_set: Final = msgspec.Struct.__setattr__
_EXACT: Final[list[tuple[Any, str]]] = [
    (inspect.IntType(), f"type({{0}}) is int and {INTEGER_MIN} <= {{0}} <= {INTEGER_MAX}"),
    (inspect.FloatType(), "type({0}) is float and {0} - {0} == 0"),
    (inspect.StrType(), "type({0}) is str"),
    (inspect.BoolType(), "type({0}) is bool"),
    (inspect.BytesType(), "type({0}) is bytes"),
    (inspect.NoneType(), "{0} is None"),
]
"""Tests whether a value is exactly what its bytes will be read as."""


class Fit:
    """The check for one class of actors."""

    __slots__ = (
        "_decode",
        "_fields",
        "_hides_null",
        "_hints",
        "_may_be_deep",
        "has_sets",
        "is_exact",
        "is_loose",
        "may_hide",
    )

    def __init__(self, actor: type[msgspec.Struct], decoder: msgspec.json.Decoder[Any]) -> None:
        """Reads the class's field types."""
        self._decode = decoder.decode
        self._fields = actor.__struct_fields__
        self._hints = typing.get_type_hints(actor, include_extras=True)
        info = inspect.type_info(actor)
        kinds = list(_parts(info, set()))
        self.is_loose = any(isinstance(kind, (inspect.AnyType, inspect.RawType)) for kind in kinds)
        """Bytes do not tell the value: a list may have been a set."""
        self._hides_null = self.is_loose or any(isinstance(kind, inspect.FloatType) for kind in kinds)
        models = any(isinstance(kind, inspect.CustomType) for kind in kinds)
        self.may_hide = self._hides_null or self.is_loose
        """Equal bytes may hide a change."""
        self._may_be_deep = self.is_loose or models or _recurs(info, ())
        self.has_sets = models or any(isinstance(kind, (inspect.SetType, inspect.FrozenSetType)) for kind in kinds)
        self.is_exact = _exact_test(info)
        """Whether an actor's fields are exactly what their bytes are read as; None where only reading them can tell."""

    def check(self, actor: Any, state: bytes) -> bytes:
        """After a change: raises `Refusal` with `InvalidState`, else the actor is what its state reads as.

        The state comes back as it is to be stored: a 5 in a field of floats has become 5.0.
        """
        if self.is_exact is not None and self.is_exact(actor):
            return state
        try:
            if self._may_be_deep:
                self._check_depth(state)
            again = self._decode(state)
            if _ODD.search(state) is not None:
                self._check_odd(actor)
        except Refusal:
            raise
        except Exception as error:
            raise self.misfit(actor, error) from None
        for field in self._fields:
            live, stored = getattr(actor, field), getattr(again, field)
            if live is not stored:
                if not _same(live, stored):
                    raise self.misfit(actor, None)
                _set(actor, field, stored)
        return ENCODE(actor)

    def check_unchanged(self, actor: Any, state: bytes, writes: bool) -> None:
        """After a turn that left the bytes as they were, which may hide a change: NaN is written as null."""
        if (self._hides_null and b"null" in state) or (self.is_loose and writes):
            self.check(actor, state)

    def is_equal(self, one: bytes, other: bytes) -> bool:
        """Whether two states differ in the order of their sets at most, which is none."""
        try:
            return self.has_sets and _SORTED(self._decode(one)) == _SORTED(self._decode(other))
        except TypeError:  # keys that are no texts cannot be sorted; then it counts as a change
            return False

    def misfit(self, actor: Any, error: Exception | None) -> Refusal:
        """What is wrong, with the path of the field and the type of the value."""
        for field in self._fields:
            declared = self._hints.get(field, Any)
            try:
                found = _locate(getattr(actor, field), declared, field, 0)
            except Exception as trouble:
                found = f"{field}: {text_of(trouble)}"
            if found is not None:
                return Refusal(InvalidState.code, found)
        what = "the value that is read back differs" if error is None else text_of(error)
        return Refusal(InvalidState.code, what)

    def _check_odd(self, actor: Any) -> None:
        for field in self._fields:
            found = _odd(getattr(actor, field), field)
            if found is not None:
                raise Refusal(InvalidState.code, found)

    def _check_depth(self, state: bytes) -> None:
        if state.count(b"[") + state.count(b"{") > DEPTH_MAX and depth_of(state) > DEPTH_MAX:
            raise Refusal(InvalidState.code, f"the state is nested more than {DEPTH_MAX} deep")


def encode_loose(value: Any) -> bytes:
    """JSON of a message or reply that may hold anything; `ValueError` for what JSON has no form for."""
    text = ENCODE(value)
    if b"null" in text or _ODD.search(text) is not None:
        found = _odd(value, "")
        if found is not None:
            raise ValueError(found)
    if _ZONED.search(text) is not None:
        found = _offset_with_seconds(value, "")
        if found is not None:
            raise ValueError(found)
    if text.count(b"[") + text.count(b"{") > DEPTH_MAX and depth_of(text) > DEPTH_MAX:
        raise ValueError(f"nested more than {DEPTH_MAX} deep")
    return text


def check_read(value: Any, text: bytes) -> None:
    """What no language may hold, where msgspec has read it all the same; `msgspec.ValidationError` says what it is."""
    if _ODD.search(text) is not None:
        found = _odd(value, "")
        if found is not None:
            raise msgspec.ValidationError(found)


def is_loose(declared: Any) -> bool:
    """Whether values of a type may hold what `encode_loose` looks for."""
    return declared not in (int, str, bool, bytes, None, type(None))


_ODD: Final = re.compile(rb'\d(?:\d{18}|[Tt ][\d:.]+")|"[-+]?(?:[sS]?[nN][aA][nN]|[iI][nN][fF])')
"""What may be an integer beyond 64 bits, a time without a zone, or a decimal that is no number."""

_ZONED: Final = re.compile(rb':\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)"')
"""What may be a time whose zone was rounded to minutes, or cut to them."""
_MINUTE: Final = timedelta(minutes=1)


def _offset_with_seconds(live: Any, path: str) -> str | None:
    """The first time that would be read as another instant, since RFC 3339 writes offsets in hours and minutes."""
    if isinstance(live, (datetime, time)):
        if (live.utcoffset() or timedelta()) % _MINUTE:
            return (
                f"{_place(path)}the offset of a {type(live).__name__}'s zone has seconds, which JSON has "
                "no form for: give the time in UTC"
            )
        return None
    parts: Iterator[tuple[str, Any]]
    if isinstance(live, Mapping):
        parts = ((f"{path}.{name}", part) for name, value in live.items() for part in (name, value))
    elif isinstance(live, (list, tuple, set, frozenset)):
        parts = ((f"{path}[{index}]", part) for index, part in enumerate(live))
    else:
        parts = ((f"{path}.{name}", getattr(live, name)) for name in _names_of(live))
    return next(filter(None, (_offset_with_seconds(part, step) for step, part in parts)), None)


def _place(path: str) -> str:
    return f"{path.removeprefix('.')}: " if path else ""


def _odd(live: Any, path: str) -> str | None:
    """The first value that has an encoding and is refused all the same; the encoding has shown that there is an end."""
    place = _place(path)
    if isinstance(live, float) and not math.isfinite(live):
        return place + _described(live, Any, None)
    if type(live) is int and not INTEGER_MIN <= live <= INTEGER_MAX:
        return f"{place}an integer beyond 64 bits does not fit"
    if isinstance(live, Decimal) and not live.is_finite():
        return f"{place}{live} of type Decimal is no number"
    if isinstance(live, datetime) and live.tzinfo is None:
        return f"{place}a value of type datetime without a zone does not fit: it says no point in time"
    if isinstance(live, Mapping):
        if any(type(name) is int and not INTEGER_MIN <= name <= INTEGER_MAX for name in live):
            return f"{place}a key that is an integer beyond 64 bits does not fit"
        if any(isinstance(name, datetime) and name.tzinfo is None for name in live):
            return f"{place}a key of type datetime without a zone does not fit: it says no point in time"
    for step, part in _steps(live):
        found = _odd(part, f"{path}{step}")
        if found is not None:
            return found
    return None


def depth_of(text: bytes) -> int:
    """How deep arrays and objects stand within one another in JSON."""
    depth = deepest = 0
    in_text = is_escaped = False
    for byte in text:
        if in_text:
            if is_escaped:
                is_escaped = False
            elif byte == 0x5C:
                is_escaped = True
            elif byte == 0x22:
                in_text = False
        elif byte == 0x22:
            in_text = True
        elif byte in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif byte in b"]}":
            depth -= 1
    return deepest


def _parts(info: Any, seen: set[int]) -> Iterator[Any]:
    """All types within a type, itself among them."""
    if isinstance(info, tuple):
        for part in info:
            yield from _parts(part, seen)
    elif isinstance(info, (inspect.Type, inspect.Field)) and id(info) not in seen:
        seen.add(id(info))
        yield info
        for name in info.__struct_fields__:
            yield from _parts(getattr(info, name), seen)


def _recurs(info: Any, above: tuple[Any, ...]) -> bool:
    """Whether a type holds values of itself."""
    cls = getattr(info, "cls", None) if hasattr(info, "fields") else None
    if cls is not None and cls in above:
        return True
    inner = above if cls is None else (*above, cls)
    if isinstance(info, tuple):
        return any(_recurs(part, inner) for part in info)
    if isinstance(info, (inspect.Type, inspect.Field)):
        return any(_recurs(getattr(info, name), inner) for name in info.__struct_fields__)
    return False


def _exact_test(info: Any) -> Callable[[Any], bool] | None:
    """A function that tests plain fields, as one expression; None where a field is not plain."""
    tests = []
    for field in info.fields:
        kinds = field.type.types if isinstance(field.type, inspect.UnionType) else (field.type,)
        of_kinds = [test for kind in kinds for plain, test in _EXACT if kind == plain]
        if len(of_kinds) < len(kinds):
            return None
        tests.append("(" + " or ".join(f"({test})" for test in of_kinds).format(f"a.{field.name}") + ")")
    made: Callable[[Any], bool] = eval(f"lambda a: {' and '.join(tests) or 'True'}")
    return made


def _same(live: Any, stored: Any) -> bool:
    """Whether a value came back equal. A list may come back as the tuple or set that its field declares."""
    try:
        if live == stored:
            return True
        if type(live) is type(stored) is datetime:
            # While clocks are turned, a time in a zone of rules equals none in any other zone (PEP 495).
            return live.tzinfo is not None and live.astimezone(timezone.utc) == stored.astimezone(timezone.utc)
    except Exception:  # a class that cannot compare: its parts can
        pass
    if isinstance(stored, (set, frozenset)):
        return isinstance(live, (list, tuple, set, frozenset)) and set(live) == stored
    if isinstance(live, (list, tuple)) and isinstance(stored, (list, tuple)):
        return len(live) == len(stored) and all(map(_same, live, stored))
    if isinstance(live, Mapping) and isinstance(stored, Mapping):
        return live.keys() == stored.keys() and all(_same(live[name], stored[name]) for name in live)
    if type(live) is type(stored):
        names = _names_of(live)
        return bool(names) and all(_same(getattr(live, name), getattr(stored, name)) for name in names)
    return False


def _names_of(record: Any) -> tuple[str, ...]:
    cls = type(record)
    if isinstance(record, msgspec.Struct):
        return record.__struct_fields__
    if hasattr(cls, "__dataclass_fields__"):
        return tuple(cls.__dataclass_fields__)
    return tuple(cls.model_fields) if _models.is_model(cls) else ()


def _locate(live: Any, declared: Any, path: str, depth: int) -> str | None:
    """The first place where a value does not come back, as a text with its path; None where all of it does."""
    if depth > DEPTH_MAX:
        return f"{path}: nested more than {DEPTH_MAX} deep, or within itself"
    try:
        text = ENCODE(live)
        if _same(live, msgspec.json.decode(text, type=declared, dec_hook=_models.read)):
            return _odd(live, path)
        reason = None
    except RecursionError:
        reason = "nested too deep, or within itself"
    except Exception as error:
        reason = text_of(error)
    for step, part, kind in _children(live, declared):
        found = _locate(part, kind, f"{path}{step}", depth + 1)
        if found is not None:
            return found
    return _offset_with_seconds(live, path) or f"{path}: {_described(live, declared, reason)}"


def _steps(live: Any) -> Iterator[tuple[str, Any]]:
    """The parts of a value, each with its step of the path."""
    if isinstance(live, Mapping):
        yield from ((f".{name}" if type(name) is str else f"[{name!r}]", part) for name, part in live.items())
    elif isinstance(live, (list, tuple, set, frozenset)):
        yield from ((f"[{index}]", part) for index, part in enumerate(live))
    else:
        yield from ((f".{name}", getattr(live, name)) for name in _names_of(live))


def _children(live: Any, declared: Any) -> Iterator[tuple[str, Any, Any]]:
    """The parts of a value with their declared types."""
    declared, arguments = _stripped(declared)
    kinds: Iterator[Any]
    if isinstance(live, Mapping):
        kinds = itertools.repeat(arguments[1] if len(arguments) == 2 else Any)
    elif isinstance(live, (list, tuple, set, frozenset)):
        kinds = itertools.repeat(arguments[0] if arguments and arguments[-1] in (arguments[0], ...) else Any)
    else:
        names = _names_of(live)
        hints = typing.get_type_hints(type(live), include_extras=True) if names else {}
        kinds = (hints.get(name, Any) for name in names)
    for (step, part), kind in zip(_steps(live), kinds, strict=False):
        yield step, part, kind


def _stripped(declared: Any) -> tuple[Any, tuple[Any, ...]]:
    """A type without `Annotated` and `None`, and its arguments."""
    if typing.get_origin(declared) is typing.Annotated:
        declared = typing.get_args(declared)[0]
    arguments = typing.get_args(declared)
    others = [part for part in arguments if part is not type(None)]
    if len(others) == 1 and len(arguments) == 2 and type(None) in arguments:
        return _stripped(others[0])
    return declared, arguments


def _described(live: Any, declared: Any, reason: str | None) -> str:
    """What is wrong with one value; texts are not shown, for they may be secrets."""
    if isinstance(live, float) and not math.isfinite(live):
        return f"{'NaN' if math.isnan(live) else 'infinity'} has no form in JSON"
    name = type(live).__name__
    if isinstance(live, str) and reason is not None and "surrogates" in reason:
        return "a text that is not well-formed Unicode has no form in JSON"
    if reason is not None and "nested" in reason:
        return reason
    try:
        ENCODE(live)
    except Exception:
        return f"a value of type {name} has no form in JSON"
    shown = (
        f"{live!r} of type" if isinstance(live, (int, float, type(None))) and live is not None else "a value of type"
    )
    if len(shown) > _DIGITS_SHOWN + len(" of type"):
        shown = "a value of type"
    return f"{shown} {name} does not fit {_type_name(declared)}" + _why(reason)


def _type_name(declared: Any) -> str:
    return getattr(declared, "__name__", str(declared)) if not typing.get_args(declared) else str(declared)


def _why(reason: str | None) -> str:
    """A validator's own words; msgspec's say only what the types say already."""
    return "" if reason is None or reason.startswith("Expected `") else f" ({reason})"
