//! Which renderer writes the answer: DRF's `DefaultContentNegotiation`.
//!
//! Ranges count by how specific they are; `q` is ignored, and among equally specific ranges the server's
//! order decides. `?format=` narrows the choice.

use http::header::ACCEPT;
use http::{HeaderMap, HeaderValue};
use rest_auth_core::Error;
use rest_auth_core::settings::RendererName;

use crate::error::ApiError;
use crate::media_type::{MediaType, header_text};
use crate::parse::query_parameter;

/// Of a longer header only what stands before the last comma within it is read.
const LONGEST_HEADER: usize = 8192;
/// Ranges beyond are not looked at.
const MOST_RANGES: usize = 64;
/// A longer range is skipped.
const LONGEST_RANGE: usize = 256;
/// Spaces of indentation.
const MOST_INDENT: u8 = 8;

/// How the answer will be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Accepted {
    pub(crate) renderer: RendererName,
    /// Spaces, where the client asked for `application/json; indent=4`.
    pub(crate) indent: Option<u8>,
}

impl Accepted {
    /// The first renderer, as for an answer to a request that accepts none.
    pub(crate) fn fallback(renderers: &[RendererName]) -> Self {
        Self { renderer: renderers.first().copied().unwrap_or(RendererName::JSONRenderer), indent: None }
    }
}

/// Chooses a renderer: 406 if none fits, 404 for an unknown `?format=`.
pub(crate) fn negotiate(
    renderers: &[RendererName],
    headers: &HeaderMap,
    query: &str,
) -> Result<Accepted, ApiError> {
    if let Some(plain) = plainly(renderers, headers, query) {
        return Ok(plain);
    }
    let name = query_parameter(query, "format").filter(|name| !name.is_empty());
    let named = |renderer: &RendererName| name.as_ref().is_none_or(|name| format(*renderer) == name);
    if name.is_some() && !renderers.iter().any(named) {
        return Err(Error::NotFound.into());
    }
    let ranges = accepted_ranges(headers);
    for specificity in (0..=3).rev() {
        for renderer in renderers.iter().filter(|renderer| named(renderer)) {
            let fitting = ranges
                .iter()
                .find(|range| range.specificity() == specificity && range.fits(media_type(*renderer)));
            if let Some(range) = fitting {
                return Ok(Accepted { renderer: *renderer, indent: indent(range) });
            }
        }
    }
    Err(ApiError::NotAcceptable)
}

/// What most clients ask for, without taking it apart: anything, or one type and nothing else.
fn plainly(renderers: &[RendererName], headers: &HeaderMap, query: &str) -> Option<Accepted> {
    let mut lines = headers.get_all(ACCEPT).iter();
    let (accept, more) = (lines.next().map_or(&b"*/*"[..], HeaderValue::as_bytes), lines.next());
    if !query.is_empty() || more.is_some() {
        return None;
    }
    let fits = |renderer: &&RendererName| accept == b"*/*" || accept == media_type(**renderer).as_bytes();
    renderers.iter().find(fits).map(|renderer| Accepted { renderer: *renderer, indent: None })
}

/// The type that a renderer writes, as `OPTIONS` lists it.
pub(crate) const fn media_type(renderer: RendererName) -> &'static str {
    match renderer {
        RendererName::JSONRenderer => "application/json",
        RendererName::BrowsableAPIRenderer => "text/html",
    }
}

/// The name in `?format=`.
const fn format(renderer: RendererName) -> &'static str {
    match renderer {
        RendererName::JSONRenderer => "json",
        RendererName::BrowsableAPIRenderer => "api",
    }
}

/// Whether a page is preferred to JSON by a client that says what it reads: a browser.
pub(crate) fn asks_for_page(headers: &HeaderMap) -> bool {
    headers.contains_key(ACCEPT) && prefers_page(headers)
}

/// Whether a client that is told of something outside of any endpoint reads a page: unless it asks for JSON,
/// it gets Django's.
pub(crate) fn prefers_page(headers: &HeaderMap) -> bool {
    let known = [RendererName::BrowsableAPIRenderer, RendererName::JSONRenderer];
    negotiate(&known, headers, "").map_or(true, |accepted| accepted.renderer == known[0])
}

fn accepted_ranges(headers: &HeaderMap) -> Vec<MediaType> {
    let lines: Vec<String> = headers.get_all(ACCEPT).iter().map(header_text).collect();
    let joined = if lines.is_empty() { "*/*".to_owned() } else { lines.join(",") };
    within_limit(&joined)
        .split(',')
        .map(str::trim)
        .filter(|range| !range.is_empty() && range.chars().count() <= LONGEST_RANGE)
        .take(MOST_RANGES)
        .map(MediaType::parse)
        .collect()
}

/// What stands before the last comma within the limit, which counts characters.
fn within_limit(text: &str) -> &str {
    match text.char_indices().nth(LONGEST_HEADER) {
        Some((end, _)) => &text[..text[..end].rfind(',').unwrap_or(0)],
        None => text,
    }
}

/// `indent=4` between 0 and 8; 0 and nonsense mean none.
fn indent(range: &MediaType) -> Option<u8> {
    let text = range.parameter("indent")?.trim().replace('_', "");
    let number: i64 = text.parse().ok()?;
    u8::try_from(number.clamp(0, i64::from(MOST_INDENT))).ok().filter(|spaces| *spaces > 0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    const BOTH: [RendererName; 2] = [RendererName::JSONRenderer, RendererName::BrowsableAPIRenderer];

    fn headers(accept: &str) -> HeaderMap {
        let bytes: Vec<u8> = accept.chars().map(|letter| u8::try_from(letter).unwrap()).collect();
        HeaderMap::from_iter([(ACCEPT, HeaderValue::from_bytes(&bytes).unwrap())])
    }

    #[test]
    fn every_header_is_understood_as_drf_understands_it() {
        let cases: Vec<Value> =
            serde_json::from_str(include_str!("../tests/vectors/accept_headers.json")).unwrap();
        for case in cases {
            let headers = case["accept"].as_str().map(headers).unwrap_or_default();
            let outcome = match negotiate(&BOTH, &headers, case["query"].as_str().unwrap()) {
                Ok(accepted) => (Some(format(accepted.renderer)), accepted.indent.map(u64::from), None),
                Err(ApiError::NotAcceptable) => (None, None, Some(406)),
                Err(_) => (None, None, Some(404)),
            };
            let expected = (case["format"].as_str(), case["indent"].as_u64(), case["status"].as_u64());
            assert_eq!(outcome, expected, "{case}");
        }
    }

    proptest! {
        #[test]
        fn no_header_panics(accept in "[ -~]{0,300}", query in "[ -~]{0,60}") {
            let _ = negotiate(&BOTH, &headers(&accept), &query);
        }
    }
}
