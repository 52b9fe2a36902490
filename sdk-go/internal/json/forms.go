package json

// This file writes what has a form of its own: interfaces, times, durations, numbers as text, and types with methods of their own.

import (
	"encoding"
	stdjson "encoding/json"
	"math"
	"reflect"
	"slices"
	"strconv"
	"time"
)

// exactMax bounds the integers that a float64 holds without a gap.
const exactMax = 1 << 53

func writeInterface(w *writer, v reflect.Value) *Fault {
	if v.IsNil() {
		w.null()
		return nil
	}
	if w.hops++; w.hops > hopsMax {
		return faultf("there are more than %d pointers within one another, or one leads to itself", hopsMax)
	}
	start, held := len(w.b), v.Elem()
	native, fault := w.native(held)
	if fault == nil && !native {
		p := planOf(held.Type())
		if p.unwritable != nil {
			return faultf("%s", p.unwritable.Error())
		}
		copied := reflect.New(held.Type()).Elem()
		copied.Set(held)
		if fault = p.write(w, copied); fault == nil && copied.CanUint() && copied.Uint() > math.MaxInt64 {
			fault = faultf("%d of type %s does not fit an integer of 64 bits", copied.Uint(), held.Type())
		}
	}
	w.hops--
	again := w.settle && native && (held.Kind() == reflect.Slice || held.Kind() == reflect.Map) && w.again(held)
	if fault != nil || (native && !again) || !w.settle || v.NumMethod() > 0 {
		return fault
	}
	// What the interface holds is read back as one of JSON's own types.
	back, fault := (&reader{b: w.b[start:], options: Stored}).any()
	if fault == nil {
		v.Set(reflect.ValueOf(&back).Elem())
	}
	return fault
}

// native writes what reading an interface gives, as it is; false where the value is of another type.
func (w *writer) native(held reflect.Value) (native bool, fault *Fault) {
	switch held.Type() {
	case reflect.TypeFor[bool]():
		return true, writeBool(w, held)
	case reflect.TypeFor[string]():
		return true, writeString(w, held)
	case reflect.TypeFor[float64]():
		w.b, fault = appendAnyFloat(w.b, held.Float())
		return true, fault
	case reflect.TypeFor[[]any]():
		return !held.IsNil(), w.nativeList(held)
	case reflect.TypeFor[map[string]any]():
		return !held.IsNil(), w.nativeMap(held.Interface().(map[string]any))
	default:
		return false, nil
	}
}

// appendAnyFloat writes a float that would be read as an integer too large for one with an exponent, which is read as a float.
func appendAnyFloat(b []byte, value float64) ([]byte, *Fault) {
	if math.Abs(value) > exactMax && !math.IsInf(value, 0) {
		return strconv.AppendFloat(b, value, 'e', -1, 64), nil
	}
	return AppendFloat(b, value, 64)
}

func (w *writer) nativeList(held reflect.Value) *Fault {
	if held.IsNil() {
		return nil
	}
	if fault := w.enter(); fault != nil {
		return fault
	}
	w.b = append(w.b, '[')
	for i := range held.Len() {
		if i > 0 {
			w.b = append(w.b, ',')
		}
		if fault := writeInterface(w, held.Index(i)); fault != nil {
			return fault.at(i)
		}
	}
	w.b = append(w.b, ']')
	w.leave()
	return nil
}

func (w *writer) nativeMap(held map[string]any) *Fault {
	if held == nil {
		return nil
	}
	if fault := w.enter(); fault != nil {
		return fault
	}
	names := make([]string, 0, len(held))
	for name := range held {
		names = append(names, name)
	}
	slices.Sort(names)
	w.b = append(w.b, '{')
	for i, name := range names {
		if i > 0 {
			w.b = append(w.b, ',')
		}
		var fault *Fault
		if w.b, fault = appendText(w.b, name); fault != nil {
			return faultf("a key is no text of UTF-8")
		}
		w.b = append(w.b, ':')
		value := held[name]
		if fault := writeInterface(w, reflect.ValueOf(&value).Elem()); fault != nil {
			return fault.in(name)
		}
		if w.settle {
			held[name] = value
		}
	}
	w.b = append(w.b, '}')
	w.leave()
	return nil
}

func writeTime(w *writer, v reflect.Value) *Fault {
	at := v.Addr().Interface().(*time.Time)
	if year := at.Year(); year < 0 || year > 9999 {
		return faultf("the year %d of a time.Time has no form in JSON: 0 to 9999 have", year)
	}
	if _, offset := at.Zone(); offset%60 != 0 || offset <= -24*3600 || offset >= 24*3600 {
		return faultf("the zone offset of %d seconds of a time.Time has no form in JSON: whole minutes within a day have", offset)
	}
	w.b = append(w.b, '"')
	start := len(w.b)
	w.b = at.AppendFormat(w.b, time.RFC3339Nano)
	if w.settle {
		// No monotonic clock, and a zone that is an offset.
		back, err := time.Parse(time.RFC3339Nano, string(w.b[start:]))
		if err != nil || !back.Equal(*at) {
			return faultf("%s of a time.Time is not read back as it is", w.b[start:])
		}
		*at = back
	}
	w.b = append(w.b, '"')
	return nil
}

