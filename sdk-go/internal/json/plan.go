package json

// This file chooses, once for each type, how its values are written and read.

import (
	"encoding"
	stdjson "encoding/json"
	"reflect"
	"sync"
	"time"
)

// plan is how values of one type are written and read. A value given to write is addressable.
type plan struct {
	typ   reflect.Type
	write func(w *writer, v reflect.Value) *Fault
	read  func(r *reader, v reflect.Value) *Fault
	// unwritable and unreadable say why there is no way.
	unwritable, unreadable *Fault
	// nullable: null is one of the type's values.
	nullable bool
	// flat is nil where the type is not.
	flat *flat
}

var (
	plans    sync.Map
	building sync.Mutex

	timeType     = reflect.TypeFor[time.Time]()
	durationType = reflect.TypeFor[time.Duration]()
	numberType   = reflect.TypeFor[stdjson.Number]()
	rawType      = reflect.TypeFor[stdjson.RawMessage]()

	jsonWriter = reflect.TypeFor[stdjson.Marshaler]()
	jsonReader = reflect.TypeFor[stdjson.Unmarshaler]()
	textWriter = reflect.TypeFor[encoding.TextMarshaler]()
	textReader = reflect.TypeFor[encoding.TextUnmarshaler]()
)

// planOf is the type's plan.
func planOf(t reflect.Type) *plan {
	if found, ok := plans.Load(t); ok {
		return found.(*plan)
	}
	building.Lock()
	defer building.Unlock()
	b := builder{}
	p := b.plan(t)
	b.spread()
	for typ, made := range b {
		plans.LoadOrStore(typ, made)
	}
	if found, ok := plans.Load(t); ok {
		return found.(*plan)
	}
	return p
}

// builder holds the plans of one type and of all that it is made of, which may be itself.
type builder map[reflect.Type]*plan

func (b builder) plan(t reflect.Type) *plan {
	if p, ok := b[t]; ok {
		return p
	}
	if found, ok := plans.Load(t); ok {
		return found.(*plan)
	}
	p := &plan{typ: t}
	b[t] = p
	b.fill(p, t)
	b.custom(p, t)
	return p
}

// spread carries faults around circles of types until none is new; elsewhere they have gone up already.
func (b builder) spread() {
	for found := true; found; {
		found = false
		for t, p := range b {
			before := [2]*Fault{p.unwritable, p.unreadable}
			b.inherit(p, t)
			found = found || before != [2]*Fault{p.unwritable, p.unreadable}
		}
	}
}

// inherit takes a part's fault over.
func (b builder) inherit(p *plan, t reflect.Type) {
	if isCustom(t) {
		return
	}
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
		if part, ok := b[t.Elem()]; ok && part != p {
			p.blame(part, "")
		}
	case reflect.Struct:
		fields, _ := fieldsOf(t)
		for i := range fields {
			if part, ok := b[fields[i].typ]; ok && part != p {
				p.blame(part, fields[i].name)
			}
		}
	}
}

// blame takes a part's faults over, with the part's place before them.
func (p *plan) blame(part *plan, name string) {
	if p.unwritable == nil && part.unwritable != nil {
		copied := *part.unwritable
		p.unwritable = &copied
		if name != "" {
			p.unwritable.in(name)
		}
	}
	if p.unreadable == nil && part.unreadable != nil {
		copied := *part.unreadable
		p.unreadable = &copied
		if name != "" {
			p.unreadable.in(name)
		}
	}
}

// no is a type without any form.
func (p *plan) no(format string, arguments ...any) {
	p.unwritable = faultf(format, arguments...)
	p.unreadable = p.unwritable
	p.write = func(*writer, reflect.Value) *Fault { return faultf(format, arguments...) }
	p.read = func(*reader, reflect.Value) *Fault { return faultf(format, arguments...) }
}

func (b builder) fill(p *plan, t reflect.Type) {
	switch t {
	case timeType:
		p.write, p.read = writeTime, readTime
		return
	case durationType:
		p.write, p.read = writeDuration, readDuration
		return
	case numberType:
		p.write, p.read = writeNumber, readNumber
		return
	case rawType:
		p.write, p.read, p.nullable = writeRaw, readRaw, true
		return
	}
	p.flat = flatScalar(t.Kind())
	switch t.Kind() {
	case reflect.Bool:
		p.write, p.read = writeBool, readBool
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		p.write, p.read = writeInt, readInt
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		p.write, p.read = writeUint, readUint
	case reflect.Float32, reflect.Float64:
		p.write, p.read = writeFloat, readFloat
	case reflect.String:
		p.write, p.read = writeString, readString
	case reflect.Interface:
		b.fillInterface(p, t)
	case reflect.Pointer:
		b.fillPointer(p, t)
	case reflect.Slice:
		b.fillSlice(p, t)
	case reflect.Array:
		elem := b.plan(t.Elem())
		p.flat = flatArray(elem, t.Len())
		p.write, p.read = orFlat(p.flat, writeArray(elem)), readArray(elem)
		p.blame(elem, "")
	case reflect.Map:
		b.fillMap(p, t)
	case reflect.Struct:
		b.fillStruct(p, t)
	default:
		p.no("%s has no form in JSON", t)
	}
}

