//! Accounts and what belongs to them: plain structs without I/O, and newtypes that parse at the edge.

mod email;
mod email_address;
mod generated_username;
mod refresh_token;
mod secret;
mod session;
mod social_account;
mod token;
mod user;
mod user_id;
mod username;

pub use email::Email;
pub use email_address::EmailAddress;
pub use generated_username::candidates as username_candidates;
pub use refresh_token::{Child, FamilyMember, NewRefreshToken, RefreshToken};
pub use rest_auth_formats::passwords::EncodedPassword;
pub use rest_auth_formats::{Date, Timestamp};
pub use secret::Secret;
pub use session::{SessionKey, SessionRow};
pub use social_account::{SocialAccount, SocialToken};
pub use token::{Token, TokenKey};
pub use user::{ExtraValue, NewUser, User};
pub use user_id::{UserId, UserIdKind};
pub use username::{Username, UsernameRules};
