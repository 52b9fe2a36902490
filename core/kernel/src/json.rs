//! Bounds of JSON before any parser sees it: one linear scan that allocates nothing and recurses nowhere.
//!
//! Parsers of some languages recurse with the text, or take quadratic time on it, and a stack that overflows there ends the
//! host's process. The scan counts what makes such a parser suffer: how deep arrays and objects nest, how many elements they
//! have, and whether each bracket is closed by its own kind. It is no validator: what stands between brackets and commas is
//! the parser's matter.
//!
//! Text inside strings does not count. A parser agrees with the scan on where a string ends as long as it has met nothing
//! that is not JSON, and there it stops.

use crate::error::{ErrorCode, Failure};

/// Levels of nesting where a user sets nothing.
pub const DEPTH_MAX_DEFAULT: usize = 128;
/// Levels of nesting that a user may set at most: what the scan can remember.
pub const DEPTH_MAX_MOST: usize = 1024;
/// Elements where a user sets nothing.
pub const ELEMENTS_MAX_DEFAULT: usize = 1_000_000;

/// Bytes that are looked at together.
const BLOCK: usize = 8;
const LOW_BITS: u64 = u64::from_le_bytes([0x7F; BLOCK]);
const HIGH_BITS: u64 = !LOW_BITS;

/// How deep and how rich a JSON text may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JsonBounds {
    /// Arrays and objects within one another; `[]` has one level. 1 to `DEPTH_MAX_MOST`.
    pub depth_max: usize,
    /// Arrays, objects, and values in them behind another: the brackets that open and the commas.
    pub elements_max: usize,
}

impl Default for JsonBounds {
    fn default() -> Self {
        Self { depth_max: DEPTH_MAX_DEFAULT, elements_max: ELEMENTS_MAX_DEFAULT }
    }
}

impl JsonBounds {
    /// Refuses a text that passes a bound or whose brackets do not fit one another. Nothing at all is within bounds.
    ///
    /// A text with no more bytes than `depth_max` is not looked at: it can neither nest deeper nor hold many elements.
    ///
    /// # Errors
    /// `InvalidPayload` names the bound and its setting.
    #[inline]
    pub fn check(&self, what: &str, text: &[u8]) -> Result<(), Failure> {
        if text.len() <= self.depth_max.min(self.elements_max) {
            return Ok(());
        }
        Scan::new(*self).run(text).map_err(|excess| self.failure(what, excess))
    }

    #[cold]
    fn failure(&self, what: &str, excess: Excess) -> Failure {
        let text = match excess {
            Excess::Depth => {
                format!("the {what} nests more than {} levels deep (json_depth_max)", self.depth_max)
            }
            Excess::Elements => {
                format!("the {what} has more than {} elements (json_elements_max)", self.elements_max)
            }
            Excess::Unbalanced => format!("the {what} is not JSON: its brackets do not fit one another"),
            Excess::Unterminated => {
                format!("the {what} is not JSON: it ends within an array, object or string")
            }
        };
        Failure::new(ErrorCode::InvalidPayload, text)
    }
}

/// Why a text is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Excess {
    Depth,
    Elements,
    Unbalanced,
    Unterminated,
}

/// What the scan knows of the text before its place.
struct Scan {
    bounds: JsonBounds,
    depth: usize,
    elements: usize,
    /// For each open level whether it is an object: a bit a level.
    objects: [u64; DEPTH_MAX_MOST / 64],
}

impl Scan {
    fn new(bounds: JsonBounds) -> Self {
        let bounds = JsonBounds { depth_max: bounds.depth_max.min(DEPTH_MAX_MOST), ..bounds };
        Self { bounds, depth: 0, elements: 0, objects: [0; DEPTH_MAX_MOST / 64] }
    }

    /// From one quote or bracket to the next; the commas between two of them are counted together.
    fn run(&mut self, text: &[u8]) -> Result<(), Excess> {
        let mut at = 0;
        while let Some(block) = text.get(at..at + BLOCK).and_then(<[u8]>::first_chunk) {
            let word = u64::from_le_bytes(*block);
            let (turns, commas) = (equal(word, b'"') | brackets(word), equal(word, b','));
            if turns == 0 {
                self.count(commas.count_ones() as usize)?;
                at += BLOCK;
                continue;
            }
            let first = turns.trailing_zeros();
            self.count((commas & ((1 << first) - 1)).count_ones() as usize)?;
            at = self.turn(text, at + first as usize / 8)?;
        }
        while at < text.len() {
            at = self.turn(text, at)?;
        }
        if self.depth > 0 { Err(Excess::Unterminated) } else { Ok(()) }
    }