func (b builder) fillInterface(p *plan, t reflect.Type) {
	p.nullable = true
	if t.NumMethod() == 0 {
		p.write, p.read = writeInterface, readInterface
		return
	}
	p.write = writeInterface
	p.unreadable = faultf("%s is an interface: nothing says which type to read", t)
	p.read = func(*reader, reflect.Value) *Fault { return faultf("%s cannot be read", t) }
}

func (b builder) fillPointer(p *plan, t reflect.Type) {
	p.nullable = true
	elem := b.plan(t.Elem())
	p.write, p.read = writePointer(elem), readPointer(elem)
	p.blame(elem, "")
}

func (b builder) fillSlice(p *plan, t reflect.Type) {
	elem := b.plan(t.Elem())
	if t.Elem().Kind() == reflect.Uint8 && !isCustom(t.Elem()) {
		p.write, p.read = writeBytes, readBytes
		return
	}
	p.write, p.read = writeSlice(elem), readSlice(elem)
	p.blame(elem, "")
}

func (b builder) fillMap(p *plan, t reflect.Type) {
	elem := b.plan(t.Elem())
	if elem.typ.Kind() == reflect.Struct && elem.typ.NumField() == 0 && !isCustom(elem.typ) {
		key := b.plan(t.Key())
		p.write, p.read = writeSet(key), readSet(key)
		p.blame(key, "")
		return
	}
	keys, fault := keysOf(t.Key())
	if fault != nil {
		p.no("%s", fault.Text)
		return
	}
	p.write, p.read = writeMap(keys, elem), readMap(keys, elem)
	p.blame(elem, "")
}

func (b builder) fillStruct(p *plan, t reflect.Type) {
	fields, fault := fieldsOf(t)
	if fault != nil {
		p.no("%s", fault.Text)
		return
	}
	for i := range fields {
		f := &fields[i]
		f.plan = b.plan(f.typ)
		if f.quoted {
			f.plan = quoted(f.plan)
		}
		p.blame(f.plan, f.name)
	}
	table := newTable(fields)
	p.flat = flatStruct(t, fields)
	p.write, p.read = orFlat(p.flat, writeStruct(table)), readStruct(table)
}

// custom lets a type's own methods have the word, each direction for itself as encoding/json does.
func (b builder) custom(p *plan, t reflect.Type) {
	if t == timeType || t == rawType || t.Kind() == reflect.Pointer || t.Kind() == reflect.Interface {
		return
	}
	pointer := reflect.PointerTo(t)
	switch {
	case pointer.Implements(jsonReader):
		p.read, p.unreadable, p.nullable = readCustom, nil, true
	case pointer.Implements(textReader):
		p.read, p.unreadable = readCustomText, nil
	}
	switch {
	case pointer.Implements(jsonWriter):
		p.write, p.unwritable, p.flat = writeCustom(p), nil, nil
	case pointer.Implements(textWriter):
		p.write, p.unwritable, p.flat = writeCustomText(p), nil, nil
	}
}

// isCustom tells whether a type has methods of its own for one of the directions.
func isCustom(t reflect.Type) bool {
	if t == timeType || t == rawType || t.Kind() == reflect.Interface {
		return false
	}
	pointer := reflect.PointerTo(t)
	return pointer.Implements(jsonReader) || pointer.Implements(textReader) || pointer.Implements(jsonWriter) || pointer.Implements(textWriter)
}

// Plain tells whether a copy of a value's memory is a copy of the value and all of it is stored: numbers, booleans, strings, and structs and arrays
// of them without unexported fields; and whether it holds strings.
func Plain(t reflect.Type) (plain, strings bool) {
	if isCustom(t) || t == timeType {
		return false, false
	}
	switch t.Kind() {
	case reflect.Bool, reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Float32, reflect.Float64:
		return true, false
	case reflect.String:
		return true, true
	case reflect.Array:
		return Plain(t.Elem())
	case reflect.Struct:
		for i := range t.NumField() {
			field := t.Field(i)
			fieldPlain, fieldStrings := Plain(field.Type)
			if !fieldPlain || !field.IsExported() || field.Tag.Get("json") == "-" {
				return false, false
			}
			strings = strings || fieldStrings
		}
		return true, strings
	default:
		return false, false
	}
}
