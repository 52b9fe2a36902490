//! Which actor a message is for.

use std::borrow::Cow;

use crate::contract::Method;
use crate::contract::key::{KeyField, NoKey};
use crate::status::Fault;

/// The key of the actor that a message names.
pub(crate) fn key<'a>(method: &'a Method, message: &'a [u8]) -> Result<Cow<'a, str>, Fault> {
    let Some(field) = &method.key else { return Ok(Cow::Borrowed(&method.kind_name)) };
    match find(method, field, message)? {
        Some(key) => Ok(key),
        None => field.open().map(Cow::Borrowed).ok_or_else(|| {
            Fault::argument(format!("{} is missing or empty: it names the actor", field.name))
        }),
    }
}

fn find<'a>(method: &Method, field: &KeyField, message: &'a [u8]) -> Result<Option<Cow<'a, str>>, Fault> {
    field.find(message).map_err(|reason| match reason {
        NoKey::Malformed => {
            let input = method.descriptor.input();
            Fault::payload(format!("the message is not a {}", input.full_name()))
        }
        NoKey::Mistyped => Fault::payload(format!("{} does not have its type", field.name)),
    })
}

/// A message of a stream, for the actor that the first one named: one that leaves its key open gets that actor's.
pub(crate) fn for_actor<'a>(
    method: &Method,
    actor: &mut Option<String>,
    message: &'a [u8],
) -> Result<Cow<'a, [u8]>, Fault> {
    let (Some(first), Some(field)) = (actor.as_deref(), &method.key) else {
        let named = key(method, message)?.into_owned();
        actor.get_or_insert(named);
        return Ok(Cow::Borrowed(message));
    };
    match find(method, field, message)? {
        Some(key) if key == first => Ok(Cow::Borrowed(message)),
        Some(_) => {
            let text = format!("{} differs within the stream: one stream is for one actor", field.name);
            Err(Fault::argument(text))
        }
        None => Ok(Cow::Owned([message, &field.encode(first).unwrap_or_default()].concat())),
    }
}
