package everact

// This file keeps what handlers failed with until the asker in the same process takes it: an error's value crosses no boundary.

import "sync"

// causesMax bounds what is kept; an asker that has gone away takes nothing.
const causesMax = 1024

type causes struct {
	mu   sync.Mutex
	kept map[uint64]error
}

// keepCause keeps the cause of an ask's failure, if the asker is in this process.
func (e *Engine) keepCause(ask uint64, cause error) {
	if e.calls.find(ask) == nil {
		return
	}
	k := &e.causes
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.kept == nil {
		k.kept = map[uint64]error{}
	}
	for other := range k.kept {
		if len(k.kept) < causesMax {
			break
		}
		delete(k.kept, other)
	}
	k.kept[ask] = cause
}

// failureOf is an ask's failure, with its cause where one is kept.
func (e *Engine) failureOf(ask uint64, code uint16, text []byte) *Error {
	failed := failureFrom(code, text)
	k := &e.causes
	k.mu.Lock()
	defer k.mu.Unlock()
	if cause, ok := k.kept[ask]; ok {
		delete(k.kept, ask)
		if failed.Code == CodeHandlerFailed {
			failed.cause = cause
		}
	}
	return failed
}
