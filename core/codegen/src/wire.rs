//! Protobuf's wire form, field by field: how options are read whose types nobody here declared.

/// The value of one field.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    /// An integer, a bool or an enum.
    Number(u64),
    /// A text, bytes or a message.
    Bytes(&'a [u8]),
    /// Eight bytes: a double.
    Double(f64),
    /// Four bytes, or a group: nothing that an option of ours could be.
    Other,
}

/// The fields of an encoded message, in their order. What cannot be read ends them.
pub fn fields(bytes: &[u8]) -> Fields<'_> {
    Fields { rest: bytes }
}

/// See [`fields`].
pub struct Fields<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Fields<'a> {
    type Item = (u32, Value<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let tag = self.varint()?;
        let number = u32::try_from(tag >> 3).ok()?;
        let value = match tag & 7 {
            0 => Value::Number(self.varint()?),
            1 => Value::Double(f64::from_le_bytes(*self.take(8)?.first_chunk()?)),
            2 => {
                let length = usize::try_from(self.varint()?).ok()?;
                Value::Bytes(self.take(length)?)
            }
            5 => self.take(4).map(|_| Value::Other)?,
            _ => {
                self.rest = &[];
                Value::Other
            }
        };
        Some((number, value))
    }
}

impl<'a> Fields<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(taken)
    }

    fn varint(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.take(1)?[0];
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }
}

/// The last value of a field that is a number.
pub fn number(bytes: &[u8], field: u32) -> Option<u64> {
    fields(bytes)
        .filter_map(|(at, value)| match value {
            Value::Number(number) if at == field => Some(number),
            _ => None,
        })
        .last()
}

/// A field's message: all of its parts back to back, which is what protobuf takes several of them for.
pub fn message(bytes: &[u8], field: u32) -> Option<Vec<u8>> {
    let parts: Vec<&[u8]> = fields(bytes)
        .filter_map(|(at, value)| match value {
            Value::Bytes(part) if at == field => Some(part),
            _ => None,
        })
        .collect();
    if parts.is_empty() { None } else { Some(parts.concat()) }
}
