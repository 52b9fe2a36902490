//! The page about contracts shows what is really generated: each fenced block behind `<!-- generated: NAME -->` is that file.

mod protos;

use std::path::Path;

const PARAMETER: &str = "lang=python,typescript,go,java,kotlin,paths=source_relative";

#[test]
fn the_page_about_contracts_shows_what_is_generated() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/contract.md");
    let text = std::fs::read_to_string(&page).expect("the page");
    let request = protos::request(&protos::corpus(), &["flights/v1/airports.proto"], PARAMETER);
    let mut files = everact_codegen::generate(&request).expect("a contract without faults");
    let proto =
        std::fs::read_to_string(protos::corpus().join("flights/v1/airports.proto")).expect("the contract");
    files.push(everact_codegen::descriptor::Generated { name: "airports.proto".to_owned(), content: proto });
    let mut wanted = text.clone();
    for file in &files {
        let name = file.name.rsplit('/').next().unwrap_or_default();
        let mark = format!("<!-- generated: {name} -->\n```");
        let start =
            wanted.find(&mark).unwrap_or_else(|| panic!("the page does not show {name}")) + mark.len();
        let start = start + wanted[start..].find('\n').expect("a fence") + 1;
        let end = start + wanted[start..].find("```\n").expect("the end of the fence");
        wanted.replace_range(start..end, &file.content);
    }
    if wanted != text && std::env::var_os("WRITE").is_some() {
        std::fs::write(&page, &wanted).expect("the page");
        return;
    }
    assert!(wanted == text, "docs/reference/contract.md shows old code: run it again with WRITE=1");
}
