//! The Kotlin in sdk-jvm/kotlin is what uniffi writes from the exports today.

use std::path::{Path, PathBuf};

use camino::Utf8PathBuf;
use uniffi_bindgen::bindings::{GenerateOptions, TargetLanguage, generate};

const FILE: &str = "dev/everact/control/everact_control.kt";

/// The library that cargo built beside this test: its symbols carry the exports' descriptions.
fn library() -> Utf8PathBuf {
    let test = std::env::current_exe().expect("a test knows where it is");
    let folder = test.parent().expect("it lies in a folder");
    let names = [format!("{}everact_control{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX)];
    let found = names.iter().map(|name| folder.join(name)).find(|path| path.exists());
    utf8(found.expect("cargo builds the library before its tests"))
}

fn utf8(path: PathBuf) -> Utf8PathBuf {
    Utf8PathBuf::from_path_buf(path).expect("the path is text")
}

#[test]
fn the_kotlin_is_fresh() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let out = tempfile::tempdir().expect("a folder");
    generate(GenerateOptions {
        languages: vec![TargetLanguage::Kotlin],
        source: library(),
        out_dir: utf8(out.path().to_owned()),
        config_override: Some(utf8(folder.join("uniffi.toml"))),
        metadata_no_deps: true,
        ..GenerateOptions::default()
    })
    .expect("the exports can be described");
    let written = std::fs::read_to_string(out.path().join(FILE)).expect("one file was written");
    let path = folder.join("../../sdk-jvm/kotlin/src/main/kotlin").join(FILE);
    if std::env::var_os("EVERACT_UPDATE").is_some() {
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("the folder can be made");
        std::fs::write(&path, &written).expect("the Kotlin can be written");
    }
    let stored = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        stored == written,
        "{FILE} is stale; repair: EVERACT_UPDATE=1 cargo test -p everact-control --test kotlin"
    );
}
