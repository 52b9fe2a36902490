//! The files of new projects, by language: path and text are templates both.

use crate::arguments::Language;

pub(super) type Files = &'static [(&'static str, &'static str)];

macro_rules! files {
    ($language:literal: $($path:literal = $file:literal),* $(,)?) => {
        &[$(($path, include_str!(concat!("../../templates/", $language, "/", $file, ".jinja")))),*]
    };
}

const PYTHON: Files = files! { "python":
    "pyproject.toml" = "pyproject.toml",
    "src/{{ module }}/__init__.py" = "init.py",
    "src/{{ module }}/__main__.py" = "main.py",
    "src/{{ module }}/airport.py" = "airport.py",
    "tests/test_airport.py" = "test_airport.py",
    ".gitignore" = "gitignore",
};

const JAVASCRIPT: Files = files! { "javascript":
    "package.json" = "package.json",
    "src/main.js" = "main.js",
    "src/airport.js" = "airport.js",
    "test/airport.test.js" = "airport.test.js",
    ".gitignore" = "gitignore",
};

const TYPESCRIPT: Files = files! { "typescript":
    "package.json" = "package.json",
    "tsconfig.json" = "tsconfig.json",
    "src/main.ts" = "main.ts",
    "src/airport.ts" = "airport.ts",
    "test/airport.test.ts" = "airport.test.ts",
    ".gitignore" = "gitignore",
};

const GO: Files = files! { "go":
    "go.mod" = "go.mod",
    "main.go" = "main.go",
    "airport.go" = "airport.go",
    "airport_test.go" = "airport_test.go",
    ".gitignore" = "gitignore",
};

const JAVA: Files = files! { "java":
    "pom.xml" = "pom.xml",
    "src/main/java/{{ module }}/Main.java" = "Main.java",
    "src/main/java/{{ module }}/Airport.java" = "Airport.java",
    "src/test/java/{{ module }}/AirportTest.java" = "AirportTest.java",
    ".gitignore" = "gitignore",
};

const KOTLIN: Files = files! { "kotlin":
    "pom.xml" = "pom.xml",
    "src/main/kotlin/{{ module }}/Main.kt" = "Main.kt",
    "src/main/kotlin/{{ module }}/Airport.kt" = "Airport.kt",
    "src/test/kotlin/{{ module }}/AirportTest.kt" = "AirportTest.kt",
    ".gitignore" = "gitignore",
};

/// Every project's page; what differs is how the command is reached, and the steps.
const PAGE: (&str, &str) = ("README.md", include_str!("../../templates/README.md.jinja"));

/// The files of a language's project.
pub(crate) fn of(language: Language) -> impl Iterator<Item = &'static (&'static str, &'static str)> {
    let own = match language {
        Language::Python => PYTHON,
        Language::TypeScript => TYPESCRIPT,
        Language::JavaScript => JAVASCRIPT,
        Language::Go => GO,
        Language::Java => JAVA,
        Language::Kotlin => KOTLIN,
    };
    own.iter().chain([&PAGE])
}

/// How the project's own command is called: Python and Node install it with the SDK, for the others it is on the PATH.
pub(crate) fn command(language: Language) -> &'static str {
    match language {
        Language::Python => ".venv/bin/everact",
        Language::TypeScript | Language::JavaScript => "npx everact",
        Language::Go | Language::Java | Language::Kotlin => "everact",
    }
}

/// What to type after making it.
pub(crate) fn steps(language: Language) -> Vec<String> {
    let first: &[&str] = match language {
        Language::Python => {
            &["python3 -m venv .venv && .venv/bin/pip install -e '.[test]'", ".venv/bin/pytest"]
        }
        Language::TypeScript | Language::JavaScript => &["npm install", "npm test"],
        Language::Go => &["go mod tidy", "go test ./..."],
        Language::Java | Language::Kotlin => &["mvn -q test"],
    };
    first.iter().map(ToString::to_string).chain([format!("{} serve", command(language))]).collect()
}
