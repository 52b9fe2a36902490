//! One JSON line a figure.

/// Prints a figure.
pub(crate) fn figure(name: &str, value: f64, unit: &str) {
    println!(r#"{{"name":"{name}","language":"rust","value":{value:.1},"unit":"{unit}"}}"#);
}
