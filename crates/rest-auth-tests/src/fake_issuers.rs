//! An issuer with a JSON web key set, and Rownd, that live in this process: keys change, servers go away, and everything
//! that was asked is counted.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use rest_auth_core::fetch::{Fetch, FetchError, Incoming, Outgoing};
use rest_auth_formats::jwt::{self, Algorithm, SigningKey};
use serde_json::{Value, json};

use crate::fake_providers::signed_by;

const KEYS: [&str; 2] = [
    include_str!("../tests/certificates/server.key.pem"),
    include_str!("../tests/certificates/other.key.pem"),
];
const ROWND_KEYS: [&str; 2] = [
    include_str!("../tests/certificates/rownd.key.pem"),
    include_str!("../tests/certificates/rownd2.key.pem"),
];

/// Settings for the issuer.
pub const COMPANY: &str = r#"
[http]
authentication = ["external_issuers", "session"]
features = ["registration", "example"]
[[external_issuers]]
name = "company"
issuer = "https://id.example.org"
audience = "api"
sessions = true
"#;

/// Settings for Rownd.
pub const ROWND: &str = r#"
[http]
authentication = ["rownd", "session"]
features = ["rownd", "example"]
[rownd]
app_key = "rownd-app-key"
app_secret = "rownd-app-secret"
"#;

/// Both servers. Clones are the same ones.
#[derive(Clone, Default)]
pub struct FakeIssuers {
    asked: Arc<Mutex<Vec<Outgoing>>>,
    away: Arc<AtomicBool>,
    /// Which key signs and is published.
    key: Arc<AtomicUsize>,
    users: Arc<Mutex<Vec<(String, Value)>>>,
    /// Documents are JSON of another kind.
    spoilt: Arc<AtomicBool>,
}

impl FakeIssuers {
    /// Nobody can be reached any more, or everybody can again.
    pub fn set_away(&self, away: bool) {
        self.away.store(away, Ordering::SeqCst);
    }

    /// Whatever is asked for is something else from now on, or itself again.
    pub fn set_spoilt(&self, spoilt: bool) {
        self.spoilt.store(spoilt, Ordering::SeqCst);
    }

    /// Another key signs from now on, and is the one that is published.
    pub fn change_keys(&self) {
        self.key.fetch_xor(1, Ordering::SeqCst);
    }

    /// How often addresses with this part were asked.
    ///
    /// # Panics
    ///
    /// Never.
    pub fn count(&self, part: &str) -> usize {
        self.asked.lock().expect("nobody panics").iter().filter(|asked| asked.url.contains(part)).count()
    }

    /// What Rownd answers for a user from now on.
    ///
    /// # Panics
    ///
    /// Never.
    pub fn set_user(&self, id: &str, answer: Value) {
        self.users.lock().expect("nobody panics").insert(0, (id.to_owned(), answer));
    }

    /// A token of the issuer's, with these claims on top of the usual ones, null for none.
    ///
    /// # Panics
    ///
    /// If the claims are no object.
    pub fn token(&self, subject: &str, changes: Value) -> String {
        let claims = json!({
            "iss": "https://id.example.org", "aud": "api", "sub": subject,
            "preferred_username": subject, "email": format!("{subject}@company.example"),
            "email_verified": true, "given_name": "Ann", "family_name": "Other",
        });
        signed_by(claims, changes, &self.signing_key(Algorithm::Es256))
    }

    /// A token of Rownd's.
    ///
    /// # Panics
    ///
    /// If the claims are no object.
    pub fn rownd_token(&self, user: &str, changes: Value) -> String {
        let claims = json!({
            "iss": "https://api.rownd.io", "aud": ["app:rownd-app-id", "https://api.rownd.io"], "sub": user,
            "jti": "5aba8ba6-90d5-487d-9a27-bc047e557cc0", "https://auth.rownd.io/app_user_id": user,
            "https://auth.rownd.io/is_verified_user": true,
        });
        signed_by(claims, changes, &self.signing_key(Algorithm::EdDsa))
    }

    /// The key that signs now.
    fn signing_key(&self, algorithm: Algorithm) -> SigningKey {
        let place = self.key.load(Ordering::SeqCst);
        let text = if algorithm == Algorithm::EdDsa { ROWND_KEYS[place] } else { KEYS[place] };
        SigningKey::new(algorithm, text).expect("the key is good").with_id(format!("key-{place}"))
    }

    fn key_set(&self, algorithm: Algorithm) -> Value {
        jwt::key_set([&self.signing_key(algorithm).verifying_key()])
    }

    fn answer(&self, request: &Outgoing) -> (u16, Value) {
        let header = |name: &str| {
            request.headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.as_str())
        };
        let has_key = header("x-rownd-app-key") == "rownd-app-key";
        match request.url.as_str() {
            "https://id.example.org/.well-known/openid-configuration" => {
                let keys = "https://id.example.org/keys";
                (200, json!({"issuer": "https://id.example.org", "jwks_uri": keys}))
            }
            "https://id.example.org/keys" => (200, self.key_set(Algorithm::Es256)),
            "https://api.rownd.io/hub/auth/keys" => (200, self.key_set(Algorithm::EdDsa)),
            "https://api.rownd.io/hub/app-config" if has_key => {
                (200, json!({"app": {"id": "rownd-app-id", "name": "Fake app"}}))
            }
            url => match url.strip_prefix("https://api.rownd.io/applications/rownd-app-id/users/") {
                Some(rest) if has_key && header("x-rownd-app-secret") == "rownd-app-secret" => {
                    self.user(rest.trim_end_matches("/data"))
                }
                _ => (401, json!({"statusCode": 401, "error": "Unauthorized"})),
            },
        }
    }

    /// `user-500` fails with that status, and `user-NAME` is somebody called so.
    fn user(&self, id: &str) -> (u16, Value) {
        let users = self.users.lock().expect("nobody panics");
        if let Some((_, answer)) = users.iter().find(|(known, _)| known == id) {
            return (200, answer.clone());
        }
        let Some(name) = id.strip_prefix("user-") else { return (404, json!({"error": "Not Found"})) };
        if let Ok(status) = name.parse() {
            return (status, json!({"error": "no"}));
        }
        let data = json!({
            "user_id": id, "email": format!("{name}@rownd.example"), "first_name": name, "last_name": "Rownd",
        });
        (200, json!({"data": data, "redacted": []}))
    }
}

#[async_trait]
impl Fetch for FakeIssuers {
    async fn fetch(&self, request: Outgoing) -> Result<Incoming, FetchError> {
        self.asked.lock().expect("nobody panics").push(request.clone());
        // Real servers take their time.
        tokio::task::yield_now().await;
        if self.away.load(Ordering::SeqCst) {
            return Err(FetchError::Unreachable(format!("{} is away", request.host())));
        }
        let (status, mut body) = self.answer(&request);
        if self.spoilt.load(Ordering::SeqCst) {
            body = json!({"message": "We are moving house.", "keys": "none", "app": {}});
        }
        let body = body.to_string().into_bytes();
        Ok(Incoming { status, content_type: "application/json".to_owned(), body })
    }
}
