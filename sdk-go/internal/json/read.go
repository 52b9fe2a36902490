package json

// This file reads values: scalars, and what holds others.

import (
	"encoding/base64"
	"math"
	"reflect"
	"strconv"
)

func readBool(r *reader, v reflect.Value) *Fault {
	switch r.next() {
	case 't':
		v.SetBool(true)
		return r.word("true")
	case 'f':
		v.SetBool(false)
		return r.word("false")
	default:
		return r.not(v.Type().String())
	}
}

// integer gives the text of a number without fraction and exponent.
func (r *reader) integer(v reflect.Value) ([]byte, *Fault) {
	if c := r.next(); c != '-' && (c < '0' || c > '9') {
		return nil, r.not(v.Type().String())
	}
	text, fault := r.number()
	if fault == nil && !isInteger(text) {
		fault = faultf("%s does not fit %s", shortened(string(text)), v.Type())
	}
	return text, fault
}

// shortDigits is how many digits an integer has at most that is read without a look at overflow.
const shortDigits = 18

func readInt(r *reader, v reflect.Value) *Fault {
	text, fault := r.integer(v)
	if fault != nil {
		return fault
	}
	value, err := int64(0), error(nil)
	if len(text) <= shortDigits {
		value = short(text)
	} else {
		value, err = strconv.ParseInt(string(text), 10, 64)
	}
	if err != nil || v.OverflowInt(value) {
		return faultf("%s does not fit %s", shortened(string(text)), v.Type())
	}
	v.SetInt(value)
	return nil
}

// short reads a sign and digits.
func short(text []byte) (value int64) {
	digits := text
	if text[0] == '-' {
		digits = text[1:]
	}
	for _, digit := range digits {
		value = value*10 + int64(digit-'0')
	}
	if text[0] == '-' {
		value = -value
	}
	return value
}

func readUint(r *reader, v reflect.Value) *Fault {
	text, fault := r.integer(v)
	if fault != nil {
		return fault
	}
	value, err := strconv.ParseUint(string(text), 10, v.Type().Bits())
	if err != nil && string(text) != "-0" {
		return faultf("%s does not fit %s", shortened(string(text)), v.Type())
	}
	v.SetUint(value)
	return nil
}

func readFloat(r *reader, v reflect.Value) *Fault {
	if c := r.next(); c != '-' && (c < '0' || c > '9') {
		return r.not(v.Type().String())
	}
	text, fault := r.number()
	if fault != nil {
		return fault
	}
	value, err := strconv.ParseFloat(string(text), v.Type().Bits())
	if err != nil {
		return faultf("%s does not fit %s", shortened(string(text)), v.Type())
	}
	v.SetFloat(value)
	return nil
}

func readString(r *reader, v reflect.Value) *Fault {
	if r.next() != '"' {
		return r.not(v.Type().String())
	}
	text, fault := r.text()
	if fault == nil {
		v.SetString(text)
	}
	return fault
}

// isOldNull tells whether a list or a map of a state is null: earlier versions wrote an empty one so.
func (r *reader) isOldNull() bool { return r.options != Strict && r.isNull() }

func readBytes(r *reader, v reflect.Value) *Fault {
	if r.isOldNull() {
		v.SetZero()
		return nil
	}
	if r.next() != '"' {
		return r.not("bytes in base64")
	}
	text, fault := r.text()
	if fault != nil {
		return fault
	}
	value, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return faultf("%q is no base64", shortened(text))
	}
	v.SetBytes(value)
	return nil
}

func readPointer(elem *plan) func(*reader, reflect.Value) *Fault {
	return func(r *reader, v reflect.Value) *Fault {
		if r.isNull() {
			v.SetZero()
			return nil
		}
		// What a default points to may be one value for all actors: it is copied, not written to.
		made := reflect.New(elem.typ)
		if !v.IsNil() {
			made.Elem().Set(v.Elem())
		}
		v.Set(made)
		return elem.read(r, made.Elem())
	}
}

// part reads an item, a member or an entry, and adds what it has kept to its holder's.
func (r *reader) part(p *plan, v reflect.Value) (kept *Kept, fault *Fault) {
	r.kept = nil
	if fault := p.read(r, v); fault != nil {
		return nil, fault
	}
	kept, r.kept = r.kept, nil
	return kept, nil
}

func readArray(elem *plan) func(*reader, reflect.Value) *Fault {
	return func(r *reader, v reflect.Value) *Fault {
		var kept *Kept
		count := 0
		fault := r.list(func(i int) *Fault {
			if i >= v.Len() {
				return faultf("the list has more than %d items", v.Len())
			}
			v.Index(i).SetZero()
			item, fault := r.part(elem, v.Index(i))
			if fault != nil {
				return fault.at(i)
			}
			kept, count = kept.adoptItem(i, known(item, elem, v.Index(i))), i+1
			return nil
		})
		if fault == nil && count < v.Len() {
			fault = faultf("the list has %d items where %s is expected", count, v.Type())
		}
		r.kept = kept
		return fault
	}
}

func readSlice(elem *plan) func(*reader, reflect.Value) *Fault {
	return func(r *reader, v reflect.Value) *Fault {
		if r.isOldNull() {
			v.SetZero()
			return nil
		}
		var kept *Kept
		made := reflect.MakeSlice(v.Type(), 0, 0)
		if r.next() == '[' {
			v.Set(made)
		}
		fault := r.list(func(i int) *Fault {
			if i >= v.Cap() {
				v.Grow(1)
			}
			v.SetLen(i + 1)
			v.Index(i).SetZero()
			item, fault := r.part(elem, v.Index(i))
			if fault != nil {
				return fault.at(i)
			}
			kept = kept.adoptItem(i, known(item, elem, v.Index(i)))
			return nil
		})
		r.kept = kept
		return fault
	}
}

