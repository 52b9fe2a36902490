package everact

// This file keeps an actor's state between turns: the live object that handlers change, and what was last accepted, to tell whether a turn
// changed anything and to put the object back when a turn is discarded.
//
// A flat state (numbers, booleans, strings, and structs and arrays of them) is kept as a second copy of the struct: comparing and putting back
// are memory operations, and JSON is written only when something changed. Any other state is kept as its JSON, written after every turn.
//
// What the next turn sees is what a restart would read: a state that has changed is settled while it is written (internal/json). Unexported fields are
// transient: they are neither stored nor compared, and a discarded turn makes them anew.

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"sync"
	"unsafe"

	"github.com/everact/everact-go/internal/json"
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
	// kept are stored fields that the struct does not know, nil where there are none.
	kept *json.Kept
}

// stateOf keeps the states of one kind.
type stateOf[A any] struct {
	newActor func() *A
	form     json.Form[A]
	flat     bool
	// counted: strings make the size of a flat state vary, so that it is encoded for the core's count of memory in transient kinds too.
	counted  bool
	defaults []byte
	kind     *kindCore
	tried    sync.Once
	unfit    error
}

func newStateOf[A any](newActor func() *A, kind *kindCore) *stateOf[A] {
	s := &stateOf[A]{newActor: newActor, form: json.FormOf[A](), kind: kind}
	t := reflect.TypeFor[A]()
	for _, err := range []error{json.Unwritable(t), json.Unreadable(t)} {
		if err != nil {
			kind.refuse("kind %s: the state %s cannot be stored: %v", kind.name, t, err)
			return s
		}
	}
	s.flat, s.counted = json.Plain(t)
	return s
}

// Check tries a new actor's state, once: code of the user's runs, which declarations at package level may come before.
func (s *stateOf[A]) Check() error {
	s.tried.Do(func() {
		var err error
		if !aside(func() { err = s.tryDefaults() }) {
			err = errors.New("it cannot be made")
		}
		if err != nil {
			s.unfit = failure(CodeInvalidDeclaration, "kind %s: the state %s cannot be stored: %s", s.kind.name, reflect.TypeFor[A](), err.Error())
		}
	})
	return s.unfit
}

// tryDefaults writes a new actor's state and reads it again.
func (s *stateOf[A]) tryDefaults() error {
	made, err := s.fresh()
	if err != nil {
		return err
	}
	if s.defaults, err = s.form.AppendState(nil, &made, json.State{Settle: true, Everything: s.newActor != nil}); err != nil {
		return err
	}
	_, err = s.form.ParseState(s.defaults, &made)
	return err
}

func (s *stateOf[A]) fresh() (made A, err error) {
	if made, err = s.made(); err == nil && s.kind.machine != nil {
		*stateName(&made) = s.kind.machine.initial
	}
	return made, err
}

func (s *stateOf[A]) made() (made A, err error) {
	if s.newActor == nil {
		return made, nil
	}
	held := s.newActor()
	if held == nil {
		return made, errors.New("the function that makes actors made none")
	}
	return *held, nil
}

// Encode appends the state as it is now.
func (s *stateOf[A]) Encode(object any, frame []byte) ([]byte, error) {
	return s.encode(frame, object.(*cell[A]), false)
}

// encode appends the state of a cell. settle makes the live object what a reader of the text would see.
func (s *stateOf[A]) encode(b []byte, c *cell[A], settle bool) ([]byte, error) {
	return s.form.AppendState(b, &c.live, json.State{Kept: c.kept, Settle: settle, Everything: s.newActor != nil})
}

func (s *stateOf[A]) Create(state []byte, stored bool) (any, error) {
	c := &cell[A]{}
	var err error
	if c.live, err = s.fresh(); err != nil {
		return nil, err
	}
	if stored {
		if c.kept, err = s.form.ParseState(state, &c.live); err != nil {
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
	if c.encoded, err = s.encode(nil, c, false); err == nil && s.newActor != nil {
		// What newActor gives may be one map or slice for all actors. What is read is this actor's own.
		_, err = s.form.ParseState(c.encoded, &c.live)
	}
	return c, err
}

func (s *stateOf[A]) Settle(object any, frame []byte) ([]byte, bool, error) {
	c := object.(*cell[A])
	if s.flat {
		return s.settleFlat(c, frame)
	}
	return s.settleEncoded(c, frame)
}

func (s *stateOf[A]) settleEncoded(c *cell[A], frame []byte) ([]byte, bool, error) {
	start := len(frame)
	frame, err := s.encode(frame, c, true)
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
	return frame, true, s.keepAgain(c, c.encoded)
}

// keepAgain finds the places that kept fields have now.
func (s *stateOf[A]) keepAgain(c *cell[A], encoded []byte) (err error) {
	if c.kept != nil {
		var scratch A
		c.kept, err = s.form.ParseState(encoded, &scratch)
	}
	return err
}

func (s *stateOf[A]) settleFlat(c *cell[A], frame []byte) ([]byte, bool, error) {
	if s.unchanged(c) {
		return frame, false, nil
	}
	if s.kind.durable || s.counted {
		start := len(frame)
		var err error
		if frame, err = s.encode(frame, c, true); err == nil {
			err = s.keepAgain(c, frame[start:])
		}
		if err != nil {
			return frame[:start], false, err
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
	frame, err := s.encode(frame, c, false)
	if err != nil {
		return frame[:start], false, err
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
		return &cell[A]{live: c.value, value: c.value, kept: c.kept}, nil
	}
	another := &cell[A]{encoded: c.encoded, shared: true}
	return another, s.rebuild(another, c.encoded)
}

func (s *stateOf[A]) rebuild(c *cell[A], encoded []byte) (err error) {
	if c.live, err = s.fresh(); err == nil {
		c.kept, err = s.form.ParseState(encoded, &c.live)
	}
	if err != nil {
		return fmt.Errorf("the state cannot be put back: %w", err)
	}
	return nil
}

func (s *stateOf[A]) Capture(object any) (any, error) {
	c := object.(*cell[A])
	if s.flat {
		return c.live, nil
	}
	return s.encode(nil, c, true)
}

func (s *stateOf[A]) Recapture(object, image any) error {
	c := object.(*cell[A])
	if s.flat {
		c.live = image.(A)
		return nil
	}
	return s.rebuild(c, image.([]byte))
}

func (s *stateOf[A]) Unknown(object any, most int) []string {
	return object.(*cell[A]).kept.Unknown(most)
}

// memory is a flat value's bytes, padding and all: equal bytes are equal values, unequal ones may still be.
func memory[A any](value *A) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(value)), unsafe.Sizeof(*value))
}
