//! `everact generate`: the plugin without protoc. The messages still come from each language's own generator.

use std::fs;
use std::path::Path;

use prost::Message as _;
use protox::Compiler;
use protox::file::{ChainFileResolver, FileResolver, GoogleFileResolver, IncludeFileResolver};

use everact_codegen::descriptor::{File, FileSet, Generated, Request};

use crate::arguments::Generate;
use crate::failure::Failure;

/// The options that contracts import; no copy of them is needed beside a project's own files.
const OPTIONS: (&str, &str) =
    ("everact/v1/options.proto", include_str!("../../../proto/everact/v1/options.proto"));

pub(crate) fn run(given: &Generate) -> Result<(), Failure> {
    let (names, files) = compile(given)?;
    let settings = given.lang.iter().map(|language| format!("lang={language}")).chain(given.set.clone());
    let request = Request {
        file_to_generate: names,
        parameter: settings.collect::<Vec<_>>().join(","),
        proto_file: files,
    };
    let generated = everact_codegen::generate(&request).map_err(Failure::usage)?;
    for file in &generated {
        write(&given.out, file)?;
    }
    if generated.is_empty() {
        eprintln!("nothing to write: no service has the option (everact.v1.actor)");
    }
    Ok(())
}

/// The names of the files to generate for, and these with all that they import.
fn compile(given: &Generate) -> Result<(Vec<String>, Vec<File>), Failure> {
    let wrong = |error: protox::Error| Failure::usage(format!("{error:?}"));
    let mut resolver = ChainFileResolver::new();
    for folder in &given.include {
        resolver.add(IncludeFileResolver::new(folder.clone()));
    }
    resolver.add(Own);
    resolver.add(GoogleFileResolver::new());
    let mut compiler = Compiler::with_file_resolver(resolver);
    compiler.include_imports(true).include_source_info(true);
    let mut names = Vec::new();
    for file in &given.files {
        let name = given.include.iter().find_map(|folder| file.strip_prefix(folder).ok()).unwrap_or(file);
        let name = name.to_string_lossy().replace('\\', "/");
        compiler.open_file(&name).map_err(wrong)?;
        names.push(name);
    }
    let set = FileSet::decode(compiler.encode_file_descriptor_set().as_slice())
        .map_err(|error| Failure::other("Internal", format!("the descriptors: {error}")))?;
    Ok((names, set.file))
}

/// Finds the options that this release knows.
#[derive(Debug)]
struct Own;

impl FileResolver for Own {
    fn open_file(&self, name: &str) -> Result<protox::file::File, protox::Error> {
        match name == OPTIONS.0 {
            true => protox::file::File::from_source(OPTIONS.0, OPTIONS.1),
            false => Err(protox::Error::file_not_found(name)),
        }
    }
}

/// Writes a file only where it changed, so that builds see no change where there is none.
fn write(out: &Path, file: &Generated) -> Result<(), Failure> {
    let path = out.join(&file.name);
    let failed = |error: std::io::Error| Failure::other("Files", format!("{}: {error}", path.display()));
    if fs::read(&path).is_ok_and(|before| before == file.content.as_bytes()) {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    fs::write(&path, &file.content).map_err(failed)?;
    println!("{}", path.display());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONTRACT: &str = r#"syntax = "proto3"; package a.v1;
        import "everact/v1/options.proto";
        service Things { option (everact.v1.actor) = { state: "Thing" }; rpc Get(GetRequest) returns (Thing); }
        message Thing { int64 number = 1; }
        message GetRequest { string id = 1 [(everact.v1.key) = true]; }"#;

    fn generate(text: &str) -> (tempfile::TempDir, Result<(), Failure>) {
        let folder = tempfile::tempdir().expect("a folder");
        let proto = folder.path().join("a.proto");
        fs::write(&proto, text).expect("written");
        let given = Generate {
            lang: vec!["python".to_owned(), "typescript".to_owned()],
            include: vec![folder.path().to_owned()],
            out: folder.path().join("gen"),
            set: Vec::new(),
            files: vec![proto],
        };
        let done = run(&given);
        (folder, done)
    }

    #[test]
    fn a_contract_becomes_actors() {
        let (folder, done) = generate(CONTRACT);
        done.expect("generates");
        let python = fs::read_to_string(folder.path().join("gen/a_everact.py")).expect("written");
        assert!(python.contains("class ThingsActor("), "{python}");
        assert!(folder.path().join("gen/a_everact.ts").is_file());
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        let (_folder, done) = generate(&CONTRACT.replace("[(everact.v1.key) = true]", ""));
        let text = format!("{:?}", done.expect_err("no key"));
        assert!(text.contains("a.proto:"), "{text}");
        assert!(generate("syntax = \"proto3\"; message {").1.is_err());
    }
}
