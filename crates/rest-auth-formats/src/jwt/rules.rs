//! What the tokens of one deployment have in common: their kinds, claim names, lifetimes, issuer and audience
//! (the settings of `SIMPLE_JWT`). Keys are apart, in [`SigningKey`](super::SigningKey) and
//! [`VerifyingKey`](super::VerifyingKey), and bring the algorithm.

use serde_json::Value;

/// The kinds of token, each of which is accepted for its own purpose only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TokenKind {
    /// Authenticates requests.
    Access,
    /// Buys new access tokens.
    Refresh,
    /// Does both, for setups with one token.
    Sliding,
}

impl TokenKind {
    /// The value of the claim `token_type`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Access => "access",
            Self::Refresh => "refresh",
            Self::Sliding => "sliding",
        }
    }

    /// simplejwt's name of the class, which an answer about a refused token repeats (`token_class`).
    pub const fn class_name(self) -> &'static str {
        match self {
            Self::Access => "AccessToken",
            Self::Refresh => "RefreshToken",
            Self::Sliding => "SlidingToken",
        }
    }

    /// Whether tokens of this kind are recorded as outstanding and looked up in the blacklist.
    pub const fn is_tracked(self) -> bool {
        matches!(self, Self::Refresh | Self::Sliding)
    }
}

/// The names of the claims that settings can rename. `None` is upstream's way to switch a check off: then new
/// tokens do not carry the claim either.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimNames {
    /// `TOKEN_TYPE_CLAIM`; `None` lets every kind of token pass for every other.
    pub token_type: Option<String>,
    /// `JTI_CLAIM`; `None` makes the blacklist void.
    pub token_id: Option<String>,
    /// `USER_ID_CLAIM`.
    pub user_id: String,
    /// `REVOKE_TOKEN_CLAIM`.
    pub password: String,
    /// `SLIDING_TOKEN_REFRESH_EXP_CLAIM`.
    pub refresh_expiry: String,
}

impl Default for ClaimNames {
    fn default() -> Self {
        Self {
            token_type: Some("token_type".into()),
            token_id: Some("jti".into()),
            user_id: "user_id".into(),
            password: "hash_password".into(),
            refresh_expiry: "refresh_exp".into(),
        }
    }
}

/// How long new tokens are good for, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetimes {
    /// `ACCESS_TOKEN_LIFETIME`.
    pub access: i64,
    /// `REFRESH_TOKEN_LIFETIME`.
    pub refresh: i64,
    /// `SLIDING_TOKEN_LIFETIME`.
    pub sliding: i64,
    /// `SLIDING_TOKEN_REFRESH_LIFETIME`: how long a sliding token may be refreshed.
    pub sliding_refresh: i64,
}

impl Default for Lifetimes {
    fn default() -> Self {
        Self { access: 300, refresh: 86_400, sliding: 300, sliding_refresh: 86_400 }
    }
}

impl Lifetimes {
    /// The lifetime of one kind.
    pub const fn of(&self, kind: TokenKind) -> i64 {
        match kind {
            TokenKind::Access => self.access,
            TokenKind::Refresh => self.refresh,
            TokenKind::Sliding => self.sliding,
        }
    }
}

/// Whom tokens are for (`AUDIENCE`). New tokens carry it as it is; a token that is read must share a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Audience {
    /// One name, a text in the token.
    One(String),
    /// Several, a list in the token.
    Several(Vec<String>),
}

impl Audience {
    pub(super) fn contains(&self, name: &str) -> bool {
        match self {
            Self::One(own) => own == name,
            Self::Several(own) => own.iter().any(|own| own == name),
        }
    }

    pub(super) fn claim(&self) -> Value {
        match self {
            Self::One(name) => name.as_str().into(),
            Self::Several(names) => names.as_slice().into(),
        }
    }
}

/// What every token says and every token is checked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    /// `ISSUER`: the claim `iss` of new tokens, which tokens that are read must have.
    pub issuer: Option<String>,
    /// `AUDIENCE`: the claim `aud`, likewise. `None` does not look at it.
    pub audience: Option<Audience>,
    /// `LEEWAY`: by how many seconds the clock of whoever made a token may differ from ours.
    pub leeway: i64,
    /// How the claims are called.
    pub names: ClaimNames,
}
