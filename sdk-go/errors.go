package everact

// This file holds what an error is. The table of all errors is generated (errors_generated.go).

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// Error is every failure of this package. Compare with the values of the table, as in errors.Is(err, everact.ErrMailboxFull).
//
// A deadline that passed is also context.DeadlineExceeded, and a cancelled ask also context.Canceled, for errors.Is.
type Error struct {
	// Code is the error's number.
	Code Code
	// Text says what is particular to this case.
	Text string
}

// Error gives name and text.
func (e *Error) Error() string { return "everact: " + e.Code.String() + ": " + e.Text }

// Is tells errors.Is that errors of one code are the same.
func (e *Error) Is(target error) bool {
	if other, ok := target.(*Error); ok {
		return other.Code == e.Code
	}
	switch e.Code {
	case CodeDeadlineExceeded:
		return target == context.DeadlineExceeded
	case CodeCancelled:
		return target == context.Canceled
	default:
		return false
	}
}

// Name is the error's name, the same in every language.
func (e *Error) Name() string { return e.Code.String() }

// Retryable says whether the same call may succeed later without a change.
func (e *Error) Retryable() bool { return codeRows[e.Code].retryable }

// Family is the kind of trouble: usage, handler, pressure, time, life, store, damage or internal.
func (e *Error) Family() string { return codeRows[e.Code].family }

// Next says what to do about the error.
func (e *Error) Next() string { return codeRows[e.Code].next }

// String is the code's name.
func (c Code) String() string {
	if row, ok := codeRows[c]; ok {
		return row.name
	}
	return "Code" + strconv.Itoa(int(c))
}

// Retryable says whether the call that gave err may succeed later without a change; false for errors of other packages.
func Retryable(err error) bool {
	var ours *Error
	return errors.As(err, &ours) && ours.Retryable()
}

// Must gives the value, and panics where there is an error: for programs that cannot go on without.
func Must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func failure(code Code, format string, arguments ...any) *Error {
	return &Error{Code: code, Text: fmt.Sprintf(format, arguments...)}
}

// failureFrom makes the error that crossed the boundary.
func failureFrom(code uint16, text []byte) *Error {
	return &Error{Code: Code(code), Text: string(text)}
}

// described is what the asker reads of an error that a handler returned: its type and its text.
func described(err error) string {
	var ours *Error
	if errors.As(err, &ours) {
		if ours == err {
			return ours.Name() + ": " + ours.Text
		}
		return err.Error()
	}
	return typeName(err) + ": " + err.Error()
}

// typeName is the type's name with its package but without pointers, as in "fs.PathError".
func typeName(value any) string { return strings.TrimLeft(reflect.TypeOf(value).String(), "*") }

// panicked is the error of a handler that panicked.
func panicked(value any) string {
	if err, ok := value.(error); ok {
		return "panic: " + described(err)
	}
	return fmt.Sprintf("panic: %v", value)
}
