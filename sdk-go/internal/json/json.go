// Package json turns Go values into JSON and back, by the forms of docs/reference/data-model.md.
//
// It exists beside encoding/json because an actor's state and messages need more than a text: integers are exact, what has no form is refused
// with its path, fields of a message are all there and all known, fields that a state's struct does not know are kept. Nothing of a stranger's text
// can cost more than time in proportion to its length, and no value of a caller, a map that holds itself included, can exhaust the stack.
//
// The names of fields, `omitempty`, `omitzero`, `string`, `-`, embedding and the interfaces Marshaler, Unmarshaler, TextMarshaler and
// TextUnmarshaler are encoding/json's. Names are matched exactly.
package json

import (
	"fmt"
	"reflect"
	"runtime/debug"
	"strconv"
	"sync"
	"unsafe"
)

const (
	// DepthMax bounds the arrays and objects within one another of what is written.
	DepthMax = 128
	// readDepthMax bounds them in what is read. The core has looked at what arrives; a state may be older than that bound.
	readDepthMax = 1000
	// hopsMax bounds pointers and interfaces within one another, which a text does not show.
	hopsMax = 1000
	// namedBytesMax bounds what an error repeats of a text.
	namedBytesMax = 64
	// pathBytesMax bounds the path that an error shows.
	pathBytesMax = 256
)

// Fault says what is wrong with a value or a text, and where.
type Fault struct {
	// Path leads to the value, as in tags[3].when; empty for the whole.
	Path string
	// Text says what is wrong.
	Text string
	// Panicked is what user code panicked with while it wrote or read a value, nil where it did not; Stack is where.
	Panicked any
	Stack    []byte
}

// Error is path and text.
func (f *Fault) Error() string {
	switch {
	case f.Path == "":
		return f.Text
	case len(f.Path) > pathBytesMax:
		return f.Path[:pathBytesMax/2] + "..." + f.Path[len(f.Path)-pathBytesMax/2:] + ": " + f.Text
	default:
		return f.Path + ": " + f.Text
	}
}

func faultf(format string, arguments ...any) *Fault {
	return &Fault{Text: fmt.Sprintf(format, arguments...)}
}

// in puts a field's name before the path.
func (f *Fault) in(name string) *Fault {
	switch {
	case f.Path == "":
		f.Path = shortened(name)
	case f.Path[0] == '[':
		f.Path = shortened(name) + f.Path
	default:
		f.Path = shortened(name) + "." + f.Path
	}
	return f
}

// at puts an index before the path.
func (f *Fault) at(index int) *Fault {
	dot := ""
	if f.Path != "" && f.Path[0] != '[' {
		dot = "."
	}
	f.Path = "[" + strconv.Itoa(index) + "]" + dot + f.Path
	return f
}

func shortened(text string) string {
	if len(text) > namedBytesMax {
		return text[:namedBytesMax] + "..."
	}
	return text
}

// Options say for what a text is read.
type Options uint8

const (
	// Lenient reads what is known and leaves the rest: a reply.
	Lenient Options = iota
	// Strict refuses unknown and missing fields: a message.
	Strict
	// Stored keeps unknown fields, takes former names and forms: a state.
	Stored
)

// Kept holds the fields of a stored text that its struct does not know, to be written again.
type Kept struct {
	// members are the unknown fields of an object.
	members []member
	// children are the known fields, or the keys of a map, that hold unknown ones deeper down; items are those of a list.
	children map[string]*Kept
	items    map[int]*Kept
	// known is the value's own text without what is kept: it finds an item of a list again that has moved.
	known string
}

type member struct{ name, text string }

// Form is how values of one type are written and read, found once.
type Form[T any] struct{ plan *plan }

// FormOf finds a type's form.
func FormOf[T any]() Form[T] { return Form[T]{planOf(reflect.TypeFor[T]())} }

// Append appends the JSON of *value.
func (f Form[T]) Append(b []byte, value *T) ([]byte, error) { return f.AppendState(b, value, State{}) }

// AppendState appends the JSON of a state.
func (f Form[T]) AppendState(b []byte, value *T, how State) ([]byte, error) {
	if flat := f.plan.flat; flat != nil && how.Kept == nil {
		return flat.append(b, unsafe.Pointer(value))
	}
	return f.plan.append(b, reflect.ValueOf(value).Elem(), how)
}

// Parse reads a whole text into *value.
func (f Form[T]) Parse(text []byte, value *T, options Options) error {
	_, err := parse(f.plan, text, reflect.ValueOf(value).Elem(), options)
	return err
}

