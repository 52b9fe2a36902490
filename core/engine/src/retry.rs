//! A handler's policy for told messages that fail: as it is declared, checked before an engine opens.

use std::collections::HashSet;

use everact_kernel::kind::Retry;
use everact_kernel::limits::{RETRY_WAIT_MS_MAX, RETRY_WAIT_MS_MIN};
use serde::Deserialize;
use serde_json::{Map, Value};

/// What happens to a told message whose handler fails: it is tried again, then it becomes a dead letter.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RetryConfig {
    /// How often the handler runs at most, the first time included; at least 1.
    pub attempts_max: u32,
    /// Milliseconds before the second attempt, at most `wait_max_ms`; 500 if not given, or less where `wait_max_ms` is.
    pub first_wait_ms: Option<u64>,
    /// Milliseconds between two attempts at most; 30,000 if not given, or more where `first_wait_ms` is.
    pub wait_max_ms: Option<u64>,
    /// By how much each wait is longer than the one before; at least 1.
    pub factor: f64,
    /// The part of a wait that is drawn at random, 0 to 1.
    pub jitter: f64,
    /// Names of errors that are not worth another attempt: the part of the failure's text before its first colon.
    pub not_retried: Vec<String>, // bound: made once
    /// What becomes of the sender's later messages.
    pub on_failure: OnFailure,
}

impl Default for RetryConfig {
    /// Five attempts within a minute.
    fn default() -> Self {
        let Retry { attempts_max, factor, jitter, not_retried, .. } = Retry::default();
        Self {
            attempts_max,
            first_wait_ms: None,
            wait_max_ms: None,
            factor,
            jitter,
            not_retried,
            on_failure: OnFailure::default(),
        }
    }
}

/// What becomes of a sender's later messages when one of them has failed for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum OnFailure {
    /// The failed message becomes a dead letter and those behind it go on.
    #[default]
    Park,
    /// Those behind it wait until it has been retried or dropped.
    Hold,
}

impl RetryConfig {
    /// Says of a policy what is wrong with it, beginning with the field's name.
    pub(crate) fn check(&self) -> Result<(), String> {
        if self.attempts_max == 0 {
            return Err("attempts_max: must be at least 1".to_owned());
        }
        let (first, most) = self.waits_ms();
        for (name, wait_ms) in [("first_wait_ms", first), ("wait_max_ms", most)] {
            if !(RETRY_WAIT_MS_MIN..=RETRY_WAIT_MS_MAX).contains(&wait_ms) {
                return Err(format!("{name}: {wait_ms} is not {RETRY_WAIT_MS_MIN} to {RETRY_WAIT_MS_MAX}"));
            }
        }
        if first > most {
            return Err(format!("first_wait_ms: {first} is longer than wait_max_ms, which is {most}"));
        }
        // Ranges, so that no NaN passes.
        if !(1.0..=f64::MAX).contains(&self.factor) {
            return Err(format!("factor: {} is not a finite number from 1 on", self.factor));
        }
        if !(0.0..=1.0).contains(&self.jitter) {
            return Err(format!("jitter: {} is not 0 to 1", self.jitter));
        }
        let mut names = HashSet::new();
        for name in &self.not_retried {
            if name.is_empty() {
                return Err("not_retried: an error without a name".to_owned());
            }
            if !names.insert(name) {
                return Err(format!("not_retried: {name:?} is named twice"));
            }
        }
        Ok(())
    }

    /// The first and the longest wait; a default gives way to the other one's value.
    fn waits_ms(&self) -> (u64, u64) {
        let Retry { first_wait_ms: first, wait_max_ms: most, .. } = Retry::default();
        match (self.first_wait_ms, self.wait_max_ms) {
            (Some(first), Some(most)) => (first, most),
            (Some(first), None) => (first, first.max(most)),
            (None, Some(most)) => (first.min(most).max(RETRY_WAIT_MS_MIN), most),
            (None, None) => (first, most),
        }
    }

    /// The policy as the kernel carries it out.
    pub(crate) fn policy(&self) -> Retry {
        let (first_wait_ms, wait_max_ms) = self.waits_ms();
        Retry {
            attempts_max: self.attempts_max,
            first_wait_ms,
            wait_max_ms,
            factor: self.factor,
            jitter: self.jitter,
            not_retried: self.not_retried.clone(),
            hold: self.on_failure == OnFailure::Hold,
        }
    }
}

/// Says of the first policy among declared kinds that cannot be read where it stands and which of its fields is wrong.
/// The configuration as a whole is read by serde, whose words name neither.
pub(crate) fn unreadable(kinds: &Value) -> Option<String> {
    let name = |value: &Value| value.get("name").and_then(Value::as_str).unwrap_or("?").to_owned();
    let handlers = |kind| Value::get(kind, "handlers").and_then(Value::as_array).into_iter().flatten();
    kinds.as_array()?.iter().find_map(|kind| {
        handlers(kind).find_map(|handler| {
            let fault = unreadable_policy(handler.get("retry")?)?;
            Some(format!("{}.{}: {fault}", name(kind), name(handler)))
        })
    })
}

/// The first field that does not fit, each read alone so that it has a name.
fn unreadable_policy(policy: &Value) -> Option<String> {
    let read = |value: Value| serde_json::from_value::<Option<RetryConfig>>(value).err();
    let Some(fields) = policy.as_object() else {
        return read(policy.clone()).map(|error| format!("retry: {error}"));
    };
    fields.iter().find_map(|(name, value)| {
        let error = read(Value::Object(Map::from_iter([(name.clone(), value.clone())])))?;
        Some(format!("retry.{name}: {error}"))
    })
}
