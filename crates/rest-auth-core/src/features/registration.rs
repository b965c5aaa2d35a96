//! Sign-up: dj-rest-auth's `RegisterView` with `RegisterSerializer`, on allauth's adapter.

use rest_auth_formats::validators::username::Alphabet;

use crate::context::Context;
use crate::credentials::{self, Credentials, Wanted};
use crate::error::{Error, FieldErrors, Result};
use crate::features::sessions::{self, Session, SessionCookie};
use crate::features::{email_verification, user as user_feature};
use crate::form::{Field, Form, Reading, Values};
use crate::messages::{self, Message};
use crate::model::{
    EmailAddress, ExtraValue, NewUser, Secret, User, UserId, Username, UsernameRules, username_candidates,
};
use crate::passwords::Profile;
use crate::settings::{EmailVerification, Settings, UsernameValidator};
use crate::store::{Records, StoreError, Tx, UserLookup};
use crate::throttles::{
    self,
    rate_limits::{self, Action},
};

/// What a client sends to sign up.
#[derive(Clone, Debug, PartialEq)]
pub struct Register {
    /// `None`: made from the address.
    pub username: Option<String>,
    /// Lower-case; empty for none.
    pub email: String,
    /// As typed.
    pub password1: Secret,
    /// As typed; must be the same.
    pub password2: Secret,
    /// Given name, where registration asks for it.
    pub first_name: String,
    /// Family name, where registration asks for it.
    pub last_name: String,
    /// The deployment's own fields.
    pub extra: Vec<(String, ExtraValue)>,
}

/// Somebody has signed up.
#[derive(Clone, Debug)]
pub struct Registered {
    /// Who; `None` where the address is somebody's already and nobody may learn that.
    pub user: Option<User>,
    /// What the client gets now; nothing while the address must be verified first.
    pub credentials: Option<Credentials>,
    /// The session that remembers a sign-up whose address must be verified first.
    pub pending: Option<SessionCookie>,
}

/// The column of an address.
const EMAIL_LENGTH: usize = 254;
/// The column of a user name.
const USERNAME_LENGTH: usize = 150;

impl Register {
    /// `RegisterSerializer`. A name that the sign-up fields do not list is not asked for (W-20).
    pub fn form(settings: &Settings) -> Form {
        let mut form = Form::new("Register");
        if settings.user_model.username_field.get().is_some() {
            let least = settings.account.username_min_length;
            let username = Field::char("username").min(least).max(USERNAME_LENGTH);
            form =
                form.field(if settings.signup_requires("username") { username } else { username.optional() });
        }
        let email = Field::email("email");
        form = form.field(if settings.signup_requires("email") { email } else { email.optional() });
        let longest = settings.password.max_length.get().copied();
        for name in ["password1", "password2"] {
            form = form.field(Field { max_length: longest, ..Field::password(name) });
        }
        let own = settings.user_model.extra_fields.iter().filter(|own| own.at_signup);
        form.fields(own.map(user_feature::extra_field))
    }

    /// Typed from here on.
    pub fn from_values(settings: &Settings, values: &Values) -> Self {
        let text = |name| values.text(name).unwrap_or_default().to_owned();
        let secret = |name| Secret::from(values.text(name).unwrap_or_default());
        let rules = username_rules(settings);
        let username = values.text("username").filter(|text| !text.is_empty()).map(|text| {
            // `check` has refused whatever does not parse; the text itself is what upstream would store.
            let name = Username::parse(text, &rules).map_or_else(|_| text.to_owned(), Username::into_string);
            if rules.preserve_casing { name } else { name.to_lowercase() }
        });
        Self {
            username,
            email: values.text("email").unwrap_or_default().to_lowercase(),
            password1: secret("password1"),
            password2: secret("password2"),
            first_name: text("first_name"),
            last_name: text("last_name"),
            extra: user_feature::extra_values(settings, values, |own| own.at_signup),
        }
    }
}

/// The field checks that need the database or several settings; each adds to what is wrong already.
pub async fn check(cx: &Context, reading: &mut Reading) -> Result<()> {
    if let Some(username) = reading.values.text("username").map(str::to_owned)
        && !username.is_empty()
    {
        check_username(cx, &username, None, reading).await?;
    }
    if let Some(email) = reading.values.text("email").map(str::to_owned) {
        check_email(cx, &email, reading).await?;
    }
    if let Some(password) = reading.values.text("password1").map(Secret::from) {
        for message in cx.passwords.validate(&password, &Profile::unknown()) {
            reading.errors.add("password1", message);
        }
    }
    Ok(())
}

