//! As much JSON as page and module say to each other. A general library makes the module a fifth larger, and everybody who opens the page
//! waits for that; tests hold this one to serde_json.

/// Reads one text from its beginning. `None` anywhere: it is no JSON, or not what was asked for; nothing is read after that.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?;
        Some(Self { text, at: 0 })
    }

    /// Whether an object comes next.
    pub(crate) fn is_at_object(&mut self) -> bool {
        self.peek() == Some(b'{')
    }

    /// An object, whose values are read by `field`; what it does not know it refuses.
    pub(crate) fn object(
        &mut self,
        field: &mut dyn FnMut(&mut Self, &str) -> Option<()>,
    ) -> Option<()> {
        self.token(b'{')?;
        if self.peek()? == b'}' {
            return self.token(b'}');
        }
        loop {
            let key = self.string()?;
            self.token(b':')?;
            field(self, &key)?;
            match self.next()? {
                b',' => {}
                b'}' => return Some(()),
                _ => return None,
            }
        }
    }

    /// An array, whose values are read by `item`.
    pub(crate) fn array(&mut self, item: &mut dyn FnMut(&mut Self) -> Option<()>) -> Option<()> {
        self.token(b'[')?;
        if self.peek()? == b']' {
            return self.token(b']');
        }
        loop {
            item(self)?;
            match self.next()? {
                b',' => {}
                b']' => return Some(()),
                _ => return None,
            }
        }
    }

    pub(crate) fn strings(&mut self) -> Option<Vec<String>> {
        let mut strings = Vec::new();
        self.array(&mut |reader| {
            strings.push(reader.string()?);
            Some(())
        })?;
        Some(strings)
    }

    pub(crate) fn string(&mut self) -> Option<String> {
        self.token(b'"')?;
        let mut string = String::new();
        loop {
            let rest = self.text.get(self.at..)?;
            let plain = rest.find(|char| matches!(char, '"' | '\\' | '\0'..='\x1f'))?;
            string.push_str(&rest[..plain]);
            self.at += plain + 1;
            match rest.as_bytes()[plain] {
                b'"' => return Some(string),
                b'\\' => string.push(self.escaped()?),
                _ => return None,
            }
        }
    }

    pub(crate) fn boolean(&mut self) -> Option<bool> {
        let (word, value) = match self.peek()? {
            b't' => ("true", true),
            _ => ("false", false),
        };
        let is_there = self.text[self.at..].starts_with(word);
        self.at += word.len();
        is_there.then_some(value)
    }

    /// A whole number from 0 on, as a page writes those that it can count to.
    pub(crate) fn number(&mut self) -> Option<u64> {
        let first = self.peek()?;
        let rest = &self.text[self.at..];
        let digits = rest
            .find(|char: char| !char.is_ascii_digit())
            .unwrap_or(rest.len());
        self.at += digits;
        let is_padded = first == b'0' && digits > 1;
        // A fraction or an exponent behind it is nothing that can follow, and is refused by who reads on.
        rest[..digits].parse().ok().filter(|_| !is_padded)
    }

    /// There is nothing more.
    pub(crate) fn end(&mut self) -> Option<()> {
        self.peek().is_none().then_some(())
    }

    fn escaped(&mut self) -> Option<char> {
        let escape = *self.text.as_bytes().get(self.at)?;
        self.at += 1;
        Some(match escape {
            b'"' | b'\\' | b'/' => char::from(escape),
            b'b' => '\x08',
            b'f' => '\x0c',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let first = self.four_digits()?;
                let is_first_of_two = matches!(first, 0xd800..=0xdbff);
                if !is_first_of_two {
                    return char::from_u32(first);
                }
                if !self.text[self.at..].starts_with("\\u") {
                    return None;
                }
                self.at += 2;
                let second = self.four_digits()?;
                let low = second.checked_sub(0xdc00).filter(|low| *low < 0x400)?;
                return char::from_u32(0x1_0000 + ((first - 0xd800) << 10) + low);
            }
            _ => return None,
        })
    }

    fn four_digits(&mut self) -> Option<u32> {
        let digits = self.text.get(self.at..self.at + 4)?;
        self.at += 4;
        let is_plain = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        u32::from_str_radix(digits, 16).ok().filter(|_| is_plain)
    }

    fn token(&mut self, token: u8) -> Option<()> {
        (self.next()? == token).then_some(())
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        // What is no ASCII is no token either: nobody goes on from within a character.
        self.at += 1;
        byte.is_ascii().then_some(byte)
    }

    /// The next byte that is no white space.
    fn peek(&mut self) -> Option<u8> {
        let rest = &self.text.as_bytes()[self.at.min(self.text.len())..];
        let blank = rest
            .iter()
            .position(|byte| !matches!(byte, b' ' | b'\n' | b'\r' | b'\t'))?;
        self.at += blank;
        Some(rest[blank])
    }
}

/// Writes one text. Who calls it sees to it that it is JSON.
#[derive(Debug, Default)]
pub(crate) struct Writer(String);

impl Writer {
    /// Begins an object with its first key.
    pub(crate) fn begin(&mut self, key: &str) -> &mut Self {
        self.keyed('{', key)
    }

    /// The next key of an object.
    pub(crate) fn key(&mut self, key: &str) -> &mut Self {
        self.keyed(',', key)
    }

    pub(crate) fn end(&mut self) {
        self.0.push('}');
    }

    fn keyed(&mut self, before: char, key: &str) -> &mut Self {
        self.0.push(before);
        self.string(key);
        self.0.push(':');
        self
    }