// known gives an item the text by which it is found again.
func known(item *Kept, elem *plan, v reflect.Value) *Kept {
	if item != nil {
		item.known = ownText(elem, v)
	}
	return item
}

func readMap(keys *keyPlan, elem *plan) func(*reader, reflect.Value) *Fault {
	return func(r *reader, v reflect.Value) *Fault {
		if r.isOldNull() {
			v.SetZero()
			return nil
		}
		var kept *Kept
		made := reflect.MakeMap(v.Type())
		fault := r.object(func(name string) *Fault {
			key, fault := keys.parse(name)
			if fault != nil {
				return fault.in(name)
			}
			value := reflect.New(elem.typ).Elem()
			part, fault := r.part(elem, value)
			if fault != nil {
				return fault.in(name)
			}
			kept = kept.adopt(name, part)
			made.SetMapIndex(key, value)
			return nil
		})
		r.kept = kept
		if fault == nil {
			v.Set(made)
		}
		return fault
	}
}

// readSet reads a list of keys; a state of an earlier version has an object of empty objects.
func readSet(key *plan) func(*reader, reflect.Value) *Fault {
	return func(r *reader, v reflect.Value) *Fault {
		if r.isOldNull() {
			v.SetZero()
			return nil
		}
		made := reflect.MakeMap(v.Type())
		present := reflect.New(v.Type().Elem()).Elem()
		add := func(i int) *Fault {
			item := reflect.New(key.typ).Elem()
			if _, fault := r.part(key, item); fault != nil {
				return fault.at(i)
			}
			made.SetMapIndex(item, present)
			return nil
		}
		var fault *Fault
		if keys, wrong := keysOf(key.typ); r.options == Stored && r.next() == '{' && wrong == nil {
			fault = r.object(func(name string) *Fault {
				item, fault := keys.parse(name)
				if fault != nil {
					return fault
				}
				made.SetMapIndex(item, present)
				return r.skip()
			})
		} else {
			fault = r.list(add)
		}
		if fault == nil {
			v.Set(made)
		}
		return fault
	}
}

// fewFields is how many fields are remembered without an allocation.
const fewFields = 64

func readStruct(t *table) func(*reader, reflect.Value) *Fault {
	return func(r *reader, v reflect.Value) *Fault {
		var kept *Kept
		var few [fewFields]bool
		seen := few[:]
		if len(t.fields) > fewFields {
			seen = make([]bool, len(t.fields))
		}
		unknown := ""
		fault := r.members(func(name []byte) *Fault {
			i, ok := t.byName[string(name)]
			if !ok {
				named, start := string(name), r.at
				if unknown == "" {
					unknown = named
				}
				if fault := r.skip(); fault != nil {
					return fault.in(named)
				}
				if r.options == Stored {
					kept = kept.add(named, string(r.b[start:r.at]))
				}
				return nil
			}
			f := &t.fields[i]
			if f.name != string(name) {
				// A former name counts in a state only, and only where the field's own is not there.
				if r.options != Stored || seen[i] {
					return r.skip()
				}
			} else {
				seen[i] = true
			}
			part, fault := r.part(f.plan, f.make(v))
			if fault != nil {
				return fault.in(f.name)
			}
			kept = kept.adopt(f.name, part)
			return nil
		})
		r.kept = kept
		if fault == nil && r.options == Strict {
			fault = t.complete(seen, unknown)
		}
		return fault
	}
}

// complete refuses a message with a field that is unknown, or without one that it has to have.
func (t *table) complete(seen []bool, unknown string) *Fault {
	lacks := ""
	for i := range t.fields {
		if !seen[i] && !t.fields[i].optional {
			lacks = t.fields[i].name
			break
		}
	}
	switch {
	case lacks != "" && unknown != "":
		return faultf("the field `%s` is missing, the field `%s` is unknown", lacks, shortened(unknown))
	case lacks != "":
		return faultf("the field `%s` is missing", lacks)
	case unknown != "":
		return faultf("the field `%s` is unknown", shortened(unknown))
	default:
		return nil
	}
}

// any reads a value of JSON's own types. An integer that a float64 does not hold stays a text of digits: a json.Number.
func (r *reader) any() (any, *Fault) {
	switch c := r.next(); c {
	case '"':
		return r.anyText()
	case '[':
		items := []any{}
		fault := r.list(func(i int) *Fault {
			item, fault := r.any()
			if fault != nil {
				return fault.at(i)
			}
			items = append(items, item)
			return nil
		})
		return items, fault
	case '{':
		members := map[string]any{}
		fault := r.object(func(name string) *Fault {
			value, fault := r.any()
			if fault != nil {
				return fault.in(name)
			}
			members[name] = value
			return nil
		})
		return members, fault
	case 't':
		return true, r.word("true")
	case 'f':
		return false, r.word("false")
	case 'n':
		return nil, r.word("null")
	default:
		return r.anyNumber()
	}
}

func (r *reader) anyText() (any, *Fault) {
	text, fault := r.text()
	return text, fault
}

// integerDigits is how many digits an integer has at most that surely is exact.
const integerDigits = 15

func (r *reader) anyNumber() (any, *Fault) {
	text, fault := r.number()
	if fault != nil {
		return nil, faultf("there is no value at byte %d", r.at)
	}
	value, err := strconv.ParseFloat(string(text), 64)
	if err != nil {
		return nil, faultf("%s does not fit float64", shortened(string(text)))
	}
	if len(text) > integerDigits && math.Abs(value) > exactMax-1 && isInteger(text) {
		return number(text), nil
	}
	return value, nil
}

func isInteger(text []byte) bool {
	for _, c := range text {
		if c == '.' || c == 'e' || c == 'E' {
			return false
		}
	}
	return true
}
