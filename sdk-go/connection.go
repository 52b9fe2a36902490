package everact

// This file reaches actors of engines elsewhere. A connection is a lane of the core like an engine's, over which no turns come.

import (
	"context"
	"time"
)

// Connection is the way to an engine in another process: references, asks, tells and errors are as an embedded engine has them. It may be used by any
// number of goroutines.
type Connection struct {
	engine *Engine
}

// ConnectOptions are the settings of a connection; what is zero is not set. Times are rounded up to milliseconds.
type ConnectOptions struct {
	// Addresses are further addresses of the same service, beside the one that Connect has; asks go to all of them.
	Addresses []string
	// Token is sent with every ask, as a bearer token.
	Token string
	// AuthorityFile has the certificates that the other side's must be signed by (PEM), instead of the system's.
	AuthorityFile string
	// CertificateFile and KeyFile are what this side shows (PEM), where the other one asks for it.
	CertificateFile, KeyFile string
	// ServerName is the name that the other side's certificate must have, instead of the address's.
	ServerName string
	// ConnectTimeout is how long Connect waits for the first of the addresses to answer.
	ConnectTimeout time.Duration
	// Keepalive is how often a connection is probed.
	Keepalive time.Duration
	// RetryFirst and RetryMost are the shortest and the longest time before a lost connection is tried again.
	RetryFirst, RetryMost time.Duration
}

// connectSettings is the configuration's object for the connection.
func (c *configuration) connectSettings() map[string]any {
	settings, ok := c.settings["connect"].(map[string]any)
	if !ok {
		settings = map[string]any{}
		c.settings["connect"] = settings
	}
	return settings
}

func (o ConnectOptions) apply(c *configuration) {
	settings := c.connectSettings()
	if len(o.Addresses) > 0 {
		settings["addresses"] = o.Addresses
	}
	for name, value := range map[string]string{
		"token": o.Token, "authority_file": o.AuthorityFile, "certificate_file": o.CertificateFile, "key_file": o.KeyFile, "server_name": o.ServerName,
	} {
		if value != "" {
			settings[name] = value
		}
	}
	for name, value := range map[string]time.Duration{
		"connect_timeout_ms": o.ConnectTimeout, "keepalive_ms": o.Keepalive, "retry_first_ms": o.RetryFirst, "retry_most_ms": o.RetryMost,
	} {
		if value != 0 {
			settings[name] = milliseconds(value)
		}
	}
}

// Connect connects to the engine that listens at an address such as "http://127.0.0.1:8080" or "https://actors.example", and returns when it has
// answered. Options: ConnectOptions, WithKinds, WithLogger, and of Options AskTimeout, PendingAsksMax and MessageBytesMax.
//
// Of a kind only the declaration counts here: its handlers run where the engine is. A lost connection is made again; an ask whose fate is unknown then
// is sent again where that is safe (a read-only or Idempotent handler, Producer, IdempotencyKey), and is ConnectionLost elsewhere.
//
// It fails with Unreachable where nobody answers, Unauthenticated where the engine wants other credentials, InvalidConfiguration where the options
// cannot be used.
func Connect(address string, options ...Option) (*Connection, error) {
	c := gathered(options)
	c.remote = true
	settings := c.connectSettings()
	further, _ := settings["addresses"].([]string)
	settings["addresses"] = append([]string{address}, further...)
	engine, err := open(c)
	if err != nil {
		return nil, err
	}
	return &Connection{engine}, nil
}

// Actor is the actor with this kind and key. An unknown kind is reported by what is sent to it.
func (c *Connection) Actor(kind, key string) Reference { return c.engine.Actor(kind, key) }

func (c *Connection) system() *Engine { return c.engine }

func (c *Connection) turn() *Context { return nil }

// Close ends the connection: new asks are refused with Closed, open ones may still be answered for at most ten seconds. Closing again does nothing.
func (c *Connection) Close() error { return c.engine.Close() }

// Shutdown is Close with a deadline of one's own. Without a deadline it waits for as long as the asks take.
func (c *Connection) Shutdown(ctx context.Context) error { return c.engine.Shutdown(ctx) }
