//! Messages by number: who sent them to whom, and whether they were handled, once and in order.

use std::collections::BTreeMap;

use everact::process::Resident;

use super::model::Model;

#[derive(Debug)]
struct Message {
    from: Option<Resident>,
    to: Resident,
    handled: bool,
    /// It may be lost or never come: its receiver may have been dead, its sender's commit refused.
    due_at: u64,
    /// It is told, by a process to another one that lived then: it comes unless that one ends.
    certain: bool,
    repeats: bool,
    off: bool,
}

#[derive(Debug, Default)]
pub struct Messages {
    all: Vec<Message>,
    /// The last one that was handled, by sender and receiver.
    last: BTreeMap<(Resident, Resident), u64>,
}

impl Messages {
    /// A message is sent, now or at that time.
    pub fn send(&mut self, from: Option<Resident>, to: Resident, due_at: u64) -> u64 {
        let certain = false;
        self.all.push(Message { from, to, handled: false, due_at, certain, repeats: false, off: false });
        self.all.len() as u64 - 1
    }

    /// It is told and nothing can lose it but the end of its receiver.
    pub fn is_certain(&mut self, number: u64) {
        self.all[number as usize].certain = true;
    }

    pub fn repeats(&mut self, number: u64) {
        self.all[number as usize].repeats = true;
    }

    /// It was taken back before it was sent. One that repeats may have been sent before.
    pub fn cancelled(&mut self, number: u64) {
        let message = &mut self.all[number as usize];
        message.off = !message.repeats;
    }

    pub fn handled(&mut self, number: u64, by: &Resident, now: u64) -> Result<(), String> {
        let Some(message) = self.all.get_mut(number as usize) else {
            return Err(format!("{by:?} handles a message that nobody has sent: {number}"));
        };
        if message.to != *by {
            return Err(format!("{by:?} handles {number}: {message:?}"));
        }
        let to_process = matches!(by, Resident::Process(_));
        if to_process && (message.handled && !message.repeats || message.off) {
            return Err(format!("{number} is handled once more: {message:?}"));
        }
        if now < message.due_at {
            return Err(format!("{number} comes at {now}: {message:?}"));
        }
        message.handled = true;
        let is_timed = message.due_at > 0;
        if let (Some(from), true, false) = (message.from.clone(), to_process, is_timed) {
            let before = self.last.insert((from, by.clone()), number);
            if let Some(before) = before.filter(|before| *before >= number) {
                return Err(format!(
                    "{by:?} handles {number} of {:?} behind {before}",
                    self.all[number as usize].from
                ));
            }
        }
        Ok(())
    }

    fn is_lost(message: &Message) -> bool {
        message.certain && !message.handled
    }

    /// Who is told of an end has had all that the ended one had told it.
    pub fn check_heard_all(&self, from: &Resident, by: &Resident, model: &Model) -> Result<(), String> {
        if model.exists(from) {
            return Ok(());
        }
        let lost = self.all.iter().find(|message| {
            Self::is_lost(message) && message.from.as_ref() == Some(from) && message.to == *by
        });
        lost.map_or(Ok(()), |lost| Err(format!("{by:?} is told of an end before {lost:?}")))
    }

    /// All mailboxes are empty.
    pub fn check_all_handled(&self, model: &Model) -> Result<(), String> {
        let lost = self.all.iter().position(|message| Self::is_lost(message) && model.exists(&message.to));
        lost.map_or(Ok(()), |at| Err(format!("{at} was told and never handled: {:?}", self.all[at])))
    }

    /// The process' memory is gone: what was under way does not come.
    pub fn crashed(&mut self) {
        self.all.iter_mut().for_each(|message| message.certain = false);
        self.last.clear();
    }
}
