//! GitHub, Facebook, Google, X and an OpenID provider that live in this process, for stories about social login.
//!
//! What a code or a token stands for is in its name, so that nothing is remembered between requests:
//!
//! | text | stands for |
//! | --- | --- |
//! | `code-NAME`, `token-NAME` | the account of that name (X: the token's secret is `secret-NAME`) |
//! | `code-KIND`, `token-KIND` | a failure of that kind: `500`, `404`, `403`, `401`, `malformed`, `html`, `empty`, `list`, `slow` |
//! | `code-then-KIND` | is exchanged for `token-KIND` |
//! | `foreign-NAME` | a token of that account that was made for another application |

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use rest_auth_core::fetch::{Fetch, FetchError, Incoming, Method, Outgoing};
use rest_auth_formats::jwt::{self, Algorithm, Claims, SigningKey};
use rest_auth_formats::{appsecret_proof, basic_auth, oauth1, percent, pkce};
use serde_json::{Value, json};

/// The key that signs for Google, and the certificate that Google publishes of it.
const KEY: &str = include_str!("../tests/certificates/server.key.pem");
const CERTIFICATE: &str = include_str!("../tests/certificates/server.pem");

/// `[socialaccount]` for all of them.
pub const SETTINGS: &str = r#"
[http]
features = ["registration", "social"]
[socialaccount.providers.github]
client_id = "github-id"
secret = "github-secret"
callback_url = "https://app.example.com/github"
[socialaccount.providers.facebook]
client_id = "facebook-id"
secret = "facebook-secret"
callback_url = "https://app.example.com/facebook"
[socialaccount.providers.google]
client_id = "google-id"
secret = "google-secret"
callback_url = "https://app.example.com/google"
[socialaccount.providers.twitter]
client_id = "twitter-id"
secret = "twitter-secret"
[socialaccount.providers.openid_connect]
client_id = "openid-id"
secret = "openid-secret"
provider_id = "company"
callback_url = "https://app.example.com/company"
settings = { server_url = "https://id.company.example" }
[socialaccount.providers.gitlab]
client_id = "gitlab-id"
secret = "gitlab-secret"
"#;

/// An account at every provider.
struct Account {
    name: &'static str,
    id: u64,
    login: &'static str,
    email: Option<&'static str>,
    verified: bool,
    first_name: &'static str,
    last_name: &'static str,
}

const fn account(
    (name, id, login): (&'static str, u64, &'static str),
    (email, verified): (Option<&'static str>, bool),
    (first_name, last_name): (&'static str, &'static str),
) -> Account {
    Account { name, id, login, email, verified, first_name, last_name }
}

const ACCOUNTS: [Account; 6] = [
    account(("alice", 1001, "alice-social"), (Some("alice@social.example"), true), ("Alice", "Liddell")),
    account(("noemail", 1003, "noemail-social"), (None, false), ("Nora", "Mail")),
    account(("unverified", 1004, "una"), (Some("unverified@social.example"), false), ("Una", "Sure")),
    account(("taken", 1005, "taken-social"), (Some("taken@example.com"), true), ("Tina", "Ken")),
    account(("samename", 1006, "samename"), (Some("samename@social.example"), true), ("Sam", "Name")),
    account(("unicode", 1007, "zoë-social"), (Some("zoe@social.example"), true), ("Zoë", "Łuczak-日本")),
];

/// Every way to fail that a provider has.
pub const FAILURES: [&str; 9] = ["500", "404", "403", "401", "malformed", "html", "empty", "list", "slow"];

/// All of them, and what they were asked.
#[derive(Clone, Default)]
pub struct FakeProviders {
    asked: Arc<Mutex<Vec<Outgoing>>>,
    userinfo_of: Arc<Mutex<Option<&'static str>>>,
    visits: Arc<Mutex<BTreeMap<String, Visit>>>,
    fails: Arc<Mutex<Option<(&'static str, &'static str)>>>,
    words: Arc<Mutex<Option<(&'static str, &'static str)>>>,
}

/// What a browser brought from the deployment: by the code, or OAuth 1's request token, that it left with.
#[derive(Clone, Default)]
struct Visit {
    redirect_uri: String,
    challenge: Option<String>,
    nonce: Option<String>,
}

type Answer = Result<Incoming, FetchError>;

#[expect(clippy::unnecessary_wraps, reason = "an answer stands wherever a failure may")]
fn answer(status: u16, body: &Value) -> Answer {
    let body = body.to_string().into_bytes();
    Ok(Incoming { status, content_type: "application/json".to_owned(), body })
}

fn failure(kind: &str) -> Option<Answer> {
    let text = |content_type: &str, body: &str| {
        let (content_type, body) = (content_type.to_owned(), body.as_bytes().to_vec());
        Ok(Incoming { status: 200, content_type, body })
    };
    Some(match kind {
        "malformed" => text("application/json", "{\"access_token\": \"tok"),
        "html" => text("text/html", "<html>It works!</html>"),
        "empty" => answer(200, &json!({})),
        "list" => answer(200, &json!([])),
        "slow" => Err(FetchError::Unreachable("the provider did not answer within 5 seconds".to_owned())),
        status => answer(status.parse().ok().filter(|s| (400..600).contains(s))?, &json!({"message": "no"})),
    })
}

/// A request taken apart.
struct Asked<'a> {
    request: &'a Outgoing,
    params: Vec<(String, String)>,
}