// ParseState reads a stored text into *value, and gives what has to be kept of it; nil where that is nothing.
func (f Form[T]) ParseState(text []byte, value *T) (*Kept, error) {
	return parse(f.plan, text, reflect.ValueOf(value).Elem(), Stored)
}

// State says how a state is written.
type State struct {
	// Kept is written again.
	Kept *Kept
	// Settle: the value becomes what a reader of the text would see.
	Settle bool
	// Everything: tags leave nothing out, because what is not there would be read as a default that is not the type's zero.
	Everything bool
}

// Append is Form.Append of a type that is written rarely.
func Append[T any](b []byte, value *T) ([]byte, error) { return FormOf[T]().Append(b, value) }

// AppendAny appends the JSON of what an interface holds, which is not nil.
func AppendAny(b []byte, value any) ([]byte, error) {
	if p := planOf(reflect.TypeOf(value)); p.flat != nil && p.typ.Kind() == reflect.Struct {
		// The second word of an interface leads to a struct, but for one that is a pointer itself, which no flat one is.
		return p.flat.append(b, (*[2]unsafe.Pointer)(unsafe.Pointer(&value))[1])
	}
	kept := value
	return Append(b, &kept)
}

// AppendValue appends the JSON of a value.
func AppendValue(b []byte, v reflect.Value) ([]byte, error) {
	copied := reflect.New(v.Type()).Elem()
	copied.Set(v)
	return planOf(v.Type()).append(b, copied, State{})
}

// append writes a whole value that can be set.
func (p *plan) append(b []byte, v reflect.Value, how State) (grown []byte, err error) {
	defer func() {
		if value := recover(); value != nil {
			grown, err = b, panicked(value)
		}
	}()
	if p.unwritable != nil {
		return b, p.unwritable
	}
	w := writer{b: b, settle: how.Settle, kept: how.Kept, everything: how.Everything}
	if fault := p.write(&w, v); fault != nil {
		return b, fault
	}
	return w.b, nil
}

// Parse is Form.Parse of a type that is read rarely.
func Parse[T any](text []byte, value *T, options Options) error {
	return FormOf[T]().Parse(text, value, options)
}

// ParseValue reads a whole text into a value that can be set.
func ParseValue(text []byte, v reflect.Value, options Options) error {
	_, err := parse(planOf(v.Type()), text, v, options)
	return err
}

func parse(p *plan, text []byte, v reflect.Value, options Options) (kept *Kept, err error) {
	defer func() {
		if value := recover(); value != nil {
			kept, err = nil, panicked(value)
		}
	}()
	if p.unreadable != nil {
		return nil, p.unreadable
	}
	r := readers.Get().(*reader)
	*r = reader{b: text, options: options}
	r.space()
	if r.at == len(text) {
		return nil, faultf("there is nothing where %s is expected", v.Type())
	}
	if fault := p.read(r, v); fault != nil {
		return nil, fault
	}
	r.space()
	if r.at < len(text) {
		return nil, faultf("there is more after the value, at byte %d", r.at)
	}
	kept = r.kept
	*r = reader{}
	readers.Put(r)
	return kept, nil
}

// readers are used again; one that has failed is not.
var readers = sync.Pool{New: func() any { return new(reader) }}

// panicked is the fault of code that panicked; only the value's type is looked at here.
func panicked(value any) *Fault {
	return &Fault{Text: fmt.Sprintf("a panic with a %T", value), Panicked: value, Stack: debug.Stack()}
}

// Unwritable says why values of this type can never be written, and Unreadable why they can never be read; nil where they can.
func Unwritable(t reflect.Type) error { return asError(planOf(t).unwritable) }

// Unreadable is as Unwritable.
func Unreadable(t reflect.Type) error { return asError(planOf(t).unreadable) }

func asError(fault *Fault) error {
	if fault == nil {
		return nil
	}
	return fault
}

// Unknown lists the paths of what is kept, at most so many.
func (k *Kept) Unknown(most int) []string {
	var paths []string
	k.collect("", most, &paths)
	return paths
}

func (k *Kept) collect(at string, most int, paths *[]string) {
	if k == nil || len(*paths) >= most {
		return
	}
	for _, m := range k.members {
		if len(*paths) < most {
			*paths = append(*paths, at+shortened(m.name))
		}
	}
	for name, child := range k.children {
		child.collect(at+shortened(name)+".", most, paths)
	}
	for _, child := range k.items {
		child.collect(at+"[].", most, paths)
	}
}
