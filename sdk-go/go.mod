module github.com/everact/everact-go

go 1.22

require (
	github.com/ebitengine/purego v0.10.2
	google.golang.org/protobuf v1.36.6
)
