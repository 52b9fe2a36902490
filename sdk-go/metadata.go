package everact

// This file holds metadata: what travels beside a message or a reply, and how it crosses the boundary.

import (
	"encoding/binary"
	"slices"
	"strings"
	"unicode/utf8"
)

// Metadata is what travels beside a message or a reply, as gRPC's metadata and HTTP's headers do: names with values, several where a name comes
// several times. Names are lower case letters, digits, "-", "_" and "."; one that ends in "-bin" has any bytes for values, another has text. All of it
// together is at most 64 KiB.
//
// What goes along with a message that is told is stored with it.
type Metadata map[string][]string

// Get is a name's first value, empty where there is none.
func (m Metadata) Get(name string) string {
	if values := m[strings.ToLower(name)]; len(values) > 0 {
		return values[0]
	}
	return ""
}

// Set gives a name this value and no other.
func (m Metadata) Set(name, value string) { m[strings.ToLower(name)] = []string{value} }

// Add gives a name one more value.
func (m Metadata) Add(name, value string) {
	name = strings.ToLower(name)
	m[name] = append(m[name], value)
}

// reservedNames begin the names that the core writes.
const reservedNames = "everact-"

// metadataBytesMax is the core's bound of one block.
const metadataBytesMax = 64 << 10

// encoded is the block as it crosses the boundary: a count, then for each entry the lengths of name and value and the two. There is none where there
// is no entry.
func (m Metadata) encoded() ([]byte, *Error) {
	if len(m) == 0 {
		return nil, nil
	}
	little, block, count := binary.LittleEndian, make([]byte, 2), 0
	for _, name := range m.names() {
		if !metadataName(name) {
			return nil, failure(CodeInvalidArgument, "%q is no name for metadata: lower case letters, digits, \"-\", \"_\" and \".\" are", shortened(name, 200))
		}
		if strings.HasPrefix(name, reservedNames) {
			return nil, failure(CodeInvalidArgument, "the metadata %s is reserved: names that begin with %s are the engine's own", name, reservedNames)
		}
		for _, value := range m[name] {
			if !strings.HasSuffix(name, "-bin") && !utf8.ValidString(value) {
				return nil, failure(CodeInvalidArgument, "the metadata %s is no text: a name that ends in -bin may have any bytes", name)
			}
			if len(block)+len(name)+len(value)+6 > metadataBytesMax {
				return nil, failure(CodeTooLarge, "the metadata has more than %d bytes", metadataBytesMax)
			}
			block = little.AppendUint32(little.AppendUint16(block, uint16(len(name))), uint32(len(value)))
			block = append(append(block, name...), value...)
			count++
		}
	}
	if count == 0 {
		return nil, nil
	}
	little.PutUint16(block, uint16(count))
	return block, nil
}

// names are sorted, so that equal metadata has equal bytes.
func (m Metadata) names() []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func metadataName(name string) bool {
	for _, c := range []byte(name) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '_' && c != '.' {
			return false
		}
	}
	return name != ""
}

// readMetadata reads a block, and nil where there is none. The core has checked it; what is cut off all the same is left out.
func readMetadata(block []byte) Metadata {
	if len(block) < 2 {
		return nil
	}
	little, count, rest := binary.LittleEndian, int(binary.LittleEndian.Uint16(block)), block[2:]
	m := make(Metadata, count)
	for range count {
		if len(rest) < 6 {
			break
		}
		name, end := int(little.Uint16(rest)), uint64(little.Uint16(rest))+uint64(little.Uint32(rest[2:]))
		rest = rest[6:]
		if end > uint64(len(rest)) {
			break
		}
		m.Add(string(rest[:name]), string(rest[name:end]))
		rest = rest[end:]
	}
	return m
}
