//! The deployment that a case describes, answering as an HTTP layer would put it together from this crate: with
//! the reference's three users and a blacklist.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

use rest_auth_formats::jwt::{
    self, Algorithm, Audience, AuthenticationFailure, Claims, Lifetimes, Mint, Rules, SigningKey, TokenError,
    TokenId, TokenKind, UserIdClaim, VerifyingKey,
};
use rest_auth_formats::{Timestamp, hex, user_id_text};
use serde_json::{Value, json};

use crate::cases::Case;

pub(super) const CHALLENGE: &str = "Bearer realm=\"api\"";

pub(super) struct User {
    pub(super) id: i64,
    pub(super) username: &'static str,
    pub(super) password: &'static str,
    pub(super) is_active: bool,
}

const ALICES_PASSWORD: &str =
    "pbkdf2_sha256$1000$seasaltseasaltseasalt1$UwZ9Q2m0Ckq3cfzq0m3hJ2N6sVb9K4l1m8x5Q0v7e1Y=";

const USERS: [User; 3] = [
    User { id: 42, username: "alice", password: ALICES_PASSWORD, is_active: true },
    User { id: 44, username: "inactive", password: ALICES_PASSWORD, is_active: false },
    User { id: 7, username: "böb \"q\" 😀", password: "!", is_active: true },
];

pub(super) fn user(id: i64) -> Option<&'static User> {
    USERS.iter().find(|user| user.id == id)
}

/// Status and body. simplejwt's part of them: forms are core's.
pub(super) type Answer = (i64, Value);

pub(super) struct Deployment {
    pub(super) rules: Rules,
    pub(super) lifetimes: Lifetimes,
    pub(super) signing: SigningKey,
    pub(super) verifying: Vec<VerifyingKey>,
    pub(super) now: Timestamp,
    pub(super) checks_active: bool,
    pub(super) checks_password: bool,
    pub(super) rotates: bool,
    pub(super) blacklists_after_rotation: bool,
    pub(super) blacklist: RefCell<BTreeSet<String>>,
    ids: Cell<[u8; 16]>,
}

impl Deployment {
    /// The deployment of a case. The ids of its new tokens begin with this byte and count up from 1.
    pub(super) fn of(case: &Case<'_>, first_byte: u8) -> Self {
        let field = |name| case.field(name).unwrap_or(&Value::Null);
        let settings = field("settings");
        let algorithm = Algorithm::named(field("algorithm").as_str().unwrap_or("HS256")).expect("known");
        let (signing, verifying) = keys(case, algorithm, field("key").as_str().unwrap_or("s1"));
        let mut ids = [0; 16];
        ids[0] = first_byte;
        Self {
            rules: rules(settings, field("issuer"), field("audience"), field("leeway")),
            lifetimes: Lifetimes::default(),
            signing,
            verifying: vec![verifying],
            now: case.time("now"),
            checks_active: settings["CHECK_USER_IS_ACTIVE"] != false,
            checks_password: settings["CHECK_REVOKE_TOKEN"] == true,
            rotates: settings["ROTATE_REFRESH_TOKENS"] == true,
            blacklists_after_rotation: false,
            blacklist: RefCell::default(),
            ids: Cell::new(ids),
        }
    }

    pub(super) fn next_id(&self) -> TokenId {
        let mut ids = self.ids.get();
        ids[15] += 1;
        self.ids.set(ids);
        TokenId::from_random(ids)
    }