    /// Takes the byte at this place, or the string that begins there. Returns the place behind it.
    #[inline]
    fn turn(&mut self, text: &[u8], at: usize) -> Result<usize, Excess> {
        match text[at] {
            b'"' => return string_end(text, at + 1).ok_or(Excess::Unterminated),
            b',' => self.count(1)?,
            open @ (b'[' | b'{') => self.open(open == b'{')?,
            close @ (b']' | b'}') => self.close(close == b'}')?,
            _ => {}
        }
        Ok(at + 1)
    }

    #[inline]
    fn count(&mut self, more: usize) -> Result<(), Excess> {
        self.elements += more;
        if self.elements > self.bounds.elements_max { Err(Excess::Elements) } else { Ok(()) }
    }

    #[inline]
    fn open(&mut self, object: bool) -> Result<(), Excess> {
        if self.depth == self.bounds.depth_max {
            return Err(Excess::Depth);
        }
        let (word, bit) = (self.depth / 64, self.depth % 64);
        self.objects[word] = self.objects[word] & !(1 << bit) | u64::from(object) << bit;
        self.depth += 1;
        self.count(1)
    }

    #[inline]
    fn close(&mut self, object: bool) -> Result<(), Excess> {
        let Some(depth) = self.depth.checked_sub(1) else { return Err(Excess::Unbalanced) };
        self.depth = depth;
        let opened = self.objects[depth / 64] >> (depth % 64) & 1 == 1;
        if opened == object { Ok(()) } else { Err(Excess::Unbalanced) }
    }
}