    pub(crate) fn string(&mut self, string: &str) -> &mut Self {
        self.0.push('"');
        for char in string.chars() {
            match char {
                '"' | '\\' => {
                    self.0.push('\\');
                    self.0.push(char);
                }
                '\0'..='\x1f' => {
                    let digit = |four_bits: u32| char::from_digit(four_bits, 16).unwrap_or('0');
                    self.0.push_str("\\u00");
                    self.0.push(digit(u32::from(char) >> 4));
                    self.0.push(digit(u32::from(char) & 15));
                }
                _ => self.0.push(char),
            }
        }
        self.0.push('"');
        self
    }

    pub(crate) fn number(&mut self, number: u64) -> &mut Self {
        self.0.push_str(&number.to_string());
        self
    }

    pub(crate) fn code(&mut self, code: i32) -> &mut Self {
        if code < 0 {
            self.0.push('-');
        }
        self.number(code.unsigned_abs().into())
    }

    pub(crate) fn null(&mut self) {
        self.0.push_str("null");
    }

    /// An array of what `item` writes of each.
    pub(crate) fn array<T>(&mut self, items: &[T], item: impl Fn(&mut Self, &T)) {
        self.0.push('[');
        for (place, each) in items.iter().enumerate() {
            if place > 0 {
                self.0.push(',');
            }
            item(self, each);
        }
        self.0.push(']');
    }

    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.0.into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::Value;

    /// Reads whatever this reader can read, as serde_json would have it.
    fn value(reader: &mut Reader<'_>) -> Option<Value> {
        Some(match reader.peek()? {
            b'{' => {
                let mut fields = serde_json::Map::new();
                reader.object(&mut |reader, key| {
                    fields.insert(key.to_owned(), value(reader)?);
                    Some(())
                })?;
                Value::Object(fields)
            }
            b'[' => {
                let mut items = Vec::new();
                reader.array(&mut |reader| {
                    items.push(value(reader)?);
                    Some(())
                })?;
                Value::Array(items)
            }
            b'"' => Value::String(reader.string()?),
            b't' | b'f' => Value::Bool(reader.boolean()?),
            _ => Value::Number(reader.number()?.into()),
        })
    }

    fn read(bytes: &[u8]) -> Option<Value> {
        let mut reader = Reader::new(bytes)?;
        let value = value(&mut reader)?;
        reader.end()?;
        Some(value)
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            any::<bool>().prop_map(Value::Bool),
            any::<u64>().prop_map(|number| Value::Number(number.into())),
            any::<String>().prop_map(Value::String),
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
                prop::collection::btree_map(any::<String>(), inner, 0..4)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    /// Texts that come close to being JSON.
    fn nearly_json() -> impl Strategy<Value = Vec<u8>> {
        let piece = prop::sample::select(vec![
            "{",
            "}",
            "[",
            "]",
            ",",
            ":",
            "\"",
            "\"a\"",
            "\\",
            "\\u",
            "\\ud83c",
            "\\udfae",
            "d83c",
            "\\n",
            "true",
            "tru",
            "false",
            "0",
            "17",
            "01",
            "-1",
            "1.5",
            "1e3",
            "18446744073709551616",
            "中",
            "\u{7f}",
            "\n",
            " ",
            "\t",
            "\0",
            "nul",
        ]);
        prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat().into_bytes())
    }

    proptest! {
        #[test]
        fn what_serde_json_writes_is_read(value in any_value(), pretty in any::<bool>()) {
            let text = if pretty { serde_json::to_vec_pretty(&value) } else { serde_json::to_vec(&value) };
            prop_assert_eq!(read(&text.expect("it can be written")), Some(value));
        }

        #[test]
        fn what_is_read_serde_json_reads_as_the_same(text in nearly_json()) {
            if let Some(value) = read(&text) {
                prop_assert_eq!(serde_json::from_slice::<Value>(&text).ok(), Some(value));
            }
        }

        #[test]
        fn what_is_escaped_serde_json_reads_as_the_same(escape in "\\\\(u[dD][89abcdefABCDEF][0-9a-f]{2}|u[0-9a-fA-F]{3,4}|.)", again in any::<bool>()) {
            let text = format!("\"{}\"", if again { escape.repeat(2) } else { escape });
            prop_assert_eq!(read(text.as_bytes()), serde_json::from_str(&text).ok());
        }

        #[test]
        fn bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..32)) {
            let _ = read(&bytes);
        }

        #[test]
        fn a_string_is_written_as_it_is(string in any::<String>()) {
            let mut writer = Writer::default();
            writer.string(&string);
            let read: String = serde_json::from_slice(&writer.into_bytes()).expect("it is JSON");
            prop_assert_eq!(read, string);
        }
    }

    #[test]
    fn every_surrogate_pair_is_one_character() {
        for (text, expected) in [
            (r#""\ud83c\udfae""#, Some("🎮")),
            (r#""\uD800\uDC00""#, Some("\u{10000}")),
            (r#""\udbff\udfff""#, Some("\u{10ffff}")),
            (r#""\ud83c""#, None),
            (r#""\ud83c\ud83c""#, None),
            (r#""\ud83cudfae""#, None),
            (r#""\udfae""#, None),
            (r#""\u+123""#, None),
        ] {
            let expected = expected.map(|text| Value::String(text.to_owned()));
            assert_eq!(read(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn what_is_written_is_json() {
        let mut writer = Writer::default();
        writer
            .begin("a")
            .string("\"\\\u{1f}\u{7f}")
            .key("b")
            .code(-102)
            .key("c");
        writer.array(&[1, 2], |out, number| {
            out.begin("n").number(*number).end();
        });
        writer.key("d").null();
        writer.end();
        let expected = serde_json::json!({"a": "\"\\\u{1f}\u{7f}", "b": -102, "c": [{"n": 1}, {"n": 2}], "d": null});
        let read: Value = serde_json::from_slice(&writer.into_bytes()).expect("it is JSON");
        assert_eq!(read, expected);
    }
}
