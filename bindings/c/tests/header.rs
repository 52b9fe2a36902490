//! The header in include/ is what cbindgen writes from the exports today.

use std::path::Path;

#[test]
fn the_header_is_fresh() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let config =
        cbindgen::Config::from_file(folder.join("cbindgen.toml")).expect("cbindgen.toml can be read");
    let mut written = Vec::new();
    cbindgen::Builder::new()
        .with_src(folder.join("src/calls.rs"))
        .with_config(config)
        .generate()
        .expect("the exports can be read")
        .write(&mut written);
    let path = folder.join("include/everact.h");
    if std::env::var_os("EVERACT_UPDATE").is_some() {
        std::fs::write(&path, &written).expect("the header can be written");
    }
    let stored = std::fs::read(&path).unwrap_or_default();
    assert!(
        stored == written,
        "bindings/c/include/everact.h is stale; repair: EVERACT_UPDATE=1 cargo test -p everact-c --test header"
    );
}
