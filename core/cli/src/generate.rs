//! `everact generate`: the plugin without protoc. The messages still come from each language's own generator.

use std::fs;
use std::path::{Path, PathBuf};

use prost::Message as _;
use protox::Compiler;
use protox::file::{ChainFileResolver, GoogleFileResolver, IncludeFileResolver};

use everact_codegen::descriptor::{File, FileSet, Generated, Request};

use crate::arguments::{Generate, Language};
use crate::failure::Failure;
use crate::output;
use crate::protos::Brought;

pub(crate) fn run(given: &Generate) -> Result<(), Failure> {
    let (names, files) = compile(given)?;
    let languages = given.lang.iter().map(|language| format!("lang={}", generated_for(*language).name()));
    let settings = languages.chain(given.set.clone());
    let request = Request {
        file_to_generate: names,
        parameter: settings.collect::<Vec<_>>().join(","),
        proto_file: files,
    };
    let generated = everact_codegen::generate(&request).map_err(Failure::contract)?;
    for file in &generated {
        write(&given.out, file)?;
    }
    if generated.is_empty() {
        eprintln!("nothing to write: no service has the option (everact.v1.actor)");
    }
    Ok(())
}

/// What the generator writes for a language.
pub(crate) fn generated_for(language: Language) -> everact_codegen::language::Language {
    use everact_codegen::language::Language as Generated;
    match language {
        Language::Python => Generated::Python,
        Language::TypeScript | Language::JavaScript => Generated::TypeScript,
        Language::Go => Generated::Go,
        Language::Java => Generated::Java,
        Language::Kotlin => Generated::Kotlin,
    }
}

/// The names of the files to generate for, and these with all that they import.
fn compile(given: &Generate) -> Result<(Vec<String>, Vec<File>), Failure> {
    let includes = includes(given)?;
    let mut resolver = ChainFileResolver::new();
    for folder in &includes {
        resolver.add(IncludeFileResolver::new(folder.clone()));
    }
    resolver.add(Brought);
    resolver.add(GoogleFileResolver::new());
    let mut compiler = Compiler::with_file_resolver(resolver);
    compiler.include_imports(true).include_source_info(true);
    let mut names = Vec::new();
    for file in &given.files {
        let path = found(file)?;
        let inside = includes.iter().find_map(|folder| path.strip_prefix(folder).ok()).ok_or_else(|| {
            Failure::contract(format!("{} lies in none of the folders given with -I", file.display()))
        })?;
        names.push(inside.to_string_lossy().replace('\\', "/"));
        compiler.open_file(&path).map_err(explained)?;
    }
    let set = FileSet::decode(compiler.encode_file_descriptor_set().as_slice())
        .map_err(|error| Failure::other("Internal", format!("the descriptors: {error}")))?;
    Ok((names, set.file))
}

/// The folders to look in, whole paths: those that were given, or the current one and those of files that lie elsewhere.
fn includes(given: &Generate) -> Result<Vec<PathBuf>, Failure> {
    if !given.include.is_empty() {
        return given.include.iter().map(|folder| found(folder)).collect();
    }
    let mut folders = vec![found(Path::new("."))?];
    for file in &given.files {
        let path = found(file)?;
        if let Some(parent) = path.parent().filter(|_| !folders.iter().any(|folder| path.starts_with(folder)))
        {
            folders.push(parent.to_owned());
        }
    }
    Ok(folders)
}

fn found(path: &Path) -> Result<PathBuf, Failure> {
    path.canonicalize().map_err(|error| Failure::contract(format!("{}: {error}", path.display())))
}

/// The compiler's own words; for an import that is not found, what to do about it.
fn explained(error: protox::Error) -> Failure {
    let text = format!("{error:?}");
    match error.is_file_not_found() || text.contains("not found") {
        true => Failure::contract(text).then("Give the folder that holds the import with -I."),
        false => Failure::contract(text),
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
    output::line(path.display());
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
            lang: vec![Language::Python, Language::JavaScript],
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
