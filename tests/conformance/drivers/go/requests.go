package main

// What each request does.

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"sync"
	"sync/atomic"
	"time"

	everact "github.com/everact/everact-go"
)

// request is one line in: the fields of all operations.
type request struct {
	ID             json.RawMessage
	Op             string
	Engine         string
	Data           string
	Options        map[string]any
	DuplicateKind  bool `json:"duplicate_kind"`
	Kind           string
	Key            addressKey
	Handler        string
	Message        json.RawMessage
	Reply          string
	DeadlineMs     *int64 `json:"deadline_ms"`
	Producer       string
	Sequence       uint64
	IdempotencyKey string `json:"idempotency_key"`
	KeepMs         *int64 `json:"keep_ms"`
	Metadata       map[string]string
	Release        int
	Connect        map[string]any
	Contains       string
	Letter         uint64
	Items          []item
	CancelAfterMs  *int64 `json:"cancel_after_ms"`
	Count          int
	InFlight       int `json:"in_flight"`
	Keys           int
	MessageIndex   any    `json:"message_index"`
	FirstSequence  uint64 `json:"first_sequence"`
	Tell           bool
	Acknowledged   bool
	Folder         string
	From           string
	Into           string
	Name           string
	Action         string
	Text           string

	// submitted lets the next line be taken.
	submitted func()
}

var engines sync.Map

// opened is an engine with the way that asks take to it: itself, or a connection.
type opened struct {
	*everact.Engine
	connection *everact.Connection
	// closing: the engine has hung up, and tells latecomers so only within its process.
	closing atomic.Bool
}

// remote lets all asks and tells of the scenarios go over the wire.
var remote = os.Getenv("EVERACT_CONFORMANCE_REMOTE") == "1"

// Actor is the actor that a request speaks to.
func (o *opened) Actor(kind, key string) everact.Reference {
	if o.connection != nil && !o.closing.Load() {
		return o.connection.Actor(kind, key)
	}
	return o.Engine.Actor(kind, key)
}

func (r *request) engine() (*opened, error) {
	found, ok := engines.Load(r.Engine)
	if !ok {
		return nil, fmt.Errorf("no engine %q was opened", r.Engine)
	}
	return found.(*opened), nil
}

func (r *request) play() (any, error) {
	switch r.Op {
	case "hello":
		return map[string]any{"language": "go", "pid": os.Getpid(), "version": everact.Version}, nil
	case "open":
		return nil, r.open()
	case "restore":
		return nil, everact.Restore(r.From, r.Into)
	case "gate":
		return r.gate()
	case "note":
		return noted(r.Text), nil
	case "notices":
		return notices.count(r.Contains), nil
	case "exit":
		return nil, nil
	}
	engine, err := r.engine()
	if err != nil {
		return nil, err
	}
	switch r.Op {
	case "ask":
		return r.ask(engine)
	case "tell":
		message, err := asMessage(r.Message)
		if err != nil {
			return nil, err
		}
		return nil, everact.Tell(context.Background(), engine.Actor(r.Kind, string(r.Key)), r.Handler, message, r.options()...)
	case "batch":
		r.submitted()
		return r.batch(engine)
	case "dead_letters", "dead_letter", "dead_retry", "dead_drop", "producer_newest", "producer_skip", "ingest":
		return r.decide(engine)
	case "stats":
		return engine.Stats()
	case "backup":
		return nil, engine.Backup(r.Folder)
	case "close":
		return nil, r.close(engine)
	default:
		return nil, fmt.Errorf("no operation %q", r.Op)
	}
}

func (r *request) open() error {
	kinds := catalogue(r.Release)
	if r.DuplicateKind {
		kinds = append(kinds, counter)
	}
	if remote {
		// A connection decides about messages, too.
		gateway := map[string]any{"control": true}
		if given, ok := r.Options["gateway"].(map[string]any); ok {
			maps.Copy(gateway, given)
		}
		if r.Options == nil {
			r.Options = map[string]any{}
		}
		r.Options["gateway"] = gateway
	}
	options := []everact.Option{everact.WithKinds(kinds...), everact.WithSettings(r.Options), everact.WithLogger(logger)}
	if remote {
		options = append(options, everact.Options{Listen: "127.0.0.1:0"})
	}
	var engine *everact.Engine
	var err error
	if r.Data == "" {
		engine, err = everact.OpenInMemory(options...)
	} else {
		engine, err = everact.Open(r.Data, options...)
	}
	if err != nil {
		return err
	}
	o := &opened{Engine: engine}
	if remote {
		if o.connection, err = r.connect(engine); err != nil {
			return errors.Join(err, engine.Close())
		}
	}
	engines.Store(r.Engine, o)
	return nil
}

// connect connects to an engine of this process, with those of its settings that a connection has too.
func (r *request) connect(engine *everact.Engine) (*everact.Connection, error) {
	settings := map[string]any{}
	for _, name := range []string{"ask_timeout_ms", "message_bytes_max", "pending_asks_max"} {
		if value, ok := r.Options[name]; ok {
			settings[name] = value
		}
	}
	token, _ := r.Connect["token"].(string)
	return everact.Connect("http://"+engine.Address(), everact.WithKinds(catalogue(r.Release)...), everact.WithSettings(settings),
		everact.ConnectOptions{Token: token}, everact.WithLogger(logger))
}

