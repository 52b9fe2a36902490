package everact

// This file declares many handlers with one call, from an actor's methods as they are: net/rpc's manner. Such handlers are asked and told by name.

import (
	"reflect"
	"runtime"
	"strings"

	"github.com/everact/everact-go/internal/json"
)

// bound is a method with options.
type bound struct {
	method  any
	options []HandlerOption
}

// Bind gives a method of Handlers its options.
func Bind(method any, options ...HandlerOption) any { return bound{method, options} }

// Handlers declares a handler for each of these methods of A. A method's name in lower snake case is the handler's: (*Airport).MinutesLate is
// minutes_late. It takes the *Context and a message, or no message, and returns a reply and an error, or an error.
//
//	everact.Handlers(airport, (*Airport).Landed, everact.Bind((*Airport).Report, everact.ReadOnly()))
//
//	mean, err := everact.Ask[float64](ctx, engine.Actor("airport", "SFO"), "landed", 12)
//
// A method that does not fit is reported when an engine opens.
func Handlers[A any](kind *Kind[A], methods ...any) {
	for _, method := range methods {
		var options []HandlerOption
		if b, ok := method.(bound); ok {
			method, options = b.method, b.options
		}
		call := reflect.ValueOf(method)
		m, wrong := methodOf[A](call)
		if wrong != "" {
			kind.core.refuse("kind %s: %T is no handler: %s", kind.core.name, method, wrong)
			continue
		}
		core := &handlerCore{name: m.name, bytes: m.message == bytesType}
		core.run = func(object any, ctx *Context, payload, frame []byte) ([]byte, error) {
			return m.run(reflect.ValueOf(&object.(*cell[A]).live), ctx, payload, frame)
		}
		for _, option := range options {
			option(core)
		}
		for what, t := range map[string]reflect.Type{"message": m.message, "reply": m.reply} {
			if t != nil {
				declarableType(kind.core, m.name, what, t)
			}
		}
		kind.core.add(core)
	}
}

var (
	bytesType   = reflect.TypeFor[[]byte]()
	noneType    = reflect.TypeFor[None]()
	contextType = reflect.TypeFor[*Context]()
	errorType   = reflect.TypeFor[error]()
)

// method is a handler by reflection; message and reply are nil where there is none.
type method struct {
	name           string
	call           reflect.Value
	message, reply reflect.Type
}

// methodOf reads a method expression, or says what is wrong with it.
func methodOf[A any](call reflect.Value) (m method, wrong string) {
	if call.Kind() != reflect.Func || call.IsNil() {
		return m, "a method such as (*Airport).Landed is"
	}
	t := call.Type()
	switch {
	case t.NumIn() < 2 || t.NumIn() > 3 || t.In(0) != reflect.TypeFor[*A]() || t.In(1) != contextType || t.IsVariadic():
		return m, "it takes the actor, *everact.Context and at most one message"
	case t.NumOut() < 1 || t.NumOut() > 2 || t.Out(t.NumOut()-1) != errorType:
		return m, "it returns at most one reply, and an error"
	}
	whole := runtime.FuncForPC(call.Pointer()).Name()
	m = method{name: snakeCase(whole[strings.LastIndexByte(whole, '.')+1:]), call: call}
	if t.NumIn() == 3 && t.In(2) != noneType {
		m.message = t.In(2)
	}
	if t.NumOut() == 2 && t.Out(0) != noneType {
		m.reply = t.Out(0)
	}
	return m, ""
}

// run decodes the message, calls the method and appends the reply to the frame.
func (m *method) run(actor reflect.Value, ctx *Context, payload, frame []byte) ([]byte, error) {
	arguments := []reflect.Value{actor, reflect.ValueOf(ctx)}
	if m.call.Type().NumIn() == 3 {
		message := reflect.New(m.call.Type().In(2)).Elem()
		if err := m.read(payload, message); err != nil {
			return frame, &unfit{err}
		}
		arguments = append(arguments, message)
	} else if _, err := parseNone(payload); err != nil {
		return frame, &unfit{err}
	}
	results := m.call.Call(arguments)
	err, _ := results[len(results)-1].Interface().(error)
	if err != nil && !ctx.ends(err) {
		return frame, err
	}
	switch m.reply {
	case nil:
		return frame, err
	case bytesType:
		return append(frame, results[0].Bytes()...), err
	}
	grown, wrong := json.AppendValue(frame, results[0])
	if wrong != nil {
		return frame, &badReply{wrong}
	}
	return grown, err
}

func (m *method) read(payload []byte, message reflect.Value) error {
	switch m.message {
	case nil:
		_, err := parseNone(payload)
		return err
	case bytesType:
		message.SetBytes(append([]byte{}, payload...))
		return nil
	}
	return json.ParseValue(payload, message, json.Strict)
}
