"""The options of proto/reenact/v1, which the code of messages that are about actors imports. Needs protobuf."""
