//go:build !cgo && linux && amd64

package native

import (
	"encoding/binary"
	"fmt"
	"runtime"
	"sync"
	"unsafe"

	"github.com/ebitengine/purego"
)

// Linkage says how the core is bound to this program.
const Linkage = "purego"

// The functions' addresses, found by Load.
var address struct {
	abiVersion, open, exchange, poll, blob, describe, backup, restore, close, free, stackNext, stackTell, provokePanic uintptr
}

// Load puts the shared library into the cache and finds its functions; only the first call does anything.
var Load = sync.OnceValue(load)

func load() error {
	path, err := extract()
	if err != nil {
		return err
	}
	library, err := purego.Dlopen(path, purego.RTLD_NOW|purego.RTLD_LOCAL)
	if err != nil {
		return fmt.Errorf("the library %s cannot be loaded: %w", path, err)
	}
	for name, into := range map[string]*uintptr{
		"everact_abi_version": &address.abiVersion, "everact_open": &address.open, "everact_exchange": &address.exchange,
		"everact_poll": &address.poll, "everact_blob": &address.blob, "everact_describe": &address.describe,
		"everact_backup": &address.backup, "everact_restore": &address.restore, "everact_close": &address.close,
		"everact_stack_next": &address.stackNext, "everact_stack_tell": &address.stackTell,
		"everact_free": &address.free, "everact_provoke_panic": &address.provokePanic,
	} {
		if *into, err = purego.Dlsym(library, name); err != nil {
			return fmt.Errorf("the library %s lacks %s: %w", path, name, err)
		}
	}
	return nil
}

// never is false; the compiler does not know, and so keeps what may be put into sink on the heap.
var (
	never bool
	sink  []byte
)

// at gives a buffer's address as a number. Buffers handed to it live on the heap (see never), which Go does not move, and every
// function below keeps them alive until its call has returned.
func at(buffer []byte) uintptr {
	if never {
		sink = buffer
	}
	return uintptr(unsafe.Pointer(pointer(buffer)))
}

func size(buffer []byte) uintptr { return uintptr(len(buffer)) }

func call(function uintptr, arguments ...uintptr) int64 {
	result, _, _ := purego.SyscallN(function, arguments...)
	return int64(result)
}

// AbiVersion is the version of the interface.
func AbiVersion() uint32 { return uint32(call(address.abiVersion)) }

// Open opens an engine from a JSON configuration.
func Open(config, out []byte) (engine uint64, result int64) {
	id := make([]byte, 8)
	result = call(address.open, at(config), size(config), at(out), size(out), at(id))
	runtime.KeepAlive(config)
	runtime.KeepAlive(out)
	return binary.LittleEndian.Uint64(id), result
}

// Exchange hands in commands and takes the events they cause.
func Exchange(engine uint64, commands, out []byte, turnsMax, flags uint32) int64 {
	result := call(address.exchange, uintptr(engine), at(commands), size(commands), at(out), size(out),
		uintptr(turnsMax), uintptr(flags))
	runtime.KeepAlive(commands)
	runtime.KeepAlive(out)
	return result
}

// Poll takes the events of the lane's queue, waiting for the first.
func Poll(engine uint64, out []byte, timeoutMs uint32) int64 {
	result := call(address.poll, uintptr(engine), at(out), size(out), uintptr(timeoutMs))
	runtime.KeepAlive(out)
	return result
}

// Blob moves a blob out of the core.
func Blob(engine, id uint64, out []byte) int64 {
	result := call(address.blob, uintptr(engine), uintptr(id), at(out), size(out))
	runtime.KeepAlive(out)
	return result
}

// Describe writes JSON about a topic, or gives the size it takes.
func Describe(engine uint64, topic, out []byte) int64 {
	return withBytes(address.describe, engine, topic, out)
}

// Backup copies the engine's data into a folder.
func Backup(engine uint64, path, out []byte) int64 {
	return withBytes(address.backup, engine, path, out)
}

func withBytes(function uintptr, engine uint64, bytes, out []byte) int64 {
	result := call(function, uintptr(engine), at(bytes), size(bytes), at(out), size(out))
	runtime.KeepAlive(bytes)
	runtime.KeepAlive(out)
	return result
}

// Restore puts a backup into a folder.
func Restore(from, folder, out []byte) int64 {
	result := call(address.restore, at(from), size(from), at(folder), size(folder), at(out), size(out))
	runtime.KeepAlive(from)
	runtime.KeepAlive(folder)
	runtime.KeepAlive(out)
	return result
}

// StackNext waits for a stack that somebody wants, and writes its question, activation and turn.
func StackNext(engine uint64, timeoutMs uint32, out []byte) int64 {
	result := call(address.stackNext, uintptr(engine), uintptr(timeoutMs), at(out), size(out))
	runtime.KeepAlive(out)
	return result
}

// StackTell tells a stack that was wanted.
func StackTell(engine, question uint64, stack []byte) int64 {
	result := call(address.stackTell, uintptr(engine), uintptr(question), at(stack), size(stack))
	runtime.KeepAlive(stack)
	return result
}

// Close begins to close an engine.
func Close(engine uint64, deadlineMs uint32) int64 {
	return call(address.close, uintptr(engine), uintptr(deadlineMs))
}

// Free frees a closed engine.
func Free(engine uint64) int64 { return call(address.free, uintptr(engine)) }

// ProvokePanic panics inside the core, for tests.
func ProvokePanic(out []byte) int64 {
	result := call(address.provokePanic, at(out), size(out))
	runtime.KeepAlive(out)
	return result
}
