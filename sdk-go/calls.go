package everact

// This file finds calls by number and keeps those that are free: a growing table and a stack, both without locks on the way of an ask.

import (
	"sync"
	"sync/atomic"
)

const callsPerChunk = 64

type callChunk [callsPerChunk]call

// callTable holds all calls ever made by an engine; it grows with the asks that are open at once.
type callTable struct {
	_ cacheLine
	// top is the stack's first free call, its number + 1, beneath a count that changes with every pop.
	top atomic.Uint64
	_   cacheLine

	chunks atomic.Pointer[[]*callChunk]
	mu     sync.Mutex
}

// take gives a free call.
func (t *callTable) take() *call {
	for {
		top := t.top.Load()
		number := uint32(top)
		if number == 0 {
			return t.grow()
		}
		c := t.at(number - 1)
		if t.top.CompareAndSwap(top, (top>>32+1)<<32|uint64(c.next.Load())) {
			return c
		}
	}
}

// give puts a call back.
func (t *callTable) give(c *call) {
	for {
		top := t.top.Load()
		c.next.Store(uint32(top))
		if t.top.CompareAndSwap(top, top>>32<<32|uint64(c.index+1)) {
			return
		}
	}
}

// find gives the call that an ask's id names, nil where it is over.
func (t *callTable) find(id uint64) *call {
	number := uint32(id)
	if number == 0 {
		return nil
	}
	chunks := t.chunks.Load()
	if chunks == nil || int(number-1) >= len(*chunks)*callsPerChunk {
		return nil
	}
	c := t.at(number - 1)
	if c.generation.Load() != uint32(id>>32) {
		return nil
	}
	return c
}

func (t *callTable) at(index uint32) *call {
	return &(*t.chunks.Load())[index/callsPerChunk][index%callsPerChunk]
}

// grow makes a chunk of calls, keeps one for the caller and frees the rest.
func (t *callTable) grow() *call {
	t.mu.Lock()
	defer t.mu.Unlock()
	var chunks []*callChunk
	if old := t.chunks.Load(); old != nil {
		chunks = append(chunks, *old...)
	}
	chunk := new(callChunk)
	for i := range chunk {
		chunk[i].index = uint32(len(chunks)*callsPerChunk + i)
		chunk[i].signal = make(chan struct{}, 1)
	}
	chunks = append(chunks, chunk)
	t.chunks.Store(&chunks)
	for i := 1; i < len(chunk); i++ {
		t.give(&chunk[i])
	}
	return &chunk[0]
}
