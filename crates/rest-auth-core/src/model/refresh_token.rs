//! Refresh tokens as rows: simplejwt's outstanding and blacklisted tokens, and the families that they form.

use super::{Secret, Timestamp, UserId};

/// A token to be noted as outstanding. `Debug` does not print it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRefreshToken {
    /// The token's own id (`jti`).
    pub id: String,
    /// The token.
    pub token: Secret,
    /// Whose it is; `None` for an account that is gone.
    pub user_id: Option<UserId>,
    /// When it was made.
    pub created: Timestamp,
    /// When it ends.
    pub expires: Timestamp,
}

/// A token's place among those that come from one login.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FamilyMember {
    /// The token's own id.
    pub id: String,
    /// The id of the first token.
    pub family: String,
    /// When the first token was made.
    pub started: Timestamp,
    /// The id of the token that this one takes the place of. Of one parent there is one child.
    pub parent: Option<String>,
    /// When the token ends.
    pub expires: Timestamp,
}

/// What is known of an outstanding token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefreshToken {
    /// Whether it was ended: it was used, or somebody has logged out.
    pub blacklisted: bool,
    /// The id of its family's first token and when that was made; `None` if it is in no family.
    pub family: Option<(String, Timestamp)>,
    /// The token that has taken its place.
    pub child: Option<Child>,
}

/// The token that has taken another's place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Child {
    /// The token.
    pub token: Secret,
    /// When it was made.
    pub created: Timestamp,
    /// When it ends.
    pub expires: Timestamp,
    /// Whether it was ended in turn.
    pub blacklisted: bool,
}
