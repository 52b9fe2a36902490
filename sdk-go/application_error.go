package everact

// This file holds application errors: a handler's "no", which its caller understands. They are declared once, cross every boundary as JSON, and come out as
// what they were.

import (
	stdjson "encoding/json"
	"errors"
	"net/http"
	"reflect"
	"regexp"
	"sync"

	"github.com/everact/everact-go/internal/json"
	"github.com/everact/everact-go/internal/payload"
)

// ApplicationError is a handler's refusal: no failure of the handler, and not tried again. Over HTTP it is its status, over gRPC its code.
//
// A handler returns one made by Refuse, or an error of a type (or a value) that RegisterError (or RegisterSentinel) has declared; the caller finds it with
// errors.As or errors.Is, in this process, over a connection, and in an actor that asked.
type ApplicationError struct {
	// Type names the refusal, in lower snake case.
	Type string
	// Message says it in words.
	Message string
	// Status is the HTTP status, 400 to 599.
	Status int
	// GRPC is the gRPC code, such as NOT_FOUND; empty where it follows from the status.
	GRPC string
	// Details are the fields of the declared type.
	Details map[string]any
}

// Error is type and message.
func (e *ApplicationError) Error() string { return e.Type + ": " + e.Message }

// ErrorOption changes an application error, or the declaration of one.
type ErrorOption func(*ApplicationError)

// Status is the HTTP status of an application error, 400 to 599; 409 where there is none.
func Status(status int) ErrorOption { return func(e *ApplicationError) { e.Status = status } }

// GRPC is the gRPC code of an application error, such as NOT_FOUND, where it is another than the status has.
func GRPC(code string) ErrorOption { return func(e *ApplicationError) { e.GRPC = code } }

// Details are the fields that an undeclared application error carries.
func Details(details map[string]any) ErrorOption {
	return func(e *ApplicationError) { e.Details = details }
}

// Refuse makes an application error for a handler to return.
func Refuse(errorType, message string, options ...ErrorOption) *ApplicationError {
	e := &ApplicationError{Type: errorType, Message: message, Status: http.StatusConflict}
	for _, option := range options {
		option(e)
	}
	return e
}

// declaredError is a type, or a value, that stands for an application error.
type declaredError struct {
	base     ApplicationError
	typ      reflect.Type
	sentinel error
	// generated is how package proto writes and reads an error whose fields are a message.
	generated *payload.Refusal
}

// declaredErrors are those of the whole program: an error's type is the same in each engine.
var declaredErrors = struct {
	sync.RWMutex
	byName map[string]*declaredError
	byType map[reflect.Type]*declaredError
	// wrong is the first declaration that cannot be used; no engine opens with it.
	wrong error
}{byName: map[string]*declaredError{}, byType: map[reflect.Type]*declaredError{}}

// RegisterError declares a type of errors as an application error: what a handler returns of it arrives as a value of the same type, with its fields, which
// are written as JSON. A declaration that cannot be used is reported when an engine opens.
//
//	type SeatTaken struct{ Seat string `json:"seat"` }
//
//	func (e SeatTaken) Error() string { return "seat " + e.Seat + " is taken" }
//
//	var _ = everact.RegisterError[SeatTaken]("seat_taken", everact.Status(409))
func RegisterError[E error](errorType string, options ...ErrorOption) struct{} {
	t := reflect.TypeFor[E]()
	d := &declaredError{base: *Refuse(errorType, "", options...), typ: t}
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case t.Kind() != reflect.Struct:
		register(d, failure(CodeInvalidDeclaration, "the application error %s: %s is no struct", errorType, d.typ))
	case json.Unwritable(t) != nil:
		register(d, failure(CodeInvalidDeclaration, "the application error %s: %v", errorType, json.Unwritable(t)))
	case json.Unreadable(t) != nil:
		register(d, failure(CodeInvalidDeclaration, "the application error %s: %v", errorType, json.Unreadable(t)))
	default:
		register(d, nil)
	}
	return struct{}{}
}

// RegisterGenerated declares an error whose fields are a message, for package proto; E is its type.
func RegisterGenerated[E error](errorType string, refusal payload.Refusal, options ...ErrorOption) struct{} {
	register(&declaredError{base: *Refuse(errorType, "", options...), typ: reflect.TypeFor[E](), generated: &refusal}, nil)
	return struct{}{}
}

// RegisterSentinel declares an error value, as made by errors.New, as an application error: errors.Is finds it at the caller.
func RegisterSentinel(sentinel error, errorType string, options ...ErrorOption) struct{} {
	register(&declaredError{base: *Refuse(errorType, "", options...), sentinel: sentinel}, nil)
	return struct{}{}
}

func register(d *declaredError, wrong error) {
	declaredErrors.Lock()
	defer declaredErrors.Unlock()
	if wrong == nil {
		wrong = d.base.check()
	}
	if other, taken := declaredErrors.byName[d.base.Type]; wrong == nil && taken && (other.typ != d.typ || other.sentinel != d.sentinel) {
		wrong = failure(CodeInvalidDeclaration, "the application error %s is declared twice", d.base.Type)
	}
	if wrong != nil {
		if declaredErrors.wrong == nil {
			declaredErrors.wrong = wrong
		}
		return
	}
	declaredErrors.byName[d.base.Type] = d
	if d.typ != nil {
		declaredErrors.byType[d.typ] = d
	}
}

