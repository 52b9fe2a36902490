module conformance-driver

go 1.22

require github.com/everact/everact-go v0.0.0

require (
	github.com/ebitengine/purego v0.10.2 // indirect
	github.com/segmentio/asm v1.1.3 // indirect
	github.com/segmentio/encoding v0.4.1 // indirect
	golang.org/x/sys v0.0.0-20211110154304-99a53858aa08 // indirect
)

replace github.com/everact/everact-go => ../../../../sdk-go
