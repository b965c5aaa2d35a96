//! Bodies: from bytes and a `Content-Type` to an [`Input`], as DRF's parsers do it.
//!
//! Knows which parser reads what and what each one refuses; no field, no form of ours.

mod charset;
mod entries;
mod form;
mod json;
mod multipart;
#[cfg(test)]
mod tests;

use http::HeaderValue;
use rest_auth_core::form::{Body, Input};
use rest_auth_core::settings::ParserName;

use crate::error::ApiError;
use crate::media_type::{MediaType, header_text};
use charset::Charset;

pub(crate) use form::{percent_decode, query_parameter};

/// A longer `Content-Type` is not looked at (DRF's `max_media_type_length`).
const LONGEST_MEDIA_TYPE: usize = 256;

/// What a deployment reads, in order of preference.
#[derive(Clone, Debug)]
pub(crate) struct Parsers {
    /// `default_parser_classes`.
    pub(crate) names: Vec<ParserName>,
    /// `data_upload_max_number_fields`.
    pub(crate) max_fields: usize,
}

impl Parsers {
    /// Reads a whole body. An empty one counts as an empty object, whatever its type.
    pub(crate) fn parse(
        &self,
        content_type: Option<&HeaderValue>,
        body: &[u8],
    ) -> Result<(Input, Body), ApiError> {
        let sent = content_type.map(header_text).unwrap_or_default();
        let kind = MediaType::parse(&sent);
        if body.is_empty() {
            return Ok((Input::empty(), if is_form(&kind) { Body::Form } else { Body::Json }));
        }
        let parser =
            self.parser_for(&sent, &kind).ok_or_else(|| ApiError::UnsupportedMediaType(sent.clone()))?;
        let charset = Charset::of(&kind)?;
        match parser {
            ParserName::JSONParser => Ok((json::parse(&charset.decode_strictly(body)?)?, Body::Json)),
            ParserName::FormParser => Ok((form::parse(body, charset, self.max_fields)?, Body::Form)),
            ParserName::MultiPartParser => {
                let boundary = multipart::boundary(&sent, &kind)?;
                Ok((multipart::parse(body, &boundary, charset, self.max_fields)?, Body::Form))
            }
        }
    }

    /// The body if it is a form that can be read: for proofs that forms carry beside their fields.
    pub(crate) fn form(&self, content_type: Option<&HeaderValue>, body: &[u8]) -> Option<Input> {
        let kind = MediaType::parse(&header_text(content_type?));
        if !is_form(&kind) {
            return None;
        }
        self.parse(content_type, body).ok().map(|(form, _)| form)
    }

    fn parser_for(&self, sent: &str, kind: &MediaType) -> Option<ParserName> {
        if sent.len() > LONGEST_MEDIA_TYPE {
            return None;
        }
        self.names.iter().copied().find(|name| kind.fits(media_type(*name)))
    }
}

/// The type that a parser reads, as `OPTIONS` lists it.
pub(crate) const fn media_type(parser: ParserName) -> &'static str {
    match parser {
        ParserName::JSONParser => "application/json",
        ParserName::FormParser => "application/x-www-form-urlencoded",
        ParserName::MultiPartParser => "multipart/form-data",
    }
}

/// Whether the type is one of the two that HTML forms send.
fn is_form(kind: &MediaType) -> bool {
    [ParserName::FormParser, ParserName::MultiPartParser].map(media_type).contains(&kind.essence.as_str())
}
