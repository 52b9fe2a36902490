package proto

// Every type that a key may have, at its limits, and descriptors as an engine gets them.

import (
	"bytes"
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/everact/everact-go/proto/internal/typesv1"
)

func TestEveryTypeOfKey(t *testing.T) {
	small, large := []string{"0", "1", "2147483647"}, []string{"0", "1", "9223372036854775807"}
	signed := func(keys []string, lowest string) []string { return append(slices.Clone(keys), "-1", lowest) }
	for name, keys := range map[string][]string{
		"text":  {"SFO", "0", "ä", " "},
		"int32": signed(small, "-2147483648"), "sint32": signed(small, "-2147483648"), "sfixed32": signed(small, "-2147483648"),
		"int64": signed(large, "-9223372036854775808"), "sint64": signed(large, "-9223372036854775808"), "sfixed64": signed(large, "-9223372036854775808"),
		"uint32": append(small, "4294967295"), "fixed32": append(small, "4294967295"),
		"uint64": append(large, "18446744073709551615"), "fixed64": append(large, "18446744073709551615"),
	} {
		field := newKeyField[*typesv1.AllTypes](name)
		for _, key := range keys {
			encoded, err := field.complete(nil, &typesv1.AllTypes{}, key)
			if err != nil {
				t.Errorf("%s %s: %v", name, key, err)
				continue
			}
			completed := &typesv1.AllTypes{}
			if err := proto.Unmarshal(encoded, completed); err != nil {
				t.Errorf("%s %s: %v", name, key, err)
			}
			if got, err := field.read(completed); got != key || err != nil {
				t.Errorf("%s %s: %s, %v", name, key, got, err)
			}
			if again, err := field.complete(nil, completed, key); len(again) != 0 || err != nil {
				t.Errorf("%s %s: a request that names its key got it again: %x, %v", name, key, again, err)
			}
		}
	}
}

func TestNumbersOutOfRangeAreNoKeys(t *testing.T) {
	for name, key := range map[string]string{
		"int32": "2147483648", "sint32": "-2147483649", "uint32": "4294967296", "uint64": "-1", "fixed64": "18446744073709551616", "sfixed32": "",
	} {
		if _, err := newKeyField[*typesv1.AllTypes](name).complete(nil, &typesv1.AllTypes{}, key); err == nil {
			t.Errorf("%s took %s", name, key)
		}
	}
}

func TestTypesThatAreNoKeys(t *testing.T) {
	for _, name := range []string{"double", "texts", "missing"} {
		if _, err := newKeyField[*typesv1.AllTypes](name).find(); err == nil {
			t.Errorf("%s is a key", name)
		}
	}
}

func TestDescriptorsComeWithAllThatTheyImport(t *testing.T) {
	files, err := filesOf("types.v1.Types")
	if err != nil {
		t.Fatal(err)
	}
	var paths []string
	for _, file := range files {
		read := &descriptorpb.FileDescriptorProto{}
		if err := proto.Unmarshal(file.Descriptor, read); err != nil {
			t.Fatal(err)
		}
		for _, imported := range read.GetDependency() {
			if !slices.Contains(paths, imported) {
				t.Errorf("%s comes before %s, which it imports", file.Path, imported)
			}
		}
		paths = append(paths, file.Path)
	}
	if last := len(paths) - 1; last != 4 || paths[last] != "types/v1/types.proto" {
		t.Error(paths)
	}
	if !bytes.Contains(files[len(files)-1].Descriptor, []byte("of_all_types")) || !slices.Contains(paths, "everact/v1/options.proto") {
		t.Error("the options are lost")
	}
}
