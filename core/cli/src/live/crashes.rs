//! `everact crashes`: the last crash reports.

use serde_json::{Value, json};

use super::link::{Link, Source};
use super::show::{cell, clock, named, path, text};
use crate::arguments::Crashes;
use crate::failure::Failure;
use crate::output;

pub(crate) fn run(given: &Crashes, as_json: bool) -> Result<(), Failure> {
    let mut link = Link::open(&given.connection)?;
    if let Some(bytes) = given.keep_payload {
        link.ask(&json!({"topic": "crash_payload", "bytes": bytes}))?;
    }
    let answer = link.ask(&json!({"topic": "crashes", "kind": given.kind, "limit": given.limit}))?;
    if as_json {
        output::line(&answer);
        return Ok(());
    }
    for crash in answer["crashes"].as_array().into_iter().flatten() {
        output::line(shown(crash));
    }
    Ok(())
}

fn shown(crash: &Value) -> String {
    let at = clock(crash["at_ms"].as_i64().unwrap_or_default());
    let mut lines =
        vec![format!("{at} UTC  {} {}: {}", named(crash), cell(&crash["handler"]), cell(&crash["text"]))];
    let mut row =
        |name: &str, value: Option<String>| lines.extend(value.map(|value| format!("  {name}: {value}")));
    row("supervised as", path(&crash["path"]));
    row("state", Some(format!("{} bytes, revision {}", crash["state_bytes"], crash["revision"])));
    row("message", text(&crash["message"]));
    for line in crash["stack"].as_str().unwrap_or_default().lines() {
        lines.push(format!("    {line}"));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_says_all_that_is_known() {
        let crash = json!({"kind": "worker", "process": "9", "handler": "work", "text": "ValueError: no", "path": ["root", "w"],
            "state_bytes": 4, "revision": 2, "message": "[1]", "stack": "a\nb", "at_ms": 1_700_000_000_123_i64});
        let text = "22:13:20.123 UTC  worker/9 work: ValueError: no\n  supervised as: root/w\n  state: 4 bytes, revision 2\n  message: [1]\n    a\n    b";
        assert_eq!(shown(&crash), text);
    }
}
