//! Compiles the `.proto` files of the corpus into what protoc would send, without protoc.

use std::path::{Path, PathBuf};

use everact_codegen::descriptor::{FileSet, Request};
use prost::Message as _;

/// The folder of the corpus.
pub(crate) fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus")
}

/// The folder of the files that are refused.
#[allow(dead_code, reason = "not every test needs them")]
pub(crate) fn refused() -> PathBuf {
    corpus().with_file_name("refused")
}

/// The folder of our own options.
pub(crate) fn options() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../proto")
}

/// The request for some files of a folder, as protoc would send it.
///
/// Files of an edition are not for protox: what protoc made of them stands beside them (`tests/codegen/editions` makes it anew).
pub(crate) fn request(folder: &Path, files: &[&str], parameter: &str) -> Request {
    let edition = match files {
        [file] => std::fs::read(folder.join(file).with_extension("binpb")).ok(),
        _ => None,
    };
    let mut set = FileSet::default();
    if let Some(edition) = edition {
        let own = FileSet::decode(edition.as_slice()).expect("what protoc made").file;
        set.file = compile(folder, &["everact/v1/options.proto"]).file;
        set.file.extend(own);
    } else {
        set = compile(folder, files);
    }
    Request {
        file_to_generate: files.iter().map(|file| (*file).to_owned()).collect(),
        parameter: parameter.to_owned(),
        proto_file: set.file,
    }
}

fn compile(folder: &Path, files: &[&str]) -> FileSet {
    let mut compiler =
        protox::Compiler::new([folder.to_owned(), options(), corpus().with_file_name("include")])
            .expect("folders");
    compiler.include_imports(true).include_source_info(true);
    for file in files {
        compiler.open_file(file).unwrap_or_else(|error| panic!("{file}: {error:?}"));
    }
    FileSet::decode(compiler.encode_file_descriptor_set().as_slice()).expect("a set of files")
}
