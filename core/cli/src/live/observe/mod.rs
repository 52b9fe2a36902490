//! `everact observe`: a live page in the terminal, as Erlang's observer is one in a window.
//!
//! | file | subject |
//! | --- | --- |
//! | `app` | what is shown, and what a key does: without a terminal |
//! | `look` | what each page asks of the engine |
//! | `draw` | how it looks |

mod app;
mod draw;
mod look;
#[cfg(test)]
mod tests;

use std::time::{Duration, Instant};

use ratatui::crossterm::event::{self, Event, KeyEventKind};
use serde_json::json;

use super::link::{Link, Source};
use super::ps;
use crate::arguments::Observe;
use crate::failure::Failure;
use crate::output;
use app::App;

/// How long a look may be apart from the next one, in seconds.
const EVERY: std::ops::RangeInclusive<f64> = 0.1..=3_600.0;
/// What the list shows without a terminal.
const LISTED: usize = 1_000;

pub(crate) fn run(given: &Observe, as_json: bool) -> Result<(), Failure> {
    if !EVERY.contains(&given.every) {
        return Err(Failure::usage("--every: 0.1 to 3600 seconds"));
    }
    let mut link = Link::open(&given.connection)?;
    if as_json {
        let (all, next) = ps::list(&mut link, None, 0, LISTED)?;
        let tree = link.ask(&json!({"topic": "tree"}))?;
        output::line(json!({"actors": all, "next": next, "tree": tree["tree"]}));
        return Ok(());
    }
    let mut app = App::new(&given.connection.address);
    // Before the terminal changes: one who may not look is told so in words.
    app.look(&mut link, 0.0)?;
    let mut terminal = ratatui::try_init()
        .map_err(|error| Failure::other("Terminal", format!("this is no terminal to draw in: {error}")))?;
    let ended = watch(&mut app, &mut link, &mut terminal, Duration::from_secs_f64(given.every));
    app.leave(&mut link);
    ratatui::restore();
    ended
}

/// Looks, draws and takes keys until somebody leaves.
fn watch(
    app: &mut App,
    link: &mut Link,
    terminal: &mut ratatui::DefaultTerminal,
    every: Duration,
) -> Result<(), Failure> {
    let broken = |error: std::io::Error| Failure::other("Terminal", error.to_string());
    let mut looked = Instant::now();
    while !app.is_over() {
        terminal.draw(|frame| draw::draw(app, frame)).map_err(broken)?;
        let wait = every.saturating_sub(looked.elapsed());
        if event::poll(wait).map_err(broken)? {
            if let Event::Key(key) = event::read().map_err(broken)?
                && key.kind != KeyEventKind::Release
            {
                app.press(key, link);
            }
            continue;
        }
        let seconds = looked.elapsed().as_secs_f64();
        looked = Instant::now();
        // An engine that is away for a moment is said on the page; it may come back.
        app.look_or_say(link, seconds);
    }
    Ok(())
}
