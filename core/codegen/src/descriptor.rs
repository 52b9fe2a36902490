//! What protoc and buf hand to a plugin, and what they take back: the messages of `google/protobuf/compiler/plugin.proto` and
//! `google/protobuf/descriptor.proto`, as far as they are read here.
//!
//! They are declared here and not taken from a library, because options must stay the bytes that they are: ready-made types drop what they do not
//! know, and custom options are exactly that. Reading them is `options.rs`'s. Files of any edition are read alike: nothing that a feature can
//! change matters here, but where Java puts its classes.

use prost::Message as _;

/// What a plugin is asked.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Request {
    /// The files to generate code for, by name.
    #[prost(string, repeated, tag = "1")]
    pub file_to_generate: Vec<String>,
    /// The plugin's parameter, as it was given on the command line.
    #[prost(string, tag = "2")]
    pub parameter: String,
    /// Those files and all that they import, each after those it imports.
    #[prost(message, repeated, tag = "15")]
    pub proto_file: Vec<File>,
}

/// A set of files, as compilers write it.
#[derive(Clone, PartialEq, prost::Message)]
pub struct FileSet {
    /// The files, each after those it imports.
    #[prost(message, repeated, tag = "1")]
    pub file: Vec<File>,
}

/// A `.proto` file.
#[derive(Clone, PartialEq, prost::Message)]
pub struct File {
    /// The path that others import it by.
    #[prost(string, tag = "1")]
    pub name: String,
    /// The package, empty for none.
    #[prost(string, tag = "2")]
    pub package: String,
    /// The files it imports.
    #[prost(string, repeated, tag = "3")]
    pub dependency: Vec<String>,
    /// Messages at the top.
    #[prost(message, repeated, tag = "4")]
    pub message_type: Vec<Message>,
    /// Enums at the top.
    #[prost(message, repeated, tag = "5")]
    pub enum_type: Vec<Enum>,
    /// Services.
    #[prost(message, repeated, tag = "6")]
    pub service: Vec<Service>,
    /// Extensions at the top.
    #[prost(message, repeated, tag = "7")]
    pub extension: Vec<Field>,
    /// The file's options.
    #[prost(message, optional, tag = "8")]
    pub options: Option<FileOptions>,
    /// Where everything stands, and its comments.
    #[prost(message, optional, tag = "9")]
    pub source_code_info: Option<SourceCodeInfo>,
    /// `proto2` (or nothing), `proto3` or `editions`.
    #[prost(string, tag = "12")]
    pub syntax: String,
    /// The edition's number, where `syntax` is `editions`.
    #[prost(int32, tag = "14")]
    pub edition: i32,
}

/// A file's options.
#[derive(Clone, PartialEq, prost::Message)]
pub struct FileOptions {
    /// The package of Java's classes.
    #[prost(string, optional, tag = "1")]
    pub java_package: Option<String>,
    /// The name of Java's outer class.
    #[prost(string, optional, tag = "8")]
    pub java_outer_classname: Option<String>,
    /// Whether Java's classes stand outside of the outer one.
    #[prost(bool, optional, tag = "10")]
    pub java_multiple_files: Option<bool>,
    /// Go's import path, with the package's name behind a semicolon where it is another than the path's last part.
    #[prost(string, optional, tag = "11")]
    pub go_package: Option<String>,
}

/// A message type.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Message {
    /// Its name within what it stands in.
    #[prost(string, tag = "1")]
    pub name: String,
    /// Its fields.
    #[prost(message, repeated, tag = "2")]
    pub field: Vec<Field>,
    /// Messages within it.
    #[prost(message, repeated, tag = "3")]
    pub nested_type: Vec<Message>,
    /// Enums within it.
    #[prost(message, repeated, tag = "4")]
    pub enum_type: Vec<Enum>,
    /// Extensions declared within it.
    #[prost(message, repeated, tag = "6")]
    pub extension: Vec<Field>,
    /// Its options, undecoded.
    #[prost(bytes = "vec", tag = "7")]
    pub options: Vec<u8>,
}

/// An enum type: only its name counts here.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Enum {
    /// Its name within what it stands in.
    #[prost(string, tag = "1")]
    pub name: String,
}

