//! `application/x-www-form-urlencoded`, as Django's `QueryDict` reads it.

use rest_auth_core::form::Input;
use rest_auth_core::messages;

use super::charset::Charset;
use super::entries::Entries;
use crate::error::ApiError;

/// Reads a form. The last value of a repeated key counts.
pub(super) fn parse(body: &[u8], charset: Charset, max_fields: usize) -> Result<Input, ApiError> {
    // What is no text in its charset is read as Latin-1: "some user agents are misbehaving".
    let text = if charset.accepts(body) {
        charset.decode_leniently(body)
    } else {
        Charset::Latin1.decode_leniently(body)
    };
    if text.bytes().filter(|byte| *byte == b'&').count() >= max_fields {
        return Err(ApiError::BadRequest(messages::TOO_MANY_FIELDS));
    }
    let mut entries = Entries::default();
    for (key, value) in pairs(&text, charset) {
        entries.put(key, Input::text(value));
    }
    Ok(entries.into_input())
}

/// The last value of a key in the query string of an address.
pub(crate) fn query_parameter(query: &str, key: &str) -> Option<String> {
    pairs(query, Charset::Utf8).filter(|(known, _)| known == key).last().map(|(_, value)| value)
}

fn pairs(text: &str, charset: Charset) -> impl Iterator<Item = (String, String)> {
    text.split('&').filter(|piece| !piece.is_empty()).map(move |piece| {
        let (key, value) = piece.split_once('=').unwrap_or((piece, ""));
        (unquote(key, charset), unquote(value, charset))
    })
}

/// Undoes `+` and `%xx`. Bytes that are no text become U+FFFD; characters beyond ASCII stand for themselves.
fn unquote(text: &str, charset: Charset) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let ascii = rest.find(|letter: char| !letter.is_ascii()).unwrap_or(rest.len());
        let spaced: Vec<u8> =
            rest.bytes().take(ascii).map(|byte| if byte == b'+' { b' ' } else { byte }).collect();
        out.push_str(&charset.decode_leniently(&percent_decode(&spaced)));
        rest = &rest[ascii..];
        let raw = rest.find(|letter: char| letter.is_ascii()).unwrap_or(rest.len());
        out.push_str(&rest[..raw]);
        rest = &rest[raw..];
    }
    out
}

/// Undoes `%xx`; a percent sign without two hexadecimal digits stands for itself.
pub(crate) fn percent_decode(bytes: &[u8]) -> Vec<u8> {
    let digit = |at: usize| bytes.get(at).and_then(|byte| char::from(*byte).to_digit(16));
    let (mut out, mut at) = (Vec::with_capacity(bytes.len()), 0);
    while at < bytes.len() {
        if bytes[at] == b'%'
            && let (Some(high), Some(low)) = (digit(at + 1), digit(at + 2))
        {
            out.push(u8::try_from(high * 16 + low).expect("two hexadecimal digits are one byte"));
            at += 3;
        } else {
            out.push(bytes[at]);
            at += 1;
        }
    }
    out
}
