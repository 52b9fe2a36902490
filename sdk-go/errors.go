package everact

// This file holds what an error is. The table of all errors is generated (errors_generated.go).

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"unicode"
)

// Error is every failure of this package. Compare with the values of the table, as in errors.Is(err, everact.ErrMailboxFull).
//
// A deadline that passed is also context.DeadlineExceeded, and a cancelled ask also context.Canceled, for errors.Is.
type Error struct {
	// Code is the error's number.
	Code Code
	// Text says what is particular to this case.
	Text string
	// cause is what a handler of this process failed with, or the application error that arrived.
	cause error
}

// Unwrap gives what the handler failed with, where it ran in this process: errors.Is and errors.As find it. Of an application error they find the class
// that is declared here, and *ApplicationError, wherever the handler ran. Another failure of this package stays hidden: what a handler met is not what
// its caller has met.
func (e *Error) Unwrap() error { return e.cause }

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
	e := &Error{Code: Code(code), Text: string(text)}
	if e.Code == CodeApplicationError {
		e.readApplicationError(text)
	}
	return e
}

// unfit marks a message that does not fit the handler's type, badReply a reply that has no form.
type (
	unfit    struct{ error }
	badReply struct{ error }
)

// exactly is an error that the asker gets as it is, not as a failure of the handler's.
type exactly struct{ failed *Error }

// Error is the error's own text.
func (e *exactly) Error() string { return e.failed.Error() }

// handlerFailure is the failure of a turn whose handler returned an error.
func handlerFailure(err error) *Error {
	switch wrong := err.(type) {
	case *exactly:
		return wrong.failed
	case *unfit:
		return failure(CodeInvalidPayload, "%s", wrong.Error())
	case *badReply:
		return failure(CodeHandlerFailed, "the reply cannot be encoded: %s", wrong.Error())
	}
	if refusal := applicationError(err); refusal != nil {
		return refusal
	}
	return &Error{Code: CodeHandlerFailed, Text: described(err), cause: visible(err)}
}

// crashName is the name of the error that ends a process, as the core reads it: what stands before the text's first colon, or the error's own.
func (e *Error) crashName() string {
	name, _, _ := strings.Cut(e.Text, ":")
	if name = strings.TrimSpace(name); name == "" || strings.ContainsFunc(name, unicode.IsSpace) {
		return e.Name()
	}
	return name
}

// described is what the asker reads of an error that a handler returned: its type, where that says something, and its text.
func described(err error) string {
	for _, part := range chain(err) {
		ours, ok := part.(*Error)
		switch {
		case !ok || ours == nil:
		case ours == err:
			return ours.Name() + ": " + ours.Text
		default:
			return err.Error()
		}
	}
	switch name := typeName(err); name {
	case "errors.errorString", "errors.joinError", "fmt.wrapError", "fmt.wrapErrors":
		return err.Error()
	default:
		return name + ": " + err.Error()
	}
}

// visible is what Unwrap may show of a handler's error: nothing of ours, and nothing without an end, in which errors.Is and errors.As would be caught.
func visible(err error) error {
	parts := chain(err)
	if len(parts) >= chainMax {
		return nil
	}
	for _, part := range parts {
		if _, ours := part.(*Error); ours {
			return nil
		}
	}
	return err
}

// chainMax bounds the errors within one another that are looked at: one that holds itself has no end.
const chainMax = 100

// chain gives an error and those within it.
func chain(err error) []error {
	found := []error{err}
	for at := 0; at < len(found) && len(found) < chainMax; at++ {
		switch part := found[at].(type) {
		case interface{ Unwrap() error }:
			if inner := part.Unwrap(); inner != nil {
				found = append(found, inner)
			}
		case interface{ Unwrap() []error }:
			for _, inner := range part.Unwrap() {
				if inner != nil {
					found = append(found, inner)
				}
			}
		}
	}
	return found
}

// typeName is the type's name with its package but without pointers, as in "fs.PathError".
func typeName(value any) string {
	if value == nil {
		return "nil"
	}
	return strings.TrimLeft(reflect.TypeOf(value).String(), "*")
}

// panicReason is the failure of a handler that panicked. A value is shown only where nothing of it has to be asked, or has a text of its own.
func panicReason(value any) *Error {
	text := ""
	var cause error
	switch value := value.(type) {
	case error:
		text, cause = described(value), visible(value)
	case string:
		text = value
	case interface{ String() string }:
		text = value.String()
	default:
		if text = typeName(value); isNumber(value) {
			text = fmt.Sprint(value)
		}
	}
	return &Error{Code: CodeHandlerFailed, Text: "panic: " + text, cause: cause}
}

func isNumber(value any) bool {
	switch reflect.TypeOf(value).Kind() {
	case reflect.Bool, reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64, reflect.Uint, reflect.Uint8, reflect.Uint16,
		reflect.Uint32, reflect.Uint64, reflect.Float32, reflect.Float64:
		return true
	default:
		return false
	}
}