var errorTypeName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,127}$`)

// grpcCodes are the codes that an application error may have.
var grpcCodes = map[string]bool{
	"": true, "CANCELLED": true, "UNKNOWN": true, "INVALID_ARGUMENT": true, "DEADLINE_EXCEEDED": true, "NOT_FOUND": true, "ALREADY_EXISTS": true,
	"PERMISSION_DENIED": true, "RESOURCE_EXHAUSTED": true, "FAILED_PRECONDITION": true, "ABORTED": true, "OUT_OF_RANGE": true, "UNIMPLEMENTED": true,
	"INTERNAL": true, "UNAVAILABLE": true, "DATA_LOSS": true, "UNAUTHENTICATED": true,
}

// check says what is wrong with type, status or code.
func (e *ApplicationError) check() error {
	switch {
	case !errorTypeName.MatchString(e.Type):
		return failure(CodeInvalidDeclaration, "%q is no type of an application error: lower snake case of at most 128 bytes is", shortened(e.Type, 200))
	case e.Status < 400 || e.Status > 599:
		return failure(CodeInvalidDeclaration, "the application error %s: %d is no status from 400 to 599", e.Type, e.Status)
	case !grpcCodes[e.GRPC]:
		return failure(CodeInvalidDeclaration, "the application error %s: %q is no code of gRPC", e.Type, shortened(e.GRPC, 200))
	default:
		return nil
	}
}

// wireError is an application error as it crosses boundaries.
type wireError struct {
	Type    string `json:"type"`
	Message string `json:"message"`
	Status  int    `json:"status"`
	GRPC    string `json:"grpc,omitempty"`
	Details any    `json:"details"`
}

// applicationError is the failure of a handler that refused, nil where it failed otherwise.
func applicationError(err error) *Error {
	for _, part := range chain(err) {
		wire, ok, problem := wireOf(part)
		if !ok {
			continue
		}
		if problem != nil {
			return failure(CodeHandlerFailed, "the application error %s cannot be encoded: %v", wire.Type, problem)
		}
		if problem := (&ApplicationError{Type: wire.Type, Status: wire.Status, GRPC: wire.GRPC}).check(); problem != nil {
			return failure(CodeHandlerFailed, "%s", problem.(*Error).Text)
		}
		text, problem := json.Append(nil, &wire)
		if problem != nil {
			return failure(CodeHandlerFailed, "the application error %s cannot be encoded: %v", wire.Type, problem)
		}
		if len(text) > applicationErrorBytes {
			return failure(CodeTooLarge, "the application error %s has %d bytes, %d are the most", wire.Type, len(text), applicationErrorBytes)
		}
		return &Error{Code: CodeApplicationError, Text: string(text)}
	}
	return nil
}

// wireOf is what an error says on the wire, where it is an application error.
func wireOf(err error) (wire wireError, ok bool, problem error) {
	if base, isBase := err.(*ApplicationError); isBase {
		if base == nil {
			return wire, false, nil
		}
		details := base.Details
		if details == nil {
			details = map[string]any{}
		}
		status := base.Status
		if status == 0 {
			status = http.StatusConflict
		}
		return wireError{base.Type, base.Message, status, base.GRPC, details}, true, nil
	}
	d := declarationOf(err)
	if d == nil {
		return wire, false, nil
	}
	wire = wireError{d.base.Type, err.Error(), d.base.Status, d.base.GRPC, map[string]any{}}
	switch {
	case d.generated != nil:
		var details []byte
		details, problem = d.generated.Details(err)
		wire.Details = stdjson.RawMessage(details)
	case d.typ != nil:
		wire.Details = err
	}
	return wire, true, problem
}

func declarationOf(err error) *declaredError {
	declaredErrors.RLock()
	defer declaredErrors.RUnlock()
	if d := declaredErrors.byType[reflect.TypeOf(err)]; d != nil {
		return d
	}
	for _, d := range declaredErrors.byName {
		if d.sentinel != nil && reflect.TypeOf(err).Comparable() && d.sentinel == err {
			return d
		}
	}
	return nil
}

// readApplicationError makes the classes of what arrived. A text that is none stays as it is.
func (e *Error) readApplicationError(text []byte) {
	var wire struct {
		wireError
		Details stdjson.RawMessage `json:"details"`
	}
	if err := json.Parse(text, &wire, json.Lenient); err != nil {
		return
	}
	base := &ApplicationError{Type: wire.Type, Message: wire.Message, Status: wire.Status, GRPC: wire.GRPC}
	if len(wire.Details) > 0 {
		_ = json.Parse(wire.Details, &base.Details, json.Lenient)
	}
	e.Text, e.cause = base.Error(), base
	declaredErrors.RLock()
	d := declaredErrors.byName[base.Type]
	declaredErrors.RUnlock()
	if d == nil {
		return
	}
	if class := d.made(base.Message, wire.Details); class != nil {
		e.cause = errors.Join(class, base)
	}
}

// made is a value of the declared type, nil where the details do not fit it.
func (d *declaredError) made(message string, details []byte) error {
	switch {
	case d.sentinel != nil:
		return d.sentinel
	case d.generated != nil:
		return d.generated.Make(message, details)
	}
	made := reflect.New(d.typ)
	if len(details) > 0 && json.ParseValue(details, made.Elem(), json.Lenient) != nil {
		return nil
	}
	class, ok := made.Elem().Interface().(error)
	if !ok || (made.Elem().Kind() == reflect.Pointer && made.Elem().IsNil()) {
		return nil
	}
	return class
}
