module github.com/everact/everact-go/benches/door

go 1.26.0

require (
	github.com/everact/everact-go v0.0.0
	github.com/everact/everact-go/benches/door/benchv1 v0.0.0
	google.golang.org/grpc v1.85.0
)

require (
	github.com/ebitengine/purego v0.10.2 // indirect
	golang.org/x/net v0.60.0 // indirect
	golang.org/x/sys v0.48.0 // indirect
	golang.org/x/text v0.42.0 // indirect
	google.golang.org/genproto/googleapis/rpc v0.0.0-20260817212433-ac3dfec99bb1 // indirect
	google.golang.org/grpc/cmd/protoc-gen-go-grpc v1.6.2 // indirect
	google.golang.org/protobuf v1.36.12 // indirect
)

tool (
	google.golang.org/grpc/cmd/protoc-gen-go-grpc
	google.golang.org/protobuf/cmd/protoc-gen-go
)

replace (
	github.com/everact/everact-go => ../../../sdk-go
	// build.sh generates it.
	github.com/everact/everact-go/benches/door/benchv1 => ../../../target/door/go/benchv1
)
