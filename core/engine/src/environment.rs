//! The process's environment: where settings come from that a program does not give, and what in it looks like one and is none.
//!
//! A variable that no setting reads is a warning, not an error: containers put variables there that no person wrote. Kubernetes
//! adds `EVERACT_SERVICE_HOST`, `EVERACT_PORT` and more to every pod beside a service called `everact`; those are passed over.

use std::collections::BTreeSet;

use everact_kernel::error::{ErrorCode, Failure};

use crate::config::{Config, FROM_ENVIRONMENT};

/// What all our variables begin with.
const PREFIX: &str = "EVERACT_";
/// Read by the command, by an SDK while it loads the core, and by our own builds, tests and benches.
const READ_ELSEWHERE: &[&str] =
    &["ADDRESS", "TOKEN", "CACHE", "LIBRARY", "PROFILE", "TARGET", "TOGETHER", "UPDATE"];
const READ_BY_TESTS: &[&str] = &["BENCH_", "CONFORMANCE_", "SIM_", "TEST_"];
/// Names in one warning; how many more there are is said.
const NAMES_MAX: usize = 8;

impl Config {
    /// Reads the JSON that a host hands in and fills it up from this process's environment.
    ///
    /// # Errors
    /// Those of [`Config::read`]; `InvalidConfiguration` for a variable whose value is not UTF-8.
    pub fn read_with_environment(json: &[u8]) -> Result<Self, Failure> {
        let names: BTreeSet<String> =
            std::env::vars_os().filter_map(|(name, _)| name.into_string().ok()).collect();
        let not_text = |name: &&str| matches!(std::env::var(name), Err(std::env::VarError::NotUnicode(_)));
        let variables: Vec<String> = FROM_ENVIRONMENT.iter().map(|name| variable(name)).collect();
        if let Some(name) = variables.iter().map(String::as_str).find(not_text) {
            let text = format!("{name} is not UTF-8");
            return Err(Failure::new(ErrorCode::InvalidConfiguration, text));
        }
        let mut config = Self::read(json, |name| std::env::var(name).ok())?;
        config.warning = unknown(&names).map(|text| Failure::new(ErrorCode::InvalidConfiguration, text));
        Ok(config)
    }
}

/// The variable that fills a setting.
pub(crate) fn variable(setting: &str) -> String {
    format!("{PREFIX}{}", setting.to_uppercase())
}

/// What to say about variables with our prefix that nothing reads. It names no values: they may be secrets.
fn unknown(names: &BTreeSet<String>) -> Option<String> {
    let strangers: Vec<&str> = names
        .iter()
        .filter_map(|name| name.strip_prefix(PREFIX))
        .filter(|rest| !is_read(rest) && !is_of_kubernetes(rest, names))
        .collect();
    if strangers.is_empty() {
        return None;
    }
    let mut said: Vec<String> = strangers.iter().take(NAMES_MAX).map(|rest| with_nearest(rest)).collect();
    if let more @ 1.. = strangers.len().saturating_sub(NAMES_MAX) {
        said.push(format!("and {more} more"));
    }
    Some(format!("the environment has variables that no setting reads: {}", said.join(", ")))
}

fn is_read(rest: &str) -> bool {
    FROM_ENVIRONMENT.iter().any(|setting| setting.to_uppercase() == rest)
        || READ_ELSEWHERE.contains(&rest)
        || READ_BY_TESTS.iter().any(|prefix| rest.starts_with(prefix))
}

/// Whether Kubernetes has put it there: for each service there are `<NAME>_SERVICE_HOST`, `<NAME>_SERVICE_PORT`,
/// `<NAME>_SERVICE_PORT_<PORT'S NAME>`, `<NAME>_PORT` and `<NAME>_PORT_<NUMBER>_TCP...`.
fn is_of_kubernetes(rest: &str, names: &BTreeSet<String>) -> bool {
    let whole = format!("{PREFIX}{rest}");
    let is_service = |service: &str| names.contains(&format!("{service}_SERVICE_HOST"));
    let before = |mark: &str| whole.match_indices(mark).any(|(at, _)| is_service(&whole[..at]));
    let ports = |(at, mark): (usize, &str)| {
        let behind = &whole[at + mark.len()..];
        (behind.is_empty() || behind.starts_with('_')) && is_service(&whole[..at])
    };
    before("_SERVICE_") || whole.match_indices("_PORT").any(ports)
}

fn with_nearest(rest: &str) -> String {
    let asked = rest.to_lowercase();
    let nearest = FROM_ENVIRONMENT
        .iter()
        .map(|setting| (distance(&asked, setting), *setting))
        .filter(|(distance, setting)| {
            asked.starts_with(setting) || 2 * distance <= asked.len().max(setting.len())
        })
        .min();
    match nearest {
        Some((_, setting)) => format!("{PREFIX}{rest} (did you mean {}?)", variable(setting)),
        None => format!("{PREFIX}{rest}"),
    }
}

/// How many characters must be put in, taken out or replaced to make one name the other.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, c) in one.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, d) in other.iter().enumerate() {
            let replaced = diagonal + usize::from(c != *d);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(names: &[&str]) -> Option<String> {
        unknown(&names.iter().map(|name| (*name).to_owned()).collect())
    }

    #[test]
    fn a_variable_that_no_setting_reads_is_named_with_the_nearest_setting() {
        let text = said(&["EVERACT_ASK_TIMEOUT", "EVERACT_SHARDS", "PATH"]).expect("one is unknown");
        assert!(text.contains("EVERACT_ASK_TIMEOUT (did you mean EVERACT_ASK_TIMEOUT_MS?)"), "{text}");
        assert!(!text.contains("SHARDS") && !text.contains("PATH"), "{text}");
        for (given, meant) in
            [("SHARD", "SHARDS"), ("MEMORY_MAX", "MEMORY_BYTES_MAX"), ("DATA_FOLDER", "DATA")]
        {
            let text = said(&[&format!("EVERACT_{given}")]).expect("unknown");
            let near = format!("did you mean EVERACT_{meant}?");
            assert!(text.contains(&near), "{text}");
        }
        let text = said(&["EVERACT_COLOUR"]).expect("unknown");
        assert!(text.ends_with(": EVERACT_COLOUR"), "{text}");
    }

    #[test]
    fn what_is_read_elsewhere_and_what_kubernetes_adds_is_passed_over() {
        assert_eq!(said(&["EVERACT_TOKEN", "EVERACT_CACHE", "EVERACT_BENCH_SECONDS", "HOME"]), None);
        let service = [
            "EVERACT_SERVICE_HOST",
            "EVERACT_SERVICE_PORT",
            "EVERACT_SERVICE_PORT_GRPC",
            "EVERACT_PORT",
            "EVERACT_PORT_8080_TCP",
            "EVERACT_PORT_8080_TCP_ADDR",
            "EVERACT_GATE_SERVICE_HOST",
            "EVERACT_GATE_PORT",
        ];
        assert_eq!(said(&service), None);
        let text = said(&["EVERACT_PORT"]).expect("without a service of that name it is unknown");
        assert!(text.contains("EVERACT_PORT"), "{text}");
    }

    #[test]
    fn a_warning_has_an_end() {
        let names: Vec<String> = (0..100).map(|number| format!("EVERACT_VALUE_{number}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let text = said(&names).expect("all are unknown");
        assert!(text.ends_with("and 92 more") && text.len() < 1_000, "{text}");
    }
}
