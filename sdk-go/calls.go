package everact

// This file finds calls by number and keeps those that are free: a growing table and stacks, both without locks on the way of an ask.

import (
	"sync"
	"sync/atomic"
	"unsafe"
)

const callsPerChunk = 64

type callChunk [callsPerChunk]call

// freeStacks is how many stacks of free calls there are: goroutines on different processors seldom meet at one.
const freeStacks = 16

// callTable holds all calls ever made by an engine; it grows with the asks that are open at once.
type callTable struct {
	_    cacheLine
	free [freeStacks]freeStack

	chunks atomic.Pointer[[]*callChunk]
	mu     sync.Mutex
}

type freeStack struct {
	// top is the first free call, its number + 1, beneath a count that changes with every pop.
	top atomic.Uint64
	_   cacheLine
}

// take gives a free call.
func (t *callTable) take() *call {
	var here byte
	// Goroutines have their stacks at different places: that is enough to tell them apart.
	first := uint32(uintptr(unsafe.Pointer(&here)) >> 11)
	for i := range uint32(freeStacks) {
		if c := t.pop((first + i) % freeStacks); c != nil {
			return c
		}
	}
	return t.grow(first % freeStacks)
}

// pop takes a call from one of the stacks, nil where it is empty.
func (t *callTable) pop(home uint32) *call {
	stack := &t.free[home]
	for {
		top := stack.top.Load()
		number := uint32(top)
		if number == 0 {
			return nil
		}
		c := t.at(number - 1)
		if stack.top.CompareAndSwap(top, (top>>32+1)<<32|uint64(c.next.Load())) {
			c.home = home
			return c
		}
	}
}

// give puts a call back.
func (t *callTable) give(c *call) {
	stack := &t.free[c.home]
	for {
		top := stack.top.Load()
		c.next.Store(uint32(top))
		if stack.top.CompareAndSwap(top, top>>32<<32|uint64(c.index+1)) {
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

// grow makes a chunk of calls, keeps one for the caller and frees the rest on one of the stacks.
func (t *callTable) grow(home uint32) *call {
	t.mu.Lock()
	defer t.mu.Unlock()
	var chunks []*callChunk
	if old := t.chunks.Load(); old != nil {
		chunks = append(chunks, *old...)
	}
	chunk := new(callChunk)
	for i := range chunk {
		chunk[i].index, chunk[i].home = uint32(len(chunks)*callsPerChunk+i), home
		chunk[i].signal = make(chan struct{}, 1)
	}
	chunks = append(chunks, chunk)
	t.chunks.Store(&chunks)
	for i := 1; i < len(chunk); i++ {
		t.give(&chunk[i])
	}
	return &chunk[0]
}
