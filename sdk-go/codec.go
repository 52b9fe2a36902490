package everact

// This file turns messages and replies into payloads and back: JSON, but raw bytes as they are, and nothing for None.
//
// The codec of a type is chosen once. Numbers, strings and booleans have short ways of their own; for everything else segmentio's encoder
// was the fastest of those measured that needs neither code generation nor a just-in-time compiler (benches/go/codec). Where it refuses a
// payload the standard library has the last word, and its text, which names the field.

import (
	"bytes"
	stdjson "encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"unicode/utf8"

	"github.com/segmentio/encoding/json"

	"github.com/everact/everact-go/internal/payload"
)

// None is the message or the reply of a handler that takes or gives nothing.
type None struct{}

// codecOf chooses the codec of a type.
func codecOf[T any]() payload.Codec[T] {
	var chosen any
	switch any((*T)(nil)).(type) {
	case *None:
		chosen = payload.CodecOf(appendNone, parseNone)
	case *[]byte:
		chosen = payload.CodecOf(appendBytes, parseBytes)
	case *int:
		chosen = integers[int]()
	case *int64:
		chosen = integers[int64]()
	case *int32:
		chosen = integers[int32]()
	case *string:
		chosen = payload.CodecOf(appendString, parseString)
	case *bool:
		chosen = payload.CodecOf(appendBool, parseJSON[bool])
	case *float64:
		chosen = payload.CodecOf(appendFloat, parseJSON[float64])
	default:
		return payload.CodecOf(appendJSON[T], parseJSON[T])
	}
	return chosen.(payload.Codec[T])
}

func appendNone(b []byte, _ None) ([]byte, error) { return b, nil }

func parseNone(payload []byte) (None, error) {
	if len(payload) != 0 && string(payload) != "null" {
		return None{}, errors.New("the handler takes no message")
	}
	return None{}, nil
}

func appendBytes(b, value []byte) ([]byte, error) { return append(b, value...), nil }

func parseBytes(payload []byte) ([]byte, error) { return append([]byte{}, payload...), nil }

func integers[T int | int64 | int32]() payload.Codec[T] {
	appendInteger := func(b []byte, value T) ([]byte, error) { return strconv.AppendInt(b, int64(value), 10), nil }
	parse := func(payload []byte) (T, error) {
		if value, ok := parseDigits(payload); ok && int64(T(value)) == value {
			return T(value), nil
		}
		return parseJSON[T](payload)
	}
	return payload.CodecOf(appendInteger, parse)
}

// parseDigits reads a JSON integer of at most 18 digits; the long way reads the rest.
func parseDigits(payload []byte) (value int64, ok bool) {
	digits := payload
	negative := len(digits) > 0 && digits[0] == '-'
	if negative {
		digits = digits[1:]
	}
	if len(digits) == 0 || len(digits) > 18 || (digits[0] == '0' && len(digits) > 1) {
		return 0, false
	}
	for _, digit := range digits {
		if digit < '0' || digit > '9' {
			return 0, false
		}
		value = value*10 + int64(digit-'0')
	}
	if negative {
		value = -value
	}
	return value, true
}

func appendBool(b []byte, value bool) ([]byte, error) { return strconv.AppendBool(b, value), nil }

func appendFloat(b []byte, value float64) ([]byte, error) {
	if math.IsNaN(value) || math.IsInf(value, 0) {
		return b, fmt.Errorf("json: unsupported value: %v", value)
	}
	if magnitude := math.Abs(value); magnitude == 0 || (magnitude >= 1e-6 && magnitude < 1e21) {
		return strconv.AppendFloat(b, value, 'f', -1, 64), nil
	}
	return appendJSON(b, value)
}

func appendString(b []byte, value string) ([]byte, error) {
	if !utf8.ValidString(value) {
		return b, errors.New("json: the string is not UTF-8")
	}
	return json.AppendEscape(b, value, 0), nil
}

func parseString(payload []byte) (string, error) {
	last := len(payload) - 1
	if last < 1 || payload[0] != '"' || payload[last] != '"' || !plain(payload[1:last]) {
		return parseJSON[string](payload)
	}
	return string(payload[1:last]), nil
}

// plain tells whether a JSON string's content stands for itself: no escape, no quote, no control character, UTF-8.
func plain(content []byte) bool {
	high := false
	for _, c := range content {
		if c < ' ' || c == '"' || c == '\\' {
			return false
		}
		high = high || c >= utf8.RuneSelf
	}
	return !high || utf8.Valid(content)
}

// appendJSON is the long way out. Keys of maps are sorted, so that equal values have equal bytes.
func appendJSON[T any](b []byte, value T) ([]byte, error) { return appendPointer(b, &value) }

func appendPointer[T any](b []byte, value *T) ([]byte, error) {
	grown, err := json.Append(b, value, json.SortMapKeys)
	if err != nil {
		return b, err
	}
	return grown, nil
}

// parseJSON is the long way in.
func parseJSON[T any](payload []byte) (T, error) {
	var value T
	err := parseInto(payload, &value)
	return value, err
}

// parseInto reads a whole payload into a value of its zero.
func parseInto[T any](payload []byte, value *T) error {
	if len(payload) == 0 {
		return fmt.Errorf("there is no message where %s is expected", reflect.TypeFor[T]())
	}
	rest, err := json.Parse(payload, value, 0)
	if err == nil && len(bytes.TrimLeft(rest, " \t\r\n")) == 0 {
		return notNull(payload, value)
	}
	var second T
	if err := stdjson.Unmarshal(payload, &second); err != nil {
		return err
	}
	*value = second
	return notNull(payload, value)
}

// notNull refuses null for a type that has none: the decoders leave the value as it is and say nothing.
func notNull[T any](payload []byte, _ *T) error {
	if payload[0] != 'n' {
		return nil
	}
	switch reflect.TypeFor[T]().Kind() {
	case reflect.Pointer, reflect.Interface, reflect.Map, reflect.Slice:
		return nil
	default:
		if reflect.PointerTo(reflect.TypeFor[T]()).Implements(reflect.TypeFor[stdjson.Unmarshaler]()) {
			return nil
		}
		return fmt.Errorf("null does not fit %s", reflect.TypeFor[T]())
	}
}
