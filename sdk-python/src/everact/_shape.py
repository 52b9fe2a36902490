"""The names that a declared type gives to JSON: which fields of an object are known, which ones had another name.

msgspec reads what it knows and passes over the rest. Two rules need more: a message with an unknown field is refused,
and a stored field that the class does not know is kept. Both walk the plain JSON beside a type's shape, which is None
where a type has no named fields inside.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator
from typing import Any, Final

import msgspec
from msgspec import inspect

from everact import _models
from everact._fit import check_read

WAS: Final = "everact.was"
"""In a field's `msgspec.Meta(extra=...)`: the names that it had."""


class Record:
    """An object with named fields."""

    __slots__ = ("fields", "was")

    def __init__(self) -> None:
        """No field yet."""
        self.fields: dict[str, Shape] = {}
        self.was: dict[str, str] = {}


class Items:
    """An array whose items have one shape."""

    __slots__ = ("item",)

    def __init__(self, item: Shape) -> None:
        """The items' shape."""
        self.item = item


class Values:
    """An object whose names are data."""

    __slots__ = ("value",)

    def __init__(self, value: Shape) -> None:
        """The values' shape."""
        self.value = value


Shape = Record | Items | Values | None


def shape_of(declared: Any) -> Shape:
    """The shape of a type."""
    try:
        return _shape(inspect.type_info(declared), {})
    except Exception:  # no type for msgspec: the decoder says so
        return None


def _shape(info: Any, seen: dict[Any, Record]) -> Shape:
    if isinstance(info, inspect.Metadata):
        return _shape(info.type, seen)
    if isinstance(info, inspect.UnionType):
        others = [part for part in info.types if not isinstance(part, inspect.NoneType)]
        return _shape(others[0], seen) if len(others) == 1 else None
    if isinstance(info, (inspect.ListType, inspect.SetType, inspect.FrozenSetType, inspect.VarTupleType)):
        item = _shape(info.item_type, seen)
        return None if item is None else Items(item)
    if isinstance(info, inspect.DictType):
        value = _shape(info.value_type, seen)
        return None if value is None else Values(value)
    if isinstance(info, inspect.StructType) and (info.array_like or info.tag_field is not None):
        return None
    if isinstance(info, (inspect.StructType, inspect.DataclassType, inspect.TypedDictType)):
        return _record(info.cls, [(field.encode_name, field.type) for field in info.fields], seen)
    if isinstance(info, inspect.CustomType) and _models.is_model(info.cls):
        fields = _models.fields_of(info.cls)
        return _record(info.cls, [(name, _info(kind)) for name, kind in fields.items()], seen) if fields else None
    return None


def _info(declared: Any) -> Any:
    try:
        return inspect.type_info(declared)
    except Exception:
        return None


def _record(cls: Any, fields: list[tuple[str, Any]], seen: dict[Any, Record]) -> Record:
    if cls in seen:
        return seen[cls]
    made = seen[cls] = Record()
    for name, info in fields:
        made.fields[name] = _shape(info, seen)
        extra = (info.extra or {}) if isinstance(info, inspect.Metadata) else {}
        made.was.update(dict.fromkeys(extra.get(WAS, ()), name))
    for given in getattr(cls, "__everact_was__", {}).items():
        made.was[given[0]] = given[1]
    return made


def has_renames(shape: Shape, seen: set[int] | None = None) -> bool:
    """Whether any field within had another name."""
    seen = set() if seen is None else seen
    if shape is None or id(shape) in seen:
        return False
    seen.add(id(shape))
    if isinstance(shape, Record):
        return bool(shape.was) or any(has_renames(part, seen) for part in shape.fields.values())
    return has_renames(shape.item if isinstance(shape, Items) else shape.value, seen)


def unknown(tree: Any, shape: Shape, path: str = "") -> Iterator[str]:
    """The paths of fields in plain JSON that the type does not know."""
    if isinstance(shape, Record) and isinstance(tree, dict):
        for name, value in tree.items():
            here = f"{path}.{name}" if path else name
            if name not in shape.fields:
                yield here
            elif shape.fields[name] is not None:
                yield from unknown(value, shape.fields[name], here)
    elif isinstance(shape, Values) and isinstance(tree, dict):
        for name, value in tree.items():
            yield from unknown(value, shape.value, f"{path}.{name}" if path else name)
    elif isinstance(shape, Items) and isinstance(tree, list):
        for index, value in enumerate(tree):
            yield from unknown(value, shape.item, f"{path}[{index}]")


