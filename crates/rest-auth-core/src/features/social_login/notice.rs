//! The mail that tells somebody of an account that was connected to theirs: allauth's `send_notification_mail`.

use crate::context::Context;
use crate::error::{Error, Result};
use crate::mail::ConnectedMail;
use crate::model::User;
use crate::providers::Provider;
use crate::store::Tx;

/// Characters of a client's name for itself at most.
const USER_AGENT_LENGTH: usize = 200;

/// Queues it for the primary address, where the deployment sends such mails; without an address there is none.
pub(super) async fn queue(cx: &Context, tx: &mut dyn Tx, provider: &Provider, user: &User) -> Result<()> {
    if !cx.settings.account.email_notifications {
        return Ok(());
    }
    let rows = tx.user_email_addresses(user.id).await?;
    let primary = rows.iter().find(|row| row.primary).map_or(user.email.as_str(), |row| row.email.as_str());
    if primary.is_empty() {
        return Ok(());
    }
    let site = tx.site(cx.settings.email.site_id).await?;
    let user_agent = cx.meta.user_agent.as_deref().unwrap_or_default();
    let user_agent: String = user_agent.chars().take(USER_AGENT_LENGTH).collect();
    let mail = ConnectedMail {
        email: primary,
        provider: &provider.row.title,
        ip: cx.meta.address.map(|address| address.to_string()).unwrap_or_default(),
        user_agent: &user_agent,
        timestamp: cx.now.json_text(),
    };
    let mail = cx.templates.account_connected(&cx.settings, site.as_ref(), &mail).map_err(Error::internal)?;
    tx.add_mail(&mail, cx.now).await?;
    Ok(())
}
