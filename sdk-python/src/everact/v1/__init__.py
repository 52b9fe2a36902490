"""The options of proto/everact/v1, which the code of messages that are about actors imports. Needs protobuf."""