func writeDuration(w *writer, v reflect.Value) *Fault {
	left := v.Int()
	w.b = append(w.b, '"')
	nanoseconds := uint64(left)
	if left < 0 {
		w.b = append(w.b, '-')
		nanoseconds = -nanoseconds
	}
	w.b = append(w.b, "PT"...)
	w.b = strconv.AppendUint(w.b, nanoseconds/1e9, 10)
	if fraction := nanoseconds % 1e9; fraction > 0 {
		digits := strconv.AppendUint(nil, 1e9+fraction, 10)
		digits[0] = '.'
		end := len(digits)
		for digits[end-1] == '0' {
			end--
		}
		w.b = append(w.b, digits[:end]...)
	}
	w.b = append(w.b, `S"`...)
	return nil
}

func writeNumber(w *writer, v reflect.Value) *Fault {
	text := v.String()
	if text == "" {
		text = "0"
	}
	r := reader{b: []byte(text)}
	if _, fault := r.number(); fault != nil || r.at < len(text) {
		return faultf("%q of a json.Number is no number", shortened(text))
	}
	w.b = append(w.b, text...)
	if w.settle {
		v.SetString(text)
	}
	return nil
}

func writeRaw(w *writer, v reflect.Value) *Fault {
	raw := v.Bytes()
	if len(raw) == 0 {
		w.null()
		if w.settle {
			v.SetBytes([]byte("null"))
		}
		return nil
	}
	return w.raw(raw, "a json.RawMessage")
}

// raw writes a text that somebody else made.
func (w *writer) raw(text []byte, whose string) *Fault {
	r := reader{b: text, depth: w.depth, depthMax: DepthMax}
	r.space()
	start := r.at
	if fault := r.skip(); fault != nil {
		return faultf("the text of %s is no JSON: %s", whose, fault.Text)
	}
	end := r.at
	if r.space(); r.at < len(text) {
		return faultf("the text of %s has more than one value", whose)
	}
	w.b = append(w.b, text[start:end]...)
	return nil
}

// writeCustom lets MarshalJSON write. In a state what it wrote has to be read and written again as the same text.
func writeCustom(p *plan) func(*writer, reflect.Value) *Fault {
	return func(w *writer, v reflect.Value) *Fault {
		text, err := v.Addr().Interface().(stdjson.Marshaler).MarshalJSON()
		if err != nil {
			return w.refused(err, p)
		}
		start := len(w.b)
		if fault := w.raw(text, p.typ.String()); fault != nil {
			return fault
		}
		return w.readBack(p, start)
	}
}

func writeCustomText(p *plan) func(*writer, reflect.Value) *Fault {
	return func(w *writer, v reflect.Value) *Fault {
		text, err := v.Addr().Interface().(encoding.TextMarshaler).MarshalText()
		if err != nil {
			return w.refused(err, p)
		}
		start := len(w.b)
		var fault *Fault
		if w.b, fault = appendText(w.b, string(text)); fault != nil {
			return fault
		}
		return w.readBack(p, start)
	}
}

// refused is the fault of a method that gave an error. Its text is the user's: it is asked for here, where a panic of it is still caught.
func (w *writer) refused(err error, p *plan) *Fault {
	return faultf("a value of type %s cannot be written: %s", p.typ, text(err))
}

// readBack refuses a value whose own methods do not read what they wrote.
func (w *writer) readBack(p *plan, start int) *Fault {
	if !w.settle {
		return nil
	}
	if p.unreadable != nil {
		return faultf("a value of type %s can be written, but not read again", p.typ)
	}
	written := w.b[start:]
	back := reflect.New(p.typ).Elem()
	r := reader{b: written, options: Stored}
	if fault := p.read(&r, back); fault != nil {
		return faultf("%s of type %s cannot be read again: %s", shortened(string(written)), p.typ, fault.Error())
	}
	second := writer{depth: w.depth}
	if fault := p.write(&second, back); fault != nil || string(second.b) != string(written) {
		return faultf("%s of type %s is read back as another value", shortened(string(written)), p.typ)
	}
	return nil
}

// text is an error's text, bounded.
func text(err error) string {
	const most = 1024
	said := err.Error()
	if len(said) > most {
		said = said[:most]
	}
	return said
}

// quoted is the plan of a scalar within a string, the tag's `string`.
func quoted(p *plan) *plan {
	made := *p
	made.flat = nil
	made.write = func(w *writer, v reflect.Value) *Fault {
		inner := writer{depth: w.depth}
		if fault := p.write(&inner, v); fault != nil {
			return fault
		}
		var fault *Fault
		w.b, fault = appendText(w.b, string(inner.b))
		return fault
	}
	made.read = func(r *reader, v reflect.Value) *Fault {
		text, fault := r.text()
		if fault != nil {
			return fault
		}
		inner := reader{b: []byte(text), options: r.options}
		if fault := p.read(&inner, v); fault != nil {
			return fault
		}
		if inner.at < len(text) {
			return faultf("%q is no %s", shortened(text), p.typ)
		}
		return nil
	}
	return &made
}