impl Asked<'_> {
    fn param(&self, name: &str) -> &str {
        self.params.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    fn authorization(&self) -> &str {
        let headers = &self.request.headers;
        headers.iter().find(|(name, _)| name == "Authorization").map_or("", |(_, value)| value)
    }

    fn has_client(&self, id: &str, secret: &str) -> bool {
        (self.param("client_id"), self.param("client_secret")) == (id, secret)
    }
}

/// The account that a code or a token stands for, or the way in which it fails.
fn named(text: &str) -> Result<Option<&'static Account>, Answer> {
    let name = ["code-", "token-", "foreign-"].iter().find_map(|prefix| text.strip_prefix(prefix));
    match name.and_then(failure) {
        Some(failure) => Err(failure),
        None => Ok(ACCOUNTS.iter().find(|account| Some(account.name) == name)),
    }
}

/// The access token for a code.
fn exchanged(code: &str) -> Result<Option<String>, Answer> {
    if let Some(rest) = code.strip_prefix("code-then-") {
        return Ok(Some(format!("token-{rest}")));
    }
    Ok(named(code)?.map(|account| format!("token-{}", account.name)))
}

/// What Google says of an account.
pub fn google_claims(name: &str) -> Value {
    let account = ACCOUNTS.iter().find(|account| account.name == name).expect("there is such an account");
    let mut claims = json!({
        "iss": "https://accounts.google.com", "aud": "google-id", "azp": "google-id",
        "sub": format!("10000000000000000{}", account.id),
        "given_name": account.first_name, "family_name": account.last_name,
    });
    if let Some(email) = account.email {
        (claims["email"], claims["email_verified"]) = (email.into(), account.verified.into());
    }
    claims
}

/// Claims, signed by Google; with other claims of the same name on top, null for none.
pub fn signed(claims: Value, changes: Value) -> String {
    let key = SigningKey::new(Algorithm::Es256, KEY).expect("the key is good").with_id("google-key");
    signed_by(claims, changes, &key)
}

/// The same, by another key.
pub fn signed_by(mut claims: Value, changes: Value, key: &SigningKey) -> String {
    let now = crate::app::BEGINNING.seconds();
    (claims["iat"], claims["exp"]) = (now.into(), (now + 3600).into());
    let Value::Object(changes) = changes else { panic!("changes are an object") };
    let Value::Object(mut members) = claims else { panic!("claims are an object") };
    for (name, value) in changes {
        if value.is_null() {
            members.remove(&name);
        } else {
            members.insert(name, value);
        }
    }
    let mut claims = Claims::new();
    for (name, value) in members {
        claims.set(name, value);
    }
    jwt::encode(&claims, key)
}

impl FakeProviders {
    /// How often an address was asked.
    pub fn count(&self, part: &str) -> usize {
        self.asked.lock().expect("nobody panics").iter().filter(|asked| asked.url.contains(part)).count()
    }

