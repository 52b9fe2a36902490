//! `everact top`: those that have the most of something.

use std::collections::HashMap;
use std::time::Duration;

use serde_json::{Value, json};

use super::link::{Link, Source};
use super::ps::{HEAD, row};
use super::show::{named, table};
use crate::arguments::{By, Top};
use crate::failure::Failure;
use crate::output;

/// How many are looked at for their rates: those with the most turns.
const LOOKED_AT: usize = 1_000;

pub(crate) fn run(given: &Top, as_json: bool) -> Result<(), Failure> {
    let mut link = Link::open(&given.connection)?;
    let mut rates = Rates::default();
    if given.by == By::Rate {
        if !(0.01..=3_600.0).contains(&given.seconds) {
            return Err(Failure::usage("--seconds: 0.01 to 3600"));
        }
        rates.look(&mut link, 0.0)?;
        std::thread::sleep(Duration::from_secs_f64(given.seconds));
    }
    let top = top(&mut link, given.by, given.limit, &mut rates, given.seconds)?;
    if as_json {
        output::line(json!({"top": top}));
        return Ok(());
    }
    output::line(shown(&top));
    Ok(())
}

fn shown(top: &[Value]) -> String {
    let head: Vec<&str> = HEAD.into_iter().chain(["TURNS/S"]).collect();
    let rows: Vec<Vec<String>> = top.iter().map(rated_row).collect();
    table(&head, &[3, 4, 5, 6, 7], &rows)
}

/// A row with the rate behind it, where it is known.
pub(super) fn rated_row(resident: &Value) -> Vec<String> {
    let rate = resident["turns_per_second"].as_f64();
    let mut cells = row(resident);
    cells.push(rate.map_or_else(|| "-".to_owned(), |rate| format!("{rate:.0}")));
    cells
}

/// Those at the top. By rate it compares with the look before, so many seconds ago.
pub(super) fn top(
    source: &mut impl Source,
    by: By,
    limit: usize,
    rates: &mut Rates,
    seconds: f64,
) -> Result<Vec<Value>, Failure> {
    let by = match by {
        By::Rate => {
            let mut all = rates.look(source, seconds)?;
            all.truncate(limit);
            return Ok(all);
        }
        By::Mailbox => "mailbox",
        By::State => "state_bytes",
        By::Turns => "turns",
    };
    let mut answer = source.ask(&json!({"topic": "top", "by": by, "limit": limit}))?;
    match answer["top"].take() {
        Value::Array(top) => Ok(top),
        _ => Ok(Vec::new()),
    }
}

/// How many turns each had at the last look.
#[derive(Debug, Default)]
pub(super) struct Rates {
    before: HashMap<String, u64>,
}

impl Rates {
    /// Looks at those with the most turns and gives each its rate, the fastest first. What was not seen before has none.
    fn look(&mut self, source: &mut impl Source, seconds: f64) -> Result<Vec<Value>, Failure> {
        let mut answer = source.ask(&json!({"topic": "top", "by": "turns", "limit": LOOKED_AT}))?;
        let Value::Array(mut all) = answer["top"].take() else { return Ok(Vec::new()) };
        let mut now = HashMap::new();
        for one in &mut all {
            let (name, turns) = (named(one), one["turns"].as_u64().unwrap_or_default());
            // One that has left memory meanwhile begins at zero.
            let before = self.before.get(&name).filter(|before| **before <= turns);
            one["turns_per_second"] =
                before.map(|before| (turns - before) as f64 / seconds.max(0.001)).into();
            now.insert(name, turns);
        }
        self.before = now;
        let rate = |one: &Value| one["turns_per_second"].as_f64().unwrap_or(-1.0);
        all.sort_by(|a, b| rate(b).total_cmp(&rate(a)));
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Twice(Vec<Value>);

    impl Source for Twice {
        fn ask(&mut self, _: &Value) -> Result<Value, Failure> {
            Ok(json!({"top": self.0.remove(0)}))
        }
    }

    #[test]
    fn a_rate_is_the_difference_of_two_looks() {
        let one = |key: &str, turns: u64| json!({"kind": "cart", "key": key, "turns": turns});
        let mut source = Twice(vec![
            json!([one("a", 100), one("b", 90), one("c", 9)]),
            json!([one("b", 190), one("a", 102), one("new", 70), one("c", 3)]),
        ]);
        let mut rates = Rates::default();
        rates.look(&mut source, 0.0).expect("answered");
        let top = top(&mut source, By::Rate, 3, &mut rates, 2.0).expect("answered");
        let shown: Vec<_> =
            top.iter().map(|one| (one["key"].clone(), one["turns_per_second"].clone())).collect();
        assert_eq!(shown[..2], [(json!("b"), json!(50.0)), (json!("a"), json!(1.0))]);
        assert_eq!((shown.len(), &shown[2].1), (3, &Value::Null));
    }
}