func (r *request) close(engine *opened) error {
	engine.closing.Store(true)
	var err error
	if r.DeadlineMs == nil {
		err = engine.Close()
	} else {
		ctx, cancel := context.WithTimeout(context.Background(), time.Duration(*r.DeadlineMs)*time.Millisecond)
		defer cancel()
		err = engine.Shutdown(ctx)
	}
	if engine.connection != nil {
		err = errors.Join(err, engine.connection.Close())
	}
	return err
}

func (r *request) gate() (any, error) {
	switch r.Action {
	case "open":
		withGate(r.Name, func(g *gate) { g.open = true })
	case "shut":
		withGate(r.Name, func(g *gate) { g.open, g.peak = false, 0 })
	case "wait":
		r.submitted()
		return nil, untilGate(context.Background(), r.Name, func(g *gate) bool { return g.inside >= r.Count })
	case "peak":
		var peak int
		withGate(r.Name, func(g *gate) { peak = g.peak })
		return peak, nil
	default:
		return nil, fmt.Errorf("no action %q", r.Action)
	}
	return nil, nil
}

// ask uses the blocking form; its context can be cancelled only where the request says so.
func (r *request) ask(engine *opened) (any, error) {
	message, err := asMessage(r.Message)
	if err != nil {
		return nil, err
	}
	ctx := context.Background()
	if r.Kind == "culprit" {
		// Its handler may end the goroutine that it runs on: with a context that can be cancelled that is not this one.
		cancellable, cancel := context.WithCancel(ctx)
		defer cancel()
		ctx = cancellable
	}
	if r.DeadlineMs != nil {
		within, cancel := context.WithTimeout(ctx, time.Duration(*r.DeadlineMs)*time.Millisecond)
		defer cancel()
		ctx = within
	}
	if r.CancelAfterMs != nil {
		cancellable, cancel := context.WithCancel(ctx)
		defer time.AfterFunc(time.Duration(*r.CancelAfterMs)*time.Millisecond, cancel).Stop()
		defer cancel()
		ctx = cancellable
	}
	reply, err := everact.Ask[[]byte](ctx, engine.Actor(r.Kind, string(r.Key)), r.Handler, message, r.options()...)
	if err != nil {
		return nil, err
	}
	return r.result(reply), nil
}

// options are those that a request gives to its ask or tell.
func (r *request) options() (options []everact.AskOption) {
	switch {
	case r.Producer != "":
		options = append(options, everact.Producer(r.Producer, r.Sequence))
	case r.IdempotencyKey != "":
		keep := 24 * time.Hour
		if r.KeepMs != nil {
			keep = time.Duration(*r.KeepMs) * time.Millisecond
		}
		options = append(options, everact.IdempotencyKey(r.IdempotencyKey, keep))
	}
	if r.Metadata != nil {
		metadata := everact.Metadata{}
		for name, value := range r.Metadata {
			metadata.Set(name, value)
		}
		options = append(options, everact.WithMetadata(metadata))
	}
	return options
}

// addressKey is a key, or the bytes of one that is no text.
type addressKey string

// UnmarshalJSON reads a text, or an object with bytes.
func (k *addressKey) UnmarshalJSON(text []byte) error {
	var bytes struct {
		Base64 []byte `json:"key_base64"`
	}
	if text[0] == '{' {
		err := json.Unmarshal(text, &bytes)
		*k = addressKey(bytes.Base64)
		return err
	}
	return json.Unmarshal(text, (*string)(k))
}

// result is a reply as an answer shows it.
func (r *request) result(reply []byte) any {
	switch {
	case r.Reply == "bytes":
		sum := sha256.Sum256(reply)
		shown := map[string]any{"bytes_length": len(reply), "bytes_sha256": hex.EncodeToString(sum[:])}
		if len(reply) <= 1024 {
			shown["bytes_base64"] = base64.StdEncoding.EncodeToString(reply)
		}
		return shown
	case len(reply) == 0:
		return nil
	default:
		return json.RawMessage(reply)
	}
}

// asMessage is a request's message as the SDK takes it.
func asMessage(given json.RawMessage) (any, error) {
	if given == nil {
		return nil, nil
	}
	var special struct {
		Base64      *string `json:"bytes_base64"`
		Bytes       *int    `json:"bytes_pattern"`
		TextPattern *int    `json:"text_pattern"`
	}
	if given[0] == '{' {
		if err := json.Unmarshal(given, &special); err != nil {
			return nil, err
		}
	}
	switch {
	case special.Base64 != nil:
		return base64.StdEncoding.DecodeString(*special.Base64)
	case special.Bytes != nil:
		return bytePattern(*special.Bytes), nil
	case special.TextPattern != nil:
		text := make([]byte, *special.TextPattern)
		for i := range text {
			text[i] = 'a' + byte(i%26)
		}
		return string(text), nil
	default:
		return given, nil
	}
}

func bytePattern(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i % 251)
	}
	return b
}
