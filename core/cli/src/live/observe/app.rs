//! What is shown, and what a key does.
//!
//! | a page | means | leaves it by |
//! | --- | --- | --- |
//! | List, Top, Tree | rows, one of them chosen | 1, 2, 3, 4 -> that page; Enter -> One |
//! | One | all that is known of one actor or process | Esc -> the page before; 1, 2, 3, 4 |
//! | Trace | what happens, the newest last; a trace runs | Esc, 1, 2, 3 -> that page, and the trace is stopped |
//!
//! Over any page lies at most one question: a filter that is written, or whether somebody is to be killed.

use std::collections::VecDeque;

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use serde_json::{Map, Value, json};

use super::look::{self, Row};
use crate::arguments::By;
use crate::failure::Failure;
use crate::live::about;
use crate::live::link::Source;
use crate::live::top::Rates;

/// Lines of a trace that can be seen.
pub(super) const TRACED_MAX: usize = 500;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Page {
    List,
    Top,
    Tree,
    One,
    Trace,
}

/// What lies over the page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Question {
    #[default]
    None,
    /// Which rows are shown.
    Filter,
    /// Whether the chosen one is to be killed.
    Kill,
}

/// Everything that is shown.
pub(super) struct App {
    pub(super) address: String,
    pub(super) page: Page,
    pub(super) question: Question,
    /// Only rows with this text in them.
    pub(super) filter: String,
    pub(super) by: By,
    /// Counts of the whole engine, in one line.
    pub(super) counts: String,
    pub(super) rows: Vec<Row>,
    /// The row that is chosen, among those that the filter leaves.
    pub(super) chosen: usize,
    /// One actor or process: what is known of it.
    pub(super) details: Vec<(String, String)>,
    pub(super) traced: VecDeque<String>,
    pub(super) paused: bool,
    /// What came of the last key, or what went wrong.
    pub(super) said: Option<String>,
    /// Whom the pages One and Trace are about.
    pub(super) whom: Option<Whom>,
    back: Page,
    trace: Option<Value>,
    rates: Rates,
    turns: Option<u64>,
    over: bool,
}

/// Somebody who was chosen.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Whom {
    pub(super) name: String,
    pub(super) kind: Option<String>,
    pub(super) members: Map<String, Value>,
}

impl App {
    pub(super) fn new(address: &str) -> Self {
        Self {
            address: address.to_owned(),
            page: Page::List,
            question: Question::None,
            filter: String::new(),
            by: By::Rate,
            counts: String::new(),
            rows: Vec::new(),
            chosen: 0,
            details: Vec::new(),
            traced: VecDeque::new(),
            paused: false,
            said: None,
            whom: None,
            back: Page::List,
            trace: None,
            rates: Rates::default(),
            turns: None,
            over: false,
        }
    }

    pub(super) fn is_over(&self) -> bool {
        self.over
    }

    /// The rows that the filter leaves.
    pub(super) fn shown(&self) -> Vec<&Row> {
        self.rows.iter().filter(|row| self.filter.is_empty() || row.text().contains(&self.filter)).collect()
    }

    /// Asks the engine for what the page shows; so many seconds have passed since the last look.
    pub(super) fn look(&mut self, source: &mut impl Source, seconds: f64) -> Result<(), Failure> {
        let (counts, turns) = look::counts(source, self.turns, seconds)?;
        (self.counts, self.turns) = (counts, Some(turns));
        match self.page {
            Page::List => self.rows = look::list(source)?,
            Page::Top => self.rows = look::top(source, self.by, &mut self.rates, seconds)?,
            Page::Tree => self.rows = look::tree(source)?,
            Page::One => {
                if let Some(whom) = &self.whom {
                    self.details = look::one(source, &whom.members)?;
                }
            }
            Page::Trace => self.take(source)?,
        }
        self.chosen = self.chosen.min(self.shown().len().saturating_sub(1));
        Ok(())
    }

    pub(super) fn look_or_say(&mut self, source: &mut impl Source, seconds: f64) {
        if let Err(failure) = self.look(source, seconds) {
            self.said = Some(failure.to_string());
        }
    }

    fn take(&mut self, source: &mut impl Source) -> Result<(), Failure> {
        let Some(trace) = &self.trace else { return Ok(()) };
        let lines = look::taken(source, trace, self.whom.as_ref())?;
        if !self.paused {
            self.traced.extend(lines);
        }
        let beyond = self.traced.len().saturating_sub(TRACED_MAX);
        self.traced.drain(..beyond);
        Ok(())
    }

