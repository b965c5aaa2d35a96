//! What a row cannot say: providers that sign their requests, want a step before the others, or answer so that a value
//! must be worked out. A row names its quirk; one file each, and nothing else in the engine knows a provider.

mod apple;
mod battlenet;
mod dataporten;
mod feishu;
mod line;
mod linkedin;
mod shopify;
mod signed_requests;

use async_trait::async_trait;
use serde::Deserialize;

use super::identity::{Asking, Given, ProviderError};
use super::path::Answers;
use super::provider::{Application, Provider};
use crate::fetch::Outgoing;

/// One login, as a quirk sees it.
#[derive(Clone, Copy)]
pub(super) struct Situation<'a> {
    pub(super) provider: &'a Provider,
    pub(super) asking: &'a Asking<'a>,
    pub(super) given: &'a Given,
}

/// What a provider does differently; by default nothing.
#[async_trait]
pub(super) trait Quirk: Sync {
    /// The placeholders that [`Quirk::values`] fills.
    fn names(&self) -> &'static [&'static str] {
        &[]
    }

    /// What the application lacks, in words for whoever configures it.
    fn fault(&self, _application: &Application) -> Option<String> {
        None
    }

    /// Values of placeholders, before anything of the row is asked. They go before the application's own.
    async fn values(&self, _: &Situation<'_>) -> Result<Vec<(&'static str, String)>, ProviderError> {
        Ok(Vec::new())
    }

    /// The parameter that signs a profile request's others.
    fn signature(&self, _: &Provider, _access_token: &str, _params: &[(String, String)]) -> Option<String> {
        None
    }

    /// A profile request in place of the row's.
    fn profile_request(&self, _: &Situation<'_>, _: &Answers) -> Option<Outgoing> {
        None
    }

    /// Works out what a row refers to as `$quirk`, or puts an answer right.
    fn work_out(&self, _: &Situation<'_>, _: &mut Answers) {}
}

/// The quirks that a row can name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum QuirkName {
    /// The client's secret is signed anew each time; the name comes by the browser.
    Apple,
    /// Regions, of which one counts its accounts anew.
    Battlenet,
    /// The user name stands in a list of identifiers.
    Dataporten,
    /// A token of the application's own is fetched first.
    Feishu,
    /// The id_token is verified by asking.
    Line,
    /// Names come in several languages.
    Linkedin,
    /// Requests are signed with MD5.
    Mailru,
    /// Requests are signed with MD5, twice.
    Odnoklassniki,
    /// Every shop is a host; people or shops log in.
    Shopify,
}

impl QuirkName {
    /// What it does.
    pub(super) fn rules(self) -> &'static dyn Quirk {
        match self {
            Self::Apple => &apple::Apple,
            Self::Battlenet => &battlenet::Battlenet,
            Self::Dataporten => &dataporten::Dataporten,
            Self::Feishu => &feishu::Feishu,
            Self::Line => &line::Line,
            Self::Linkedin => &linkedin::Linkedin,
            Self::Mailru => &signed_requests::Mailru,
            Self::Odnoklassniki => &signed_requests::Odnoklassniki,
            Self::Shopify => &shopify::Shopify,
        }
    }
}
