//! Whether a token is good: simplejwt's `TokenVerifyView`.

use rest_auth_formats::jwt;

use super::{is_blacklisted, is_tracked, wrong};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::form::{Field, Form, Values};
use crate::messages;
use crate::model::Secret;

/// A token to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenVerify {
    /// Of any kind.
    pub token: Secret,
}

impl TokenVerify {
    /// `TokenVerifySerializer`
    pub fn form() -> Form {
        let token = Field::char("token");
        Form::new("TokenVerify").field(Field { write_only: true, ..token })
    }

    /// Typed from here on.
    pub fn from_values(values: &Values) -> Self {
        Self { token: Secret::from(values.text("token").unwrap_or_default()) }
    }
}

/// Nothing, if the token was signed here, holds, and was not ended. Whether its account is still there is not asked, as
/// upstream. A refresh token that was ended is refused whenever there is a list of such (S-54), where upstream asks it
/// only with `BLACKLIST_AFTER_ROTATION`.
pub async fn verify(cx: &Context, input: &TokenVerify) -> Result<()> {
    let jwt = cx.jwt()?;
    let claims = jwt.decode(cx, input.token.expose().as_bytes()).await?.map_err(|error| wrong(&error))?;
    jwt::verify(&claims, None, &jwt.rules).map_err(|error| wrong(&error))?;
    if is_tracked(cx, jwt, &claims) && is_blacklisted(cx, jwt, &claims).await? {
        return Err(Error::non_field(messages::TOKEN_BLACKLISTED));
    }
    Ok(())
}
