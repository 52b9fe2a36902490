//! Tells the linker that Node itself provides the N-API symbols.

fn main() {
    napi_build::setup();
}
