"""State: an actor's object between its turns, and the way back to the last accepted state.

The core decides which turns are accepted and what is stored; here lives the decoded object and the bytes it was last
accepted with. A turn that fails puts the object back to those bytes.
"""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from sys import getrefcount
from typing import Any, Final

import msgspec

from everact import _models
from everact._fit import Fit
from everact._refusal import Refusal
from everact._shape import has_renames, merged, renamed, shape_of, unknown
from everact._text import text_of
from everact.actor import Actor
from everact.actor import state as state
from everact.actor import was as was
from everact.codec import ENCODE, Encode, Read, typed_decoder
from everact.errors import InvalidDeclaration

LOG: Final = logging.getLogger("everact")

_set: Final = msgspec.Struct.__setattr__


class Activation(ABC):
    """One actor in memory, whatever its state is made of."""

    __slots__ = ("_holders", "actor", "encode", "is_shared", "key")

    def __init__(self, actor: Any, key: str, encode: Encode) -> None:
        """An object, and how its state is encoded."""
        self.actor = actor
        self.key = key
        self.encode = encode
        self.is_shared = False
        """Something besides this holds the object between turns: a task that outlives its turn may change it."""
        self._holders = 0

    def note_holders(self) -> None:
        """Before the first turn: what holds the object now always does, a variable like this one included."""
        actor = self.actor
        self._holders = getrefcount(actor)

    def undo_strays(self, kind: str) -> None:
        """At the start of a turn: takes back what was changed outside of all turns, so that no turn gets the blame."""
        self.is_shared = False
        try:
            if self.encode(self.actor) == self.accepted:
                return
        except Exception:  # what has no encoding is a change too
            pass
        LOG.warning("%s/%s was changed outside of its turns, by a task that outlived one; undone", kind, self.key)
        self.put_back(self.accepted, in_place=False)

    @property
    @abstractmethod
    def accepted(self) -> bytes:
        """The state's bytes as they were last accepted."""

    @accepted.setter
    @abstractmethod
    def accepted(self, state: bytes) -> None: ...

    def taken(self, before: bytes, writes: bool, /) -> bytes | None:
        """The state's bytes at the end of a turn, to be stored, or None where they are those from before.

        They are accepted by then. Raises a `Refusal` with `InvalidState`. It notes too whether something that the turn
        left behind holds the object.
        """
        actor = self.actor
        if getrefcount(actor) > self._holders:
            self.is_shared = True
        state = self.encode(actor)
        if state == before:
            return None
        self.accepted = state
        return state

    def taken_nested(self, before: bytes) -> bytes | None:
        """The same for a turn within another one, which is the one that will be checked and accepted."""
        state = self.encode(self.actor)
        return None if state == before else state

    def stored(self) -> bytes:
        """The state's bytes as they would be stored now."""
        return self.encode(self.actor)

    @abstractmethod
    def replace(self, state: bytes) -> bytes:
        """Puts the object to another state, as after a load; its bytes to be stored. Raises what reading them does."""

    @abstractmethod
    def put_back(self, state: bytes, *, in_place: bool) -> None:
        """Gives the object the state that it had, which is the accepted one but `in_place`, within an outer turn."""


