//! The payload of a handler that streams: a list, each item its length (32 bits, little-endian) and its bytes.

use bytes::Bytes;

/// Appends an item.
pub(crate) fn item(list: &mut Vec<u8>, bytes: &[u8]) {
    // A message is bounded far below 4 GiB.
    list.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
    list.extend_from_slice(bytes);
}

/// The items of a list; `None` where the bytes are no list.
pub(crate) fn items(list: Vec<u8>) -> Option<Vec<Bytes>> {
    let mut rest = Bytes::from(list);
    let mut items = Vec::new();
    while !rest.is_empty() {
        let length = u32::from_le_bytes(*rest.first_chunk()?) as usize;
        let end = length.checked_add(4).filter(|end| *end <= rest.len())?;
        let mut whole = rest.split_to(end);
        items.push(whole.split_off(4));
    }
    Some(items)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_come_back() {
        let mut list = Vec::new();
        for bytes in [&b"one"[..], b"", b"three"] {
            item(&mut list, bytes);
        }
        assert_eq!(items(list.clone()).expect("a list"), [&b"one"[..], b"", b"three"]);
        assert_eq!(items(Vec::new()).expect("a list"), Vec::<Bytes>::new());
        for end in [1, 3, 5, list.len() - 1] {
            assert!(items(list[..end].to_vec()).is_none(), "{end} bytes");
        }
        assert!(items(vec![0xff; 8]).is_none());
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            let _ = items(bytes);
        }
    }
}
