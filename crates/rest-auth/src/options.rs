//! The answer to `OPTIONS`: DRF's `SimpleMetadata`.

use http::Method;
use serde_json::{Map, Value, json};

use crate::endpoint::Endpoint;
use crate::negotiate;
use crate::parse;
use crate::reply::Reply;
use crate::site::Site;

/// What the endpoint is, writes, reads, and which fields it takes.
pub(crate) fn describe(site: &Site, endpoint: &Endpoint) -> Reply {
    let rest_framework = &site.app.settings.rest_framework;
    let renders: Vec<&str> =
        rest_framework.default_renderer_classes.iter().map(|name| negotiate::media_type(*name)).collect();
    let parses: Vec<&str> =
        rest_framework.default_parser_classes.iter().map(|name| parse::media_type(*name)).collect();
    let mut facts = json!({
        "name": endpoint.title,
        "description": endpoint.description,
        "renders": renders,
        "parses": parses,
    });
    let actions = actions(endpoint);
    if !actions.is_empty() {
        facts["actions"] = Value::Object(actions);
    }
    Reply::ok(facts)
}

/// The forms of `PUT` and `POST`. Whoever gets here has the permission, which is the same for all methods.
fn actions(endpoint: &Endpoint) -> Map<String, Value> {
    let with_form = endpoint.actions.iter().filter_map(|action| {
        let form = action.form.as_ref().filter(|_| [Method::PUT, Method::POST].contains(&action.method))?;
        Some((action.method.to_string(), Value::Object(form.metadata())))
    });
    with_form.collect()
}
