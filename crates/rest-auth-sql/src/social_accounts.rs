//! Accounts at identity providers: allauth's `socialaccount_socialaccount`, `_socialtoken` and `_socialapp`.

use async_trait::async_trait;
use rest_auth_core::model::{Secret, SocialAccount, SocialToken, Timestamp, User, UserId, UserIdKind};
use rest_auth_core::providers::Application;
use rest_auth_core::store::{ListedApplication, SocialAccounts, StoreError, StoreResult};
use serde_json::{Map, Value};

use crate::driver::{Param, Result, Row};
use crate::store::{Connection, user_id};

const BY_UID: &str = "SELECT id, user_id, provider, uid, last_login, date_joined, extra_data
    FROM socialaccount_socialaccount WHERE provider = $1 AND uid = $2";

const BY_USER: &str = "SELECT id, user_id, provider, uid, last_login, date_joined, extra_data
    FROM socialaccount_socialaccount WHERE user_id = $1 ORDER BY id";

const ADD: &str = "INSERT INTO socialaccount_socialaccount
    (user_id, provider, uid, last_login, date_joined, extra_data) VALUES ($1, $2, $3, $4, $4, $5)
    RETURNING id, user_id, provider, uid, last_login, date_joined, extra_data";

const SET: &str = "UPDATE socialaccount_socialaccount SET extra_data = $2, last_login = $3 WHERE id = $1";

/// Locks the row, so that a login beside this adds no token to an account that is going.
const OWN: &str = "UPDATE socialaccount_socialaccount SET user_id = user_id WHERE id = $1 AND user_id = $2";

const DELETE_TOKENS: &str = "DELETE FROM socialaccount_socialtoken WHERE account_id = $1";

const DELETE: &str = "DELETE FROM socialaccount_socialaccount WHERE id = $1";

const TOKENS: &str = "SELECT app_id, token, token_secret, expires_at FROM socialaccount_socialtoken
    WHERE account_id = $1 ORDER BY id";

const SET_TOKEN: &str = "UPDATE socialaccount_socialtoken SET token = $3, expires_at = $5,
    token_secret = CASE WHEN $4 = '' THEN token_secret ELSE $4 END
    WHERE account_id = $1 AND app_id = $2";

const SET_TOKEN_OF_NO_APP: &str = "UPDATE socialaccount_socialtoken SET token = $2, expires_at = $4,
    token_secret = CASE WHEN $3 = '' THEN token_secret ELSE $3 END
    WHERE account_id = $1 AND app_id IS NULL";

const ADD_TOKEN: &str = "INSERT INTO socialaccount_socialtoken
    (account_id, app_id, token, token_secret, expires_at) VALUES ($1, $2, $3, $4, $5)";

const ADD_APPLICATION: &str = r#"INSERT INTO socialaccount_socialapp
    (provider, provider_id, name, client_id, secret, "key", settings) VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id"#;

const ADD_SITE: &str = "INSERT INTO socialaccount_socialapp_sites (socialapp_id, site_id) VALUES ($1, $2)";

const FREE_TOKENS: &str = "UPDATE socialaccount_socialtoken SET app_id = NULL WHERE app_id = $1";

const DELETE_SITES: &str = "DELETE FROM socialaccount_socialapp_sites WHERE socialapp_id = $1";

const DELETE_APPLICATION: &str = "DELETE FROM socialaccount_socialapp WHERE id = $1";

const ALL_APPLICATIONS: &str = r#"SELECT a.id, a.provider, a.provider_id, a.name, a.client_id, a.secret, a."key", a.settings
    FROM socialaccount_socialapp a ORDER BY a.id"#;

const SITES: &str = "SELECT socialapp_id, site_id FROM socialaccount_socialapp_sites ORDER BY site_id";

const APPLICATIONS: &str = r#"SELECT a.id, a.provider, a.provider_id, a.name, a.client_id, a.secret, a."key", a.settings
    FROM socialaccount_socialapp a WHERE a.provider = $1 OR a.provider_id = $1 ORDER BY a.id"#;

