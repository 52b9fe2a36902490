// Package native calls the core through its C interface (bindings/c/include/everact.h).
//
// There are two ways in, chosen by the build: with cgo the static library is linked in (cgo.go); without it the shared library, kept
// compressed inside the program, is put into a cache folder and loaded by purego (purego.go). Both have the functions below. A buffer
// belongs to the caller; a call borrows it until it returns.
//
// Results are >= 0 (bytes written) or minus an error number.
package native

import "unsafe"

// pointer gives the address of a buffer's first byte, or nil for an empty one.
func pointer(buffer []byte) *byte {
	return unsafe.SliceData(buffer)
}