def renamed(tree: Any, shape: Shape) -> Any:
    """Plain JSON with today's names; a field that stands under today's name already wins."""
    if isinstance(shape, Record) and isinstance(tree, dict):
        made: dict[str, Any] = {}
        for name, value in tree.items():
            today = shape.was.get(str(name), str(name))
            if today == name or today not in tree:
                made[today] = renamed(value, shape.fields.get(today))
        return made
    if isinstance(shape, Values) and isinstance(tree, dict):
        return {name: renamed(value, shape.value) for name, value in tree.items()}
    if isinstance(shape, Items) and isinstance(tree, list):
        return [renamed(value, shape.item) for value in tree]
    return tree


def merged(new: Any, old: Any, shape: Shape) -> Any:
    """New plain JSON with the fields of the old that the type does not know.

    A record keeps what belongs to it: by its place in a record or a map; in a list by what is known of it, and else by
    its index.
    """
    if isinstance(shape, Record) and isinstance(new, dict) and isinstance(old, dict):
        kept = {name: value for name, value in old.items() if name not in shape.fields}
        known = {name: merged(value, old.get(name), shape.fields.get(name)) for name, value in new.items()}
        return {**known, **kept}
    if isinstance(shape, Values) and isinstance(new, dict) and isinstance(old, dict):
        return {name: merged(value, old.get(name), shape.value) for name, value in new.items()}
    if isinstance(shape, Items) and isinstance(new, list) and isinstance(old, list):
        return _merged_items(new, old, shape.item)
    return new


def _merged_items(new: list[Any], old: list[Any], shape: Shape) -> list[Any]:
    left = list(enumerate(old))
    partners: list[Any] = [None] * len(new)
    for index, value in enumerate(new):
        found = next((at for at, (_, before) in enumerate(left) if stripped(before, shape) == value), None)
        if found is not None:
            partners[index] = left.pop(found)[1]
    by_index = dict(left)
    return [
        merged(value, by_index.get(index) if partner is None else partner, shape)
        for index, (value, partner) in enumerate(zip(new, partners, strict=True))
    ]


def stripped(tree: Any, shape: Shape) -> Any:
    """Plain JSON without the fields that the type does not know."""
    if isinstance(shape, Record) and isinstance(tree, dict):
        return {name: stripped(value, shape.fields[name]) for name, value in tree.items() if name in shape.fields}
    if isinstance(shape, Values) and isinstance(tree, dict):
        return {name: stripped(value, shape.value) for name, value in tree.items()}
    if isinstance(shape, Items) and isinstance(tree, list):
        return [stripped(value, shape.item) for value in tree]
    return tree


def strict_decoder(decode: Any, declared: Any) -> Any:
    """A decoder of messages that refuses unknown fields; the same one where the type has no named fields."""
    shape, info = shape_of(declared), inspect.type_info(declared)
    plain = msgspec.json.Decoder().decode
    certain = _names_when_whole(info)
    if shape is None and not _holds(info, (inspect.DecimalType, inspect.DateTimeType, inspect.AnyType)):
        return decode

    def of_payload(payload: bytes) -> Any:
        value = decode(payload)
        check_read(value, payload)
        if (
            shape is not None and payload.count(b":") != certain
        ):  # each name has one: where there is none to spare, none is unknown
            for path in unknown(plain(payload), shape):
                raise msgspec.ValidationError(f"Object contains unknown field `{path}`")
        return value

    return of_payload


def bounded(declared: Any) -> Any:
    """A type whose integers are those of 64 bits, as far as it is spelled out; records are looked at otherwise."""
    if declared is int:
        return typing.Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
    origin, arguments = typing.get_origin(declared), typing.get_args(declared)
    if origin in (list, set, frozenset, tuple, dict):
        return origin[tuple(bounded(part) for part in arguments)]
    if origin in (types.UnionType, typing.Union):
        return typing.Union[tuple(bounded(part) for part in arguments)]  # noqa: UP007 (made at run time)
    return declared


def _holds(info: Any, kind: type[Any] | tuple[type[Any], ...], seen: set[int] | None = None) -> bool:
    """Whether a type has one of a kind, or of some kinds, inside."""
    seen = set() if seen is None else seen
    if isinstance(info, tuple):
        return any(_holds(part, kind, seen) for part in info)
    if not isinstance(info, (inspect.Type, inspect.Field)) or id(info) in seen:
        return False
    seen.add(id(info))
    return isinstance(info, kind) or any(_holds(getattr(info, name), kind, seen) for name in info.__struct_fields__)


def _names_when_whole(info: Any) -> int:
    """How many names a message has that lacks nothing and has nothing more, where that is one number; else -1."""
    if not isinstance(info, (inspect.StructType, inspect.DataclassType)):
        return -1
    scalars = (inspect.IntType, inspect.FloatType, inspect.BoolType, inspect.BytesType)
    texts = (inspect.StrType, inspect.DateTimeType, inspect.UUIDType, inspect.DecimalType, inspect.EnumType)
    for field in info.fields:
        if not field.required or not isinstance(field.type, scalars + texts):
            return -1
    return len(info.fields)
