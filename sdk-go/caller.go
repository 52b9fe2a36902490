package everact

// This file says who called.

import (
	"context"
	"encoding/json"
)

// callerName is the entry of metadata that the core writes for calls from outside.
const callerName = "everact-caller"

// Who is who called an engine from outside of its process.
type Who struct {
	// By is how the caller is known: "token", "jwt", "certificate", or "anonymous".
	By string `json:"by"`
	// Name is the token's name, the subject of the JWT or of the certificate; empty for an anonymous caller.
	Name string `json:"name"`
	// Claims are those of a JWT.
	Claims map[string]any `json:"claims"`
}

// Caller is who called: over all actors between, the one who asked the first of them. False where the call came from the engine's own program.
func (c *Context) Caller() (Who, bool) {
	x := c.extras.Load()
	if x == nil || x.caller == "" {
		return Who{}, false
	}
	var who Who
	if err := json.Unmarshal([]byte(x.caller), &who); err != nil {
		return Who{By: "unknown"}, true
	}
	return who, true
}

// Caller is Context.Caller for a context that was derived from a handler's.
func Caller(ctx context.Context) (Who, bool) {
	turn, ok := ctx.(*Context)
	if !ok {
		if turn, ok = ctx.Value(contextKey{}).(*Context); !ok {
			return Who{}, false
		}
	}
	return turn.Caller()
}
