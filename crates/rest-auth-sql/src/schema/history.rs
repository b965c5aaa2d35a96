//! The rows that Django's `migrate` itself inserts: which migrations have been applied, the content types with their
//! permissions, and the default site. With them a later `migrate` finds nothing to do.

use rest_auth_core::model::Timestamp;
use serde_json::Value;

use crate::driver::{Conn, Error, Param, Result};
use crate::user_model::UserModel;

/// What Django's migrations are called, and which models they make. Taken from a real deployment.
const DJANGO: &str = include_str!("../../migrations/django.json");

/// What every model can be given permission for.
const ACTIONS: [&str; 4] = ["add", "change", "delete", "view"];

/// Notes the apps whose tables have just been made. The user table of a project's own counts as the app in its name.
pub(super) async fn note(tx: &mut Conn, apps: &[&str], model: &UserModel, now: Timestamp) -> Result<()> {
    let django: Value = serde_json::from_str(DJANGO).map_err(Error::backend)?;
    for (app, names) in django["migrations"].as_object().into_iter().flatten() {
        if apps.contains(&app.as_str()) {
            for name in names.as_array().into_iter().flatten().filter_map(Value::as_str) {
                applied(tx, app, name, now).await?;
            }
        }
    }
    let (user_app, user_model) = model.label();
    let own_user = !model.is_djangos_own() && apps.contains(&user_app);
    if own_user {
        applied(tx, user_app, "0001_initial", now).await?;
    }
    for row in django["models"].as_array().into_iter().flatten() {
        let text = |key: &str| row[key].as_str().unwrap_or_default();
        let (mut app, mut name) = (text("app"), text("model"));
        if (app, name) == ("auth", "user") {
            (app, name) = (user_app, user_model);
        }
        if apps.contains(&app) {
            content_type(tx, app, name, text("verbose_name")).await?;
        }
    }
    for relation in model.relations.iter().filter(|_| apps.contains(&user_app)) {
        content_type(tx, user_app, &relation.name, &relation.name).await?;
    }
    if apps.contains(&"sites") {
        tx.execute(ADD_SITE, &[Param::from("example.com")]).await?;
    }
    Ok(())
}

/// Notes one migration, unless it is noted.
pub(super) async fn applied(tx: &mut Conn, app: &str, name: &str, now: Timestamp) -> Result<()> {
    tx.execute(ADD_MIGRATION, &[Param::from(app), Param::from(name), Param::from(now)]).await.map(drop)
}

/// Whether Django has been here: then its user table is there too, or the configuration names the wrong one.
pub(super) async fn has_django(tx: &mut Conn) -> Result<bool> {
    Ok(tx.row(AUTH_MIGRATION, &[]).await?.is_some())
}

async fn content_type(tx: &mut Conn, app: &str, name: &str, verbose_name: &str) -> Result<()> {
    tx.execute(ADD_CONTENT_TYPE, &[Param::from(app), Param::from(name)]).await?;
    for action in ACTIONS {
        let label = format!("Can {action} {verbose_name}");
        let codename = format!("{action}_{name}");
        let params = [Param::from(&label), Param::from(&codename), Param::from(app), Param::from(name)];
        tx.execute(ADD_PERMISSION, &params).await?;
    }
    Ok(())
}

const AUTH_MIGRATION: &str = "SELECT id FROM django_migrations WHERE app = 'auth' LIMIT 1";

const ADD_MIGRATION: &str = "
    INSERT INTO django_migrations (app, name, applied)
    SELECT $1, $2, $3
    WHERE NOT EXISTS (SELECT 1 FROM django_migrations WHERE app = $1 AND name = $2)";

const ADD_CONTENT_TYPE: &str = "
    INSERT INTO django_content_type (app_label, model)
    VALUES ($1, $2)
    ON CONFLICT (app_label, model) DO NOTHING";

const ADD_PERMISSION: &str = "
    INSERT INTO auth_permission (name, codename, content_type_id)
    SELECT $1, $2, id FROM django_content_type WHERE app_label = $3 AND model = $4
    ON CONFLICT (content_type_id, codename) DO NOTHING";

const ADD_SITE: &str = "
    INSERT INTO django_site (domain, name)
    SELECT $1, $1
    WHERE NOT EXISTS (SELECT 1 FROM django_site)";
