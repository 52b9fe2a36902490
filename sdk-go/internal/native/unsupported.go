//go:build !(linux && amd64)

package native

import (
	"fmt"
	"runtime"
)

// Linkage says how the core is bound to this program.
const Linkage = "none"

// notHere is minus the number of Internal; nothing calls further once Load has failed.
const notHere = -90

// Load fails: no library is built for this platform yet.
func Load() error {
	return fmt.Errorf("no library for %s/%s: only linux/amd64 is built so far", runtime.GOOS, runtime.GOARCH)
}

// AbiVersion is the version of the interface.
func AbiVersion() uint32 { return 0 }

// Open opens an engine from a JSON configuration.
func Open(_, _ []byte) (engine uint64, result int64) { return 0, notHere }

// Exchange hands in commands and takes the events they cause.
func Exchange(_ uint64, _, _ []byte, _, _ uint32) int64 { return notHere }

// Poll takes the events of the lane's queue, waiting for the first.
func Poll(_ uint64, _ []byte, _ uint32) int64 { return notHere }

// Blob moves a blob out of the core.
func Blob(_, _ uint64, _ []byte) int64 { return notHere }

// Describe writes JSON about a topic, or gives the size it takes.
func Describe(_ uint64, _, _ []byte) int64 { return notHere }

// Backup copies the engine's data into a folder.
func Backup(_ uint64, _, _ []byte) int64 { return notHere }

// Restore puts a backup into a folder.
func Restore(_, _, _ []byte) int64 { return notHere }

// StackNext waits for a stack that somebody wants, and writes its question, activation and turn.
func StackNext(_ uint64, _ uint32, _ []byte) int64 { return notHere }

// StackTell tells a stack that was wanted.
func StackTell(_, _ uint64, _ []byte) int64 { return notHere }

// Close begins to close an engine.
func Close(_ uint64, _ uint32) int64 { return notHere }

// Free frees a closed engine.
func Free(_ uint64) int64 { return notHere }

// ProvokePanic panics inside the core, for tests.
func ProvokePanic(_ []byte) int64 { return notHere }
