package everact

// This file holds what a user sets when an engine opens. The meanings, units and defaults are the core's (docs/reference/boundary.md); what is not
// set comes from EVERACT_* variables, or is the default.

import (
	"encoding/json"
	"log/slog"
	"maps"
	"math"
	"time"
)

// Option changes how an engine opens.
type Option interface {
	apply(*configuration)
}

// configuration is what all options add up to.
type configuration struct {
	kinds    []*kindCore
	settings map[string]any
	log      *slog.Logger
	// pools are the sizes of pools by their names.
	pools map[string]int
	// remote: the handlers run elsewhere.
	remote bool
}

type optionFunc func(*configuration)

func (f optionFunc) apply(c *configuration) { f(c) }

// WithKinds registers kinds of actors. A kind's handlers are declared before the engine opens.
func WithKinds(kinds ...AnyKind) Option {
	return optionFunc(func(c *configuration) {
		for _, kind := range kinds {
			c.kinds = append(c.kinds, kind.declaration())
		}
	})
}

// WithLogger sends the engine's notices (slow turns, messages that nobody took, trouble of the store) to a logger other than slog's default.
func WithLogger(log *slog.Logger) Option { return optionFunc(func(c *configuration) { c.log = log }) }

// WithSettings sets by name, as in docs/reference/boundary.md: for settings that come from a file. An unknown name is InvalidConfiguration.
func WithSettings(settings map[string]any) Option {
	return optionFunc(func(c *configuration) { maps.Copy(c.settings, settings) })
}

// Options are the settings as a struct; what is zero is not set. Times are rounded up to milliseconds.
type Options struct {
	// Shards is the number of independent parts of the actor table, 1 to 64.
	Shards int
	// AskTimeout is the deadline of asks whose context has none.
	AskTimeout time.Duration
	// IdleTimeout is the time without a message after which an actor leaves memory; kinds may have their own.
	IdleTimeout time.Duration
	// ActivationsMax is how many actors may be in memory before the least recently used ones leave.
	ActivationsMax int
	// ProcessesMax is how many processes may be alive in one shard before a spawn is Overloaded.
	ProcessesMax int
	// MemoryBytesMax is how much encoded state may be in memory before the least recently used actors leave.
	MemoryBytesMax int64
	// MailboxCapacityMessages bounds the messages that wait for one actor; kinds may have their own.
	MailboxCapacityMessages int
	// PendingAsksMax is how many asks may be open before Overloaded.
	PendingAsksMax int
	// UncommittedBytesMax is how much may be accepted and not yet durable before asks get Overloaded and told messages wait.
	UncommittedBytesMax int64
	// MessageBytesMax is the size beyond which messages, replies and states are TooLarge.
	MessageBytesMax int
	// JSONDepthMax is how deep a message in JSON may nest before it is InvalidPayload.
	JSONDepthMax int
	// JSONElementsMax is how many elements a message in JSON may have before it is InvalidPayload.
	JSONElementsMax int
	// SlowTurn is how long a turn may be open before it is reported.
	SlowTurn time.Duration
	// CacheBytes is the store's page cache.
	CacheBytes int64
	// LogLevel says which of the core's own diagnostics go to the logger: "error", "warn", "info", "debug" or "trace". Empty is none.
	LogLevel string
	// Listen is where the gateway listens, an address and a port: "127.0.0.1:8080"; port 0 takes a free one (see Engine.Address). Empty opens none.
	Listen string
	// Gateway are the gateway's settings by name (docs/guide/gateway.md).
	Gateway map[string]any
}

func (o Options) apply(c *configuration) {
	for name, value := range map[string]int64{
		"shards":                    int64(o.Shards),
		"ask_timeout_ms":            int64(milliseconds(o.AskTimeout)),
		"idle_timeout_ms":           int64(milliseconds(o.IdleTimeout)),
		"activations_max":           int64(o.ActivationsMax),
		"processes_max":             int64(o.ProcessesMax),
		"memory_bytes_max":          o.MemoryBytesMax,
		"mailbox_capacity_messages": int64(o.MailboxCapacityMessages),
		"pending_asks_max":          int64(o.PendingAsksMax),
		"uncommitted_bytes_max":     o.UncommittedBytesMax,
		"message_bytes_max":         int64(o.MessageBytesMax),
		"json_depth_max":            int64(o.JSONDepthMax),
		"json_elements_max":         int64(o.JSONElementsMax),
		"slow_turn_ms":              int64(milliseconds(o.SlowTurn)),
		"cache_bytes":               o.CacheBytes,
	} {
		if value != 0 {
			c.settings[name] = value
		}
	}
	for name, value := range map[string]string{"log_level": o.LogLevel, "listen": o.Listen} {
		if value != "" {
			c.settings[name] = value
		}
	}
	if o.Gateway != nil {
		c.settings["gateway"] = o.Gateway
	}
}

// inMemory keeps EVERACT_DATA from naming a folder.
var inMemory = optionFunc(func(c *configuration) { c.settings["data"] = nil })

func gathered(options []Option) *configuration {
	c := &configuration{settings: map[string]any{}, log: slog.Default(), pools: map[string]int{}}
	for _, option := range options {
		option.apply(c)
	}
	return c
}

// declaredHandler and declaredKind are a declaration as the core reads it.
type declaredHandler struct {
	Name       string         `json:"name"`
	ReadOnly   bool           `json:"read_only"`
	Reentrant  bool           `json:"reentrant"`
	Idempotent bool           `json:"idempotent,omitempty"`
	Internal   bool           `json:"internal,omitempty"`
	Bytes      bool           `json:"bytes,omitempty"`
	Retry      *declaredRetry `json:"retry,omitempty"`
	Doc        string         `json:"doc,omitempty"`
}