    /// Everything that was sent, as one text, to look for what must not be in it.
    pub fn last_to(&self, part: &str) -> Outgoing {
        let asked = self.asked.lock().expect("nobody panics");
        asked.iter().rev().find(|asked| asked.url.contains(part)).expect("it was asked").clone()
    }

    /// A browser comes with an authorization request, and somebody says yes: the address that it goes back to.
    pub fn consent(&self, url: &str, name: &str) -> String {
        let (_, query) = url.split_once('?').expect("the request has parameters");
        let params = percent::decode_pairs(query);
        let param =
            |name: &str| params.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
        let mut visits = self.visits.lock().expect("nobody panics");
        if let Some(token) = param("oauth_token") {
            let visit = visits.get(&token).expect("the request token was given out");
            let answer = [("oauth_token", token.as_str()), ("oauth_verifier", &format!("verifier-{name}"))];
            return format!("{}?{}", visit.redirect_uri, percent::encode_pairs(answer));
        }
        let redirect_uri = param("redirect_uri").expect("the request says where to go back to");
        let (challenge, nonce) = (param("code_challenge"), param("nonce"));
        let code = format!("code-{name}");
        let state = param("state").expect("the request has a state");
        let mut answer = vec![("code", code.as_str()), ("state", state.as_str())];
        if url.starts_with("https://id.company.example/") {
            answer.push(("iss", "https://id.company.example"));
        }
        let back = format!("{redirect_uri}?{}", percent::encode_pairs(answer));
        visits.insert(code, Visit { redirect_uri, challenge, nonce });
        back
    }

    /// Whether a code goes back by the way that its browser came; the nonce for its id_token.
    fn visited(&self, asked: &Asked<'_>) -> Result<Option<String>, Answer> {
        let visit = self.visits.lock().expect("nobody panics").remove(asked.param("code"));
        let Some(visit) = visit else { return Ok(None) };
        let verifier = asked.param("code_verifier");
        let proven = visit.challenge.is_none_or(|challenge| pkce::challenge(verifier) == challenge);
        if !proven || asked.param("redirect_uri") != visit.redirect_uri {
            return Err(answer(400, &json!({"error": "invalid_grant"})));
        }
        Ok(visit.nonce)
    }

    /// OAuth 1: a request token, or an access token for it.
    fn twitter_token(&self, asked: &Asked<'_>) -> Answer {
        let form = |body: String| {
            let content_type = "application/x-www-form-urlencoded".to_owned();
            Ok(Incoming { status: 200, content_type, body: body.into_bytes() })
        };
        let mut visits = self.visits.lock().expect("nobody panics");
        let token = signed_value(asked.authorization(), "oauth_token");
        let secret = token.replacen("request-", "request-secret-", 1);
        let given = Some((token.as_str(), secret.as_str())).filter(|(token, _)| !token.is_empty());
        if asked.request.method != Method::Post || !is_signed(asked, "POST", given) {
            return answer(401, &json!({"errors": [{"code": 32}]}));
        }
        if given.is_none() {
            let number = self.asked.lock().expect("nobody panics").len();
            let redirect_uri = asked.param("oauth_callback").to_owned();
            visits.insert(format!("request-{number}"), Visit { redirect_uri, ..Visit::default() });
            let token = format!("oauth_token=request-{number}&oauth_token_secret=request-secret-{number}");
            return form(format!("{token}&oauth_callback_confirmed=true"));
        }
        match (visits.remove(&token), asked.param("oauth_verifier").strip_prefix("verifier-")) {
            (Some(_), Some(name)) => {
                form(format!("oauth_token=token-{name}&oauth_token_secret=secret-{name}"))
            }
            _ => answer(401, &json!({"errors": [{"code": 89}]})),
        }
    }

    /// From now on the OpenID provider's userinfo is about this account, whatever the token.
    pub fn confuse(&self, name: &'static str) {
        *self.userinfo_of.lock().expect("nobody panics") = Some(name);
    }

    /// From now on every address with this part in it fails in this way; `None`: none does.
    ///
    /// # Panics
    ///
    /// If another test's thread has.
    pub fn fail(&self, part_and_kind: Option<(&'static str, &'static str)>) {
        *self.fails.lock().expect("nobody panics") = part_and_kind;
    }