/// The place behind the quote that ends a string, from the place behind the one that began it.
#[inline]
fn string_end(text: &[u8], mut at: usize) -> Option<usize> {
    while let Some(block) = text.get(at..at + BLOCK).and_then(<[u8]>::first_chunk) {
        let word = u64::from_le_bytes(*block);
        let quotes = equal(word, b'"');
        let turns = quotes | equal(word, b'\\');
        if turns == 0 {
            at += BLOCK;
            continue;
        }
        let first = turns.trailing_zeros();
        at += first as usize / 8 + 1;
        if quotes >> first & 1 == 1 {
            return Some(at);
        }
        // The escaped byte, whichever it is.
        at += 1;
    }
    loop {
        match text.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

/// The high bit of each byte that is this one.
#[inline]
fn equal(word: u64, byte: u8) -> u64 {
    zero(word ^ u64::from_le_bytes([byte; BLOCK]))
}

/// The high bit of each byte that is `[`, `]`, `{` or `}`, and of `Y`, `y`, `_` and DEL, which share their bits and are passed
/// over where the byte itself is looked at.
#[inline]
fn brackets(word: u64) -> u64 {
    zero((word | u64::from_le_bytes([0x26; BLOCK])) ^ LOW_BITS)
}

/// The high bit of each byte that is 0. Exact: no carry leaves a byte, since the sum of two seven-bit numbers fits eight bits.
#[inline]
fn zero(word: u64) -> u64 {
    !((word & LOW_BITS).wrapping_add(LOW_BITS) | word) & HIGH_BITS
}

/// A text as JSON has it.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for letter in text.chars() {
        match letter {
            '"' | '\\' => out.extend(['\\', letter]),
            letter if letter < ' ' => out.push_str(&format!("\\u{:04x}", letter as u32)),
            letter => out.push(letter),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    fn scan(text: &[u8], depth_max: usize, elements_max: usize) -> Option<Excess> {
        Scan::new(JsonBounds { depth_max, elements_max }).run(text).err()
    }

    /// The same, a byte at a time.
    fn plainly(text: &[u8], depth_max: usize, elements_max: usize) -> Option<Excess> {
        let (mut open, mut elements, mut bytes) = (Vec::new(), 0, text.iter());
        while let Some(byte) = bytes.next() {
            match byte {
                b'"' => loop {
                    match bytes.next() {
                        None => return Some(Excess::Unterminated),
                        Some(b'"') => break,
                        Some(b'\\') => drop(bytes.next()),
                        Some(_) => {}
                    }
                },
                b'[' | b'{' if open.len() == depth_max => return Some(Excess::Depth),
                b'[' | b'{' => open.push(byte + 2),
                b']' | b'}' if open.pop() != Some(*byte) => return Some(Excess::Unbalanced),
                _ => {}
            }
            elements += usize::from(matches!(byte, b'[' | b'{' | b','));
            if elements > elements_max {
                return Some(Excess::Elements);
            }
        }
        (!open.is_empty()).then_some(Excess::Unterminated)
    }

    /// Depth and elements as a parser sees them.
    fn measure(value: &Value) -> (usize, usize) {
        let within = |values: &mut dyn Iterator<Item = &Value>| {
            let (mut deepest, mut elements, mut count) = (0, 1, 0);
            for value in values {
                let (depth, more) = measure(value);
                (deepest, elements, count) = (deepest.max(depth), elements + more, count + 1);
            }
            (deepest + 1, elements + usize::max(count, 1) - 1)
        };
        match value {
            Value::Array(items) => within(&mut items.iter()),
            Value::Object(fields) => within(&mut fields.values()),
            _ => (0, 0),
        }
    }

    fn json() -> impl Strategy<Value = Value> {
        let text =
            || proptest::string::string_regex("[\\[\\]{},\"\\\\:a-cY_é\u{0}]{0,12}").expect("a pattern");
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            text().prop_map(Value::from),
        ];
        leaf.prop_recursive(12, 128, 6, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::hash_map(text(), inner, 0..6)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    proptest! {
        /// The scan and the parser agree on depth and elements of everything that is JSON, compact or spread out.
        #[test]
        fn json_is_as_deep_and_as_rich_as_a_parser_finds(value in json(), pretty: bool) {
            let text = if pretty { serde_json::to_vec_pretty(&value) } else { serde_json::to_vec(&value) };
            let text = text.expect("JSON");
            let (depth, elements) = measure(&value);
            prop_assert_eq!(scan(&text, depth, elements), None);
            if depth > 0 {
                prop_assert_ne!(scan(&text, depth - 1, elements), None);
                prop_assert_ne!(scan(&text, depth, elements - 1), None);
            }
        }

        /// Whatever the bytes are: taking eight at a time finds what one at a time finds, and what the parser takes passes.
        #[test]
        fn any_bytes_are_judged_alike(
            text in prop::collection::vec(prop_oneof![3 => prop::sample::select(&b"[]{},\"\\ 1aY_"[..]), 1 => any::<u8>()], 0..200),
            depth_max in 1usize..40,
        ) {
            prop_assert_eq!(scan(&text, depth_max, 30), plainly(&text, depth_max, 30));
            if serde_json::from_slice::<Value>(&text).is_ok() {
                prop_assert!(scan(&text, DEPTH_MAX_MOST, usize::MAX).is_none());
            }
        }
    }

    #[test]
    fn nesting_is_bounded_at_every_depth_that_can_be_set() {
        for depth in [1, 63, 64, 65, 128, DEPTH_MAX_MOST] {
            for (open, close) in [("[", "]"), ("{\"a\":", "}"), ("[{\"[\":", "}]")] {
                let levels = open.matches(['[', '{']).count() - usize::from(open.contains("\"[\""));
                let text = |times: usize| format!("{}1{}", open.repeat(times), close.repeat(times));
                let times = depth / levels;
                assert_eq!(scan(text(times).as_bytes(), depth, usize::MAX), None, "{depth} {open}");
                let deeper = scan(text(times + 1).as_bytes(), depth, usize::MAX);
                assert_eq!(deeper, Some(Excess::Depth), "{depth} {open}");
            }
        }
    }

    #[test]
    fn brackets_must_fit_one_another() {
        for (text, expected) in [
            ("[1,2}", Excess::Unbalanced),
            ("{\"a\":[}]", Excess::Unbalanced),
            ("1]", Excess::Unbalanced),
            ("[[1]", Excess::Unterminated),
            ("\"a", Excess::Unterminated),
            ("\"a\\\"", Excess::Unterminated),
        ] {
            assert_eq!(scan(text.as_bytes(), 128, 128), Some(expected), "{text}");
        }
        for text in ["", " ", "\"]\"", "{\"a\\\"]\":1}", "\"\\\\\"", "no JSON at all"] {
            assert_eq!(scan(text.as_bytes(), 128, 128), None, "{text}");
        }
    }

    #[test]
    fn what_is_refused_is_named_with_its_setting() {
        let bounds = JsonBounds::default();
        bounds.check("message", b"").expect("nothing");
        let failure = bounds.check("message", "[".repeat(1000).as_bytes()).expect_err("deep");
        assert_eq!(failure.code, ErrorCode::InvalidPayload);
        assert!(failure.text.contains("json_depth_max") && failure.text.contains("128"), "{}", failure.text);
        let rich = format!("[{}1]", "1,".repeat(ELEMENTS_MAX_DEFAULT));
        let failure = bounds.check("message", rich.as_bytes()).expect_err("rich");
        assert!(failure.text.contains("json_elements_max"), "{}", failure.text);
    }

    #[test]
    fn a_text_is_read_back_as_it_was() {
        for text in ["", "plain", "a \"b\" \\ c", "line\nand\u{1}control", "\u{e9}\u{1F600}"] {
            let read: String = serde_json::from_str(&super::quoted(text)).expect("it is JSON");
            assert_eq!(read, text);
        }
    }
}
