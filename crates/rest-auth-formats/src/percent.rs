//! Percent-encoding as RFC 3986 and OAuth want it: everything but letters, digits and `-._~` is encoded, blanks too.

/// One text.
pub fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push('%');
            for nibble in [byte >> 4, byte & 0xf] {
                encoded.push(char::from(b"0123456789ABCDEF"[usize::from(nibble)]));
            }
        }
    }
    encoded
}

/// Names and values as they stand in a query string or a form; any reader of forms takes `%20` for a blank.
pub fn encode_pairs<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let pairs = pairs.into_iter().map(|(name, value)| format!("{}={}", encode(name), encode(value)));
    pairs.collect::<Vec<_>>().join("&")
}

/// Names and values of a query string or a form. A broken escape stands for itself; what is no UTF-8 is replaced.
pub fn decode_pairs(text: &str) -> Vec<(String, String)> {
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(name), decode(value))
        })
        .collect()
}

fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let escape = bytes.get(at + 1..at + 3).and_then(|digits| std::str::from_utf8(digits).ok());
        match (byte, escape.filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))) {
            (b'%', Some(digits)) => {
                decoded.push(u8::from_str_radix(digits, 16).unwrap_or(b'?'));
                at += 2;
            }
            (b'+', _) => decoded.push(b' '),
            _ => decoded.push(byte),
        }
        at += 1;
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_unreserved_characters_stay_as_they_are() {
        assert_eq!(encode("aZ09-._~"), "aZ09-._~");
        assert_eq!(encode("a b/ö&=+%"), "a%20b%2F%C3%B6%26%3D%2B%25");
    }

    #[test]
    fn pairs_go_both_ways() {
        let text = encode_pairs([("a b", "c&d"), ("é", "")]);
        assert_eq!(text, "a%20b=c%26d&%C3%A9=");
        assert_eq!(
            decode_pairs(&text),
            [("a b".to_owned(), "c&d".to_owned()), ("é".to_owned(), String::new())]
        );
        assert_eq!(
            decode_pairs("x=1+2&&y&z=%zz%"),
            [
                ("x".to_owned(), "1 2".to_owned()),
                ("y".to_owned(), String::new()),
                ("z".to_owned(), "%zz%".to_owned()),
            ]
        );
    }
}
