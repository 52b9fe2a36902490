module github.com/everact/everact-go

go 1.22

require (
	github.com/ebitengine/purego v0.10.2
	github.com/segmentio/encoding v0.4.1
	google.golang.org/protobuf v1.36.6
)

require (
	github.com/segmentio/asm v1.1.3 // indirect
	golang.org/x/sys v0.0.0-20211110154304-99a53858aa08 // indirect
)
