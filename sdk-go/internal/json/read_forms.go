package json

// This file reads what has a form of its own, and the keys of maps.

import (
	"encoding"
	stdjson "encoding/json"
	"math/bits"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

func number(text []byte) stdjson.Number { return stdjson.Number(text) }

func readInterface(r *reader, v reflect.Value) *Fault {
	value, fault := r.any()
	if fault == nil {
		v.Set(reflect.ValueOf(&value).Elem())
	}
	return fault
}

func readTime(r *reader, v reflect.Value) *Fault {
	if r.next() != '"' {
		return r.not("time.Time")
	}
	text, fault := r.text()
	if fault != nil {
		return fault
	}
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil || strings.Contains(text, ",") {
		return faultf("%q is no time of RFC 3339", shortened(text))
	}
	v.Set(reflect.ValueOf(at))
	return nil
}

func readDuration(r *reader, v reflect.Value) *Fault {
	if c := r.next(); r.options == Stored && c != '"' {
		// Nanoseconds, as earlier versions wrote them.
		return readInt(r, v)
	}
	if r.next() != '"' {
		return r.not("a duration such as PT1.5S")
	}
	text, fault := r.text()
	if fault != nil {
		return fault
	}
	nanoseconds, ok := parseDuration(text)
	if !ok {
		return faultf("%q is no duration such as PT1.5S within the range of time.Duration", shortened(text))
	}
	v.SetInt(nanoseconds)
	return nil
}

// units are the parts of an ISO 8601 duration that have one length, in their order; T stands before the hours.
var units = [...]struct {
	letter      byte
	nanoseconds uint64
	timed       bool
}{{'W', 7 * 24 * 3600e9, false}, {'D', 24 * 3600e9, false}, {'H', 3600e9, true}, {'M', 60e9, true}, {'S', 1e9, true}}

// parseDuration reads [+-]P[nW][nD][T[nH][nM][n.nS]]; each number may have a sign too.
func parseDuration(text string) (nanoseconds int64, ok bool) {
	negative, text := sign(text)
	text, found := strings.CutPrefix(text, "P")
	if !found || text == "" {
		return 0, false
	}
	timed, next, total := false, 0, int64(0)
	for text != "" {
		if text[0] == 'T' && !timed {
			if timed, text = true, text[1:]; text == "" {
				return 0, false
			}
		}
		part, index, rest, ok := parsePart(text, timed, next, negative)
		if !ok || (part > 0 && total > 0 && total+part < 0) || (part < 0 && total < 0 && total+part >= 0) {
			return 0, false
		}
		total, next, text = total+part, index+1, rest
	}
	return total, true
}

func sign(text string) (negative bool, rest string) {
	if text != "" && (text[0] == '-' || text[0] == '+') {
		return text[0] == '-', text[1:]
	}
	return false, text
}

// parsePart reads a number and its unit, one of those from next on. Its sign is turned round where the whole has one.
func parsePart(text string, timed bool, next int, turned bool) (nanoseconds int64, index int, rest string, ok bool) {
	negative, text := sign(text)
	negative = negative != turned
	end := strings.IndexFunc(text, func(c rune) bool { return (c < '0' || c > '9') && c != '.' })
	if end <= 0 {
		return 0, 0, "", false
	}
	whole, fraction, hasFraction := strings.Cut(text[:end], ".")
	for index = next; index < len(units); index++ {
		unit := units[index]
		if unit.letter != text[end] || unit.timed != timed {
			continue
		}
		count, err := strconv.ParseUint(whole, 10, 64)
		high, low := bits.Mul64(count, unit.nanoseconds)
		if err != nil || high > 0 || (hasFraction && (unit.letter != 'S' || len(fraction) == 0 || len(fraction) > 9)) {
			return 0, 0, "", false
		}
		if hasFraction {
			part, err := strconv.ParseUint(fraction+strings.Repeat("0", 9-len(fraction)), 10, 64)
			if err != nil {
				return 0, 0, "", false
			}
			low += part
		}
		if low > 1<<63 || (low == 1<<63 && !negative) {
			return 0, 0, "", false
		}
		if negative {
			return -int64(low), index, text[end+1:], true
		}
		return int64(low), index, text[end+1:], true
	}
	return 0, 0, "", false
}

func readNumber(r *reader, v reflect.Value) *Fault {
	if c := r.next(); c != '-' && (c < '0' || c > '9') {
		return r.not("json.Number")
	}
	text, fault := r.number()
	if fault == nil {
		v.SetString(string(text))
	}
	return fault
}

func readRaw(r *reader, v reflect.Value) *Fault {
	start := r.at
	fault := r.skip()
	if fault == nil {
		v.SetBytes(slices.Clone(r.b[start:r.at]))
	}
	return fault
}

// readCustom lets UnmarshalJSON read.
func readCustom(r *reader, v reflect.Value) *Fault {
	start := r.at
	if fault := r.skip(); fault != nil {
		return fault
	}
	// The text is the reader's own: the method may keep it only as a copy, as encoding/json says.
	if err := v.Addr().Interface().(stdjson.Unmarshaler).UnmarshalJSON(r.b[start:r.at:r.at]); err != nil {
		return faultf("%s does not fit %s: %s", shortened(string(r.b[start:r.at])), v.Type(), text(err))
	}
	return nil
}

func readCustomText(r *reader, v reflect.Value) *Fault {
	if r.next() != '"' {
		return r.not(v.Type().String())
	}
	said, fault := r.text()
	if fault != nil {
		return fault
	}
	if err := v.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(said)); err != nil {
		return faultf("%q does not fit %s: %s", shortened(said), v.Type(), text(err))
	}
	return nil
}

