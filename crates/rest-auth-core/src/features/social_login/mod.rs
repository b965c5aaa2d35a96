//! Logging in by an identity provider: dj-rest-auth's `SocialLoginView` and `SocialConnectView`, on what allauth's
//! `SocialLogin` does.
//!
//! The endpoint keeps no state: the front end sends the browser off and checks `state` when it comes back. Upstream's
//! weaknesses are closed where they stand (W-26 to W-32): what the provider or the client got wrong is a 400, an account
//! that is off or whose address must be verified first gets nothing, and nobody gets what belongs to somebody else.
//!
//! | module | knows |
//! | --- | --- |
//! | `identify` | asking the provider, and what a client is told of its refusals |
//! | `plan` | whose login it is, before anything is written |
//! | `fresh` | whether whoever connects an account has just shown who they are |
//! | `notice` | the mail about an account that was connected |
//! | `carry_out` | what is written |

mod carry_out;
pub(crate) mod fresh;
mod identify;
mod notice;
mod plan;

use crate::context::Context;
use crate::credentials::{self, Wanted};
use crate::error::{Error, Result};
use crate::features::login::LoggedIn;
use crate::features::sessions::Session;
use crate::form::{Field, Form, Values};
use crate::hooks::Newcomer;
use crate::messages;
use crate::model::{Secret, User};
use crate::providers::{Given, Identity, Input, Protocol, Provider, Row};
use crate::settings::Settings;
use crate::social;
use crate::throttles;

use crate::features::social_redirect::Redemption;

use carry_out::{Done, carry_out};
pub(crate) use carry_out::{add_addresses, secure};
pub(crate) use identify::{ask, asking, refusal};
pub(crate) use plan::foresee;
use plan::{Plan, plan};
pub(crate) use plan::{address_taken, owner_of_proven_address, username};

/// A login begins so often at most because somebody else has written meanwhile what it was going to.
const TRIES: usize = 3;

/// What a client sends after the provider has sent it back.
#[derive(Clone, Debug, Default)]
pub struct SocialLogin {
    /// The provider's name.
    pub provider: String,
    /// What it brought.
    pub given: Given,
    /// The account's own password, to connect another one.
    pub password: Option<Secret>,
}

/// What a provider's account is to be used for.
#[derive(Clone, Copy, Debug)]
pub enum Purpose<'a> {
    /// Logging in, as whoever it belongs to.
    Login,
    /// Connecting it to the account that asks.
    Connect(&'a User),
}

/// Somebody whom a provider has named.
pub(crate) struct Visitor {
    pub(crate) provider: Provider,
    pub(crate) identity: Identity,
    /// The code by which a front end hands them in, where one does.
    pub(crate) redemption: Option<Redemption>,
}

impl SocialLogin {
    /// `SocialLoginSerializer`, or the one for OAuth 1. `code_verifier` and `nonce` are rest-auth's own.
    pub fn form(name: &str, row: &Row) -> Form {
        let optional = |name: &str| Field::char(name).optional().allow_blank();
        let form = Form::new("SocialLogin");
        match row.protocol {
            Protocol::Oauth1 => {
                let form = Form::new("TwitterLogin").field(Field::char("access_token"));
                return form.field(Field::char("token_secret"));
            }
            Protocol::Telegram => return form.field(Field::char(Input::TgAuthResult.name())),
            Protocol::Oauth2 | Protocol::OpenidConnect => {}
        }
        let names = ["access_token", "code", "id_token", "code_verifier", "nonce"];
        let names = names.into_iter().chain(row.inputs.iter().map(|input| input.name()));
        let form = names.fold(form, |form, name| form.field(optional(name)));
        // dj-rest-auth's serializer for Microsoft spells it so.
        if name == "microsoft" { form.field(optional("accessToken")) } else { form }
    }

    /// The same, and the password where connecting asks for it.
    pub fn connect_form(settings: &Settings, name: &str, row: &Row) -> Form {
        fresh::asking(settings, Self::form(name, row))
    }

