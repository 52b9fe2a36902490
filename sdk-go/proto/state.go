package proto

// This file keeps an actor's state between turns: the message that handlers change, and its encoding as last accepted.

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"

	"google.golang.org/protobuf/proto"

	"github.com/everact/everact-go/internal/payload"
)

// A state may lack required fields: a new one always does.
var (
	encoding = proto.MarshalOptions{Deterministic: true, AllowPartial: true}
	decoding = proto.UnmarshalOptions{AllowPartial: true}
)

// cell is an actor's object.
type cell[A Stateful[S], S proto.Message] struct {
	actor A
	// accepted is the encoded state as last accepted.
	accepted []byte
}

// states keeps the states of one kind.
type states[A Stateful[S], S proto.Message] struct {
	newActor func() A
}

// Check is for states whose types are not generated.
func (s *states[A, S]) Check() error { return nil }

func (s *states[A, S]) Create(state []byte, _ bool) (any, error) {
	c := &cell[A, S]{actor: s.newActor()}
	if isNil(c.actor) {
		return nil, errors.New("the function that makes actors made none")
	}
	if err := c.put(state); err != nil {
		return nil, err
	}
	// The stored bytes may be another version's; what counts is how this one writes what it read.
	var err error
	c.accepted, err = c.encode(nil)
	return c, err
}

// put makes the state of its encoding.
func (c *cell[A, S]) put(encoded []byte) error {
	state := newMessage[S]()
	if err := decoding.Unmarshal(encoded, state); err != nil {
		return err
	}
	*c.actor.held() = state
	return nil
}

// encode appends the encoded state. A handler may have left none: that is an empty one.
func (c *cell[A, S]) encode(b []byte) ([]byte, error) {
	state := c.actor.held()
	if isNil(*state) {
		return b, nil
	}
	if err := bounded(*state); err != nil {
		return b, err
	}
	return encoding.MarshalAppend(b, *state)
}

func (s *states[A, S]) Encode(object any, frame []byte) ([]byte, error) {
	return object.(*cell[A, S]).encode(frame)
}

func (s *states[A, S]) Settle(object any, frame []byte) ([]byte, bool, error) {
	c, start := object.(*cell[A, S]), len(frame)
	if state := c.actor.held(); isNil(*state) {
		*state = newMessage[S]()
	}
	frame, err := c.encode(frame)
	if err != nil {
		return frame, false, err
	}
	if bytes.Equal(frame[start:], c.accepted) {
		return frame[:start], false, nil
	}
	c.accepted = append(c.accepted[:0], frame[start:]...)
	return frame, true, nil
}

func (s *states[A, S]) Inspect(object any, frame []byte, turn uint64) ([]byte, bool, error) {
	c, start := object.(*cell[A, S]), len(frame)
	if !payload.Looked(len(c.accepted), turn) {
		return frame, false, nil
	}
	frame, err := c.encode(frame)
	if err != nil {
		return frame, false, err
	}
	return frame[:start], !bytes.Equal(frame[start:], c.accepted), nil
}

func (s *states[A, S]) Restore(object any) error {
	c := object.(*cell[A, S])
	return backAgain(c.put(c.accepted))
}

func (s *states[A, S]) Renew(object any) (any, error) {
	another, err := s.Create(object.(*cell[A, S]).accepted, true)
	return another, backAgain(err)
}

func (s *states[A, S]) Capture(object any) (any, error) {
	return object.(*cell[A, S]).encode(nil)
}

func (s *states[A, S]) Recapture(object, image any) error {
	return backAgain(object.(*cell[A, S]).put(image.([]byte)))
}

func backAgain(err error) error {
	if err != nil {
		return fmt.Errorf("the state cannot be put back: %w", err)
	}
	return nil
}

// newMessage makes an empty message; M is a pointer to a generated struct.
func newMessage[M proto.Message]() M {
	return reflect.New(reflect.TypeFor[M]().Elem()).Interface().(M)
}

// isNil tells whether there is neither an interface nor a pointer in it.
func isNil(value any) bool {
	if value == nil {
		return true
	}
	v := reflect.ValueOf(value)
	return v.Kind() == reflect.Pointer && v.IsNil()
}

// Unknown is empty: messages keep fields that they do not know by themselves.
func (s *states[A, S]) Unknown(any, int) []string { return nil }
