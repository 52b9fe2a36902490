package proto

// This file bounds messages within one another: one that holds itself would exhaust the stack while it is encoded.

import (
	"fmt"
	"sync"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// depthMax is how many messages may be within one another.
const depthMax = 128

// recursive remembers which types can hold themselves: only their values have to be looked at.
var recursive sync.Map

// bounded refuses a message with more than depthMax others within one another.
func bounded(message proto.Message) error {
	if isNil(message) {
		return nil
	}
	reflected := message.ProtoReflect()
	descriptor := reflected.Descriptor()
	known, ok := recursive.Load(descriptor)
	if !ok {
		known = comesBack(descriptor, map[protoreflect.MessageDescriptor]bool{})
		recursive.Store(descriptor, known)
	}
	if known.(bool) {
		return within(reflected, depthMax)
	}
	return nil
}

// comesBack tells whether a type holds a type that it is held by.
func comesBack(descriptor protoreflect.MessageDescriptor, above map[protoreflect.MessageDescriptor]bool) bool {
	if above[descriptor] {
		return true
	}
	above[descriptor] = true
	defer delete(above, descriptor)
	fields := descriptor.Fields()
	for i := range fields.Len() {
		if held := fields.Get(i).Message(); held != nil && comesBack(held, above) {
			return true
		}
	}
	return false
}

// within looks at a message and those that it holds.
func within(message protoreflect.Message, left int) (err error) {
	if left == 0 {
		return fmt.Errorf("there are more than %d messages within one another, or one holds itself", depthMax)
	}
	message.Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		switch {
		case field.IsMap():
			if field.MapValue().Message() == nil {
				return true
			}
			value.Map().Range(func(_ protoreflect.MapKey, entry protoreflect.Value) bool {
				err = within(entry.Message(), left-1)
				return err == nil
			})
		case field.Message() == nil:
		case field.IsList():
			for i := 0; i < value.List().Len() && err == nil; i++ {
				err = within(value.List().Get(i).Message(), left-1)
			}
		default:
			err = within(value.Message(), left-1)
		}
		return err == nil
	})
	return err
}