const APPLICATIONS_OF_SITE: &str = r#"SELECT a.id, a.provider, a.provider_id, a.name, a.client_id, a.secret, a."key", a.settings
    FROM socialaccount_socialapp a JOIN socialaccount_socialapp_sites s ON s.socialapp_id = a.id
    WHERE (a.provider = $1 OR a.provider_id = $1) AND s.site_id = $2 ORDER BY a.id"#;

#[async_trait]
impl SocialAccounts for Connection {
    async fn social_account(&mut self, provider: &str, uid: &str) -> StoreResult<Option<SocialAccount>> {
        let kind = self.tables.users.id_kind;
        let row = self.conn.row(BY_UID, &[Param::from(provider), Param::from(uid)]).await?;
        Ok(row.map(|mut row| read(&mut row, kind)).transpose()?)
    }

    async fn social_user(&mut self, provider: &str, uid: &str) -> StoreResult<Option<User>> {
        let users = &self.tables.users;
        let row = self.conn.row(&users.by_social_account, &[Param::from(provider), Param::from(uid)]).await?;
        Ok(row.map(|mut row| users.read(&mut row)).transpose()?)
    }

    async fn user_social_accounts(&mut self, user: UserId) -> StoreResult<Vec<SocialAccount>> {
        let kind = self.tables.users.id_kind;
        let rows = self.conn.rows(BY_USER, &[Param::from(user)]).await?;
        Ok(rows.into_iter().map(|mut row| read(&mut row, kind)).collect::<Result<_>>()?)
    }

    async fn add_social_account(
        &mut self,
        user: UserId,
        (provider, uid): (&str, &str),
        extra_data: &Map<String, Value>,
        now: Timestamp,
    ) -> StoreResult<SocialAccount> {
        let extra_data = Value::Object(extra_data.clone());
        let params = [
            Param::from(user),
            Param::from(provider),
            Param::from(uid),
            Param::from(now),
            Param::from(&extra_data),
        ];
        let row = self.conn.row(ADD, &params).await?;
        let mut row = row.ok_or_else(|| StoreError::Backend("an INSERT returned no key".into()))?;
        Ok(read(&mut row, self.tables.users.id_kind)?)
    }

    async fn set_social_account(
        &mut self,
        id: i64,
        extra_data: &Map<String, Value>,
        now: Timestamp,
    ) -> StoreResult<()> {
        let extra_data = Value::Object(extra_data.clone());
        let params = [Param::from(id), Param::from(&extra_data), Param::from(now)];
        self.conn.execute(SET, &params).await?;
        Ok(())
    }

    async fn delete_social_account(&mut self, user: UserId, id: i64) -> StoreResult<bool> {
        if self.conn.execute(OWN, &[Param::from(id), Param::from(user)]).await? == 0 {
            return Ok(false);
        }
        self.conn.execute(DELETE_TOKENS, &[Param::from(id)]).await?;
        self.conn.execute(DELETE, &[Param::from(id)]).await?;
        Ok(true)
    }

    async fn social_tokens(&mut self, account: i64) -> StoreResult<Vec<SocialToken>> {
        let rows = self.conn.rows(TOKENS, &[Param::from(account)]).await?;
        let read = |mut row: Row| {
            Ok(SocialToken {
                application: row.opt_int()?,
                token: Secret::new(row.text()?),
                token_secret: Secret::new(row.text()?),
                expires_at: row.opt_time()?,
            })
        };
        Ok(rows.into_iter().map(read).collect::<Result<_>>()?)
    }

    async fn set_social_token(&mut self, account: i64, token: &SocialToken) -> StoreResult<()> {
        let (access, secret) = (Param::from(token.token.expose()), Param::from(token.token_secret.expose()));
        let (account, expires_at) = (Param::from(account), Param::Time(token.expires_at));
        let updated = if let Some(id) = token.application {
            let params =
                [account.clone(), Param::from(id), access.clone(), secret.clone(), expires_at.clone()];
            self.conn.execute(SET_TOKEN, &params).await?
        } else {
            let params = [account.clone(), access.clone(), secret.clone(), expires_at.clone()];
            self.conn.execute(SET_TOKEN_OF_NO_APP, &params).await?
        };
        if updated == 0 {
            let params = [account, Param::from(token.application), access, secret, expires_at];
            self.conn.execute(ADD_TOKEN, &params).await?;
        }
        Ok(())
    }