    /// Typed from here on.
    pub fn from_values(provider: &str, values: &Values) -> Self {
        let given = |name| values.text(name).filter(|text| !text.is_empty()).map(Secret::from);
        Self {
            provider: provider.to_owned(),
            password: given("password"),
            given: Given {
                code: given("code"),
                access_token: given("access_token").or_else(|| given("accessToken")),
                token_secret: given("token_secret"),
                id_token: given("id_token"),
                code_verifier: given("code_verifier"),
                nonce: given("nonce"),
                inputs: Input::ALL.into_iter().filter_map(|i| Some((i, given(i.name())?))).collect(),
                request_token: None,
            },
        }
    }
}

/// Asks the provider who it is, finds or makes the account, and issues what a login is answered with.
pub async fn log_in(
    cx: &Context,
    input: SocialLogin,
    purpose: Purpose<'_>,
    current: Option<&Session>,
) -> Result<LoggedIn> {
    if let Purpose::Connect(user) = purpose {
        fresh::check(cx, user, input.password.as_ref()).await?;
    }
    let provider = social::provider(cx, &input.provider).await?;
    let identity = identify::identify(cx, &provider, &input.given).await?;
    enter(cx, &Visitor { provider, identity, redemption: None }, purpose, current).await
}

/// Finds or makes the account of somebody whom a provider has named, and issues what a login is answered with. Every
/// social login passes through here.
pub(crate) async fn enter(
    cx: &Context,
    visitor: &Visitor,
    purpose: Purpose<'_>,
    current: Option<&Session>,
) -> Result<LoggedIn> {
    let Visitor { provider, identity, redemption } = visitor;
    let mut untaken = redemption.as_ref();
    for _ in 0..TRIES {
        let mut plan = plan(cx, provider, &identity.profile, purpose).await?;
        run_hooks(cx, visitor, &mut plan).await?;
        let is_new = matches!(plan, Plan::SignUp(_));
        let mut tx = cx.store.write().await?;
        if let Some(redemption) = untaken.take()
            && !redemption.take(cx, tx.as_mut()).await?
        {
            drop(tx);
            return Err(redemption.take_back(cx).await?);
        }
        let user = match carry_out(cx, tx.as_mut(), provider, identity, plan).await? {
            Done::As(user) => user,
            Done::Stale => {
                // What was seen in here may not be committed yet, and a new plan reads what is. A commit waits for it.
                tx.commit().await?;
                continue;
            }
            Done::Waits => {
                tx.commit().await?;
                cx.outbox_bell.notify_one();
                return Err(Error::non_field(messages::EMAIL_NOT_VERIFIED));
            }
        };
        let wanted = Wanted::of(&cx.settings, cx.settings.rest_auth.session_login);
        let credentials = credentials::issue(cx, tx.as_mut(), &user, wanted, current).await?;
        if let Some(redemption) = redemption {
            redemption.note(cx, tx.as_mut(), &user, &credentials).await?;
        }
        tx.commit().await?;

        cx.outbox_bell.notify_one();
        throttles::sweep(cx).await;
        if is_new {
            cx.hooks.after_register(cx, &user).await?;
        }
        if matches!(purpose, Purpose::Connect(_)) {
            cx.hooks.after_connect(cx, newcomer(visitor, Some(&user))).await?;
        }
        cx.hooks.after_login(cx, &user).await?;
        return Ok(LoggedIn { user, credentials });
    }
    Err(Error::Unavailable { retry_after: 1, what: "the account" })
}

/// What a host has to say before anything is written.
async fn run_hooks(cx: &Context, visitor: &Visitor, plan: &mut Plan) -> Result<()> {
    match plan {
        Plan::SignUp(new) => {
            cx.hooks.before_social_login(cx, newcomer(visitor, None)).await?;
            cx.hooks.populate_user(cx, &visitor.identity.profile, new).await?;
            cx.hooks.before_register(cx, new).await
        }
        Plan::Known(user) | Plan::ByAddress(user) | Plan::Connect(user) => {
            cx.hooks.before_social_login(cx, newcomer(visitor, Some(user))).await?;
            cx.hooks.before_login(cx, user).await
        }
    }
}

fn newcomer<'a>(visitor: &'a Visitor, user: Option<&'a User>) -> Newcomer<'a> {
    Newcomer { provider: visitor.provider.stored_id(), profile: &visitor.identity.profile, user }
}
