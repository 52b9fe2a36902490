package json

// This file writes values: scalars, and what holds others.

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"math"
	"reflect"
	"slices"
	"strconv"
	"unsafe"
)

// writer holds the text so far.
type writer struct {
	b           []byte
	depth, hops int
	// settle makes each value what a reader of the text would see.
	settle bool
	// everything: what tags would leave out is written, since a state's default need not be the type's zero.
	everything bool
	// kept is what belongs to the value that is written next.
	kept *Kept
	// seen are the places in memory that have been written, while settling.
	seen map[place]bool
}

// place is what a pointer, a map or a slice leads to.
type place struct {
	at  unsafe.Pointer
	typ reflect.Type
}

// again tells whether a value leads to a place that was written before. A reader makes two of it.
func (w *writer) again(v reflect.Value) bool {
	p := place{v.UnsafePointer(), v.Type()}
	if w.seen[p] {
		return true
	}
	if w.seen == nil {
		w.seen = map[place]bool{}
	}
	w.seen[p] = true
	return false
}

// apart gives a value that was written before a place of its own: what a reader makes of the text from start on.
func (w *writer) apart(p func(*reader, reflect.Value) *Fault, v reflect.Value, start int) *Fault {
	made := reflect.New(v.Type()).Elem()
	r := reader{b: w.b[start:], options: Stored}
	if fault := p(&r, made); fault != nil {
		return fault
	}
	v.Set(made)
	return nil
}

func (w *writer) enter() *Fault {
	if w.depth++; w.depth > DepthMax {
		return faultf("there are more than %d values within one another, or one holds itself", DepthMax)
	}
	return nil
}

func (w *writer) leave() { w.depth-- }

func (w *writer) null() { w.b = append(w.b, "null"...) }

func writeBool(w *writer, v reflect.Value) *Fault {
	w.b = strconv.AppendBool(w.b, v.Bool())
	return nil
}

func writeInt(w *writer, v reflect.Value) *Fault {
	w.b = strconv.AppendInt(w.b, v.Int(), 10)
	return nil
}

func writeUint(w *writer, v reflect.Value) *Fault {
	w.b = strconv.AppendUint(w.b, v.Uint(), 10)
	return nil
}

func writeFloat(w *writer, v reflect.Value) *Fault {
	var fault *Fault
	w.b, fault = AppendFloat(w.b, v.Float(), v.Type().Bits())
	return fault
}

// AppendFloat writes a number as encoding/json does.
func AppendFloat(b []byte, value float64, bits int) ([]byte, *Fault) {
	if math.IsNaN(value) || math.IsInf(value, 0) {
		return b, faultf("%v has no form in JSON", value)
	}
	magnitude := math.Abs(value)
	format := byte('f')
	if magnitude != 0 && (magnitude < 1e-6 || magnitude >= 1e21) {
		format = 'e'
	}
	start := len(b)
	b = strconv.AppendFloat(b, value, format, -1, bits)
	// 1e-09 is written 1e-9.
	if n := len(b); format == 'e' && n-start >= 4 && b[n-4] == 'e' && b[n-3] == '-' && b[n-2] == '0' {
		b[n-2] = b[n-1]
		b = b[:n-1]
	}
	return b, nil
}

func writeString(w *writer, v reflect.Value) (fault *Fault) {
	w.b, fault = appendText(w.b, v.String())
	return fault
}

func writeBytes(w *writer, v reflect.Value) *Fault {
	w.b = append(w.b, '"')
	w.b = base64.StdEncoding.AppendEncode(w.b, v.Bytes())
	w.b = append(w.b, '"')
	w.filled(v)
	return nil
}

// filled makes a nil slice an empty one, as it will be read.
func (w *writer) filled(v reflect.Value) {
	if w.settle && v.IsNil() {
		v.Set(reflect.MakeSlice(v.Type(), 0, 0))
	}
}

func writePointer(elem *plan) func(*writer, reflect.Value) *Fault {
	return func(w *writer, v reflect.Value) *Fault {
		if v.IsNil() {
			w.null()
			return nil
		}
		if w.hops++; w.hops > hopsMax {
			return faultf("there are more than %d pointers within one another, or one leads to itself", hopsMax)
		}
		start := len(w.b)
		fault := elem.write(w, v.Elem())
		w.hops--
		if fault == nil && w.settle && elem.typ.Size() > 0 && w.again(v) {
			return w.apart(readPointer(elem), v, start)
		}
		return fault
	}
}