    pub(super) fn mint(&self) -> Mint<'_> {
        Mint { rules: &self.rules, lifetimes: &self.lifetimes, now: self.now }
    }

    pub(super) fn sign(&self, claims: &Claims) -> String {
        self.mint().sign(claims.clone(), &self.signing)
    }

    /// As the class of this kind reads a token; `None` is `UntypedToken`.
    pub(super) fn read(&self, token: &[u8], kind: Option<TokenKind>) -> Result<Claims, TokenError> {
        let claims = jwt::decode(token, &self.verifying, &self.rules, self.now)?;
        if kind.is_some_and(TokenKind::is_tracked) && self.is_blacklisted(&claims) {
            return Err(TokenError::Blacklisted);
        }
        jwt::verify(&claims, kind, &self.rules)?;
        Ok(claims)
    }

    fn is_blacklisted(&self, claims: &Claims) -> bool {
        claims.token_id(&self.rules.names).is_some_and(|id| self.blacklist.borrow().contains(id))
    }

    /// A view behind `JWTAuthentication`, whose header was read.
    pub(super) fn authenticate(&self, token: &[u8]) -> Answer {
        let claims = match self.read(token, Some(TokenKind::Access)) {
            Ok(claims) => claims,
            Err(error) => {
                let (status, mut body) = failure(AuthenticationFailure::NotValidForAnyType);
                body["messages"] = json!([{
                    "token_class": TokenKind::Access.class_name(),
                    "token_type": TokenKind::Access.name(),
                    "message": error.to_string(),
                }]);
                return (status, body);
            }
        };
        match self.user_of(&claims) {
            Ok(user) => (200, json!({ "pk": user.id })),
            Err(refused) => failure(refused),
        }
    }

    fn user_of(&self, claims: &Claims) -> Result<&'static User, AuthenticationFailure> {
        let user = match claims.user_id(&self.rules.names) {
            UserIdClaim::Missing => return Err(AuthenticationFailure::NoUserId),
            UserIdClaim::Unusable => None,
            UserIdClaim::Text(id) => user_id_text::integer_from_text(&id).and_then(user),
        };
        let user = user.ok_or(AuthenticationFailure::UserNotFound)?;
        if self.checks_active && !user.is_active {
            return Err(AuthenticationFailure::UserInactive);
        }
        if self.checks_password && !claims.is_of_password(&self.rules.names, user.password) {
            return Err(AuthenticationFailure::PasswordChanged);
        }
        Ok(user)
    }

    /// `TokenVerifyView`.
    pub(super) fn verify(&self, token: &[u8]) -> Answer {
        match self.read(token, None) {
            Ok(_) => (200, json!({})),
            Err(error) => token_failure(&error),
        }
    }

    /// `TokenBlacklistView`.
    pub(super) fn revoke(&self, token: &[u8]) -> Answer {
        match self.read(token, Some(TokenKind::Refresh)) {
            Ok(claims) => {
                self.revoke_claims(&claims);
                (200, json!({}))
            }
            Err(error) => token_failure(&error),
        }
    }

    fn revoke_claims(&self, claims: &Claims) {
        let id = claims.token_id(&self.rules.names).expect("a verified token has an id");
        self.blacklist.borrow_mut().insert(id.to_owned());
    }

    /// `TokenRefreshView`.
    pub(super) fn refresh(&self, token: &[u8]) -> Answer {
        let refresh = match self.read(token, Some(TokenKind::Refresh)) {
            Ok(refresh) => refresh,
            Err(error) => return token_failure(&error),
        };
        // A token without a user passes, as upstream's; one with a user needs an active one.
        let is_refused = match refresh.user_id(&self.rules.names) {
            UserIdClaim::Text(id) => user_id_text::integer_from_text(&id)
                .and_then(user)
                .is_none_or(|user| self.checks_active && !user.is_active),
            UserIdClaim::Missing | UserIdClaim::Unusable => false,
        };
        if is_refused {
            return failure(AuthenticationFailure::NoActiveAccount);
        }
        let mut body = json!({ "access": self.sign(&self.mint().access_from(&refresh, self.next_id())) });
        if self.rotates {
            if self.blacklists_after_rotation {
                self.revoke_claims(&refresh);
            }
            body["refresh"] = self.sign(&self.mint().rotated(&refresh, self.next_id())).into();
        }
        (200, body)
    }

    /// `TokenRefreshSlidingView`.
    pub(super) fn slide(&self, token: &[u8]) -> Answer {
        let slid = self.read(token, Some(TokenKind::Sliding)).and_then(|claims| self.mint().slid(&claims));
        match slid {
            Ok(claims) => (200, json!({ "token": self.sign(&claims) })),
            Err(error) => token_failure(&error),
        }
    }
}

pub(super) fn failure(failure: AuthenticationFailure) -> Answer {
    let mut body = json!({ "detail": failure.to_string() });
    if let Some(code) = failure.code() {
        body["code"] = code.into();
    }
    (401, body)
}

fn token_failure(error: &TokenError) -> Answer {
    (401, json!({ "detail": error.to_string(), "code": "token_not_valid" }))
}

/// Compares an answer with that of the reference.
pub(super) fn assert_answer((status, body): &Answer, http: &Value) {
    assert_eq!((*status, body), (http["status"].as_i64().expect("a status"), &http["body"]));
    if *status == 401 {
        // Upstream's refresh with cookies forgets the challenge.
        assert!(http["www_authenticate"].is_null() || http["www_authenticate"] == CHALLENGE);
    }
}

fn rules(settings: &Value, issuer: &Value, audience: &Value, leeway: &Value) -> Rules {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let mut rules = Rules {
        issuer: text(issuer),
        audience: match audience {
            Value::Array(names) => Some(Audience::Several(names.iter().filter_map(text).collect())),
            name => text(name).map(Audience::One),
        },
        leeway: leeway.as_i64().unwrap_or(0),
        ..Rules::default()
    };
    let names = &mut rules.names;
    if let Some(name) = settings.get("TOKEN_TYPE_CLAIM") {
        names.token_type = text(name);
    }
    if let Some(name) = settings.get("JTI_CLAIM") {
        names.token_id = text(name);
    }
    if let Some(name) = settings.get("USER_ID_CLAIM") {
        names.user_id = text(name).expect("a name");
    }
    rules
}

/// The keys of a name.
pub(super) fn keys(case: &Case<'_>, algorithm: Algorithm, name: &str) -> (SigningKey, VerifyingKey) {
    let pair = &case.shared("asymmetric_keys_for_tests_only")[name];
    let (private, public) = match case.shared("hmac_keys")[name].as_str() {
        Some(secret) => (secret, secret),
        None => (
            pair["private_pem"].as_str().expect("a private key"),
            pair["public_pem"].as_str().expect("a public key"),
        ),
    };
    let signing = SigningKey::new(algorithm, private).expect("a private key for this algorithm");
    let verifying = VerifyingKey::new(algorithm, public).expect("a public key for this algorithm");
    (signing, verifying)
}

/// The id in hex.
pub(super) fn token_id(text: &str) -> TokenId {
    TokenId::from_random(hex::decode(text).expect("hex").try_into().expect("16 bytes"))
}
