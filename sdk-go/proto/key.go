package proto

// This file finds the key in a request, and puts it there: a field of a request says which actor it is for.

import (
	"fmt"
	"math"
	"strconv"
	"sync"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	everact "github.com/everact/everact-go"
)

// keyField is the field of a request that names the actor. Requests without one are for the kind's only actor.
type keyField struct {
	name string
	// find looks the field up, or gives InvalidDeclaration; descriptors are there only after all packages are.
	find func() (protoreflect.FieldDescriptor, error)
}

func newKeyField[M proto.Message](name string) *keyField {
	return &keyField{name: name, find: sync.OnceValues(func() (protoreflect.FieldDescriptor, error) {
		message := newMessage[M]().ProtoReflect().Descriptor()
		field := message.Fields().ByName(protoreflect.Name(name))
		if field == nil {
			return nil, refused("message %s has no field %q for the key", message.FullName(), name)
		}
		if _, isKey := widths[field.Kind()]; !isKey || field.Cardinality() == protoreflect.Repeated {
			return nil, refused("field %s cannot be the key: a key is a string or an integer", field.FullName())
		}
		return field, nil
	})}
}

// width is how an integer type is written in decimal; 0 bits is no integer.
type width struct {
	bits   int
	signed bool
}

// widths are the types that a key may have.
var widths = map[protoreflect.Kind]width{
	protoreflect.StringKind: {},
	protoreflect.Int32Kind:  {32, true}, protoreflect.Sint32Kind: {32, true}, protoreflect.Sfixed32Kind: {32, true},
	protoreflect.Int64Kind: {64, true}, protoreflect.Sint64Kind: {64, true}, protoreflect.Sfixed64Kind: {64, true},
	protoreflect.Uint32Kind: {32, false}, protoreflect.Fixed32Kind: {32, false},
	protoreflect.Uint64Kind: {64, false}, protoreflect.Fixed64Kind: {64, false},
}

func refused(format string, arguments ...any) error {
	return &everact.Error{Code: everact.CodeInvalidDeclaration, Text: fmt.Sprintf(format, arguments...)}
}

func invalid(format string, arguments ...any) error {
	return &everact.Error{Code: everact.CodeInvalidArgument, Text: fmt.Sprintf(format, arguments...)}
}

// read is the key that a request names; the empty string where it names none.
func (k *keyField) read(message proto.Message) (string, error) {
	field, err := k.find()
	if err != nil {
		return "", err
	}
	value := message.ProtoReflect().Get(field)
	switch width := widths[field.Kind()]; {
	case width.bits == 0:
		return value.String(), nil
	case width.signed:
		return strconv.FormatInt(value.Int(), 10), nil
	default:
		return strconv.FormatUint(value.Uint(), 10), nil
	}
}

// check says why a request cannot go to the actor with this key.
func (k *keyField) check(message proto.Message, key string) error {
	if k.name == "" {
		return nil
	}
	field, err := k.find()
	if err != nil {
		return err
	}
	if !message.ProtoReflect().Has(field) {
		_, err := number(field, key)
		return err
	}
	named, err := k.read(message)
	if err == nil && named != key {
		return invalid("the request's %s is %q, the reference's key is %q: leave it open or name the same", k.name, named, key)
	}
	return err
}

// complete appends the key to an encoded request that does not name it: the last value of a field counts.
func (k *keyField) complete(b []byte, message proto.Message, key string) ([]byte, error) {
	if k.name == "" {
		return b, nil
	}
	field, err := k.find()
	if err != nil || message.ProtoReflect().Has(field) {
		return b, err
	}
	value, err := number(field, key)
	if err != nil {
		return b, err
	}
	switch field.Kind() {
	case protoreflect.StringKind:
		return protowire.AppendString(protowire.AppendTag(b, field.Number(), protowire.BytesType), key), nil
	case protoreflect.Sint32Kind, protoreflect.Sint64Kind:
		return protowire.AppendVarint(protowire.AppendTag(b, field.Number(), protowire.VarintType), protowire.EncodeZigZag(int64(value))), nil
	case protoreflect.Fixed32Kind, protoreflect.Sfixed32Kind:
		return protowire.AppendFixed32(protowire.AppendTag(b, field.Number(), protowire.Fixed32Type), uint32(value)), nil
	case protoreflect.Fixed64Kind, protoreflect.Sfixed64Kind:
		return protowire.AppendFixed64(protowire.AppendTag(b, field.Number(), protowire.Fixed64Type), value), nil
	default:
		return protowire.AppendVarint(protowire.AppendTag(b, field.Number(), protowire.VarintType), value), nil
	}
}

// number is an integer key's value, in two's complement where it is negative; 0 for text.
func number(field protoreflect.FieldDescriptor, key string) (uint64, error) {
	width := widths[field.Kind()]
	switch {
	case width.bits == 0:
		return 0, nil
	case width.signed:
		if value, err := strconv.ParseInt(key, 10, width.bits); err == nil && strconv.FormatInt(value, 10) == key {
			return uint64(value), nil
		}
	default:
		if value, err := strconv.ParseUint(key, 10, width.bits); err == nil && strconv.FormatUint(value, 10) == key {
			return value, nil
		}
	}
	return math.MaxUint64, invalid("%q is no key for %s, whose type is %s: write the number in decimal", key, field.FullName(), field.Kind())
}