    /// From now on every answer has the second word where it would have the first: somebody has changed their name.
    ///
    /// # Panics
    ///
    /// If another test's thread has.
    pub fn reword(&self, from_and_to: (&'static str, &'static str)) {
        *self.words.lock().expect("nobody panics") = Some(from_and_to);
    }

    fn route(&self, asked: &Asked<'_>) -> Result<Answer, Answer> {
        let url = asked.request.url.split('?').next().unwrap_or_default();
        let nonce = self.visited(asked)?;
        match url {
            "https://api.x.com/oauth/request_token" | "https://api.x.com/oauth/access_token" => {
                Ok(self.twitter_token(asked))
            }
            "https://github.com/login/oauth/access_token" => github_token(asked),
            "https://api.github.com/user" => github_user(asked),
            "https://api.github.com/user/emails" => github_emails(asked),
            "https://api.github.com/applications/github-id/token" => Ok(github_application(asked)),
            "https://graph.facebook.com/v19.0/oauth/access_token" => facebook_token(asked),
            "https://graph.facebook.com/v19.0/me" => facebook_me(asked),
            "https://graph.facebook.com/v19.0/debug_token" => Ok(facebook_debug(asked)),
            "https://oauth2.googleapis.com/token" => google_token(asked, nonce.as_deref()),
            "https://www.googleapis.com/oauth2/v2/userinfo" => google_userinfo(asked),
            "https://oauth2.googleapis.com/tokeninfo" => Ok(google_tokeninfo(asked)),
            "https://www.googleapis.com/oauth2/v1/certs" => {
                Ok(answer(200, &json!({"google-key": CERTIFICATE})))
            }
            "https://api.x.com/1.1/account/verify_credentials.json" => twitter(asked),
            "https://gitlab.com/api/v4/user" => gitlab(asked),
            _ => self.openid(asked, url, nonce.as_deref()),
        }
    }

    fn openid(&self, asked: &Asked<'_>, url: &str, nonce: Option<&str>) -> Result<Answer, Answer> {
        let key = || SigningKey::new(Algorithm::Es256, KEY).expect("the key is good").with_id("openid-key");
        Ok(match url {
            "https://id.company.example/.well-known/openid-configuration" => answer(
                200,
                &json!({
                    "issuer": "https://id.company.example",
                    "authorization_endpoint": "https://id.company.example/authorize",
                    "authorization_response_iss_parameter_supported": true,
                    "token_endpoint": "https://id.company.example/token",
                    "userinfo_endpoint": "https://id.company.example/userinfo",
                    "jwks_uri": "https://id.company.example/keys",
                    "token_endpoint_auth_methods_supported": ["client_secret_basic"],
                    "id_token_signing_alg_values_supported": ["ES256", "HS256", "none"],
                }),
            ),
            "https://id.company.example/keys" => answer(200, &jwt::key_set([&key().verifying_key()])),
            "https://id.company.example/token" => {
                if asked.authorization() != basic_auth::header("openid-id", "openid-secret") {
                    return Ok(answer(401, &json!({"error": "invalid_client"})));
                }
                let Some(token) = exchanged(asked.param("code"))? else {
                    return Ok(answer(400, &json!({"error": "invalid_grant"})));
                };
                let account = named(&token).ok().flatten();
                let mut body = json!({"access_token": token, "token_type": "Bearer"});
                if let Some(account) = account {
                    let claims = json!({
                        "iss": "https://id.company.example", "aud": "openid-id",
                        "sub": account.id.to_string(), "jti": format!("{}-once", account.name), "nonce": nonce.unwrap_or("n-1"),
                    });
                    body["id_token"] = signed_by(claims, json!({}), &key()).into();
                }
                answer(200, &body)
            }
            "https://id.company.example/userinfo" => {
                let token = asked.authorization().strip_prefix("Bearer ").unwrap_or_default();
                let other = *self.userinfo_of.lock().expect("nobody panics");
                let about = match other {
                    Some(name) => ACCOUNTS.iter().find(|account| account.name == name),
                    None => named(token)?,
                };
                match about {
                    Some(account) => answer(
                        200,
                        &json!({
                            "sub": account.id.to_string(), "preferred_username": account.login,
                            "email": account.email, "email_verified": account.verified,
                        }),
                    ),
                    None => answer(401, &json!({"error": "invalid_token"})),
                }
            }
            _ => answer(404, &json!({"message": format!("no such address: {url}")})),
        })
    }
}

