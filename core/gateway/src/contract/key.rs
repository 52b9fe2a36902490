//! The key of an actor, found in an encoded request without decoding it.
//!
//! All fields at the top level are walked, because protobuf lets a later one win, and because a message whose fields do
//! not add up must be refused here rather than after it has waited in a mailbox.

use std::borrow::Cow;

use prost_reflect::{FieldDescriptor, Kind};

/// Groups within groups that are followed; protobuf's own readers stop at a hundred levels.
const GROUPS_MAX: usize = 100;

/// Which field it is, and how it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeyField {
    pub(crate) number: u32,
    pub(crate) name: String,
    form: Form,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Text,
    Int32,
    Int64,
    Uint32,
    Uint64,
    Sint32,
    Sint64,
    Fixed32,
    Fixed64,
    Sfixed32,
    Sfixed64,
}

/// Why a message has no key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NoKey {
    /// The bytes are no message.
    Malformed,
    /// The field has another type on the wire, or is not UTF-8.
    Mistyped,
}

/// A field's value as it stands on the wire.
enum Value<'a> {
    Number(u64),
    Bytes(&'a [u8]),
    Fixed32(u32),
    Fixed64(u64),
    Group,
}

impl KeyField {
    /// A field that can be a key: a single string or integer.
    pub(crate) fn of(field: &FieldDescriptor) -> Option<Self> {
        let form = match field.kind() {
            Kind::String => Form::Text,
            Kind::Int32 => Form::Int32,
            Kind::Int64 => Form::Int64,
            Kind::Uint32 => Form::Uint32,
            Kind::Uint64 => Form::Uint64,
            Kind::Sint32 => Form::Sint32,
            Kind::Sint64 => Form::Sint64,
            Kind::Fixed32 => Form::Fixed32,
            Kind::Fixed64 => Form::Fixed64,
            Kind::Sfixed32 => Form::Sfixed32,
            Kind::Sfixed64 => Form::Sfixed64,
            _ => return None,
        };
        let single = !field.is_list() && !field.is_map();
        single.then(|| Self { number: field.number(), name: field.name().to_owned(), form })
    }

    /// The key in an encoded message; `None` where the field is not there, or an empty text: the message leaves it open.
    pub(crate) fn find<'a>(&self, message: &'a [u8]) -> Result<Option<Cow<'a, str>>, NoKey> {
        let mut rest = message;
        let mut key = None;
        while !rest.is_empty() {
            let (number, value) = field(&mut rest, 0).ok_or(NoKey::Malformed)?;
            if number == self.number {
                key = Some(self.text(value)?);
            }
        }
        Ok(key.filter(|key| !key.is_empty()))
    }

    /// What a field that is left open says: an integer is 0, a text names nobody.
    pub(crate) fn open(&self) -> Option<&'static str> {
        (self.form != Form::Text).then_some("0")
    }

    /// Whether the key is a text.
    pub(crate) fn is_text(&self) -> bool {
        self.form == Form::Text
    }

    /// The encoded field with this key. Appended to an encoded message it counts, because the last value of a field does.
    pub(crate) fn encode(&self, key: &str) -> Option<Vec<u8>> {
        let wide = |number: i64| number as u64;
        let (wire, value) = match self.form {
            Form::Text => (2, [varint_of(key.len() as u64), key.as_bytes().to_vec()].concat()),
            Form::Int32 | Form::Int64 => (0, varint_of(wide(key.parse().ok()?))),
            Form::Uint32 | Form::Uint64 => (0, varint_of(key.parse().ok()?)),
            Form::Sint32 | Form::Sint64 => (0, varint_of(zigzag(key.parse().ok()?))),
            Form::Fixed32 => (5, key.parse::<u32>().ok()?.to_le_bytes().to_vec()),
            Form::Sfixed32 => (5, key.parse::<i32>().ok()?.to_le_bytes().to_vec()),
            Form::Fixed64 => (1, key.parse::<u64>().ok()?.to_le_bytes().to_vec()),
            Form::Sfixed64 => (1, key.parse::<i64>().ok()?.to_le_bytes().to_vec()),
        };
        Some([varint_of(u64::from(self.number) << 3 | wire), value].concat())
    }

    fn text<'a>(&self, value: Value<'a>) -> Result<Cow<'a, str>, NoKey> {
        let digits = match (self.form, value) {
            (Form::Text, Value::Bytes(bytes)) => {
                return std::str::from_utf8(bytes).map(Cow::Borrowed).map_err(|_| NoKey::Mistyped);
            }
            (Form::Int32, Value::Number(number)) => (number as i32).to_string(),
            (Form::Int64, Value::Number(number)) => (number as i64).to_string(),
            (Form::Uint32, Value::Number(number)) => (number as u32).to_string(),
            (Form::Uint64, Value::Number(number)) => number.to_string(),
            (Form::Sint32, Value::Number(number)) => (unzigzag(u64::from(number as u32)) as i32).to_string(),
            (Form::Sint64, Value::Number(number)) => unzigzag(number).to_string(),
            (Form::Fixed32, Value::Fixed32(number)) => number.to_string(),
            (Form::Sfixed32, Value::Fixed32(number)) => (number as i32).to_string(),
            (Form::Fixed64, Value::Fixed64(number)) => number.to_string(),
            (Form::Sfixed64, Value::Fixed64(number)) => (number as i64).to_string(),
            _ => return Err(NoKey::Mistyped),
        };
        Ok(Cow::Owned(digits))
    }
}

fn unzigzag(number: u64) -> i64 {
    (number >> 1) as i64 ^ -((number & 1) as i64)
}

