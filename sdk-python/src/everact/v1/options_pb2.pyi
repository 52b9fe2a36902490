import datetime

from google.protobuf import descriptor_pb2 as _descriptor_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Persistence(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PERSISTENCE_UNSPECIFIED: _ClassVar[Persistence]
    PERSISTENCE_DURABLE: _ClassVar[Persistence]
    PERSISTENCE_TRANSIENT: _ClassVar[Persistence]

class Overflow(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    OVERFLOW_UNSPECIFIED: _ClassVar[Overflow]
    OVERFLOW_REJECT: _ClassVar[Overflow]
    OVERFLOW_DROP_OLDEST: _ClassVar[Overflow]
    OVERFLOW_WAIT: _ClassVar[Overflow]

class OnFailure(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ON_FAILURE_UNSPECIFIED: _ClassVar[OnFailure]
    ON_FAILURE_PARK: _ClassVar[OnFailure]
    ON_FAILURE_HOLD: _ClassVar[OnFailure]
PERSISTENCE_UNSPECIFIED: Persistence
PERSISTENCE_DURABLE: Persistence
PERSISTENCE_TRANSIENT: Persistence
OVERFLOW_UNSPECIFIED: Overflow
OVERFLOW_REJECT: Overflow
OVERFLOW_DROP_OLDEST: Overflow
OVERFLOW_WAIT: Overflow
ON_FAILURE_UNSPECIFIED: OnFailure
ON_FAILURE_PARK: OnFailure
ON_FAILURE_HOLD: OnFailure
ACTOR_FIELD_NUMBER: _ClassVar[int]
actor: _descriptor.FieldDescriptor
HANDLER_FIELD_NUMBER: _ClassVar[int]
handler: _descriptor.FieldDescriptor
ERROR_FIELD_NUMBER: _ClassVar[int]
error: _descriptor.FieldDescriptor
KEY_FIELD_NUMBER: _ClassVar[int]
key: _descriptor.FieldDescriptor

class ActorOptions(_message.Message):
    __slots__ = ("kind", "persistence", "state", "idle_timeout", "mailbox", "internal")
    KIND_FIELD_NUMBER: _ClassVar[int]
    PERSISTENCE_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    IDLE_TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    MAILBOX_FIELD_NUMBER: _ClassVar[int]
    INTERNAL_FIELD_NUMBER: _ClassVar[int]
    kind: str
    persistence: Persistence
    state: str
    idle_timeout: _duration_pb2.Duration
    mailbox: MailboxOptions
    internal: bool
    def __init__(self, kind: _Optional[str] = ..., persistence: _Optional[_Union[Persistence, str]] = ..., state: _Optional[str] = ..., idle_timeout: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., mailbox: _Optional[_Union[MailboxOptions, _Mapping]] = ..., internal: bool = ...) -> None: ...

class MailboxOptions(_message.Message):
    __slots__ = ("capacity_messages", "overflow")
    CAPACITY_MESSAGES_FIELD_NUMBER: _ClassVar[int]
    OVERFLOW_FIELD_NUMBER: _ClassVar[int]
    capacity_messages: int
    overflow: Overflow
    def __init__(self, capacity_messages: _Optional[int] = ..., overflow: _Optional[_Union[Overflow, str]] = ...) -> None: ...

class HandlerOptions(_message.Message):
    __slots__ = ("read_only", "idempotent", "tell", "reentrant", "internal", "errors", "retry")
    READ_ONLY_FIELD_NUMBER: _ClassVar[int]
    IDEMPOTENT_FIELD_NUMBER: _ClassVar[int]
    TELL_FIELD_NUMBER: _ClassVar[int]
    REENTRANT_FIELD_NUMBER: _ClassVar[int]
    INTERNAL_FIELD_NUMBER: _ClassVar[int]
    ERRORS_FIELD_NUMBER: _ClassVar[int]
    RETRY_FIELD_NUMBER: _ClassVar[int]
    read_only: bool
    idempotent: bool
    tell: bool
    reentrant: bool
    internal: bool
    errors: _containers.RepeatedScalarFieldContainer[str]
    retry: RetryOptions
    def __init__(self, read_only: bool = ..., idempotent: bool = ..., tell: bool = ..., reentrant: bool = ..., internal: bool = ..., errors: _Optional[_Iterable[str]] = ..., retry: _Optional[_Union[RetryOptions, _Mapping]] = ...) -> None: ...

class RetryOptions(_message.Message):
    __slots__ = ("attempts_max", "first_wait", "wait_max", "factor", "jitter", "not_retried", "on_failure")
    ATTEMPTS_MAX_FIELD_NUMBER: _ClassVar[int]
    FIRST_WAIT_FIELD_NUMBER: _ClassVar[int]
    WAIT_MAX_FIELD_NUMBER: _ClassVar[int]
    FACTOR_FIELD_NUMBER: _ClassVar[int]
    JITTER_FIELD_NUMBER: _ClassVar[int]
    NOT_RETRIED_FIELD_NUMBER: _ClassVar[int]
    ON_FAILURE_FIELD_NUMBER: _ClassVar[int]
    attempts_max: int
    first_wait: _duration_pb2.Duration
    wait_max: _duration_pb2.Duration
    factor: float
    jitter: float
    not_retried: _containers.RepeatedScalarFieldContainer[str]
    on_failure: OnFailure
    def __init__(self, attempts_max: _Optional[int] = ..., first_wait: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., wait_max: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., factor: _Optional[float] = ..., jitter: _Optional[float] = ..., not_retried: _Optional[_Iterable[str]] = ..., on_failure: _Optional[_Union[OnFailure, str]] = ...) -> None: ...

class ErrorOptions(_message.Message):
    __slots__ = ("type", "status", "grpc")
    TYPE_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    GRPC_FIELD_NUMBER: _ClassVar[int]
    type: str
    status: int
    grpc: str
    def __init__(self, type: _Optional[str] = ..., status: _Optional[int] = ..., grpc: _Optional[str] = ...) -> None: ...
