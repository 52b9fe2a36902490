//! Compiles the `.proto` files of the corpus into what protoc would send, without protoc.

use std::path::{Path, PathBuf};

use prost::Message as _;
use reenact_codegen::descriptor::{File, Request};

/// The folder of the corpus.
pub(crate) fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus")
}

/// The folder of our own options.
pub(crate) fn options() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../proto")
}

/// A set of files, with positions and comments, encoded.
#[derive(Clone, PartialEq, prost::Message)]
struct FileSet {
    #[prost(message, repeated, tag = "1")]
    file: Vec<File>,
}

/// The request for some files of a folder, as protoc would send it.
///
/// Files of an edition are not for protox: what protoc made of them stands beside them (`tests/codegen/editions` makes it anew).
pub(crate) fn request(folder: &Path, files: &[&str], parameter: &str) -> Request {
    let compiled = match files {
        [file] if folder.join(file).with_extension("binpb").exists() => {
            std::fs::read(folder.join(file).with_extension("binpb")).expect("the compiled edition")
        }
        _ => compile(folder, files),
    };
    let set = FileSet::decode(compiled.as_slice()).expect("a set of files");
    Request {
        file_to_generate: files.iter().map(|file| (*file).to_owned()).collect(),
        parameter: parameter.to_owned(),
        proto_file: set.file,
    }
}

fn compile(folder: &Path, files: &[&str]) -> Vec<u8> {
    let mut compiler = protox::Compiler::new([folder.to_owned(), options(), corpus()]).expect("folders");
    compiler.include_imports(true).include_source_info(true);
    for file in files {
        compiler.open_file(file).unwrap_or_else(|error| panic!("{file}: {error:?}"));
    }
    compiler.encode_file_descriptor_set()
}