#[async_trait]
impl Fetch for FakeProviders {
    async fn fetch(&self, request: Outgoing) -> Answer {
        self.asked.lock().expect("nobody panics").push(request.clone());
        let fails = *self.fails.lock().expect("nobody panics");
        if let Some((part, kind)) = fails
            && request.url.contains(part)
        {
            return failure(kind).expect("there is such a failure");
        }
        let query = request.url.split_once('?').map_or("", |(_, query)| query);
        let mut params = percent::decode_pairs(query);
        params.extend(percent::decode_pairs(request.body.as_deref().unwrap_or_default()));
        let asked = Asked { request: &request, params };
        let mut answer = self.route(&asked).unwrap_or_else(|failure| failure)?;
        if let Some((from, to)) = *self.words.lock().expect("nobody panics") {
            answer.body = String::from_utf8_lossy(&answer.body).replace(from, to).into_bytes();
        }
        Ok(answer)
    }
}

fn github_token(asked: &Asked<'_>) -> Result<Answer, Answer> {
    if !asked.has_client("github-id", "github-secret") || asked.request.method != Method::Post {
        return Ok(answer(200, &json!({"error": "incorrect_client_credentials"})));
    }
    Ok(match exchanged(asked.param("code"))? {
        // A form, as GitHub answers unless it is asked for JSON.
        Some(token) => Ok(Incoming {
            status: 200,
            content_type: "application/x-www-form-urlencoded; charset=utf-8".to_owned(),
            body: format!("access_token={token}&scope=user%3Aemail&token_type=bearer").into_bytes(),
        }),
        None => answer(200, &json!({"error": "bad_verification_code"})),
    })
}