/// allauth's `clean_username`: alphabet, reserved names, uniqueness ignoring case; the first failure only.
/// Names that differ in Unicode's compatibility forms only count as one (E-05).
pub(crate) async fn check_username(
    cx: &Context,
    username: &str,
    own: Option<UserId>,
    reading: &mut Reading,
) -> Result<()> {
    if let Some(message) = username_fault(cx, username, own).await? {
        reading.refuse("username", message);
    }
    Ok(())
}

/// What is wrong with a name for an account, if something is.
pub(crate) async fn username_fault(
    cx: &Context,
    username: &str,
    own: Option<UserId>,
) -> Result<Option<Message>> {
    if let Err(message) = Username::parse(username, &username_rules(&cx.settings)) {
        return Ok(Some(message));
    }
    let taken = username_taken(cx.store.read().await?.as_mut(), username, own).await?;
    Ok(taken.then_some(messages::USERNAME_TAKEN))
}

/// What this deployment lets user names be.
pub(crate) fn username_rules(settings: &Settings) -> UsernameRules {
    let account = &settings.account;
    let ascii = account.username_validators.contains(&UsernameValidator::ASCIIUsernameValidator);
    UsernameRules {
        alphabet: if ascii { Alphabet::Ascii } else { Alphabet::Unicode },
        min_length: account.username_min_length,
        max_length: USERNAME_LENGTH,
        reserved: account.username_blacklist.clone(),
        preserve_casing: account.preserve_username_casing,
    }
}