// keyPlan is how a map's keys are names of an object's members.
type keyPlan struct {
	format func(key reflect.Value) (string, *Fault)
	parse  func(name string) (reflect.Value, *Fault)
}

// keysOf chooses the plan of a key's type: text, integers, or the type's own text.
func keysOf(t reflect.Type) (*keyPlan, *Fault) {
	pointer := reflect.PointerTo(t)
	switch {
	case pointer.Implements(textReader) && pointer.Implements(textWriter) && t.Kind() != reflect.Interface:
		return customKeys(t), nil
	case t.Kind() == reflect.String:
		return &keyPlan{
			func(key reflect.Value) (string, *Fault) { return key.String(), nil },
			func(name string) (reflect.Value, *Fault) { return reflect.ValueOf(name).Convert(t), nil },
		}, nil
	}
	p := plan{write: writeInt, read: readInt}
	switch t.Kind() {
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		p = plan{write: writeUint, read: readUint}
	default:
		return nil, faultf("%s is no key of a map: text, integers and types with a text of their own are", t)
	}
	return &keyPlan{
		func(key reflect.Value) (string, *Fault) {
			w := writer{}
			fault := p.write(&w, key)
			return string(w.b), fault
		},
		func(name string) (reflect.Value, *Fault) {
			made := reflect.New(t).Elem()
			r := reader{b: []byte(name)}
			if fault := p.read(&r, made); fault != nil || r.at < len(name) {
				return made, faultf("%q is no key of type %s", shortened(name), t)
			}
			return made, nil
		},
	}, nil
}

func customKeys(t reflect.Type) *keyPlan {
	return &keyPlan{
		func(key reflect.Value) (string, *Fault) {
			made := reflect.New(t)
			made.Elem().Set(key)
			said, err := made.Interface().(encoding.TextMarshaler).MarshalText()
			if err != nil {
				return "", faultf("a key of type %s cannot be written: %s", t, text(err))
			}
			return string(said), nil
		},
		func(name string) (reflect.Value, *Fault) {
			made := reflect.New(t)
			if err := made.Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(name)); err != nil {
				return made.Elem(), faultf("%q is no key of type %s: %s", shortened(name), t, text(err))
			}
			return made.Elem(), nil
		},
	}
}

// entry is a key with its name.
type entry struct {
	name string
	key  reflect.Value
}

// sorted gives a map's keys in the order of their names, and refuses two of one name.
func (k *keyPlan) sorted(m reflect.Value) ([]entry, *Fault) {
	entries := make([]entry, 0, m.Len())
	for _, key := range m.MapKeys() {
		name, fault := k.format(key)
		if fault != nil {
			return nil, fault
		}
		entries = append(entries, entry{name, key})
	}
	slices.SortFunc(entries, func(a, b entry) int { return strings.Compare(a.name, b.name) })
	for i := 1; i < len(entries); i++ {
		if entries[i].name == entries[i-1].name {
			return nil, faultf("two keys have the text %q", shortened(entries[i].name))
		}
	}
	return entries, nil
}
