"""Types that msgspec does not know by itself and that need no set-up all the same: pydantic's models, and references.

A model writes and reads its own JSON, with its aliases and validators; a reference of a process is a text, its kind and
its number; everything else is refused by name.
"""

from __future__ import annotations

import typing
from typing import Any

import msgspec


def is_model(declared: Any) -> bool:
    """Whether a type is a model of pydantic's."""
    return (
        isinstance(declared, type)
        and hasattr(declared, "__pydantic_validator__")
        and hasattr(declared, "model_dump_json")
    )


def is_reference(declared: Any) -> bool:
    """Whether a type is that of references of processes."""
    return hasattr(typing.get_origin(declared) or declared, "__everact_reference__")


def process_of(given: Any) -> tuple[str, int]:
    """Kind and number in a reference's text."""
    kind, slash, number = given.rpartition("/") if type(given) is str else ("", "", "")
    if not (kind and slash and number.isascii() and number.isdigit()) or int(number) >= 2**64:
        raise ValueError("a process is a text, its kind, a slash and its number")
    return kind, int(number)


def has_form(declared: Any) -> bool:
    """Whether a type that msgspec does not know has a form in JSON."""
    return is_model(declared) or is_reference(declared)


def no_form(declared: Any) -> str:
    """What a developer reads about a declared type that is not JSON; `object` is taken by many for any value."""
    hint = "; use typing.Any for any JSON value" if declared is object else ""
    return f"{getattr(declared, '__name__', repr(declared))} has no form in JSON{hint}"


def write(value: Any) -> Any:
    """For the encoder: a value that msgspec does not know."""
    if is_model(type(value)):
        return msgspec.Raw(value.model_dump_json(by_alias=True, round_trip=True).encode())
    if is_reference(type(value)):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no form in JSON")


def read(declared: type[Any], given: Any) -> Any:
    """For decoders: a value of a type that msgspec does not know, from what JSON made of it."""
    if is_model(declared):
        try:
            return declared.model_validate_json(msgspec.json.encode(given))
        except ValueError as error:
            raise ValueError(" ".join(str(error).split())) from None
    raise TypeError(no_form(declared))


def fields_of(model: Any) -> dict[str, Any]:
    """The names of a model's fields in JSON, with their types; none where it says itself what it does with others."""
    if "extra" in model.model_config:
        return {}
    return {str(field.alias or name): field.annotation for name, field in model.model_fields.items()}
