"""Application errors: refusals that a program declares, which arrive at the caller as the class that was raised.

    class SeatTaken(ApplicationError, status=409):
        seat: str

    raise SeatTaken(f"seat {seat} is taken", seat=seat)

The caller catches `SeatTaken` and reads `error.seat`: in this process, over a connection, or in another actor that
asks. A program that does not know the class gets an `ApplicationError` with its `type`, `status` and `details`. Over
HTTP it is a problem with this status, over gRPC an error with the code that belongs to it.
"""

from __future__ import annotations

import re
import typing
from typing import Any, ClassVar, Final

import msgspec

from everact._generated import errors as generated
from everact._generated.errors import InvalidDeclaration, TooLarge

BYTES_MAX: Final = 64 * 1024
"""An application error with all its fields at most."""

_TYPE: Final = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_TYPE_BYTES_MAX: Final = 128
_WORD_STARTS: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_OWN: Final = frozenset({"type", "message", "status", "details", "grpc"})
_ENCODE: Final = msgspec.json.Encoder().encode


class _Wire(msgspec.Struct, omit_defaults=True):
    """How an application error travels, the same in every language."""

    type: str
    message: str = ""
    status: int = 409
    details: dict[str, Any] = {}
    grpc: str | None = None


_DECODE: Final = msgspec.json.Decoder(_Wire).decode


class ApplicationError(generated.ApplicationError):
    """The base of errors that a program declares; fields are annotations, with or without a default.

    Class options: `type` (the error's name in every language; the class's name in lower snake case by default),
    `status` (the HTTP status, 400 to 599; 409 by default) and `grpc` (the name of a gRPC code; else the status' own).

    An instance of the base class itself is an error whose class this program does not have.
    """

    type: ClassVar[str] = "application_error"
    """The error's name in every language."""
    status: ClassVar[int] = 409
    """The HTTP status."""
    grpc: ClassVar[str | None] = None
    """The gRPC code's name, where it is not the one that belongs to the status."""

    __everact_fields__: ClassVar[dict[str, Any]] = {}

    def __init_subclass__(
        cls,
        *,
        type: str | None = None,  # noqa: A002 (the word that all languages use)
        status: int | None = None,
        grpc: str | None = None,
        is_base: bool = False,
        **rest: Any,
    ) -> None:
        """Reads the declaration; raises `InvalidDeclaration`. A base is no error of its own."""
        super().__init_subclass__(**rest)
        if is_base:
            return
        cls.type = type or _WORD_STARTS.sub("_", cls.__name__).lower()
        if status is not None:
            cls.status = status
        _check(cls.__name__, cls.type, cls.status)
        if grpc is not None:
            cls.grpc = grpc
        cls.__everact_fields__ = _fields_of(cls)
        _BY_TYPE[cls.type] = cls

    def __init__(self, message: str = "", /, **details: Any) -> None:
        """An error with its text and its fields.

        Parameters:
            message: what happened, for people.
            details: the fields that the class declares; the base class takes any.
        """
        super().__init__(message)
        cls = self.__class__
        if cls is not ApplicationError:
            unknown = details.keys() - cls.__everact_fields__.keys()
            missing = {name for name in cls.__everact_fields__ if name not in details and not hasattr(cls, name)}
            if unknown or missing:
                wrong = "does not know" if unknown else "lacks"
                raise TypeError(f"{cls.__name__} {wrong} {', '.join(sorted(unknown or missing))}")
        for name, value in details.items():
            if name not in _OWN:
                setattr(self, name, value)
        self._details = details

    @classmethod
    def of(
        cls,
        type: str,  # noqa: A002 (the word that all languages use)
        message: str = "",
        *,
        status: int = 409,
        grpc: str | None = None,
        details: dict[str, Any] | None = None,
    ) -> ApplicationError:
        """An error that has no class of its own.

        Parameters:
            type: its name in every language, in lower snake case.
            message: what happened, for people.
            status: the HTTP status, 400 to 599.
            grpc: the name of a gRPC code, where it is not the one that belongs to the status.
            details: what a class would have as fields.
        """
        _check(f"application error {type!r}", type, status)
        return ApplicationError._made(_Wire(type, message, status, details or {}, grpc))

    @staticmethod
    def _made(wire: _Wire) -> ApplicationError:
        made = ApplicationError(wire.message)
        made.__dict__.update(type=wire.type, status=wire.status, grpc=wire.grpc, _details=wire.details)
        return made

    @classmethod
    def _received(cls, wire: _Wire) -> ApplicationError:
        """What another side raised, as an object of this class; raises where the fields do not fit it."""
        return cls(wire.message, **_typed(cls, wire.details))

    @property
    def details(self) -> dict[str, Any]:
        """The fields by their names."""
        cls = self.__class__
        if cls is ApplicationError:
            return self._details
        return {name: getattr(self, name) for name in cls.__everact_fields__}


generated.BY_CODE[generated.ApplicationError.code] = ApplicationError

_BY_TYPE: Final[dict[str, type[ApplicationError]]] = {}


def _check(name: str, kind: str, status: int) -> None:
    if _TYPE.fullmatch(kind) is None or len(kind) > _TYPE_BYTES_MAX:
        raise InvalidDeclaration(f"{name}: its type {kind!r} is not lower snake case")
    if not 400 <= status <= 599:
        raise InvalidDeclaration(f"{name}: its status is from 400 to 599, not {status}")


def _fields_of(cls: type[ApplicationError]) -> dict[str, Any]:
    """The annotated fields with their types; one that cannot be resolved yet may hold anything."""
    declared = [base for base in cls.__mro__ if base not in ApplicationError.__mro__]
    names = {name for base in declared for name in getattr(base, "__annotations__", {})}
    try:
        hints = typing.get_type_hints(cls)
    except Exception:
        hints = {}
    found = {name: hints.get(name, Any) for name in sorted(names) if not name.startswith("_")}
    for name in found.keys() & (_OWN | {"code", "name", "family", "retryable", "next_step", "args"}):
        raise InvalidDeclaration(f"{cls.__name__}: a field cannot have the name {name}")
    return found


def outcome_of(error: ApplicationError) -> tuple[int, bytes]:
    """An application error that a handler raised, as the core takes it: a number and a text."""
    cls = type(error)
    wire = _Wire(error.type, error.message, error.status, error.details, error.grpc)
    text = _ENCODE(wire)
    if len(text) > BYTES_MAX:
        return TooLarge.code, f"{cls.__name__} has {len(text)} bytes, the limit is {BYTES_MAX}".encode()
    return generated.ApplicationError.code, text


def error_of(text: str) -> ApplicationError:
    """The error in a failure's text: of its own class where this program declares it and its fields fit."""
    try:
        wire = _DECODE(text)
    except Exception:
        return ApplicationError(text)
    cls = _BY_TYPE.get(wire.type, ApplicationError)
    if cls is not ApplicationError:
        try:
            return cls._received(wire)
        except Exception:  # declared otherwise where it was raised
            pass
    return ApplicationError._made(wire)


def _typed(cls: type[ApplicationError], details: dict[str, Any]) -> dict[str, Any]:
    """The fields that the class declares, each of its type; others are left out."""
    return {
        name: msgspec.convert(details[name], declared)
        for name, declared in cls.__everact_fields__.items()
        if name in details
    }
