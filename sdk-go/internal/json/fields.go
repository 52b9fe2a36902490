package json

// This file finds the fields of a struct, by encoding/json's rules for tags and embedding.

import (
	"reflect"
	"slices"
	"strings"
)

// field is a field as a text has it.
type field struct {
	name string
	// label is the name as it is written, with quotes and colon.
	label string
	index []int
	typ   reflect.Type
	plan  *plan
	// omitEmpty and omitZero leave it out where the tag says so; quoted is the tag's `string`.
	omitEmpty, omitZero, quoted bool
	// optional: a message may lack it.
	optional bool
	// former are the names that it had.
	former []string
	tagged bool
}

// level is an embedded struct whose fields are looked at next.
type level struct {
	typ     reflect.Type
	index   []int
	pointer bool
}

// fieldsOf gives a struct's fields in the order of their declaration.
func fieldsOf(t reflect.Type) ([]field, *Fault) {
	var all []field
	seen := map[reflect.Type]bool{}
	for next := []level{{typ: t}}; len(next) > 0; {
		current := next
		next = nil
		var found []field
		for _, l := range current {
			if seen[l.typ] {
				continue
			}
			seen[l.typ] = true
			deeper, fault := l.look(&found)
			if fault != nil {
				return nil, fault
			}
			next = append(next, deeper...)
		}
		kept, fault := dominant(all, found)
		if fault != nil {
			return nil, fault
		}
		all = kept
	}
	slices.SortFunc(all, func(a, b field) int { return slices.Compare(a.index, b.index) })
	return all, distinct(all)
}

// look gathers the fields of one struct, and the embedded ones to be looked at after it.
func (l level) look(found *[]field) (deeper []level, fault *Fault) {
	for i := range l.typ.NumField() {
		f := l.typ.Field(i)
		tag, hasTag := f.Tag.Lookup("json")
		index := append(slices.Clone(l.index), i)
		if tag == "-" {
			continue
		}
		name, options, _ := strings.Cut(tag, ",")
		if inner, pointer := embedded(f); inner != nil && name == "" {
			if pointer && !f.IsExported() {
				return nil, faultf("%s is an embedded pointer to a type that is not exported", f.Name)
			}
			deeper = append(deeper, level{inner, index, l.pointer || pointer})
			continue
		}
		if !f.IsExported() {
			if hasTag || f.Tag.Get("everact") != "" {
				return nil, faultf("the field %s is not exported, so its tag has no effect: it is never stored", f.Name)
			}
			continue
		}
		made, fault := newField(f, name, options, index)
		if fault != nil {
			return nil, fault
		}
		made.optional = made.optional || l.pointer
		*found = append(*found, made)
	}
	return deeper, nil
}

// embedded is the struct that a field embeds, nil where it does not.
func embedded(f reflect.StructField) (inner reflect.Type, pointer bool) {
	if !f.Anonymous {
		return nil, false
	}
	inner = f.Type
	if pointer = inner.Kind() == reflect.Pointer; pointer {
		inner = inner.Elem()
	}
	if inner.Kind() != reflect.Struct || inner == timeType {
		return nil, false
	}
	return inner, pointer
}

func newField(f reflect.StructField, name, options string, index []int) (field, *Fault) {
	made := field{name: name, index: index, typ: f.Type, tagged: name != ""}
	if name == "" {
		made.name = f.Name
	}
	for _, option := range strings.Split(options, ",") {
		switch option {
		case "omitempty":
			made.omitEmpty = true
		case "omitzero":
			made.omitZero = true
		case "string":
			made.quoted = isScalar(f.Type)
		}
	}
	made.optional = made.omitEmpty || made.omitZero || f.Type.Kind() == reflect.Pointer
	for _, option := range strings.Split(f.Tag.Get("everact"), ",") {
		switch former, isFormer := strings.CutPrefix(option, "was="); {
		case option == "":
		case option == "optional":
			made.optional = true
		case isFormer && former != "":
			made.former = append(made.former, former)
		default:
			return made, faultf("the field %s: everact:%q is no tag: was=NAME and optional are", f.Name, option)
		}
	}
	quotedName, fault := appendText(nil, made.name)
	if fault != nil {
		return made, fault.in(f.Name)
	}
	made.label = string(quotedName) + ":"
	return made, nil
}

// isScalar tells whether the tag's `string` has an effect on a type.
func isScalar(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Bool, reflect.String, reflect.Float32, reflect.Float64,
		reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return t != durationType && !isCustom(t)
	default:
		return false
	}
}

// dominant adds the fields of a deeper level: a name that is there already hides them, and among themselves a tagged one hides the others.
func dominant(all, found []field) ([]field, *Fault) {
	for i, f := range found {
		hidden := slices.ContainsFunc(all[:len(all):len(all)], func(other field) bool { return other.name == f.name && len(other.index) < len(f.index) })
		for j, other := range found {
			if hidden || i == j || other.name != f.name {
				continue
			}
			if other.tagged == f.tagged {
				return nil, faultf("two fields have the name `%s`", f.name)
			}
			hidden = other.tagged
		}
		if !hidden {
			all = append(all, f)
		}
	}
	return all, nil
}

// distinct refuses a former name that another field has or had.
func distinct(all []field) *Fault {
	names := map[string]bool{}
	for _, f := range all {
		names[f.name] = true
	}
	for _, f := range all {
		for _, former := range f.former {
			if names[former] {
				return faultf("the field %s was `%s`, which is the name of another one", f.name, former)
			}
			names[former] = true
		}
	}
	return nil
}

// table finds a struct's fields by name.
type table struct {
	fields []field
	// byName has former names too.
	byName map[string]int
	former map[string]bool
}

func newTable(fields []field) *table {
	t := &table{fields: fields, byName: map[string]int{}, former: map[string]bool{}}
	for i, f := range fields {
		t.byName[f.name] = i
		for _, former := range f.former {
			t.byName[former] = i
			t.former[former] = true
		}
	}
	return t
}

// of is the field's value, invalid where an embedded pointer on the way is nil.
func (f *field) of(v reflect.Value) reflect.Value {
	if len(f.index) == 1 {
		return v.Field(f.index[0])
	}
	for i, index := range f.index {
		if i > 0 && v.Kind() == reflect.Pointer {
			if v.IsNil() {
				return reflect.Value{}
			}
			v = v.Elem()
		}
		v = v.Field(index)
	}
	return v
}

// make is the field's value; embedded pointers on the way are filled.
func (f *field) make(v reflect.Value) reflect.Value {
	if len(f.index) == 1 {
		return v.Field(f.index[0])
	}
	for i, index := range f.index {
		if i > 0 && v.Kind() == reflect.Pointer {
			if v.IsNil() {
				v.Set(reflect.New(v.Type().Elem()))
			}
			v = v.Elem()
		}
		v = v.Field(index)
	}
	return v
}

// omitted tells whether the tag leaves the value out.
func (f *field) omitted(v reflect.Value) bool {
	if f.omitZero {
		if zero, ok := v.Addr().Interface().(interface{ IsZero() bool }); ok {
			if zero.IsZero() {
				return true
			}
		} else if v.IsZero() {
			return true
		}
	}
	if !f.omitEmpty {
		return false
	}
	switch v.Kind() {
	case reflect.Array, reflect.Map, reflect.Slice, reflect.String:
		return v.Len() == 0
	case reflect.Struct:
		return false
	default:
		return v.IsZero()
	}
}