/// A field or an extension.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Field {
    /// Its name.
    #[prost(string, tag = "1")]
    pub name: String,
    /// What an extension extends, by its full name with a dot before it.
    #[prost(string, tag = "2")]
    pub extendee: String,
    /// Its number.
    #[prost(int32, tag = "3")]
    pub number: i32,
    /// 1 optional, 2 required, 3 repeated.
    #[prost(int32, tag = "4")]
    pub label: i32,
    /// One of the numbers of `FieldDescriptorProto.Type`.
    #[prost(int32, tag = "5")]
    pub r#type: i32,
    /// Its options, undecoded.
    #[prost(bytes = "vec", tag = "8")]
    pub options: Vec<u8>,
    /// The oneof it belongs to.
    #[prost(int32, optional, tag = "9")]
    pub oneof_index: Option<i32>,
    /// Whether that oneof only says that the field is `optional`.
    #[prost(bool, tag = "17")]
    pub proto3_optional: bool,
}

/// A service.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Service {
    /// Its name.
    #[prost(string, tag = "1")]
    pub name: String,
    /// Its methods.
    #[prost(message, repeated, tag = "2")]
    pub method: Vec<Method>,
    /// Its options, undecoded.
    #[prost(bytes = "vec", tag = "3")]
    pub options: Vec<u8>,
}

/// A method.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Method {
    /// Its name.
    #[prost(string, tag = "1")]
    pub name: String,
    /// The request's full name, with a dot before it.
    #[prost(string, tag = "2")]
    pub input_type: String,
    /// The reply's full name, with a dot before it.
    #[prost(string, tag = "3")]
    pub output_type: String,
    /// Its options, undecoded.
    #[prost(bytes = "vec", tag = "4")]
    pub options: Vec<u8>,
    /// Whether requests are a stream.
    #[prost(bool, tag = "5")]
    pub client_streaming: bool,
    /// Whether replies are a stream.
    #[prost(bool, tag = "6")]
    pub server_streaming: bool,
}

/// Where the parts of a file stand.
#[derive(Clone, PartialEq, prost::Message)]
pub struct SourceCodeInfo {
    /// One entry for each part.
    #[prost(message, repeated, tag = "1")]
    pub location: Vec<Location>,
}

/// Where one part of a file stands.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Location {
    /// Field numbers and indexes that lead to the part, from the file's descriptor on.
    #[prost(int32, repeated, tag = "1")]
    pub path: Vec<i32>,
    /// Line and column where it begins, counted from 0; then where it ends.
    #[prost(int32, repeated, tag = "2")]
    pub span: Vec<i32>,
    /// The comment before it.
    #[prost(string, tag = "3")]
    pub leading_comments: String,
    /// The comment behind it.
    #[prost(string, tag = "4")]
    pub trailing_comments: String,
}

/// What a plugin answers.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Response {
    /// What is wrong with the files; then nothing was generated.
    #[prost(string, optional, tag = "1")]
    pub error: Option<String>,
    /// Bits: 1 proto3's `optional`, 2 editions.
    #[prost(uint64, optional, tag = "2")]
    pub supported_features: Option<u64>,
    /// The oldest edition that is understood.
    #[prost(int32, optional, tag = "3")]
    pub minimum_edition: Option<i32>,
    /// The newest.
    #[prost(int32, optional, tag = "4")]
    pub maximum_edition: Option<i32>,
    /// The generated files.
    #[prost(message, repeated, tag = "15")]
    pub file: Vec<Generated>,
}

/// A generated file.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Generated {
    /// Its path below the output folder.
    #[prost(string, tag = "1")]
    pub name: String,
    /// All of its text.
    #[prost(string, tag = "15")]
    pub content: String,
}

impl Request {
    /// Reads a request.
    ///
    /// # Errors
    ///
    /// Bytes that are no `CodeGeneratorRequest`.
    pub fn read(bytes: &[u8]) -> Result<Self, prost::DecodeError> {
        Self::decode(bytes)
    }
}

impl Response {
    /// The answer's bytes.
    pub fn bytes(&self) -> Vec<u8> {
        self.encode_to_vec()
    }
}
