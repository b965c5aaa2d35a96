//! Where mails point. The address is the configuration's, never a request's: a forged Host header must not
//! send somebody's key elsewhere.

use crate::settings::{EmailVerification, FeatureName, Problem, Settings};
use crate::store::Site;

/// The place of the key in `links.email_confirmation`.
const KEY: &str = "{key}";
/// The place of the account in `links.password_reset`.
const UID: &str = "{uid}";
/// The place of the token in `links.password_reset`.
const TOKEN: &str = "{token}";

/// The address that a confirmation mail asks to open: `links.email_confirmation`, else the server's own page,
/// allauth's route `account_confirm_email`.
pub fn confirmation_link(settings: &Settings, key: &str) -> String {
    if let Some(template) = settings.links.email_confirmation.as_deref() {
        return template.replace(KEY, key);
    }
    let (base, prefix) = (base_url(settings), registration_prefix(settings));
    format!("{base}{prefix}account-confirm-email/{key}/")
}

/// The address that a reset mail asks to open: `links.password_reset`, else the server's own page, on the host of the
/// site where `rest_auth.password_reset_use_sites_domain` says so.
pub fn reset_link(settings: &Settings, site: Option<&Site>, uid: &str, token: &str) -> String {
    if let Some(template) = settings.links.password_reset.as_deref() {
        return template.replace(UID, uid).replace(TOKEN, token);
    }
    let base = base_url(settings);
    let base = match site.filter(|_| settings.rest_auth.password_reset_use_sites_domain) {
        Some(site) => {
            let scheme = base.split_once("://").map_or("http", |(scheme, _)| scheme);
            format!("{scheme}://{}", site.domain)
        }
        None => base,
    };
    let prefix = settings.http.prefix.trim_matches('/');
    let slash = if prefix.is_empty() { "" } else { "/" };
    format!("{base}/{prefix}{slash}password/reset/confirm/{uid}/{token}/")
}

/// What is wrong with the addresses in mails: each would make a mail that leads nowhere.
pub fn link_problems(settings: &Settings) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut report = |key: &str, message: &str, hint: &str| {
        problems.push(Problem {
            key: key.to_owned(),
            message: message.to_owned(),
            hint: Some(hint.to_owned()),
        });
    };
    if let Some(url) = settings.http.base_url.as_deref()
        && host(url).is_none_or(|(_, rest)| rest.contains(['?', '#']))
    {
        report("http.base_url", "is no scheme and host", "write it as \"https://example.com\"");
    }
    if let Some(template) = settings.links.email_confirmation.as_deref() {
        if !template.contains(KEY) {
            report("links.email_confirmation", "does not say where the key goes", "put {key} into it");
        }
        if !is_address(template) {
            let hint = "write it as \"https://app.example.com/confirm/{key}\"";
            report("links.email_confirmation", "is no address that a mail can lead to", hint);
        }
    }
    if let Some(template) = settings.links.password_reset.as_deref() {
        if !template.contains(UID) || !template.contains(TOKEN) {
            report(
                "links.password_reset",
                "does not say where uid and token go",
                "put {uid} and {token} into it",
            );
        }
        if !is_address(template) {
            let hint = "write it as \"https://app.example.com/reset/{uid}/{token}\"";
            report("links.password_reset", "is no address that a mail can lead to", hint);
        }
    }
    if settings.http.base_url.get().is_none() && leads_here(settings) && !settings.http.is_local() {
        let hint = "set it to what clients call this server, \"https://example.com\", or set the addresses in [links]";
        report("http.base_url", "is needed for the links in mails", hint);
    }
    problems
}

/// The site that mails name where `django_site` has no row for it: the host of the links.
pub(crate) fn site_of_links(settings: &Settings) -> Site {
    let base = base_url(settings);
    let host = host(&base).map_or(base.as_str(), |(host, _)| host).to_owned();
    Site { name: host.clone(), domain: host }
}

/// Scheme and host, without a slash at the end.
fn base_url(settings: &Settings) -> String {
    match settings.http.base_url.as_deref() {
        Some(url) => url.trim_end_matches('/').to_owned(),
        None => format!("http://{}", settings.http.listen),
    }
}

fn registration_prefix(settings: &Settings) -> String {
    let prefix = match settings.http.registration_prefix.as_deref() {
        Some(prefix) => prefix.to_owned(),
        None => format!("{}/registration", settings.http.prefix.trim_end_matches('/')),
    };
    match prefix.trim_matches('/') {
        "" => "/".to_owned(),
        path => format!("/{path}/"),
    }
}