fn zigzag(number: i64) -> u64 {
    ((number << 1) ^ (number >> 63)) as u64
}

fn varint_of(mut number: u64) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(10);
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
    bytes
}

/// Takes one field from the front.
fn field<'a>(rest: &mut &'a [u8], groups: usize) -> Option<(u32, Value<'a>)> {
    let tag = u32::try_from(varint(rest)?).ok()?;
    let number = tag >> 3;
    if number == 0 {
        return None;
    }
    let value = match tag & 7 {
        0 => Value::Number(varint(rest)?),
        1 => Value::Fixed64(u64::from_le_bytes(*take(rest, 8)?.first_chunk()?)),
        2 => {
            let length = usize::try_from(varint(rest)?).ok()?;
            Value::Bytes(take(rest, length)?)
        }
        3 => {
            skip_group(rest, number, groups + 1)?;
            Value::Group
        }
        5 => Value::Fixed32(u32::from_le_bytes(*take(rest, 4)?.first_chunk()?)),
        _ => return None,
    };
    Some((number, value))
}

/// Takes the fields of a group and its end.
fn skip_group(rest: &mut &[u8], number: u32, groups: usize) -> Option<()> {
    if groups > GROUPS_MAX {
        return None;
    }
    loop {
        let mut ahead = *rest;
        let tag = varint(&mut ahead)?;
        if tag & 7 == 4 {
            *rest = ahead;
            return (tag >> 3 == u64::from(number)).then_some(());
        }
        field(rest, groups)?;
    }
}

fn take<'a>(rest: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (taken, after) = rest.split_at_checked(length)?;
    *rest = after;
    Some(taken)
}

fn varint(rest: &mut &[u8]) -> Option<u64> {
    let mut number = 0u64;
    for at in 0..10 {
        let byte = *rest.get(at)?;
        if at == 9 && byte > 1 {
            return None;
        }
        number |= u64::from(byte & 0x7F) << (7 * at);
        if byte < 0x80 {
            *rest = &rest[at + 1..];
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key(form: Form) -> KeyField {
        KeyField { number: 2, name: "id".to_owned(), form }
    }

    fn found(form: Form, message: &[u8]) -> String {
        key(form).find(message).expect("a message").expect("a key").into_owned()
    }

    #[test]
    fn keys_are_found_among_other_fields() {
        let message = b"\x0a\x01x\x12\x03abc\x1d\x01\x02\x03\x04";
        assert_eq!(found(Form::Text, message), "abc");
        assert_eq!(found(Form::Text, b"\x12\x01a\x12\x01b"), "b", "the last one wins");
        assert_eq!(key(Form::Text).find(b"\x0a\x01x"), Ok(None));
        assert_eq!(key(Form::Text).find(b"\x12\x00"), Ok(None));
        assert_eq!(key(Form::Text).find(b"\x12\x01\xff"), Err(NoKey::Mistyped));
        assert_eq!(key(Form::Text).find(b"\x10\x01"), Err(NoKey::Mistyped));
    }

    #[test]
    fn integers_are_written_in_decimal() {
        let minus_one = b"\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01";
        for (form, message, digits) in [
            (Form::Int32, &minus_one[..], "-1"),
            (Form::Int64, minus_one, "-1"),
            (Form::Uint64, minus_one, "18446744073709551615"),
            (Form::Uint32, b"\x10\x2a", "42"),
            (Form::Sint32, b"\x10\x03", "-2"),
            (Form::Sint64, b"\x10\x04", "2"),
            (Form::Fixed32, b"\x15\x01\x00\x00\x80", "2147483649"),
            (Form::Sfixed32, b"\x15\xff\xff\xff\xff", "-1"),
            (Form::Fixed64, b"\x11\x01\x00\x00\x00\x00\x00\x00\x00", "1"),
            (Form::Sfixed64, b"\x11\xff\xff\xff\xff\xff\xff\xff\xff", "-1"),
            (Form::Int32, b"\x10\x00", "0"),
        ] {
            assert_eq!(found(form, message), digits, "{form:?}");
            let field = key(form).encode(digits).expect("a number");
            assert_eq!(found(form, &field), digits, "{form:?}: what is written is read");
        }
    }

    #[test]
    fn what_is_no_message_is_refused() {
        let deep: Vec<u8> = [0x0b].repeat(GROUPS_MAX + 1);
        for message in [
            &b"\x12\x05ab"[..],
            b"\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
            b"\x80",
            b"\x00\x01",
            b"\x0f",
            b"\x0c",
            b"\x0b\x14",
            b"\x11\x01",
            b"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02",
            &deep,
        ] {
            assert_eq!(key(Form::Text).find(message), Err(NoKey::Malformed), "{message:?}");
        }
        assert_eq!(found(Form::Text, b"\x0b\x08\x01\x0c\x12\x01a"), "a", "a group is skipped");
    }

    proptest! {
        #[test]
        fn a_key_that_is_appended_counts(before: i64, after: i64, text in "[a-z]{1,300}") {
            for form in [Form::Int64, Form::Sint64, Form::Sfixed64] {
                let field = |number: i64| key(form).encode(&number.to_string()).expect("a number");
                prop_assert_eq!(found(form, &[field(before), field(after)].concat()), after.to_string());
            }
            prop_assert_eq!(found(Form::Text, &key(Form::Text).encode(&text).expect("a text")), text);
        }

        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            let _ = key(Form::Text).find(&bytes);
            let _ = key(Form::Sint64).find(&bytes);
        }
    }
}
