//! The words of mails.
use super::Mail;
use crate::model::User;
use crate::settings::Settings;
use crate::store::Site;
/// x
#[derive(Debug)]
pub struct MailTemplates;
/// x
#[derive(Debug)]
pub struct ConfirmationMail<'a> {
    pub user: &'a User,
    pub email: &'a str,
    pub key: &'a str,
    pub activate_url: &'a str,
    pub signup: bool,
}
impl MailTemplates {
    /// x
    pub fn load(_f: Option<&std::path::Path>) -> Result<Self, Vec<crate::settings::Problem>> {
        Ok(Self)
    }
    pub fn confirmation(
        &self,
        _s: &Settings,
        _site: Option<&Site>,
        _m: &ConfirmationMail<'_>,
    ) -> Result<Mail, std::fmt::Error> {
        Err(std::fmt::Error)
    }
}
pub fn confirmation_link(_s: &Settings, _key: &str) -> String {
    String::new()
}
