//! The stamp of a page: its number, so that a page in a wrong place is noticed, and a CRC over all before the sum.

/// How many bytes at the end of each page a database has to reserve.
pub const STAMP_BYTES: usize = 8;
const SUM_BYTES: usize = 4;

/// Writes the stamp of page `number` (the first is 1) into the page's last bytes.
///
/// # Panics
/// Where `page` is shorter than a stamp.
pub fn stamp(number: u32, page: &mut [u8]) {
    let (body, sum) = page.split_at_mut(page.len() - SUM_BYTES);
    let number_at = body.len() + SUM_BYTES - STAMP_BYTES;
    body[number_at..].copy_from_slice(&number.to_be_bytes());
    sum.copy_from_slice(&crc32fast::hash(body).to_be_bytes());
}

/// Whether `page` is page `number` and as it was stamped.
pub fn is_whole(number: u32, page: &[u8]) -> bool {
    number_of(page) == Some(number)
}

/// The number in the stamp of a page that is as it was stamped.
pub(crate) fn number_of(page: &[u8]) -> Option<u32> {
    let (body, sum) = page.split_last_chunk::<SUM_BYTES>()?;
    let (_, number) = body.split_last_chunk::<SUM_BYTES>()?;
    (crc32fast::hash(body).to_be_bytes() == *sum).then_some(u32::from_be_bytes(*number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_whole_as_it_was_stamped_and_in_its_place() {
        let mut page = vec![7; 1_024];
        stamp(3, &mut page);
        assert!(is_whole(3, &page));
        assert!(!is_whole(4, &page));
        for at in 0..page.len() {
            page[at] ^= 0x10;
            assert!(!is_whole(3, &page), "a flipped bit at {at}");
            page[at] ^= 0x10;
        }
        assert_eq!(number_of(&page), Some(3));
    }

    #[test]
    fn zeros_and_scraps_are_no_pages() {
        assert_eq!(number_of(&[0; 1_024]), None);
        assert_eq!(number_of(&[0; 7]), None);
    }
}