type declaredRetry struct {
	AttemptsMax int      `json:"attempts_max,omitempty"`
	FirstWaitMs int64    `json:"first_wait_ms,omitempty"`
	WaitMaxMs   int64    `json:"wait_max_ms,omitempty"`
	Factor      number   `json:"factor,omitempty"`
	Jitter      number   `json:"jitter"`
	NotRetried  []string `json:"not_retried,omitempty"`
	OnFailure   string   `json:"on_failure,omitempty"`
}

type declaredKind struct {
	Name          string            `json:"name"`
	Role          role              `json:"role,omitempty"`
	Behaviour     behaviour         `json:"behaviour,omitempty"`
	EnterCalls    bool              `json:"enter_calls,omitempty"`
	Durable       bool              `json:"durable"`
	Handlers      []declaredHandler `json:"handlers"`
	Activated     bool              `json:"activated"`
	Passivating   bool              `json:"passivating"`
	IdleTimeoutMs uint32            `json:"idle_timeout_ms,omitempty"`
	Mailbox       int               `json:"mailbox_capacity_messages,omitempty"`
	Overflow      Overflow          `json:"overflow,omitempty"`
	Codec         string            `json:"codec,omitempty"`
	Service       string            `json:"service,omitempty"`
	Exposed       bool              `json:"exposed,omitempty"`
	Doc           string            `json:"doc,omitempty"`
}

// encoded is the configuration as the core reads it.
func (c *configuration) encoded() ([]byte, error) {
	if _, connects := c.settings["connect"]; connects && !c.remote {
		return nil, failure(CodeInvalidConfiguration, "connect: an engine runs its actors itself, Connect reaches those of another one")
	}
	declaredErrors.RLock()
	wrong := declaredErrors.wrong
	declaredErrors.RUnlock()
	if wrong != nil {
		return nil, wrong
	}
	declared := make([]declaredKind, 0, len(c.kinds))
	for _, kind := range c.kinds {
		if err := c.check(kind); err != nil {
			return nil, err
		}
		declared = append(declared, kind.declared())
	}
	whole := maps.Clone(c.settings)
	whole["kinds"], whole["lane"] = declared, "threads"
	descriptors, err := c.descriptors()
	if err != nil {
		return nil, err
	}
	if len(descriptors) > 0 {
		whole["descriptors"] = descriptors
	}
	encoded, err := json.Marshal(whole)
	if err != nil {
		return nil, failure(CodeInvalidConfiguration, "the settings cannot be encoded: %v", err)
	}
	return encoded, nil
}

// check says why a kind cannot be used.
func (c *configuration) check(kind *kindCore) error {
	switch {
	case kind.declaredWrong != nil:
		return kind.declaredWrong
	case kind.state == nil && !c.remote:
		return failure(CodeInvalidDeclaration, "kind %s: an engine needs a function that makes its actors, only a connection does without", kind.name)
	}
	if kind.service != nil {
		if err := kind.service.Check(); err != nil {
			return err
		}
	}
	if c.remote {
		return nil
	}
	if err := c.checkPool(kind); err != nil {
		return err
	}
	return kind.state.Check()
}

// descriptors are the files of all generated kinds, each once and after those it imports; encoding/json makes them base64.
func (c *configuration) descriptors() ([][]byte, error) {
	var descriptors [][]byte
	seen := map[string]bool{}
	for _, kind := range c.kinds {
		if kind.service == nil {
			continue
		}
		files, err := kind.service.Files()
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			if !seen[file.Path] {
				seen[file.Path] = true
				descriptors = append(descriptors, file.Descriptor)
			}
		}
	}
	return descriptors, nil
}

func (k *kindCore) declared() declaredKind {
	declared := declaredKind{
		Name: k.name, Role: k.role, Durable: k.durable, Handlers: []declaredHandler{}, Activated: k.activated != nil, Passivating: k.passivating != nil,
		IdleTimeoutMs: milliseconds(k.idleTimeout), Mailbox: k.mailbox, Overflow: k.overflow, Exposed: k.exposed, Doc: k.doc,
	}
	if declared.Behaviour = k.behaviour; k.hooks.enter != nil {
		declared.EnterCalls = true
	}
	if k.service != nil {
		declared.Codec, declared.Service = "protobuf", k.service.Name
	}
	for _, h := range k.handlers {
		declared.Handlers = append(declared.Handlers, declaredHandler{
			h.name, h.readOnly, h.reentrant, h.idempotent, h.internal, h.carriesBytes() && k.service == nil, h.retry.declared(), h.doc,
		})
	}
	return declared
}

// number is a number for the core. JSON has none that is not finite: such a one is null, and the core says where it stands.
type number float64

func (n number) MarshalJSON() ([]byte, error) {
	if f := float64(n); math.IsNaN(f) || math.IsInf(f, 0) {
		return []byte("null"), nil
	}
	return json.Marshal(float64(n))
}

// waitMs is a policy's wait in whole milliseconds: what is not zero does not become zero, which is the default.
func waitMs(d time.Duration) int64 {
	if d < 0 {
		return min(-1, d.Milliseconds())
	}
	return int64((d-1)/time.Millisecond) + min(1, int64(d))
}

func (r *Retry) declared() *declaredRetry {
	if r == nil {
		return nil
	}
	declared := &declaredRetry{
		AttemptsMax: r.AttemptsMax, FirstWaitMs: waitMs(r.FirstWait), WaitMaxMs: waitMs(r.WaitMax),
		Factor: number(r.Factor), Jitter: number(r.Jitter),
		NotRetried: r.NotRetried,
	}
	if r.Hold {
		declared.OnFailure = "hold"
	}
	return declared
}