fn github_account(asked: &Asked<'_>) -> Result<&'static Account, Answer> {
    let token = asked.authorization().strip_prefix("token ").unwrap_or_default();
    named(token)?.ok_or_else(|| answer(401, &json!({"message": "Bad credentials"})))
}

fn github_user(asked: &Asked<'_>) -> Result<Answer, Answer> {
    let account = github_account(asked)?;
    Ok(answer(
        200,
        &json!({
            "id": account.id, "login": account.login, "email": account.email,
            "name": format!("{} {}", account.first_name, account.last_name),
        }),
    ))
}

fn github_emails(asked: &Asked<'_>) -> Result<Answer, Answer> {
    let account = github_account(asked)?;
    let Some(email) = account.email else { return Ok(answer(200, &json!([]))) };
    Ok(answer(
        200,
        &json!([
            {"email": email, "primary": true, "verified": account.verified},
            {"email": format!("second.{email}"), "primary": false, "verified": false},
        ]),
    ))
}

fn github_application(asked: &Asked<'_>) -> Answer {
    let body: Value = serde_json::from_str(asked.request.body.as_deref().unwrap_or("{}")).unwrap_or_default();
    let token = body["access_token"].as_str().unwrap_or_default();
    let is_client = asked.authorization() == basic_auth::header("github-id", "github-secret");
    if is_client && token.starts_with("token-") {
        return answer(200, &json!({"app": {"client_id": "github-id"}}));
    }
    answer(404, &json!({"message": "Not Found"}))
}

fn facebook_token(asked: &Asked<'_>) -> Result<Answer, Answer> {
    if !asked.has_client("facebook-id", "facebook-secret") || asked.request.method != Method::Get {
        return Ok(answer(400, &json!({"error": {"message": "Error validating client secret."}})));
    }
    Ok(match exchanged(asked.param("code"))? {
        Some(token) => answer(200, &json!({"access_token": token, "expires_in": 5_184_000})),
        None => answer(400, &json!({"error": {"message": "This authorization code has expired."}})),
    })
}

fn facebook_me(asked: &Asked<'_>) -> Result<Answer, Answer> {
    let token = asked.param("access_token");
    let proof = appsecret_proof("facebook-secret", token);
    Ok(match named(token)? {
        Some(account) if asked.param("appsecret_proof") == proof => answer(
            200,
            &json!({
                "id": account.id.to_string(), "email": account.email,
                "first_name": account.first_name, "last_name": account.last_name,
            }),
        ),
        _ => answer(400, &json!({"error": {"message": "Invalid OAuth access token.", "code": 190}})),
    })
}

fn facebook_debug(asked: &Asked<'_>) -> Answer {
    let token = asked.param("input_token");
    let is_client = asked.param("access_token") == "facebook-id|facebook-secret";
    let ours = if token.starts_with("foreign-") { "another-app" } else { "facebook-id" };
    answer(200, &json!({"data": {"is_valid": is_client, "app_id": ours}}))
}

fn google_token(asked: &Asked<'_>, nonce: Option<&str>) -> Result<Answer, Answer> {
    if !asked.has_client("google-id", "google-secret") {
        return Ok(answer(401, &json!({"error": "invalid_client"})));
    }
    let Some(token) = exchanged(asked.param("code"))? else {
        return Ok(answer(400, &json!({"error": "invalid_grant"})));
    };
    let mut body = json!({"access_token": token, "expires_in": 3599, "refresh_token": format!("1//{token}")});
    if let Ok(Some(account)) = named(&token) {
        body["id_token"] = signed(google_claims(account.name), json!({ "nonce": nonce })).into();
    }
    Ok(answer(200, &body))
}

fn google_userinfo(asked: &Asked<'_>) -> Result<Answer, Answer> {
    let token = asked.authorization().strip_prefix("Bearer ").unwrap_or_default();
    Ok(match named(token)? {
        Some(account) => {
            let mut info = google_claims(account.name);
            info["id"] = info["sub"].take();
            info["verified_email"] = info["email_verified"].take();
            answer(200, &info)
        }
        None => answer(401, &json!({"error": {"code": 401, "message": "Invalid Credentials"}})),
    })
}

fn google_tokeninfo(asked: &Asked<'_>) -> Answer {
    let token = asked.param("access_token");
    let ours = if token.starts_with("foreign-") { "another-app" } else { "google-id" };
    answer(200, &json!({"aud": ours, "azp": ours, "expires_in": "3599"}))
}

/// A value in a signed header.
fn signed_value(header: &str, name: &str) -> String {
    let rest = header.split_once(&format!("{name}=\"")).map_or("", |(_, rest)| rest);
    rest.split('"').next().unwrap_or_default().to_owned()
}

/// Whether a request is signed with the client's secret and this token's.
fn is_signed(asked: &Asked<'_>, method: &str, token: Option<(&str, &str)>) -> bool {
    let (header, url) = (asked.authorization(), &asked.request.url);
    let signer = oauth1::Signer { consumer_key: "twitter-id", consumer_secret: "twitter-secret", token };
    let timestamp = signed_value(header, "oauth_timestamp").parse().unwrap_or_default();
    let nonce = signed_value(header, "oauth_nonce");
    let moment = oauth1::Moment { nonce: &nonce, timestamp };
    signer.authorization(method, url, moment, &[]).as_deref() == Some(header)
}

fn twitter(asked: &Asked<'_>) -> Result<Answer, Answer> {
    let token = signed_value(asked.authorization(), "oauth_token");
    let account = named(&token)?;
    let secret = token.replacen("token-", "secret-", 1);
    Ok(match account {
        Some(account) if is_signed(asked, "GET", Some((&token, &secret))) => {
            answer(200, &json!({"id": account.id, "screen_name": account.login, "name": account.first_name}))
        }
        _ => answer(401, &json!({"errors": [{"code": 32, "message": "Could not authenticate you."}]})),
    })
}

fn gitlab(asked: &Asked<'_>) -> Result<Answer, Answer> {
    Ok(match named(asked.param("access_token"))? {
        Some(account) => {
            answer(200, &json!({"id": account.id, "username": account.login, "email": account.email}))
        }
        None => answer(401, &json!({"message": "401 Unauthorized"})),
    })
}
