//! Projects that begin with a contract: its .proto, the code that the generator writes from it, and the messages.
//!
//! Messages of Python, TypeScript, JavaScript and Go are kept as their own generators wrote them; Maven writes those of
//! Java and Kotlin when it builds.

use everact_codegen::descriptor::{FileSet, Request};
use prost::Message as _;
use protox::Compiler;
use protox::file::{ChainFileResolver, File, FileResolver, GoogleFileResolver};

use super::files::Files;
use crate::arguments::Language;
use crate::failure::Failure;
use crate::generate::generated_for;
use crate::protos::Brought;

/// The contract's name for compilers, and its text.
const CONTRACT: (&str, &str) =
    ("flights/v1/airports.proto", include_str!("../../templates/contract/airports.proto.jinja"));

/// The page of a project with a contract.
pub(super) const PAGE: (&str, &str) = ("README.md", include_str!("../../templates/contract/README.md.jinja"));

macro_rules! files {
    ($($path:literal = $file:literal),* $(,)?) => {
        &[$(($path, include_str!(concat!("../../templates/", $file, ".jinja")))),*]
    };
}

const PYTHON: Files = files! {
    "pyproject.toml" = "contract/python/pyproject.toml",
    "src/{{ module }}/__init__.py" = "python/init.py",
    "src/{{ module }}/__main__.py" = "contract/python/main.py",
    "src/{{ module }}/airports.py" = "contract/python/airports.py",
    "src/flights/v1/airports_pb2.py" = "contract/python/airports_pb2.py",
    "src/flights/v1/airports_pb2.pyi" = "contract/python/airports_pb2.pyi",
    "tests/test_airports.py" = "contract/python/test_airports.py",
    ".gitignore" = "python/gitignore",
};

const TYPESCRIPT: Files = files! {
    "package.json" = "contract/typescript/package.json",
    "tsconfig.json" = "contract/typescript/tsconfig.json",
    "buf.yaml" = "contract/typescript/buf.yaml",
    "buf.gen.yaml" = "contract/typescript/buf.gen.yaml",
    "src/main.ts" = "contract/typescript/main.ts",
    "src/airports.ts" = "contract/typescript/airports.ts",
    "gen/flights/v1/airports_pb.ts" = "contract/typescript/airports_pb.ts",
    "gen/everact/v1/options_pb.ts" = "contract/typescript/options_pb.ts",
    "test/airports.test.ts" = "contract/typescript/airports.test.ts",
    ".gitignore" = "typescript/gitignore",
};

const JAVASCRIPT: Files = files! {
    "package.json" = "contract/javascript/package.json",
    "gen/tsconfig.json" = "contract/javascript/tsconfig.json",
    "buf.yaml" = "contract/typescript/buf.yaml",
    "buf.gen.yaml" = "contract/typescript/buf.gen.yaml",
    "src/main.js" = "contract/javascript/main.js",
    "src/airports.js" = "contract/javascript/airports.js",
    "gen/flights/v1/airports_pb.ts" = "contract/typescript/airports_pb.ts",
    "gen/everact/v1/options_pb.ts" = "contract/typescript/options_pb.ts",
    "test/airports.test.js" = "contract/javascript/airports.test.js",
    ".gitignore" = "contract/javascript/gitignore",
};

const GO: Files = files! {
    "go.mod" = "contract/go/go.mod",
    "main.go" = "contract/go/main.go",
    "airports.go" = "contract/go/airports.go",
    "airports_test.go" = "contract/go/airports_test.go",
    "gen/flights/v1/airports.pb.go" = "contract/go/airports.pb.go",
    ".gitignore" = "go/gitignore",
};

const JAVA: Files = files! {
    "pom.xml" = "contract/java/pom.xml",
    "src/main/java/{{ module }}/Main.java" = "contract/java/Main.java",
    "src/main/java/{{ module }}/Airports.java" = "contract/java/Airports.java",
    "src/test/java/{{ module }}/AirportsTest.java" = "contract/java/AirportsTest.java",
    ".gitignore" = "java/gitignore",
};

