//! What is written for each file of the corpus, and what is said about each file that is refused, as snapshots.
//!
//! `INSTA_UPDATE=always cargo test -p everact-codegen --test corpus` takes what is new; the difference is then git's to show.

mod protos;

use std::path::{Path, PathBuf};

use everact_codegen::descriptor::Generated;

const PARAMETER: &str = "lang=python,typescript,go,java,kotlin,paths=source_relative";

/// Names of the `.proto` files of a folder, below it.
fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders: Vec<PathBuf> = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).expect("the folder").map(|entry| entry.expect("an entry").path())
        {
            if entry.is_dir() {
                folders.push(entry);
            } else if entry.extension().is_some_and(|extension| extension == "proto") {
                found.push(
                    entry.strip_prefix(folder).expect("below").to_str().expect("UTF-8").replace('\\', "/"),
                );
            }
        }
    }
    found.sort();
    found
}

fn together(generated: &[Generated]) -> String {
    let parts = generated.iter().map(|file| format!("==== {}\n{}", file.name, file.content));
    parts.collect::<Vec<_>>().join("\n")
}

fn keep(folder: &str, name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(format!("snapshots/{folder}"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name.trim_end_matches(".proto").replace('/', "_"), text));
}

#[test]
fn the_corpus_is_generated_as_kept() {
    let names = files(&protos::corpus());
    assert!(names.len() >= 50, "the corpus has shrunk to {}", names.len());
    for name in names {
        let request = protos::request(&protos::corpus(), &[&name], PARAMETER);
        let generated =
            everact_codegen::generate(&request).unwrap_or_else(|text| panic!("{name} is refused:\n{text}"));
        keep("corpus", &name, &together(&generated));
    }
}

#[test]
fn what_is_wrong_is_refused_with_its_place() {
    let folder = protos::refused();
    for name in files(&folder) {
        let request = protos::request(&folder, &[&name], PARAMETER);
        let text = everact_codegen::generate(&request).expect_err(&name);
        for line in text.lines() {
            let place: Vec<&str> = line.splitn(4, ':').collect();
            assert!(
                place.len() == 4 && place[1].parse::<u32>().is_ok() && place[2].parse::<u32>().is_ok(),
                "no place: {line}"
            );
        }
        keep("refused", &name, &text);
    }
}

#[test]
fn the_same_input_gives_the_same_output() {
    let request = protos::request(&protos::corpus(), &["several_services.proto"], PARAMETER);
    assert_eq!(everact_codegen::generate(&request), everact_codegen::generate(&request));
}

#[test]
fn a_file_is_generated_alike_whatever_else_is_asked_for() {
    let alone = protos::request(&protos::corpus(), &["imports.proto"], PARAMETER);
    let all =
        protos::request(&protos::corpus(), &["streams.proto", "imports.proto", "maps.proto"], PARAMETER);
    let alone = everact_codegen::generate(&alone).expect("generated");
    let all = everact_codegen::generate(&all).expect("generated");
    assert!(alone.iter().all(|file| all.contains(file)));
}
