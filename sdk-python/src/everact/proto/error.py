"""Errors of the application that a .proto declares: classes whose fields are those of a message."""

from __future__ import annotations

from typing import Any, ClassVar, Generic, TypeVar, cast

from google.protobuf import json_format
from google.protobuf.message import Message

from everact.application import ApplicationError

M = TypeVar("M", bound=Message)


class MessageError(ApplicationError, Generic[M], is_base=True):
    """The base of generated errors.

    raise SeatTakenError(f"seat {seat} is taken", SeatTaken(seat=seat))      # in a handler
    except SeatTakenError as error: print(error.detail.seat)                 # at the caller
    """

    __everact_message__: ClassVar[type[Message]]

    def __init_subclass__(cls, *, of: type[Message] | None = None, **rest: Any) -> None:
        """Notes the message that an error is made of."""
        super().__init_subclass__(**rest)
        if of is not None:
            cls.__everact_message__ = of

    def __init__(self, message: str, detail: M, /) -> None:
        """An error for a handler to raise.

        Parameters:
            message: what happened, for people.
            detail: what the error carries; the error keeps a copy.
        """
        kind = self.__everact_message__
        if not isinstance(detail, kind):
            given = type(detail).__name__
            raise TypeError(f"{type(self).__name__}: a {kind.DESCRIPTOR.full_name} is needed, this is a {given}")
        super().__init__(message)
        self._detail: M = type(detail)()
        self._detail.CopyFrom(detail)

    @property
    def detail(self) -> M:
        """What the error carries."""
        return self._detail

    @property
    def details(self) -> dict[str, Any]:
        """The message as JSON, with the names and forms that protobuf gives it."""
        return json_format.MessageToDict(self._detail)

    @classmethod
    def _received(cls, wire: Any) -> ApplicationError:
        detail = json_format.ParseDict(wire.details, cls.__everact_message__(), ignore_unknown_fields=True)
        return cls(wire.message, cast("M", detail))