    /// Somebody presses a key.
    pub(super) fn press(&mut self, key: KeyEvent, source: &mut impl Source) {
        self.said = None;
        match self.question {
            Question::Filter => return self.write(key.code),
            Question::Kill => {
                self.question = Question::None;
                if key.code == KeyCode::Char('y') {
                    self.act(source, "exit");
                }
                return;
            }
            Question::None => {}
        }
        let rows = self.shown().len();
        match key.code {
            KeyCode::Char('q') => self.over = true,
            KeyCode::Char('c') if key.modifiers.contains(KeyModifiers::CONTROL) => self.over = true,
            KeyCode::Char('1') => self.turn_to(Page::List, source),
            KeyCode::Char('2') => self.turn_to(Page::Top, source),
            KeyCode::Char('3') => self.turn_to(Page::Tree, source),
            KeyCode::Char('4') => {
                self.whom = None;
                self.turn_to(Page::Trace, source);
            }
            KeyCode::Char('t') => {
                self.choose();
                self.turn_to(Page::Trace, source);
            }
            KeyCode::Enter if self.choose() => self.turn_to(Page::One, source),
            KeyCode::Esc if matches!(self.page, Page::One | Page::Trace) => self.turn_to(self.back, source),
            KeyCode::Esc => self.filter.clear(),
            KeyCode::Up | KeyCode::Char('k') => self.chosen = self.chosen.saturating_sub(1),
            KeyCode::Down | KeyCode::Char('j') => self.chosen = (self.chosen + 1).min(rows.saturating_sub(1)),
            KeyCode::PageUp => self.chosen = self.chosen.saturating_sub(15),
            KeyCode::PageDown => self.chosen = (self.chosen + 15).min(rows.saturating_sub(1)),
            KeyCode::Home => self.chosen = 0,
            KeyCode::End => self.chosen = rows.saturating_sub(1),
            KeyCode::Char('/') => self.question = Question::Filter,
            KeyCode::Char('o') if self.page == Page::Top => self.reorder(source),
            KeyCode::Char(' ') if self.page == Page::Trace => self.paused = !self.paused,
            KeyCode::Char('s') if self.choose() => self.act(source, "suspend"),
            KeyCode::Char('r') if self.choose() => self.act(source, "resume"),
            KeyCode::Char('x') if self.choose() => self.question = Question::Kill,
            _ => {}
        }
    }

    fn write(&mut self, key: KeyCode) {
        match key {
            KeyCode::Char(sign) => self.filter.push(sign),
            KeyCode::Backspace => drop(self.filter.pop()),
            KeyCode::Esc => {
                self.filter.clear();
                self.question = Question::None;
            }
            KeyCode::Enter => self.question = Question::None,
            _ => {}
        }
        self.chosen = 0;
    }

    /// Takes the chosen row for the one that is meant; on the page of one it is that one. Returns whether there is one.
    fn choose(&mut self) -> bool {
        if matches!(self.page, Page::One | Page::Trace) {
            return self.whom.is_some();
        }
        self.whom = self.shown().get(self.chosen).and_then(|row| row.whom.clone());
        self.whom.is_some()
    }

    fn turn_to(&mut self, page: Page, source: &mut impl Source) {
        self.leave(source);
        if !matches!(self.page, Page::One | Page::Trace) {
            self.back = self.page;
        }
        if self.page != page {
            self.chosen = 0;
            self.rows.clear();
        }
        self.page = page;
        if page == Page::Trace {
            self.traced.clear();
            self.paused = false;
            match source.ask(&look::trace(self.whom.as_ref())) {
                Ok(answer) => self.trace = Some(answer["trace"].clone()),
                Err(failure) => return self.said = Some(failure.to_string()),
            }
        }
        // The time since the last look is not known here, so rates come with the next one.
        self.look_or_say(source, f64::INFINITY);
    }

    /// What runs for the page is stopped.
    pub(super) fn leave(&mut self, source: &mut impl Source) {
        if let Some(trace) = self.trace.take() {
            // Without an answer the engine stops it by itself, within a minute.
            let _ = source.ask(&json!({"topic": "trace_stop", "trace": trace}));
        }
    }

    fn reorder(&mut self, source: &mut impl Source) {
        self.by = match self.by {
            By::Rate => By::Mailbox,
            By::Mailbox => By::State,
            By::State => By::Turns,
            By::Turns => By::Rate,
        };
        self.look_or_say(source, f64::INFINITY);
    }

    fn act(&mut self, source: &mut impl Source, topic: &str) {
        let Some(whom) = self.whom.clone() else { return };
        let mut asked = about(topic, whom.members);
        if topic == "exit" {
            asked["reason"] = "kill".into();
        }
        let done = match topic {
            "suspend" => "is suspended",
            "resume" => "goes on",
            _ => "has been killed",
        };
        self.said = Some(match source.ask(&asked) {
            Ok(_) => format!("{} {done}", whom.name),
            Err(failure) => failure.to_string(),
        });
    }
}
