package everact

// This file looks at dead letters and decides about them: told messages that their handler has failed on for good.

import (
	"encoding/json"
	"time"
)

// DeadLetter is a told message that was given up.
type DeadLetter struct {
	// ID names it in the calls here.
	ID uint64 `json:"id"`
	// Kind, Key and Handler say whom it was for.
	Kind    string `json:"kind"`
	Key     string `json:"key"`
	Handler string `json:"handler"`
	// Sender is the actor that told it, as kind/key; empty for one from outside. Sequence is its number there.
	Sender   string `json:"sender"`
	Sequence uint64 `json:"sequence"`
	// Attempts is how often the handler has run.
	Attempts int `json:"attempts"`
	// Error is the name of the last failure, Text what it said.
	Error string `json:"error"`
	Text  string `json:"text"`
	// FailedAtMs is when that was, in Unix milliseconds.
	FailedAtMs int64 `json:"failed_at_ms"`
	// Held: the sender's later messages wait for a decision.
	Held bool `json:"held"`
	// Bytes is the message's size, Metadata what came beside it.
	Bytes    int               `json:"bytes"`
	Metadata map[string]string `json:"metadata"`
	// Payload is the message, of a letter that DeadLetter gave: its JSON, or its bytes.
	Payload []byte `json:"payload_base64"`
}

// FailedAt is when the last attempt failed.
func (d DeadLetter) FailedAt() time.Time { return time.UnixMilli(d.FailedAtMs) }

// DeadLetterQuery narrows a list; what is zero does not.
type DeadLetterQuery struct {
	// Kind and Key are the receiver's.
	Kind, Key string
	// After is the id behind which the list begins: the last one of the page before.
	After uint64
	// Limit is how many are listed at most: 100 unless set, 1,000 at most.
	Limit int
}

// DeadLetters lists dead letters without their messages, oldest first.
func (e *Engine) DeadLetters(query DeadLetterQuery) ([]DeadLetter, error) {
	topic := map[string]any{"topic": "dead_letters", "after": query.After}
	if query.Kind != "" {
		topic["kind"] = query.Kind
	}
	if query.Key != "" {
		topic["key"] = query.Key
	}
	if query.Limit > 0 {
		topic["limit"] = query.Limit
	}
	var page struct {
		Letters []DeadLetter `json:"dead_letters"`
	}
	err := e.decide(topic, &page)
	return page.Letters, err
}

// DeadLetter reads one with its message. It fails with InvalidArgument where there is none with this id.
func (e *Engine) DeadLetter(id uint64) (DeadLetter, error) {
	var letter DeadLetter
	err := e.decide(map[string]any{"topic": "dead_letter", "id": id}, &letter)
	return letter, err
}

// Retry sends a dead letter again, as if it had been told now. A message in place of the old one is what its handler takes: a value to be encoded, or a []byte
// as it is.
func (e *Engine) Retry(id uint64, edited ...any) error {
	topic := map[string]any{"topic": "dead_retry", "id": id}
	if len(edited) > 1 {
		return failure(CodeInvalidArgument, "a dead letter is sent again with at most one message")
	}
	if len(edited) == 1 {
		payload, err := appendAny(nil, edited[0])
		if err != nil {
			return failure(CodeInvalidArgument, "the message cannot be encoded: %s", err.Error())
		}
		topic["payload_base64"] = payload
	}
	return e.decide(topic, nil)
}

// Drop forgets a dead letter. Messages of its sender that waited for it go on.
func (e *Engine) Drop(id uint64) error {
	return e.decide(map[string]any{"topic": "dead_drop", "id": id}, nil)
}

// DeadLetters is Engine.DeadLetters of the engine elsewhere.
func (c *Connection) DeadLetters(query DeadLetterQuery) ([]DeadLetter, error) {
	return c.engine.DeadLetters(query)
}

// DeadLetter is Engine.DeadLetter of the engine elsewhere.
func (c *Connection) DeadLetter(id uint64) (DeadLetter, error) { return c.engine.DeadLetter(id) }

// Retry is Engine.Retry of the engine elsewhere.
func (c *Connection) Retry(id uint64, edited ...any) error { return c.engine.Retry(id, edited...) }

// Drop is Engine.Drop of the engine elsewhere.
func (c *Connection) Drop(id uint64) error { return c.engine.Drop(id) }

// decide asks a topic that is an object.
func (e *Engine) decide(topic map[string]any, into any) error {
	text, err := json.Marshal(topic)
	if err != nil {
		return failure(CodeInvalidArgument, "the question cannot be encoded: %v", err)
	}
	var answer json.RawMessage
	if err := e.describe(string(text), &answer); err != nil || into == nil {
		return err
	}
	if err := json.Unmarshal(answer, into); err != nil {
		return failure(CodeInternal, "the core's answer cannot be read: %v", err)
	}
	return nil
}
