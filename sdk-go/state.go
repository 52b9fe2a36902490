package everact

// This file keeps an actor's state between turns: the live object that handlers change, and what was last accepted, to tell whether a turn
// changed anything and to put the object back when a turn is discarded.
//
// A flat state (numbers, booleans, strings, and structs and arrays of them) is kept as a second copy of the struct: comparing and putting back
// are memory operations, and JSON is written only when something changed. Any other state is kept as its JSON, written after every turn.

import (
	"bytes"
	"fmt"
	"reflect"
	"unsafe"

	"github.com/everact/everact-go/internal/payload"
)

// cell is an actor's object.
type cell[A any] struct {
	live A
	// value is what was last accepted, of a flat state.
	value A
	// encoded is what was last accepted, of any other state. The defaults' encoding is shared: it is replaced, never written to.
	encoded []byte
	shared  bool
}

// stateOf keeps the states of one kind.
type stateOf[A any] struct {
	newActor func() *A
	flat     bool
	// counted: strings make the size of a flat state vary, so that it is encoded for the core's count of memory in transient kinds too.
	counted  bool
	defaults []byte
	kind     *kindCore
}

func newStateOf[A any](newActor func() *A, kind *kindCore) *stateOf[A] {
	s := &stateOf[A]{newActor: newActor, kind: kind}
	s.flat, s.counted = flatness(reflect.TypeFor[A]())
	var err error
	if s.defaults, err = appendJSON(nil, s.fresh()); err != nil {
		kind.refuse("kind %s: the state %s cannot be encoded: %v", kind.name, reflect.TypeFor[A](), err)
	}
	return s
}

func (s *stateOf[A]) fresh() A {
	if s.newActor != nil {
		return *s.newActor()
	}
	var zero A
	return zero
}

func (s *stateOf[A]) Create(state []byte, stored bool) (any, error) {
	c := &cell[A]{live: s.fresh()}
	if stored {
		if err := parseInto(state, &c.live); err != nil {
			return nil, err
		}
	}
	if s.flat {
		c.value = c.live
		return c, nil
	}
	if !stored && s.newActor == nil {
		c.encoded, c.shared = s.defaults, true
		return c, nil
	}
	// The stored bytes may be of another version of the struct; what counts is how this one writes what it read.
	var err error
	c.encoded, err = appendPointer(nil, &c.live)
	return c, err
}

func (s *stateOf[A]) Settle(object any, frame []byte) ([]byte, bool, error) {
	c := object.(*cell[A])
	if s.flat {
		return s.settleFlat(c, frame)
	}
	start := len(frame)
	frame, err := appendPointer(frame, &c.live)
	if err != nil {
		return frame, false, err
	}
	if bytes.Equal(frame[start:], c.encoded) {
		return frame[:start], false, nil
	}
	if c.shared {
		c.encoded, c.shared = nil, false
	}
	c.encoded = append(c.encoded[:0], frame[start:]...)
	return frame, true, nil
}

func (s *stateOf[A]) settleFlat(c *cell[A], frame []byte) ([]byte, bool, error) {
	if s.unchanged(c) {
		return frame, false, nil
	}
	if s.kind.durable || s.counted {
		var err error
		if frame, err = appendPointer(frame, &c.live); err != nil {
			return frame, false, err
		}
	}
	c.value = c.live
	return frame, true, nil
}

// unchanged compares the memory; where only a string's place in memory differs it compares the values.
func (s *stateOf[A]) unchanged(c *cell[A]) bool {
	if bytes.Equal(memory(&c.live), memory(&c.value)) {
		return true
	}
	return s.counted && any(c.live) == any(c.value)
}

func (s *stateOf[A]) Inspect(object any, frame []byte, turn uint64) ([]byte, bool, error) {
	c := object.(*cell[A])
	if s.flat {
		return frame, !s.unchanged(c), nil
	}
	if !payload.Looked(len(c.encoded), turn) {
		return frame, false, nil
	}
	start := len(frame)
	frame, err := appendPointer(frame, &c.live)
	if err != nil {
		return frame, false, err
	}
	return frame[:start], !bytes.Equal(frame[start:], c.encoded), nil
}

func (s *stateOf[A]) Restore(object any) error {
	c := object.(*cell[A])
	if s.flat {
		c.live = c.value
		return nil
	}
	return s.rebuild(c, c.encoded)
}

func (s *stateOf[A]) Renew(object any) (any, error) {
	c := object.(*cell[A])
	if s.flat {
		return &cell[A]{live: c.value, value: c.value}, nil
	}
	another := &cell[A]{encoded: c.encoded, shared: true}
	return another, s.rebuild(another, c.encoded)
}

func (s *stateOf[A]) rebuild(c *cell[A], encoded []byte) error {
	c.live = s.fresh()
	if err := parseInto(encoded, &c.live); err != nil {
		return fmt.Errorf("the state cannot be put back: %w", err)
	}
	return nil
}

func (s *stateOf[A]) Capture(object any) (any, error) {
	c := object.(*cell[A])
	if s.flat {
		return c.live, nil
	}
	return appendPointer(nil, &c.live)
}

func (s *stateOf[A]) Recapture(object, image any) error {
	c := object.(*cell[A])
	if s.flat {
		c.live = image.(A)
		return nil
	}
	return s.rebuild(c, image.([]byte))
}

// memory is a flat value's bytes, padding and all: equal bytes are equal values, unequal ones may still be.
func memory[A any](value *A) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(value)), unsafe.Sizeof(*value))
}

// flatness tells whether a copy of a value's memory is a copy of the value, and whether it holds strings.
func flatness(t reflect.Type) (flat, strings bool) {
	switch t.Kind() {
	case reflect.Bool, reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Float32, reflect.Float64:
		return true, false
	case reflect.String:
		return true, true
	case reflect.Array:
		return flatness(t.Elem())
	case reflect.Struct:
		for i := range t.NumField() {
			fieldFlat, fieldStrings := flatness(t.Field(i).Type)
			if !fieldFlat {
				return false, false
			}
			strings = strings || fieldStrings
		}
		return true, strings
	default:
		return false, false
	}
}