    async fn add_social_application(
        &mut self,
        provider: &str,
        application: &Application,
        site: Option<i64>,
    ) -> StoreResult<i64> {
        let settings = Value::Object(application.settings.clone());
        let params = [
            Param::from(provider),
            Param::from(&application.provider_id),
            Param::from(&application.name),
            Param::from(&application.client_id),
            Param::from(application.secret.expose()),
            Param::from(application.key.expose()),
            Param::from(&settings),
        ];
        let row = self.conn.row(ADD_APPLICATION, &params).await?;
        let id = row.ok_or_else(|| StoreError::Backend("an INSERT returned no key".into()))?.int()?;
        if let Some(site) = site {
            self.conn.execute(ADD_SITE, &[Param::from(id), Param::from(site)]).await?;
        }
        Ok(id)
    }

    async fn add_application_site(&mut self, application: i64, site: i64) -> StoreResult<()> {
        self.conn.execute(ADD_SITE, &[Param::from(application), Param::from(site)]).await?;
        Ok(())
    }

    async fn delete_social_application(&mut self, id: i64) -> StoreResult<bool> {
        for statement in [FREE_TOKENS, DELETE_SITES] {
            self.conn.execute(statement, &[Param::from(id)]).await?;
        }
        Ok(self.conn.execute(DELETE_APPLICATION, &[Param::from(id)]).await? == 1)
    }

    async fn all_social_applications(&mut self) -> StoreResult<Vec<ListedApplication>> {
        let rows = self.conn.rows(ALL_APPLICATIONS, &[]).await?;
        let found: Vec<(String, Application)> =
            rows.into_iter().map(|mut row| application(&mut row)).collect::<Result<_>>()?;
        let sites = self.conn.rows(SITES, &[]).await?.into_iter();
        let sites: Vec<(i64, i64)> =
            sites.map(|mut row| Ok((row.int()?, row.int()?))).collect::<Result<_>>()?;
        let with_sites = |(provider, application): (String, Application)| {
            let own = sites.iter().filter(|(id, _)| Some(*id) == application.id);
            let sites = own.map(|(_, site)| *site).collect();
            ListedApplication { provider, application, sites }
        };
        Ok(found.into_iter().map(with_sites).collect())
    }

    async fn social_applications(
        &mut self,
        provider: &str,
        site: Option<i64>,
    ) -> StoreResult<Vec<(String, Application)>> {
        let rows = match site {
            Some(site) => {
                self.conn.rows(APPLICATIONS_OF_SITE, &[Param::from(provider), Param::from(site)]).await?
            }
            None => self.conn.rows(APPLICATIONS, &[Param::from(provider)]).await?,
        };
        Ok(rows.into_iter().map(|mut row| application(&mut row)).collect::<Result<_>>()?)
    }
}

fn read(row: &mut Row, kind: UserIdKind) -> Result<SocialAccount> {
    Ok(SocialAccount {
        id: row.int()?,
        user_id: user_id(row, kind)?,
        provider: row.text()?,
        uid: row.text()?,
        last_login: row.time()?,
        date_joined: row.time()?,
        extra_data: object(row.json()?),
    })
}

/// The row of the table that it belongs to, and the application.
fn application(row: &mut Row) -> Result<(String, Application)> {
    let id = row.int()?;
    let provider = row.text()?;
    let application = Application {
        id: Some(id),
        provider_id: row.text()?,
        name: row.text()?,
        client_id: row.text()?,
        secret: Secret::new(row.text()?),
        key: Secret::new(row.text()?),
        settings: object(row.json()?),
    };
    Ok((provider, application))
}

/// Older versions of allauth stored profiles that are no objects.
fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}