class FieldsActivation(Activation):
    """One actor whose state is its typed fields."""

    __slots__ = ("_is_exact", "_kind", "_may_hide", "_stored", "accepted")

    accepted: bytes

    def __init__(self, actor: Actor, accepted: bytes, key: str, kind: StateKind, stored: Any = None) -> None:
        """An object that stands at the state `accepted`; `stored` is plain JSON with fields that the class lacks."""
        super().__init__(actor, key, kind.encode)
        self.accepted = accepted
        self._kind = kind
        self._may_hide = kind.fit.may_hide
        self._is_exact = kind.fit.is_exact if stored is None else None
        self._stored = stored

    def taken(self, before: bytes, writes: bool, /) -> bytes | None:
        """The state's bytes, checked against the declaration and against what storage can hold."""
        actor = self.actor
        if getrefcount(actor) > self._holders:
            self.is_shared = True
        # Taken out of their fields first: the interpreter is slow to call what is no method.
        encode, is_exact = self.encode, self._is_exact
        try:
            state = encode(actor)
        except Exception as error:
            raise self._kind.fit.misfit(actor, error) from None
        if state == before:
            if self._may_hide:
                self._kind.fit.check_unchanged(actor, state, writes)
                if self._kind.fit.has_sets and before == self.accepted:  # reading gives sets an order of their own
                    self.accepted = encode(actor)
            return None
        if is_exact is not None and writes and is_exact(actor):
            self.accepted = state
            return state
        return self._checked(actor, state, before, writes)

    def _checked(self, actor: Actor, state: bytes, before: bytes, writes: bool) -> bytes | None:
        """The long way, for states of more than plain fields, or with fields that the class lacks."""
        if writes:
            state = self._kind.fit.check(actor, state)
            if state == before or self._kind.fit.is_equal(before, state):
                self.put_back(before, in_place=False)
                return None
            self.accepted = state
        return self._with_unknown(state, writes)

    def _with_unknown(self, state: bytes, writes: bool) -> bytes:
        """A state's bytes with the stored fields that the class lacks."""
        if self._stored is None:
            return state
        tree = merged(msgspec.json.decode(state), self._stored, self._kind.shape)
        if writes:
            self._stored = tree
        return msgspec.json.encode(tree)

    def stored(self) -> bytes:
        """The state's bytes, with the stored fields that the class lacks."""
        try:
            return self._with_unknown(self.encode(self.actor), False)
        except Exception as error:
            raise self._kind.fit.misfit(self.actor, error) from None

    def replace(self, state: bytes) -> bytes:
        """Gives every field the value that it has in another state; attributes that are not state stay."""
        made = self._kind.activate(self.key, state)
        for field in self.actor.__struct_fields__:
            _set(self.actor, field, getattr(made.actor, field))
        self.accepted, self._stored, self._is_exact = made.accepted, made._stored, made._is_exact
        return self.stored()

    def put_back(self, state: bytes, *, in_place: bool) -> None:
        """Gives every field the value it has in an encoded state; attributes that are not state stay."""
        actor, before = self.actor, self._kind.decode(state)
        for field in actor.__struct_fields__:
            _set(actor, field, getattr(before, field))
        if not in_place:  # a set that was read may have another order than the one that was written
            self.accepted = self.encode(actor) if self._kind.fit.has_sets else state


class StateKind:
    """How the state of one class of actors is written, read and checked."""

    __slots__ = ("_has_renames", "_is_reported", "actor", "decode", "defaults", "encode", "fit", "name", "shape")

    def __init__(self, actor: type[Any], name: str, read: Read = _models.read) -> None:
        """Reads a class's fields; raises `InvalidDeclaration` where they cannot be stored, or their defaults cannot."""
        self.actor = actor
        self.name = name
        try:
            made = actor()
        except Exception as error:
            raise InvalidDeclaration(f"{name}: every state field needs a default: {text_of(error)}") from error
        decoder = typed_decoder(actor, f"{name}: its state cannot be stored", read)
        self.encode = ENCODE
        self.decode = decoder.decode
        self.fit = Fit(actor, decoder)
        self.shape = shape_of(actor)
        self._has_renames = has_renames(self.shape)
        self._is_reported = False
        try:
            self.defaults = self.fit.check(made, ENCODE(made))
        except Refusal as misfit:
            raise InvalidDeclaration(f"{name}, defaults: {misfit.text}") from None
        except Exception as error:
            raise InvalidDeclaration(f"{name}, defaults: {self.fit.misfit(made, error).text}") from None

    def activate(self, key: str, stored: bytes | None) -> FieldsActivation:
        """An actor with the fields of its stored state, or the defaults where nothing is stored."""
        if stored is None:
            return FieldsActivation(self._fresh(), self.defaults, key, self)
        if self._has_renames:
            stored = msgspec.json.encode(renamed(msgspec.json.decode(stored), self.shape))
        made = self.decode(stored)
        # Encoded anew: stored bytes of an older declaration or another language may be spelled differently.
        accepted = ENCODE(made)
        return FieldsActivation(made, accepted, key, self, None if accepted == stored else self._unknown(stored))

    def _fresh(self) -> Any:
        """A new actor whose fields are what its defaults read as."""
        if self.fit.is_exact is not None:
            return self.actor()
        made, read = self.actor(), self.decode(self.defaults)
        for field in made.__struct_fields__:
            _set(made, field, getattr(read, field))
        return made

    def _unknown(self, stored: bytes) -> Any:
        """A stored state that has fields which the class lacks, as plain JSON: they are kept, and reported once."""
        tree = msgspec.json.decode(stored)
        names = sorted(set(unknown(tree, self.shape)))
        if not names:
            return None
        if not self._is_reported:
            self._is_reported = True
            LOG.warning(
                "%s: stored fields that the class does not declare are kept: %s", self.name, ", ".join(names[:20])
            )
        return tree
