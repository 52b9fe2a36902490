package proto

// This file gives an engine the descriptors of a service, as the protobuf runtime has them: nothing is written twice.

import (
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/everact/everact-go/internal/payload"
)

func serviceOf(name string) (protoreflect.ServiceDescriptor, error) {
	found, err := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName(name))
	if err != nil {
		return nil, refused("the service %s is not part of this program: %v", name, err)
	}
	service, ok := found.(protoreflect.ServiceDescriptor)
	if !ok {
		return nil, refused("%s is no service", name)
	}
	return service, nil
}

// filesOf is the service's file with all that it imports, each after those it imports.
func filesOf(name string) ([]payload.File, error) {
	service, err := serviceOf(name)
	if err != nil {
		return nil, err
	}
	var files []payload.File
	err = addFile(&files, map[string]bool{}, service.ParentFile())
	return files, err
}

func addFile(files *[]payload.File, seen map[string]bool, file protoreflect.FileDescriptor) error {
	if seen[file.Path()] {
		return nil
	}
	seen[file.Path()] = true
	for i := range file.Imports().Len() {
		if err := addFile(files, seen, file.Imports().Get(i).FileDescriptor); err != nil {
			return err
		}
	}
	if file.IsPlaceholder() {
		return refused("the file %s, which is imported, is not part of this program", file.Path())
	}
	encoded, err := proto.MarshalOptions{Deterministic: true}.Marshal(protodesc.ToFileDescriptorProto(file))
	if err != nil {
		return refused("the file %s cannot be described: %v", file.Path(), err)
	}
	*files = append(*files, payload.File{Path: file.Path(), Descriptor: encoded})
	return nil
}
