//! What the claims of a token say of somebody: who they are there, their names and addresses, and the deployment's own
//! fields.

use rest_auth_formats::jwt::Claims;
use rest_auth_formats::validators::email::is_email;
use serde_json::{Map, Value, json};

use super::{Issuer, Refusal};
use crate::context::Context;
use crate::error::Result;
use crate::model::{Date, ExtraValue};
use crate::providers::{Profile, ProfileAddress};
use crate::settings::{CLAIMED_FIELDS, ExtraFieldKind, Settings};

/// Characters of a name at most: Django's columns.
const NAME_LENGTH: usize = 150;
/// Characters of an address at most.
const EMAIL_LENGTH: usize = 254;

/// Somebody whose token is believed.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Person {
    /// Key, names and addresses.
    pub(crate) profile: Profile,
    /// What the user row has for an address: the address, as a rule.
    pub(crate) email_column: String,
    /// The deployment's own fields.
    pub(crate) extra: Vec<(String, ExtraValue)>,
}

/// The names and addresses of somebody, as an issuer has them.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Named<'a> {
    /// The user name.
    pub(crate) username: Option<&'a str>,
    /// The address.
    pub(crate) email: Option<&'a str>,
    /// Whether the issuer has verified it.
    pub(crate) verified: bool,
    /// The given name.
    pub(crate) first_name: Option<&'a str>,
    /// The family name.
    pub(crate) last_name: Option<&'a str>,
}

impl Named<'_> {
    /// As a profile; what is no address, or longer than its column, is left out or cut.
    pub(crate) fn profile(&self, subject: &str, extra_data: Map<String, Value>) -> Profile {
        let text = |text: Option<&str>| {
            text.unwrap_or_default()
                .chars()
                .filter(|letter| *letter != '\0')
                .take(NAME_LENGTH)
                .collect::<String>()
        };
        let is_usable = |email: &&str| is_email(email) && email.chars().count() <= EMAIL_LENGTH;
        let email = self.email.filter(is_usable).unwrap_or_default().to_lowercase();
        let address = ProfileAddress {
            email: email.clone(),
            verified: self.verified,
            primary: true,
            proven: self.verified,
        };
        Profile {
            uid: subject.to_owned(),
            username: text(self.username),
            first_name: text(self.first_name),
            last_name: text(self.last_name),
            addresses: if email.is_empty() { Vec::new() } else { vec![address] },
            email,
            extra_data,
        }
    }
}

/// Who the subject is: of Rownd's people Rownd is asked, all others' claims say it.
pub(super) async fn person(
    cx: &Context,
    issuer: &Issuer,
    claims: &Claims,
    subject: &str,
) -> Result<Result<Person, Refusal>> {
    if let Some(rownd) = issuer.as_rownd() {
        return rownd.person(cx, issuer, claims, subject).await;
    }
    let row = issuer.row();
    let text = |field: &str| row.claim_for(field).and_then(|claim| claims.text(claim));
    let verified = row.claim_for("email_verified").and_then(|claim| claims.get(claim));
    let named = Named {
        username: text("username"),
        email: text("email"),
        // Some issuers write truth values as texts.
        verified: verified.is_some_and(|value| *value == true || value == "true"),
        first_name: text("first_name"),
        last_name: text("last_name"),
    };
    let kept = CLAIMED_FIELDS.iter().filter_map(|(field, _)| row.claim_for(field));
    let kept = kept.filter_map(|claim| Some((claim.to_owned(), claims.get(claim)?.clone())));
    let mut extra_data: Map<String, Value> = kept.collect();
    extra_data.insert("iss".to_owned(), json!(row.issuer));
    let profile = named.profile(subject, extra_data);
    Ok(Ok(Person {
        email_column: profile.email.clone(),
        profile,
        extra: extra(&cx.settings, issuer, claims),
    }))
}

/// The deployment's own fields that a claim fills. What is of another kind than its field is left out.
fn extra(settings: &Settings, issuer: &Issuer, claims: &Claims) -> Vec<(String, ExtraValue)> {
    let own = settings.user_model.extra_fields.iter();
    own.filter_map(|field| {
        let value = claims.get(issuer.row().claim_for(&field.name)?)?;
        let value = match field.kind {
            ExtraFieldKind::Char => ExtraValue::Text(value.as_str()?.to_owned()),
            ExtraFieldKind::Integer => ExtraValue::Int(value.as_i64()?),
            ExtraFieldKind::Boolean => ExtraValue::Bool(value.as_bool()?),
            ExtraFieldKind::Date => ExtraValue::Date(Date::parse(value.as_str()?)?),
        };
        Some((field.name.clone(), value))
    })
    .collect()
}
