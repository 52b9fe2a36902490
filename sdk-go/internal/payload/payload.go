// Package payload is what the packages everact and proto agree on: how values become payloads and states and back, and what the core is told of a
// kind whose messages are protobuf.
package payload

// Codec writes and reads the values of one type.
type Codec[T any] struct {
	Append func(b []byte, value T) ([]byte, error)
	Parse  func(payload []byte) (T, error)
}

// CodecOf is the codec of these two functions.
func CodecOf[T any](write func(b []byte, value T) ([]byte, error), parse func(payload []byte) (T, error)) Codec[T] {
	return Codec[T]{Append: write, Parse: parse}
}

// State does for one kind what an activation needs; object is always what Create made.
type State interface {
	// Check says why no actor can be made, when an engine opens.
	Check() error
	// Create makes the object from its stored state, or from the defaults where there is none.
	Create(state []byte, stored bool) (object any, err error)
	// Encode appends the object's state as it is now.
	Encode(object any, frame []byte) (grown []byte, err error)
	// Settle appends the encoded state to the frame where it differs from what was last accepted, which it then becomes.
	Settle(object any, frame []byte) (grown []byte, dirty bool, err error)
	// Inspect does the same after a read-only turn, where nothing may differ.
	Inspect(object any, frame []byte, turn uint64) (grown []byte, dirty bool, err error)
	// Restore puts the object back to what was last accepted.
	Restore(object any) error
	// Renew makes another object from what was last accepted, and only reads the old one.
	Renew(object any) (another any, err error)
	// Capture and Recapture do the same for a nested turn, which starts from a state that is not accepted yet.
	Capture(object any) (image any, err error)
	Recapture(object, image any) error
	// Unknown lists fields that were stored and are no part of the state, at most so many; they are kept.
	Unknown(object any, most int) []string
}

// How much of a read-only turn is looked at: the state of up to ReadOnlyChecked bytes is encoded to find a forbidden change; above that one turn in
// ReadOnlySample is.
const (
	ReadOnlyChecked = 64 << 10
	ReadOnlySample  = 64
)

// Looked tells whether the state after a read-only turn, encoded in so many bytes when it was accepted, is looked at.
func Looked(acceptedBytes int, turn uint64) bool {
	return acceptedBytes <= ReadOnlyChecked || turn%ReadOnlySample == 0
}

// Service is what a kind that was generated from a .proto adds to its declaration.
type Service struct {
	// Name is the service's full name.
	Name string
	// Check says what is wrong with the declaration. It runs when an engine opens, because descriptors are there only after all packages are.
	Check func() error
	// Files are the service's file with all that it imports, each after those it imports.
	Files func() ([]File, error)
}

// Refusal is how an application error whose fields are a message crosses boundaries: as the message's JSON.
type Refusal struct {
	// Details are the fields of an error of the type.
	Details func(err error) ([]byte, error)
	// Make makes an error of the type, nil where the details do not fit it.
	Make func(message string, details []byte) error
}

// File is a .proto file: its path, and its serialized FileDescriptorProto.
type File struct {
	Path       string
	Descriptor []byte
}

// Actor is how the implementation of a generated kind is known: its state, and which hooks it has.
type Actor[C any] struct {
	State State
	// Activated and Passivating are nil where the actor has no such hook.
	Activated, Passivating func(object any, ctx C) error
}
