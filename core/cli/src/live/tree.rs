//! `everact tree`: supervisors and what they supervise.

use serde_json::{Value, json};

use super::link::{Link, Source};
use super::show::{cell, list, text};
use crate::arguments::Tree;
use crate::failure::Failure;
use crate::output;

pub(crate) fn run(given: &Tree, as_json: bool) -> Result<(), Failure> {
    let mut link = Link::open(&given.connection)?;
    let mut topic =
        json!({"topic": "tree", "depth": given.depth, "limit": given.limit, "after": given.after});
    if let Some(supervisor) = &given.supervisor {
        let number = supervisor.bytes().all(|byte| byte.is_ascii_digit());
        topic[if number { "of" } else { "name" }] = supervisor.as_str().into();
    }
    let answer = link.ask(&topic)?;
    if as_json {
        output::line(&answer);
        return Ok(());
    }
    let lines = lines(&answer);
    if lines.is_empty() {
        output::line("there are no supervisors");
    }
    for line in &lines {
        output::line(line.text());
    }
    if let Some(next) = text(&answer["next"]) {
        eprintln!("there are more: --after {next}");
    }
    Ok(())
}

/// A line of a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// The branches before it.
    pub(super) branch: String,
    /// Its name within its supervisor, or its number.
    pub(super) name: String,
    /// What it is and how it is.
    pub(super) about: String,
    /// The process, if it has one.
    pub(super) process: Option<String>,
}

impl Line {
    pub(super) fn text(&self) -> String {
        format!("{}{}  {}", self.branch, self.name, self.about).trim_end().to_owned()
    }
}

/// A tree in lines, as it is printed.
pub(super) fn lines(answer: &Value) -> Vec<Line> {
    let mut lines = Vec::new();
    for node in answer["tree"].as_array().into_iter().flatten() {
        push(node, "", "", &mut lines);
    }
    lines
}

fn push(node: &Value, branch: &str, below: &str, lines: &mut Vec<Line>) {
    let process = text(&node["process"]);
    let name = text(&node["id"]).or_else(|| process.as_ref().map(|process| format!("<{process}>")));
    lines.push(Line {
        branch: branch.to_owned(),
        name: name.unwrap_or_else(|| "?".to_owned()),
        about: about(node),
        process,
    });
    let children: Vec<&Value> = node["children"].as_array().into_iter().flatten().collect();
    let more = text(&node["next"]);
    let count = children.len() + usize::from(more.is_some());
    for (at, child) in children.into_iter().enumerate() {
        let last = at + 1 == count;
        let (branch, next) =
            if last { ("\u{2514}\u{2500} ", "   ") } else { ("\u{251c}\u{2500} ", "\u{2502}  ") };
        push(child, &format!("{below}{branch}"), &format!("{below}{next}"), lines);
    }
    if let Some(next) = more {
        let name = format!(
            "... {} in all; everact tree {} --after {next}",
            node["count"]["active"],
            cell(&node["process"])
        );
        let branch = format!("{below}\u{2514}\u{2500} ");
        lines.push(Line { branch, name, about: String::new(), process: None });
    }
}

fn about(node: &Value) -> String {
    let mut parts = Vec::new();
    if node["type"] == "supervisor" && !node["strategy"].is_null() {
        parts.push(format!("supervisor, {}", cell(&node["strategy"])));
        if node["strategy"] == "dynamic" {
            parts.push(format!("{} children", node["count"]["active"]));
        }
    } else {
        parts.push(cell(&node["kind"]));
    }
    if node["status"] != "running" {
        parts.push(cell(&node["status"]).to_uppercase());
    }
    if node["restarts"].as_u64().unwrap_or_default() > 0 {
        parts.push(format!("restarted {}x", node["restarts"]));
    }
    if let Some(names) = list(&node["names"]) {
        parts.push(format!("named {names}"));
    }
    if let Some(process) = text(&node["process"]).filter(|_| !node["id"].is_null()) {
        parts.push(format!("<{process}>"));
    }
    parts.join("  ")
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::live) fn example() -> Value {
        let worker = |id: Value, process: &str, restarts: u64| json!({"id": id, "process": process, "names": [], "kind": "worker", "type": "worker", "status": "running", "restarts": restarts});
        let count = json!({"specs": 1, "active": 50_000, "supervisors": 0, "workers": 50_000});
        let pool = json!({"id": "pool", "process": "11", "names": ["the-pool"], "kind": "supervisor", "type": "supervisor",
            "status": "running", "strategy": "dynamic", "restarted": 4, "restarts": 0, "count": count,
            "children": [worker(Value::Null, "12", 0), worker(Value::Null, "13", 0)], "next": 14});
        let broken = json!({"id": "broken", "process": null, "names": null, "kind": null, "type": "worker", "status": "restarting", "restarts": 3});
        json!({"tree": [{"id": "root", "process": "10", "names": [], "kind": "supervisor", "type": "supervisor", "root": true,
            "status": "running", "strategy": "one_for_one", "restarted": 3, "count": {"active": 2},
            "children": [worker(json!("log"), "15", 1), pool, broken], "next": null}], "next": null})
    }

    #[test]
    fn a_tree_is_drawn_with_branches_and_says_what_is_odd() {
        let drawn: Vec<String> = lines(&example()).iter().map(Line::text).collect();
        assert_eq!(
            drawn,
            [
                "root  supervisor, one_for_one  <10>",
                "├─ log  worker  restarted 1x  <15>",
                "├─ pool  supervisor, dynamic  50000 children  named the-pool  <11>",
                "│  ├─ <12>  worker",
                "│  ├─ <13>  worker",
                "│  └─ ... 50000 in all; everact tree 11 --after 14",
                "└─ broken  -  RESTARTING  restarted 3x",
            ]
        );
    }
}