/// The host, with its port, of an address on the web, and what follows.
fn host(url: &str) -> Option<(&str, &str)> {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"))?;
    let (host, rest) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    (!host.is_empty() && !host.contains('@') && is_address(url)).then_some((host, rest))
}

/// Whether a mail program can make a link of it. An app may have a scheme of its own.
fn is_address(url: &str) -> bool {
    let odd = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '"' | '<' | '>' | '\\');
    let scheme = url.split_once("://").map(|(scheme, _)| scheme);
    let is_name = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
    };
    scheme.is_some_and(is_name) && !url.contains(odd)
}

/// Whether some mail leads to a page of this server's own.
pub fn leads_here(settings: &Settings) -> bool {
    let confirms = settings.http.features.contains(&FeatureName::Registration)
        && settings.account.email_verification != EmailVerification::None
        && settings.links.email_confirmation.get().is_none();
    confirms || settings.links.password_reset.get().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::OrFalse;

    fn settings(change: impl FnOnce(&mut Settings)) -> Settings {
        let mut settings = Settings::default();
        change(&mut settings);
        settings
    }

    fn keys(settings: &Settings) -> Vec<String> {
        link_problems(settings).into_iter().map(|problem| problem.key).collect()
    }

    #[test]
    fn s_58_a_link_starts_with_the_configured_address_and_follows_the_prefixes() {
        let mut settings = settings(|s| s.http.base_url = OrFalse::of("https://example.com/".to_owned()));
        let link = confirmation_link(&settings, "Nw:1r31eq:nXI363");
        assert_eq!(
            link,
            "https://example.com/rest-auth/registration/account-confirm-email/Nw:1r31eq:nXI363/"
        );
        settings.http.prefix = "/".to_owned();
        assert_eq!(
            confirmation_link(&settings, "k"),
            "https://example.com/registration/account-confirm-email/k/"
        );
        settings.http.registration_prefix = OrFalse::of("/auth/join/".to_owned());
        assert_eq!(
            confirmation_link(&settings, "k"),
            "https://example.com/auth/join/account-confirm-email/k/"
        );
    }

    #[test]
    fn without_a_configured_address_links_lead_to_the_listening_address() {
        let link = confirmation_link(&Settings::default(), "k");
        assert_eq!(link, "http://127.0.0.1:8000/rest-auth/registration/account-confirm-email/k/");
        assert_eq!(site_of_links(&Settings::default()).domain, "127.0.0.1:8000");
    }

    #[test]
    fn a_front_end_may_own_the_page() {
        let template = "https://app.example.com/confirm?key={key}#top";
        let settings = self::settings(|s| s.links.email_confirmation = OrFalse::of(template.to_owned()));
        assert_eq!(confirmation_link(&settings, "a:b"), "https://app.example.com/confirm?key=a:b#top");
        assert!(link_problems(&settings).is_empty());
        let app =
            self::settings(|s| s.links.email_confirmation = OrFalse::of("myapp://confirm/{key}".to_owned()));
        assert!(link_problems(&app).is_empty());
    }

    #[test]
    fn a_link_that_leads_nowhere_is_reported_under_its_key() {
        assert!(link_problems(&Settings::default()).is_empty());
        let public = |s: &mut Settings| s.http.listen = "0.0.0.0:8000".to_owned();
        assert_eq!(keys(&settings(public)), ["http.base_url"]);
        for bad in
            ["example.com", "https://", "https://example.com/?a", "ftp://example.com", "https://a b.com"]
        {
            let settings = settings(|s| s.http.base_url = OrFalse::of(bad.to_owned()));
            assert_eq!(keys(&settings), ["http.base_url"], "{bad}");
        }
        for bad in ["https://app.example.com/confirm", "app.example.com/{key}", "https://app/<{key}>"] {
            let settings = settings(|s| s.links.email_confirmation = OrFalse::of(bad.to_owned()));
            assert_eq!(keys(&settings), ["links.email_confirmation"], "{bad}");
        }
    }

    #[test]
    fn a_public_server_that_sends_no_links_needs_no_address() {
        let silent = settings(|s| {
            s.http.listen = "0.0.0.0:8000".to_owned();
            s.account.email_verification = EmailVerification::None;
            s.links.password_reset = OrFalse::of("https://app.example.com/reset/{uid}/{token}".to_owned());
        });
        assert!(link_problems(&silent).is_empty());
        let resetting = settings(|s| {
            s.http.listen = "0.0.0.0:8000".to_owned();
            s.account.email_verification = EmailVerification::None;
        });
        assert_eq!(keys(&resetting), ["http.base_url"]);
    }
}