const KOTLIN: Files = files! {
    "pom.xml" = "contract/kotlin/pom.xml",
    "src/main/kotlin/{{ module }}/Main.kt" = "contract/kotlin/Main.kt",
    "src/main/kotlin/{{ module }}/Airports.kt" = "contract/kotlin/Airports.kt",
    "src/test/kotlin/{{ module }}/AirportsTest.kt" = "contract/kotlin/AirportsTest.kt",
    ".gitignore" = "kotlin/gitignore",
};

/// The files that are templates.
pub(super) fn files(language: Language) -> impl Iterator<Item = &'static (&'static str, &'static str)> {
    const PROTO: (&str, &str) = ("proto/flights/v1/airports.proto", CONTRACT.1);
    let own = match language {
        Language::Python => PYTHON,
        Language::TypeScript => TYPESCRIPT,
        Language::JavaScript => JAVASCRIPT,
        Language::Go => GO,
        Language::Java => JAVA,
        Language::Kotlin => KOTLIN,
    };
    own.iter().chain([&PROTO, &PAGE])
}

/// Where generated code goes. A Kotlin project takes the classes written in Java.
fn folder(language: Language) -> &'static str {
    match language {
        Language::Python => "src",
        Language::TypeScript | Language::JavaScript | Language::Go => "gen",
        Language::Java | Language::Kotlin => "src/main/java",
    }
}

/// What the generator writes from the contract, by path in the project.
pub(super) fn generated(language: Language) -> Result<Vec<(String, String)>, Failure> {
    let broken = |error: protox::Error| Failure::other("Internal", format!("the contract: {error}"));
    let mut resolver = ChainFileResolver::new();
    resolver.add(Own);
    resolver.add(Brought);
    resolver.add(GoogleFileResolver::new());
    let mut compiler = Compiler::with_file_resolver(resolver);
    compiler.include_imports(true).include_source_info(true).open_file(CONTRACT.0).map_err(broken)?;
    let set = FileSet::decode(compiler.encode_file_descriptor_set().as_slice())
        .map_err(|error| Failure::other("Internal", format!("the descriptors: {error}")))?;
    let written = if language == Language::Kotlin { Language::Java } else { language };
    let parameter = format!("lang={},paths=source_relative", generated_for(written).name());
    let request = Request { file_to_generate: vec![CONTRACT.0.to_owned()], parameter, proto_file: set.file };
    let files = everact_codegen::generate(&request).map_err(Failure::contract)?;
    let placed = |name: &str| format!("{}/{name}", folder(language));
    Ok(files.into_iter().map(|file| (placed(&file.name), file.content)).collect())
}

/// How a project's generated code is written again.
pub(super) fn generate_steps(language: Language) -> Vec<String> {
    let everact = |command: &str, lang: &str, more: &str| {
        let folder = folder(language);
        format!(
            "{command} generate --lang {lang}{more} -I proto --out {folder} proto/flights/v1/airports.proto"
        )
    };
    match language {
        Language::Python => vec![
            ".venv/bin/pip install -e '.[generate]'".to_owned(),
            ".venv/bin/python -m grpc_tools.protoc -I proto -I .venv/lib/python3*/site-packages --python_out=src --pyi_out=src proto/flights/v1/airports.proto".to_owned(),
            everact(".venv/bin/everact", "python", ""),
        ],
        Language::TypeScript | Language::JavaScript => vec!["npx buf generate".to_owned()],
        Language::Go => vec![
            // Of the release that go.mod names, and found without a PATH.
            "go build -o bin/ google.golang.org/protobuf/cmd/protoc-gen-go".to_owned(),
            "everact protos --out third_party".to_owned(),
            "protoc --plugin=bin/protoc-gen-go -I proto -I third_party --go_out=gen --go_opt=paths=source_relative proto/flights/v1/airports.proto".to_owned(),
            everact("everact", "go", " --set paths=source_relative"),
        ],
        Language::Java | Language::Kotlin => vec![everact("everact", "java", "")],
    }
}

/// Finds the contract for the compiler.
#[derive(Debug)]
struct Own;

impl FileResolver for Own {
    fn open_file(&self, name: &str) -> Result<File, protox::Error> {
        match name == CONTRACT.0 {
            true => File::from_source(CONTRACT.0, CONTRACT.1),
            false => Err(protox::Error::file_not_found(name)),
        }
    }
}
