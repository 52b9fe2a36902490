//go:build cgo && linux && amd64

package native

// #cgo linux,amd64 LDFLAGS: ${SRCDIR}/libeveract_linux_amd64.a -lm -ldl -lpthread
// #include "everact.h"
// #include "libeveract_linux_amd64.h"
import "C"

import "unsafe"

// Linkage says how the core is bound to this program.
const Linkage = "cgo"

// Library is the hash of the library that is linked in: a changed one changes this package, and so the program is linked again.
const Library = C.EVERACT_LIBRARY

// Load makes the core ready; with cgo it is already linked.
func Load() error { return nil }

// The parameters below are pointers to bytes, which hold no pointers themselves: cgo has nothing to check and takes Go memory as it is.

func in(buffer []byte) (*C.uint8_t, C.size_t) {
	return (*C.uint8_t)(unsafe.Pointer(pointer(buffer))), C.size_t(len(buffer))
}

// AbiVersion is the version of the interface.
func AbiVersion() uint32 { return uint32(C.everact_abi_version()) }

// Open opens an engine from a JSON configuration.
func Open(config, out []byte) (engine uint64, result int64) {
	from, size := in(config)
	into, room := in(out)
	var id C.uint64_t
	result = int64(C.everact_open(from, size, into, room, &id))
	return uint64(id), result
}

// Exchange hands in commands and takes the events they cause.
func Exchange(engine uint64, commands, out []byte, turnsMax, flags uint32) int64 {
	return int64(C.everact_exchange(C.uint64_t(engine),
		(*C.uint8_t)(unsafe.Pointer(pointer(commands))), C.size_t(len(commands)),
		(*C.uint8_t)(unsafe.Pointer(pointer(out))), C.size_t(len(out)), C.uint32_t(turnsMax), C.uint32_t(flags)))
}

// Poll takes the events of the lane's queue, waiting for the first.
func Poll(engine uint64, out []byte, timeoutMs uint32) int64 {
	into, room := in(out)
	return int64(C.everact_poll(C.uint64_t(engine), into, room, C.uint32_t(timeoutMs)))
}

// Blob moves a blob out of the core.
func Blob(engine, id uint64, out []byte) int64 {
	into, room := in(out)
	return int64(C.everact_blob(C.uint64_t(engine), C.uint64_t(id), into, room))
}

// Describe writes JSON about a topic, or gives the size it takes.
func Describe(engine uint64, topic, out []byte) int64 {
	from, size := in(topic)
	into, room := in(out)
	return int64(C.everact_describe(C.uint64_t(engine), from, size, into, room))
}

// Backup copies the engine's data into a folder.
func Backup(engine uint64, path, out []byte) int64 {
	from, size := in(path)
	into, room := in(out)
	return int64(C.everact_backup(C.uint64_t(engine), from, size, into, room))
}

// Restore puts a backup into a folder.
func Restore(from, folder, out []byte) int64 {
	source, sourceSize := in(from)
	target, targetSize := in(folder)
	into, room := in(out)
	return int64(C.everact_restore(source, sourceSize, target, targetSize, into, room))
}

// StackNext waits for a stack that somebody wants, and writes its question, activation and turn.
func StackNext(engine uint64, timeoutMs uint32, out []byte) int64 {
	into, room := in(out)
	return int64(C.everact_stack_next(C.uint64_t(engine), C.uint32_t(timeoutMs), into, room))
}

// StackTell tells a stack that was wanted.
func StackTell(engine, question uint64, stack []byte) int64 {
	from, size := in(stack)
	return int64(C.everact_stack_tell(C.uint64_t(engine), C.uint64_t(question), from, size))
}

// Close begins to close an engine.
func Close(engine uint64, deadlineMs uint32) int64 {
	return int64(C.everact_close(C.uint64_t(engine), C.uint32_t(deadlineMs)))
}

// Free frees a closed engine.
func Free(engine uint64) int64 { return int64(C.everact_free(C.uint64_t(engine))) }

// ProvokePanic panics inside the core, for tests.
func ProvokePanic(out []byte) int64 {
	into, room := in(out)
	return int64(C.everact_provoke_panic(into, room))
}