async fn username_taken(records: &mut dyn Records, username: &str, own: Option<UserId>) -> Result<bool> {
    let folded = Username::fold(username);
    let spellings = if folded == username.to_lowercase() { vec![username] } else { vec![username, &folded] };
    for spelling in spellings {
        let found = records.users(UserLookup::UsernameFolded(spelling)).await?;
        if found.iter().any(|user| Some(user.id) != own) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Looks again, now that nobody else can take the name in another spelling before this transaction ends.
pub(crate) async fn claim_username(tx: &mut dyn Tx, username: &str, own: Option<UserId>) -> Result<()> {
    tx.hold_username(&Username::fold(username)).await?;
    if username_taken(tx, username, own).await? {
        return Err(Error::field("username", messages::USERNAME_TAKEN));
    }
    Ok(())
}

/// An address that somebody has verified is taken; one that nobody has shown to be theirs is not. Longer
/// than its column it is refused instead of cut (W-19). Where nobody may learn that it is taken, nothing is said.
async fn check_email(cx: &Context, email: &str, reading: &mut Reading) -> Result<()> {
    if email.chars().count() > EMAIL_LENGTH {
        reading.refuse("email", messages::max_length(EMAIL_LENGTH));
        return Ok(());
    }
    if !hides_addresses(&cx.settings)
        && verified_address(cx, cx.store.read().await?.as_mut(), email).await?.is_some()
    {
        reading.refuse("email", messages::EMAIL_TAKEN);
    }
    Ok(())
}

/// Whether a sign-up keeps to itself that its address is taken (W-17). It can only where it lets nobody in before the
/// address is verified.
fn hides_addresses(settings: &Settings) -> bool {
    settings.account.prevent_enumeration
        && settings.account.email_verification == EmailVerification::Mandatory
}

/// The address as its owner has verified it, where an address belongs to one account.
async fn verified_address(cx: &Context, records: &mut dyn Records, email: &str) -> Result<Option<String>> {
    if !cx.settings.account.unique_email {
        return Ok(None);
    }
    let rows = records.email_addresses(&email.to_lowercase()).await?;
    Ok(rows.into_iter().find(|row| row.verified).map(|row| row.email))
}

/// Makes the account, its address, the mail that verifies it, and what the client gets: in one transaction.
pub async fn register(cx: &Context, input: Register, current: Option<&Session>) -> Result<Registered> {
    rate_limits::limit(cx, Action::Signup, &[]).await?;
    let username = username_for(cx, &input).await?;
    check_passwords(cx, &input, username.as_deref())?;
    let password = cx.passwords.encode(&input.password1).await?;
    let mut new = NewUser::new(username, input.email, password, cx.now);
    (new.first_name, new.last_name, new.extra) = (input.first_name, input.last_name, input.extra);
    cx.hooks.before_register(cx, &mut new).await?;

    let hides = hides_addresses(&cx.settings);
    let email = new.email.clone();
    let mut tx = cx.store.write().await?;
    if let Some(name) = &new.username {
        claim_username(tx.as_mut(), name, None).await?;
    }
    if hides && let Some(owner) = verified_address(cx, tx.as_mut(), &email).await? {
        return tell_owner(cx, tx, &owner, current).await;
    }
    let user = match tx.add_user(new).await {
        Err(StoreError::Conflict { field: "email" }) if hides => {
            drop(tx);
            return tell_owner(cx, cx.store.write().await?, &email, current).await;
        }
        added => added.map_err(|error| user_feature::taken(&cx.settings.user_model, error))?,
    };
    let address = add_address(cx, tx.as_mut(), &user).await?;
    let verification = cx.settings.account.email_verification;
    if let Some(address) = &address
        && verification != EmailVerification::None
    {
        email_verification::queue_signup_mail(cx, tx.as_mut(), &user, address).await?;
    }
    let (mut credentials, mut pending) = (None, None);
    if verification == EmailVerification::Mandatory {
        pending = Some(sessions::remember_sign_up(cx, tx.as_mut(), Some(&user), current).await?);
    } else {
        // Upstream opens a session here whatever SESSION_LOGIN says.
        let wanted = Wanted::of(&cx.settings, true);
        credentials = Some(credentials::issue(cx, tx.as_mut(), &user, wanted, current).await?);
    }
    tx.commit().await?;

    cx.outbox_bell.notify_one();
    throttles::sweep(cx).await;
    cx.hooks.after_register(cx, &user).await?;
    if credentials.is_some() {
        cx.hooks.after_login(cx, &user).await?;
    }
    Ok(Registered { user: Some(user), credentials, pending })
}

/// A sign-up with somebody's address: to the client it looks like any other, and the owner is told.
async fn tell_owner(
    cx: &Context,
    mut tx: Box<dyn Tx>,
    owner: &str,
    current: Option<&Session>,
) -> Result<Registered> {
    let pending = sessions::remember_sign_up(cx, tx.as_mut(), None, current).await?;
    if throttles::may_mail(cx, tx.as_mut(), owner).await? {
        let site = tx.site(cx.settings.email.site_id).await?;
        let mail = cx.templates.account_already_exists(&cx.settings, site.as_ref(), owner);
        tx.add_mail(&mail.map_err(Error::internal)?, cx.now).await?;
    }
    tx.commit().await?;
    cx.outbox_bell.notify_one();
    throttles::sweep(cx).await;
    Ok(Registered { user: None, credentials: None, pending: Some(pending) })
}

/// The two must be the same, and then fit the account: similarity shows only here.
fn check_passwords(cx: &Context, input: &Register, username: Option<&str>) -> Result<()> {
    if input.password1 != input.password2 {
        return Err(Error::non_field(messages::PASSWORDS_DIFFER));
    }
    let profile = Profile::unknown()
        .with("username", username.unwrap_or_default())
        .with("first_name", &input.first_name)
        .with("last_name", &input.last_name)
        .with("email", &input.email);
    let mut errors = FieldErrors::default();
    for message in cx.passwords.validate(&input.password1, &profile) {
        errors.add(FieldErrors::NON_FIELD, message);
    }
    errors.into_result()
}

/// The name for the account: as given, or made from the address, or none where the model has no column for it.
/// allauth's `generate_unique_username`.
async fn username_for(cx: &Context, input: &Register) -> Result<Option<String>> {
    if cx.settings.user_model.username_field.get().is_none() || input.username.is_some() {
        return Ok(input.username.clone());
    }
    generated_username(cx, &[&input.email]).await.map(Some)
}

/// A free name made of the first source that yields one.
pub(crate) async fn generated_username(cx: &Context, sources: &[&str]) -> Result<String> {
    let mut draw = |below: usize| {
        let random = u64::from_le_bytes(cx.entropy.bytes());
        usize::try_from(random % u64::try_from(below.max(1)).unwrap_or(1)).unwrap_or(0)
    };
    let candidates = username_candidates(sources, &username_rules(&cx.settings), &mut draw);
    let taken = cx.store.read().await?.taken_usernames(&candidates).await?;
    let taken: Vec<String> = taken.iter().map(|name| name.to_lowercase()).collect();
    let free = candidates.into_iter().find(|candidate| !taken.contains(&candidate.to_lowercase()));
    free.ok_or_else(|| Error::field("username", messages::USERNAME_TAKEN))
}

/// allauth's `setup_user_email`: the first account of an address gets a primary row. A later one gets a row
/// that is not primary, or none where no mail is sent.
async fn add_address(cx: &Context, tx: &mut dyn Tx, user: &User) -> Result<Option<EmailAddress>> {
    if user.email.is_empty() {
        return Ok(None);
    }
    let account = &cx.settings.account;
    let first = !account.unique_email || tx.email_addresses(&user.email).await?.is_empty();
    if !first && account.email_verification == EmailVerification::None {
        return Ok(None);
    }
    Ok(Some(tx.add_email_address(user.id, &user.email, false, first).await?))
}
