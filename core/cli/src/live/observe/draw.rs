//! How a page looks: what the engine is on top, the pages, the rows, and the keys at the foot.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Cell, Paragraph, Row, Table, TableState, Wrap};

use super::app::{App, Page, Question};
use crate::arguments::By;
use crate::live::ps;

const BOLD: Style = Style::new().add_modifier(Modifier::BOLD);
const CHOSEN: Style = Style::new().add_modifier(Modifier::REVERSED);
const DIM: Style = Style::new().add_modifier(Modifier::DIM);

/// Widths of the columns of the list, and of the one more that the top has.
const WIDTHS: [u16; 7] = [12, 0, 9, 7, 4, 7, 8];
const RATE_WIDTH: u16 = 7;

pub(super) fn draw(app: &App, frame: &mut Frame<'_>) {
    let parts = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(1),
        Constraint::Min(1),
        Constraint::Length(1),
        Constraint::Length(1),
    ]);
    let [head, pages, body, said, foot] = parts.areas(frame.area());
    frame.render_widget(heading(app), head);
    frame.render_widget(tabs(app), pages);
    match app.page {
        Page::List => rows(app, &ps::HEAD, &WIDTHS, frame, body),
        Page::Top => {
            let names: Vec<&str> = ps::HEAD.into_iter().chain(["TURNS/S"]).collect();
            let widths: Vec<u16> = WIDTHS.into_iter().chain([RATE_WIDTH]).collect();
            rows(app, &names, &widths, frame, body);
        }
        Page::Tree => rows(app, &[], &[0], frame, body),
        Page::One => one(app, frame, body),
        Page::Trace => trace(app, frame, body),
    }
    frame.render_widget(message(app), said);
    frame.render_widget(Line::styled(keys(app), DIM), foot);
}

fn heading(app: &App) -> Line<'_> {
    let address = app.address.trim_start_matches("http://");
    Line::from(vec![Span::styled("everact ", BOLD), Span::raw(format!("{address}  {}", app.counts))])
}

fn tabs(app: &App) -> Line<'_> {
    let of = |page, name: String| {
        let style = if app.page == page { CHOSEN } else { Style::new() };
        [Span::styled(name, style), Span::raw("  ")]
    };
    let by = match app.by {
        By::Rate => "turns/s",
        By::Mailbox => "mailbox",
        By::State => "state",
        By::Turns => "turns",
    };
    let whom = app.whom.as_ref().map_or("all", |whom| &whom.name);
    let mut spans = Vec::new();
    spans.extend(of(Page::List, " 1 list ".to_owned()));
    spans.extend(of(Page::Top, format!(" 2 top by {by} ")));
    spans.extend(of(Page::Tree, " 3 tree ".to_owned()));
    spans.extend(of(
        Page::Trace,
        match app.page {
            Page::Trace => format!(" 4 trace of {whom} "),
            _ => " 4 trace ".to_owned(),
        },
    ));
    if app.page == Page::One {
        spans.extend(of(Page::One, format!(" {whom} ")));
    }
    Line::from(spans)
}

fn rows(app: &App, head: &[&str], widths: &[u16], frame: &mut Frame<'_>, area: Rect) {
    let shown = app.shown();
    let is_number = |at: usize| at >= 3;
    let cell = |at: usize, text: &str| {
        let line = Line::raw(text.to_owned());
        Cell::new(if is_number(at) { line.right_aligned() } else { line })
    };
    let lines =
        shown.iter().map(|row| Row::new(row.cells.iter().enumerate().map(|(at, text)| cell(at, text))));
    let columns = widths.iter().map(|width| match width {
        0 => Constraint::Fill(1),
        width => Constraint::Length(*width),
    });
    let mut table = Table::new(lines, columns).row_highlight_style(CHOSEN);
    if !head.is_empty() {
        table = table.header(Row::new(head.iter().enumerate().map(|(at, name)| cell(at, name))).style(BOLD));
    }
    let mut state = TableState::default().with_selected((!shown.is_empty()).then_some(app.chosen));
    frame.render_stateful_widget(table, area, &mut state);
    if shown.is_empty() {
        let nothing = match app.page {
            _ if !app.filter.is_empty() => "nothing matches",
            Page::Tree => "there are no supervisors",
            _ => "nobody is in memory",
        };
        let below = Rect { y: area.y + u16::from(!head.is_empty()), height: 1, ..area };
        frame.render_widget(Line::styled(nothing, DIM), below.intersection(area));
    }
}

fn one(app: &App, frame: &mut Frame<'_>, area: Rect) {
    let lines: Vec<Line<'_>> = app
        .details
        .iter()
        .map(|(name, value)| Line::from(vec![Span::styled(format!("{name:<15}"), BOLD), Span::raw(value)]))
        .collect();
    frame.render_widget(Paragraph::new(lines).wrap(Wrap { trim: false }), area);
}

/// The newest lines, as many as there is room for.
fn trace(app: &App, frame: &mut Frame<'_>, area: Rect) {
    let beyond = app.traced.len().saturating_sub(usize::from(area.height));
    let lines: Vec<Line<'_>> = app.traced.iter().skip(beyond).map(|line| Line::raw(line.as_str())).collect();
    let nothing = app.traced.is_empty().then(|| Line::styled("nothing has happened yet", DIM));
    frame.render_widget(Paragraph::new(lines.into_iter().chain(nothing).collect::<Vec<_>>()), area);
}

fn message(app: &App) -> Line<'_> {
    match (&app.question, &app.said) {
        (Question::Filter, _) => Line::styled(format!("only rows with: {}_", app.filter), BOLD),
        (Question::Kill, _) => {
            let whom = app.whom.as_ref().map_or("", |whom| &whom.name);
            Line::styled(format!("kill {whom}? y is yes, any other key no"), BOLD)
        }
        (Question::None, Some(said)) => Line::styled(said.as_str(), BOLD),
        (Question::None, None) if app.paused => Line::raw("paused"),
        (Question::None, None) if !app.filter.is_empty() => {
            Line::raw(format!("only rows with: {}", app.filter))
        }
        (Question::None, None) => Line::raw(""),
    }
}

fn keys(app: &App) -> &'static str {
    match (&app.question, app.page) {
        (Question::Filter, _) => "Enter done  Esc all rows",
        (Question::Kill, _) => "y kill  any other key: no",
        (_, Page::List | Page::Tree) => {
            "1-4 page  \u{2191}\u{2193}  Enter look  t trace  s suspend  r resume  x kill  / filter  q quit"
        }
        (_, Page::Top) => "1-4 page  Enter look  o order  t trace  s suspend  r resume  x kill  q quit",
        (_, Page::One) => "Esc back  t trace  s suspend  r resume  x kill  1-4 page  q quit",
        (_, Page::Trace) => "Space pause  Esc back  1-4 page  q quit",
    }
}
