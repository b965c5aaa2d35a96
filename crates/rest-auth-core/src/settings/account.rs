//! `[account]`: allauth's ACCOUNT_ settings.

use serde::{Deserialize, Serialize};

use super::section::section;
use super::{OrFalse, RateLimits, Seconds};

/// What happens with an address at sign-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum EmailVerification {
    /// A mail, and no login before the address is verified.
    Mandatory,
    /// A mail, and login at once.
    Optional,
    /// No mail.
    None,
}

/// What identifies an account at login.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LoginMethod {
    /// The user name.
    Username,
    /// The address.
    Email,
}

/// Django's validators of user names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub enum UsernameValidator {
    /// Letters, digits and numbers of any script, and `@ . + - _`.
    UnicodeUsernameValidator,
    /// The same of ASCII.
    ASCIIUsernameValidator,
}

section! {
    /// allauth's ACCOUNT_ settings; they hold with the feature "registration".
    Account in "account" {
        /// "mandatory": no login before the address is verified. "optional": a mail, and login at once. "none": no mail.
        email_verification: EmailVerification = EmailVerification::Optional, strict = EmailVerification::Mandatory;
        /// Any of "username", "email".
        login_methods: Vec<LoginMethod> = vec![LoginMethod::Username];
        /// Names; a star means required: "email*". Passwords are always asked for.
        signup_fields: Vec<String> =
            ["email", "username*", "password1*", "password2*"].map(str::to_owned).to_vec(),
            strict = ["email*", "username*", "password1*", "password2*"].map(str::to_owned).to_vec();
        /// An address belongs to one account.
        unique_email: bool = true;
        /// ACCOUNT_USER_MODEL_USERNAME_FIELD: another place for user_model.username_field; false: no user names.
        user_model_username_field: OrFalse<String> = OrFalse::of("username".to_owned());
        /// Code points.
        username_min_length: usize = 1;
        /// Names that nobody may take, in any case.
        username_blacklist: Vec<String> = Vec::new();
        /// "UnicodeUsernameValidator", or "ASCIIUsernameValidator" for names without letters of other scripts.
        username_validators: Vec<UsernameValidator> = vec![UsernameValidator::UnicodeUsernameValidator];
        /// Keep capitals in user names. Either way names are unique ignoring case.
        preserve_username_casing: bool = true;
        /// Least length of passwords while no password validators are configured.
        password_min_length: usize = 6;
        /// Confirmation keys are signed. false: they are rows.
        email_confirmation_hmac: bool = true;
        /// Days that a confirmation key is good for.
        email_confirmation_expire_days: u32 = 3;
        /// ACCOUNT_SALT of signed confirmation keys.
        salt: String = "account".to_owned();
        /// Before every subject. false: "[site name] ".
        email_subject_prefix: OrFalse<String> = OrFalse::off();
        /// Least time between two mails about a sign-up to one address, whoever asks for them. 0: none.
        email_confirmation_cooldown: Seconds = Seconds(180);
        /// With mandatory verification a sign-up does not tell that its address is taken: its owner gets a mail.
        prevent_enumeration: bool = false, strict = true;
        /// Opening the link of a confirmation mail confirms. Programs that look at links in mails open them too.
        confirm_email_on_get: bool = false;
        /// Where a confirmation leads who is not logged in: a path or an address. false: http.login_url.
        email_confirmation_anonymous_redirect_url: OrFalse<String> = OrFalse::off();
        /// Where it leads who is logged in. false: http.login_redirect_url.
        email_confirmation_authenticated_redirect_url: OrFalse<String> = OrFalse::off();
        /// A confirmation logs in, in the browser whose sign-up waits for it.
        login_on_email_confirmation: bool = false;
        /// Where that leads. false: http.login_redirect_url.
        signup_redirect_url: OrFalse<String> = OrFalse::off();
        /// How long a sign-up waits for that.
        login_timeout: Seconds = Seconds(900);
        /// How often somebody may try: { login = "30/m/ip", login_failed = "10/m/ip,5/300s/key", signup = "20/m/ip",
        /// reset_password = "20/m/ip,5/m/key", reset_password_from_key = "20/m/ip", change_password = "5/m/user" }; an
        /// action that is not named has this default, and false is no limit. false: none at all, as upstream's API.
        rate_limits: OrFalse<RateLimits> = OrFalse::off(), strict = OrFalse::of(RateLimits::default());
        /// A mail tells of every account at a provider that is connected. Upstream's API sends no other of allauth's notices.
        email_notifications: bool = false;
        /// Connecting another provider's account asks for a fresh login: socialaccount.reauthentication_required.
        reauthentication_required: bool = false;
        /// For how long a login is fresh.
        reauthentication_timeout: Seconds = Seconds(300);
        /// GET logout/ logs out as POST does. Never HEAD.
        logout_on_get: bool = false;
    }
}
