//go:build !cgo && linux && amd64

package native

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	_ "embed" // for the library below
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// The shared library, compressed, and the SHA-256 of what it unpacks to; build-native.sh writes both.
var (
	//go:embed libeveract_linux_amd64.so.gz
	compressed []byte
	//go:embed libeveract_linux_amd64.so.sha256
	expected string
)

// extract gives the path of the unpacked library. Its name holds the content's hash, so that versions live side by side and a changed or
// half-written file is never loaded: it is written beside, then moved into place.
func extract() (string, error) {
	want := strings.TrimSpace(expected)
	folder, err := cacheFolder()
	if err != nil {
		return "", err
	}
	path := filepath.Join(folder, "libeveract-"+want[:16]+".so")
	if have, err := os.ReadFile(path); err == nil && hash(have) == want {
		return path, nil
	}
	unpacked, err := unpack()
	if err != nil {
		return "", fmt.Errorf("the library inside the program cannot be unpacked: %w", err)
	}
	if hash(unpacked) != want {
		return "", errors.New("the library inside the program is damaged: its hash differs")
	}
	return path, place(unpacked, folder, path)
}

// cacheFolder is EVERACT_CACHE, or a folder in the user's cache, or, where that cannot be written to (HOME=/ of a service), one of this user's own below
// the folder for temporary files.
func cacheFolder() (string, error) {
	if folder := os.Getenv("EVERACT_CACHE"); folder != "" {
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return "", fmt.Errorf("no folder for the library, EVERACT_CACHE: %w", err)
		}
		return folder, nil
	}
	var folder string
	base, err := os.UserCacheDir()
	if err == nil {
		err = made(filepath.Join(base, "everact", "go"), &folder)
	}
	if err == nil {
		return folder, nil
	}
	own := filepath.Join(os.TempDir(), fmt.Sprintf("everact-user-%d", os.Getuid()))
	if second := made(own, &folder); second != nil {
		return "", fmt.Errorf("no folder for the library (EVERACT_CACHE names another): %w", errors.Join(err, second))
	}
	return folder, nil
}

// made makes a folder that files can be written to and that belongs to this user, since what lies there is run.
func made(folder string, into *string) error {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	about, err := os.Lstat(folder)
	if err != nil {
		return err
	}
	if owner, ok := about.Sys().(*syscall.Stat_t); !ok || !about.IsDir() || int(owner.Uid) != os.Getuid() || about.Mode().Perm()&0o022 != 0 {
		return fmt.Errorf("%s is not a folder of this user's own that only this user can write to", folder)
	}
	probe, err := os.CreateTemp(folder, "writing-*")
	if err != nil {
		return err
	}
	*into = folder
	return errors.Join(probe.Close(), os.Remove(probe.Name()))
}

func unpack() ([]byte, error) {
	reader, err := gzip.NewReader(bytes.NewReader(compressed))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(reader)
}

func place(content []byte, folder, path string) error {
	file, err := os.CreateTemp(folder, "writing-*")
	if err != nil {
		return err
	}
	defer os.Remove(file.Name())
	if _, err = file.Write(content); err == nil {
		err = file.Chmod(0o500)
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}

func hash(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}
