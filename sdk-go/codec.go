package everact

// This file turns messages and replies into payloads and back: JSON, but raw bytes as they are, and nothing for None.
//
// The codec of a type is chosen once. Integers, strings and booleans have short ways of their own, everything else goes through internal/json.

import (
	"errors"
	"reflect"
	"strconv"
	"unicode/utf8"

	"github.com/everact/everact-go/internal/json"
	"github.com/everact/everact-go/internal/payload"
)

// None is the message or the reply of a handler that takes or gives nothing.
type None struct{}

// codecOf chooses the codec of a type. Strict refuses unknown and missing fields: what arrives is a message. Lenient leaves fields out that are unknown:
// what answers may be newer than who asked.
func codecOf[T any](options json.Options) payload.Codec[T] {
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
	default:
		return formed[T](options)
	}
	return chosen.(payload.Codec[T])
}

// formed is the codec of everything that has no short way. Keys of maps are sorted, so that equal values have equal bytes.
func formed[T any](options json.Options) payload.Codec[T] {
	form := json.FormOf[T]()
	write := func(b []byte, value T) ([]byte, error) { return form.Append(b, &value) }
	parse := func(payload []byte) (value T, err error) {
		err = form.Parse(payload, &value, options)
		return value, err
	}
	return payload.CodecOf(write, parse)
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

func appendString(b []byte, value string) ([]byte, error) { return json.AppendText(b, value) }

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

// parseJSON is the long way in for a type that has a short one.
func parseJSON[T any](payload []byte) (T, error) {
	var value T
	err := json.Parse(payload, &value, json.Strict)
	return value, err
}

// declarable refuses a handler's message or reply whose type has no form.
func declarable[T any](kind *kindCore, handler, what string) {
	declarableType(kind, handler, what, reflect.TypeFor[T]())
}

func declarableType(kind *kindCore, handler, what string, t reflect.Type) {
	if t == bytesType || t == noneType {
		return
	}
	for _, err := range []error{json.Unwritable(t), json.Unreadable(t)} {
		if err != nil {
			kind.refuse("kind %s: handler %s: its %s %s: %v", kind.name, handler, what, t, err)
		}
	}
}

// isBytes tells whether a message is bytes, which nothing looks into on their way.
func isBytes[M any]() bool { return reflect.TypeFor[M]() == reflect.TypeFor[[]byte]() }
