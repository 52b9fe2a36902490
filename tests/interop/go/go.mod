module interop-peer

go 1.24

require (
	example.com/flights v0.0.0
	github.com/everact/everact-go v0.0.0
	google.golang.org/protobuf v1.36.6
)

require (
	github.com/ebitengine/purego v0.10.2 // indirect
)

replace (
	example.com/flights => ../../../target/interop/go/generated/peer
	github.com/everact/everact-go => ../../../sdk-go
)

tool google.golang.org/protobuf/cmd/protoc-gen-go
