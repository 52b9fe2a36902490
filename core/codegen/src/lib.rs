//! `protoc-gen-everact`: typed actors, references and clients from `.proto` files, for Python, TypeScript, Go, Java and Kotlin.
//!
//! What is generated, and what it asks of the SDKs, is told in `docs/reference/contract.md`. A request goes through the rooms in this order:
//!
//! | room | what it knows |
//! | --- | --- |
//! | [`parameter`] | what was asked for |
//! | [`descriptor`], [`wire`], [`source`], [`options`] | what protoc hands over: files, options, positions, comments |
//! | [`model`] | what the files say about actors, free of any language |
//! | [`check`], [`problem`] | what is wrong with it, and where |
//! | [`names`], [`prose`] | how languages join words, and texts of the .proto in code |
//! | [`language`] | one room a language |
//! | [`format`](mod@format) | where lines break |
//! | [`plugin`] | standard input and output |

#![forbid(unsafe_code)]

pub mod check;
pub mod descriptor;
pub mod format;
pub mod language;
pub mod model;
pub mod names;
pub mod options;
pub mod parameter;
pub mod plugin;
pub mod problem;
pub mod prose;
pub mod source;
pub mod wire;

use descriptor::{Generated, Request, Response};
use model::Model;
use parameter::Parameter;

/// proto3's `optional` and editions are understood.
const FEATURES: u64 = 1 | 2;
/// The numbers of `EDITION_PROTO2` and `EDITION_2024`.
const EDITIONS: (i32, i32) = (998, 1001);

/// Answers the bytes of a `CodeGeneratorRequest` with those of a `CodeGeneratorResponse`.
///
/// What is wrong with the files is in the response, as protoc wants it.
///
/// # Errors
///
/// A sentence, where the bytes are no request.
pub fn answer(request: &[u8]) -> Result<Vec<u8>, String> {
    let request = Request::read(request).map_err(|error| format!("the request cannot be read: {error}"))?;
    let mut response = Response {
        supported_features: Some(FEATURES),
        minimum_edition: Some(EDITIONS.0),
        maximum_edition: Some(EDITIONS.1),
        ..Response::default()
    };
    match generate(&request) {
        Ok(files) => response.file = files,
        Err(text) => response.error = Some(text),
    }
    Ok(response.bytes())
}

/// Generates the code that a request asks for.
///
/// # Errors
///
/// All that is wrong, one line each: `file:line:column: what, and what to do`.
pub fn generate(request: &Request) -> Result<Vec<Generated>, String> {
    let parameter = Parameter::read(&request.parameter)?;
    let mut problems = Vec::new();
    let model = Model::read(request, &mut problems)?;
    check::check(&model, &parameter, &mut problems);
    if !problems.is_empty() {
        return Err(problem::report(&mut problems));
    }
    let files = model.files.iter().filter(|file| file.is_asked && file.is_generated());
    let generated = files.flat_map(|file| {
        parameter.languages.iter().flat_map(|language| language.generate(&model, file, &parameter))
    });
    let mut files: Vec<Generated> = Vec::new();
    for made in generated {
        // Kotlin's errors are the Java classes, which Java may have been asked for besides.
        if !files.contains(&made) {
            files.push(made);
        }
    }
    Ok(files)
}
