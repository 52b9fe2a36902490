package json

// This file writes values that are nothing but their memory: numbers, booleans, strings, and structs and arrays of them of which no tag leaves anything
// out. Nothing in them can be settled, hold itself or run code of the user's, so they are written straight from memory, without reflection.

import (
	"reflect"
	"strconv"
	"unsafe"
)

// flat is how values of a flat type are written.
type flat struct {
	write func(b []byte, at unsafe.Pointer) ([]byte, *Fault)
	// depth is how many structs and arrays are within one another.
	depth int
}

// append writes a whole value.
func (f *flat) append(b []byte, at unsafe.Pointer) ([]byte, error) {
	grown, fault := f.write(b, at)
	if fault != nil {
		return b, fault
	}
	return grown, nil
}

// flatScalar is nil where a kind is no flat scalar.
func flatScalar(kind reflect.Kind) *flat {
	switch kind {
	case reflect.Bool:
		return &flat{write: flatBool}
	case reflect.Int:
		return &flat{write: flatInt[int]}
	case reflect.Int8:
		return &flat{write: flatInt[int8]}
	case reflect.Int16:
		return &flat{write: flatInt[int16]}
	case reflect.Int32:
		return &flat{write: flatInt[int32]}
	case reflect.Int64:
		return &flat{write: flatInt[int64]}
	case reflect.Uint:
		return &flat{write: flatUint[uint]}
	case reflect.Uint8:
		return &flat{write: flatUint[uint8]}
	case reflect.Uint16:
		return &flat{write: flatUint[uint16]}
	case reflect.Uint32:
		return &flat{write: flatUint[uint32]}
	case reflect.Uint64:
		return &flat{write: flatUint[uint64]}
	case reflect.Uintptr:
		return &flat{write: flatUint[uintptr]}
	case reflect.Float32:
		return &flat{write: flatFloat32}
	case reflect.Float64:
		return &flat{write: flatFloat64}
	case reflect.String:
		return &flat{write: flatString}
	default:
		return nil
	}
}

func flatBool(b []byte, at unsafe.Pointer) ([]byte, *Fault) {
	return strconv.AppendBool(b, *(*bool)(at)), nil
}

func flatInt[T int | int8 | int16 | int32 | int64](b []byte, at unsafe.Pointer) ([]byte, *Fault) {
	return strconv.AppendInt(b, int64(*(*T)(at)), 10), nil
}

func flatUint[T uint | uint8 | uint16 | uint32 | uint64 | uintptr](b []byte, at unsafe.Pointer) ([]byte, *Fault) {
	return strconv.AppendUint(b, uint64(*(*T)(at)), 10), nil
}

func flatFloat32(b []byte, at unsafe.Pointer) ([]byte, *Fault) {
	return AppendFloat(b, float64(*(*float32)(at)), 32)
}

func flatFloat64(b []byte, at unsafe.Pointer) ([]byte, *Fault) {
	return AppendFloat(b, *(*float64)(at), 64)
}

func flatString(b []byte, at unsafe.Pointer) ([]byte, *Fault) {
	return appendText(b, *(*string)(at))
}

// flatArray is nil where the items are not flat.
func flatArray(elem *plan, length int) *flat {
	if elem.flat == nil || elem.flat.depth >= DepthMax {
		return nil
	}
	item, size := elem.flat.write, elem.typ.Size()
	write := func(b []byte, at unsafe.Pointer) ([]byte, *Fault) {
		b = append(b, '[')
		for i := range length {
			if i > 0 {
				b = append(b, ',')
			}
			var fault *Fault
			if b, fault = item(b, unsafe.Add(at, uintptr(i)*size)); fault != nil {
				return b, fault.at(i)
			}
		}
		return append(b, ']'), nil
	}
	return &flat{write: write, depth: elem.flat.depth + 1}
}

// flatField is a field at its place in the struct; lead is what is written before its value.
type flatField struct {
	name, lead string
	offset     uintptr
	write      func(b []byte, at unsafe.Pointer) ([]byte, *Fault)
}

// flatStruct is nil where a field is not flat, or may be left out.
func flatStruct(t reflect.Type, fields []field) *flat {
	made := make([]flatField, len(fields))
	depth := 0
	for i := range fields {
		f := &fields[i]
		offset, inside := f.offset(t)
		if !inside || f.plan.flat == nil || f.omitEmpty || f.omitZero || f.plan.flat.depth >= DepthMax {
			return nil
		}
		made[i] = flatField{name: f.name, lead: "," + f.label, offset: offset, write: f.plan.flat.write}
		depth = max(depth, f.plan.flat.depth)
	}
	end := "{}"
	if len(made) > 0 {
		made[0].lead, end = "{"+fields[0].label, "}"
	}
	write := func(b []byte, at unsafe.Pointer) ([]byte, *Fault) {
		for i := range made {
			f := &made[i]
			b = append(b, f.lead...)
			var fault *Fault
			if b, fault = f.write(b, unsafe.Add(at, f.offset)); fault != nil {
				return b, fault.in(f.name)
			}
		}
		return append(b, end...), nil
	}
	return &flat{write: write, depth: depth + 1}
}

// offset is the field's place in the struct; false where it is behind an embedded pointer.
func (f *field) offset(t reflect.Type) (offset uintptr, inside bool) {
	for _, index := range f.index {
		if t.Kind() == reflect.Pointer {
			return 0, false
		}
		part := t.Field(index)
		offset, t = offset+part.Offset, part.Type
	}
	return offset, true
}

// orFlat writes from memory where the value is flat and nothing is kept of it.
func orFlat(flat *flat, write func(*writer, reflect.Value) *Fault) func(*writer, reflect.Value) *Fault {
	if flat == nil {
		return write
	}
	return func(w *writer, v reflect.Value) (fault *Fault) {
		if w.kept != nil || w.depth+flat.depth > DepthMax {
			return write(w, v)
		}
		w.b, fault = flat.write(w.b, v.Addr().UnsafePointer())
		return fault
	}
}