func writeArray(elem *plan) func(*writer, reflect.Value) *Fault {
	return func(w *writer, v reflect.Value) *Fault {
		if fault := w.enter(); fault != nil {
			return fault
		}
		kept := w.kept
		if kept != nil {
			kept = kept.moved(elem, v)
		}
		w.b = append(w.b, '[')
		for i := range v.Len() {
			if i > 0 {
				w.b = append(w.b, ',')
			}
			w.kept = kept.item(i)
			if fault := elem.write(w, v.Index(i)); fault != nil {
				return fault.at(i)
			}
		}
		w.b = append(w.b, ']')
		w.leave()
		return nil
	}
}

func writeSlice(elem *plan) func(*writer, reflect.Value) *Fault {
	array := writeArray(elem)
	return func(w *writer, v reflect.Value) *Fault {
		start := len(w.b)
		fault := array(w, v)
		w.filled(v)
		if fault == nil && w.settle && v.Len() > 0 && elem.typ.Size() > 0 && w.again(v) {
			return w.apart(readSlice(elem), v, start)
		}
		return fault
	}
}

func writeMap(keys *keyPlan, elem *plan) func(*writer, reflect.Value) *Fault {
	return func(w *writer, v reflect.Value) *Fault {
		if fault := w.enter(); fault != nil {
			return fault
		}
		entries, fault := keys.sorted(v)
		if fault != nil {
			return fault
		}
		kept, start := w.kept, len(w.b)
		w.b = append(w.b, '{')
		// An entry cannot be pointed at: it is written from a copy, which goes back where writing has settled it.
		copied := reflect.New(elem.typ).Elem()
		for i, entry := range entries {
			if i > 0 {
				w.b = append(w.b, ',')
			}
			if w.b, fault = appendText(w.b, entry.name); fault != nil {
				return faultf("a key is no text of UTF-8")
			}
			w.b = append(w.b, ':')
			w.kept = kept.child(entry.name)
			copied.Set(v.MapIndex(entry.key))
			if fault := elem.write(w, copied); fault != nil {
				return fault.in(entry.name)
			}
			if w.settle {
				v.SetMapIndex(entry.key, copied)
			}
		}
		w.b = append(w.b, '}')
		w.leave()
		if w.settle && v.IsNil() {
			v.Set(reflect.MakeMap(v.Type()))
		}
		if w.settle && len(entries) > 0 && w.again(v) {
			return w.apart(readMap(keys, elem), v, start)
		}
		return nil
	}
}

// writeSet writes a map to struct{} as a list of its keys, in the order of their texts.
func writeSet(key *plan) func(*writer, reflect.Value) *Fault {
	return func(w *writer, v reflect.Value) *Fault {
		if fault := w.enter(); fault != nil {
			return fault
		}
		var texts [][]byte
		copied := reflect.New(key.typ).Elem()
		for _, k := range v.MapKeys() {
			copied.Set(k)
			single := writer{depth: w.depth}
			if fault := key.write(&single, copied); fault != nil {
				return fault
			}
			texts = append(texts, single.b)
		}
		slices.SortFunc(texts, func(a, b []byte) int { return cmp.Or(cmp.Compare(len(a), len(b)), bytes.Compare(a, b)) })
		w.b = append(w.b, '[')
		w.b = append(w.b, bytes.Join(texts, []byte(","))...)
		w.b = append(w.b, ']')
		w.leave()
		if w.settle && v.IsNil() {
			v.Set(reflect.MakeMap(v.Type()))
		}
		return nil
	}
}

func writeStruct(t *table) func(*writer, reflect.Value) *Fault {
	return func(w *writer, v reflect.Value) *Fault {
		if fault := w.enter(); fault != nil {
			return fault
		}
		kept := w.kept
		w.b = append(w.b, '{')
		start := len(w.b)
		for i := range t.fields {
			f := &t.fields[i]
			value := f.of(v)
			if !value.IsValid() {
				continue
			}
			if !w.everything && f.omitted(value) {
				if w.settle {
					value.SetZero()
				}
				continue
			}
			if len(w.b) > start {
				w.b = append(w.b, ',')
			}
			w.b = append(w.b, f.label...)
			w.kept = kept.child(f.name)
			if fault := f.plan.write(w, value); fault != nil {
				return fault.in(f.name)
			}
		}
		if kept != nil {
			w.members(kept.members, start)
		}
		w.b = append(w.b, '}')
		w.leave()
		return nil
	}
}

// members writes the kept fields of an object whose own begin at start.
func (w *writer) members(members []member, start int) {
	for _, m := range members {
		if len(w.b) > start {
			w.b = append(w.b, ',')
		}
		w.b, _ = appendText(w.b, m.name)
		w.b = append(w.b, ':')
		w.b = append(w.b, m.text...)
	}
}
