//! The schema that `migrate` makes, against dumps of what Django makes.

use std::collections::BTreeSet;

use rest_auth_core::model::{EncodedPassword, NewUser, Timestamp, UserId, UserIdKind};
use rest_auth_core::settings::{self, ExtraField, LoginField, OrFalse};
use rest_auth_core::store::{Store, StoreError};
use rest_auth_sql::{Options, SqlStore, UserModel};
use rest_auth_tests::postgres;
use rest_auth_tests::sqlite::SqliteFile;
use rusqlite::Connection as SqliteConnection;
use sqlx::{Connection, PgConnection, Row};

const SQLITE: &str = include_str!("../schema/django-schema.sqlite.sql");
const SQLITE_CUSTOM: &str = include_str!("../schema/django-schema-custom-user.sqlite.sql");
const POSTGRES: &str = include_str!("../schema/django-schema.postgres.sql");
const POSTGRES_CUSTOM: &str = include_str!("../schema/django-schema-custom-user.postgres.sql");
const SEED: &str = include_str!("../schema/django-seed-rows.json");

const NOW: Timestamp = Timestamp::from_seconds(1_795_312_800);

fn djangos_own() -> UserModel {
    UserModel::new(&settings::UserModel::default()).unwrap()
}

/// The model of the dumps: a login by address, no user name, two columns of its own.
fn custom(id_kind: UserIdKind) -> UserModel {
    let extra = |name: &str, length| ExtraField {
        name: name.to_owned(),
        max_length: Some(length),
        ..ExtraField::default()
    };
    UserModel::new(&settings::UserModel {
        table: "users_customuser".to_owned(),
        id_kind,
        login_field: LoginField::Email,
        username_field: OrFalse::off(),
        extra_fields: vec![extra("gender", 20), extra("phone_number", 30)],
        ..settings::UserModel::default()
    })
    .unwrap()
}

/// An SQLite database that goes with the test.
struct File(SqliteFile);

impl File {
    fn new() -> Self {
        Self(SqliteFile::new())
    }

    fn with(sql: &str) -> Self {
        let file = Self::new();
        file.open().execute_batch(sql).unwrap();
        file
    }

    fn open(&self) -> SqliteConnection {
        SqliteConnection::open(self.0.path()).unwrap()
    }

    fn store(&self, model: UserModel) -> SqlStore {
        SqlStore::open(&self.0.url(), Options::default(), model).unwrap()
    }
}

/// Everything that SQLite's catalogue says, but for what is ours.
fn sqlite_schema(connection: &SqliteConnection) -> BTreeSet<String> {
    let sql = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL
        AND name NOT LIKE 'rest\\_auth\\_%' ESCAPE '\\' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'";
    let mut statement = connection.prepare(sql).unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
}

/// Everything that PostgreSQL's catalogue says: columns with their types, constraints and indexes with their names.
async fn postgres_schema(url: &str) -> BTreeSet<String> {
    let sql = "
        SELECT concat_ws(' ', 'column', t.relname, c.attnum, c.attname, format_type(c.atttypid, c.atttypmod),
                         c.attnotnull, c.attidentity, pg_get_expr(d.adbin, d.adrelid))
        FROM pg_class t JOIN pg_attribute c ON c.attrelid = t.oid AND c.attnum > 0 AND NOT c.attisdropped
        LEFT JOIN pg_attrdef d ON d.adrelid = t.oid AND d.adnum = c.attnum
        WHERE t.relnamespace = 'public'::regnamespace AND t.relkind = 'r' AND t.relname NOT LIKE 'rest\\_auth\\_%'
        UNION ALL
        SELECT concat_ws(' ', 'constraint', conrelid::regclass, conname, pg_get_constraintdef(oid))
        FROM pg_constraint
        WHERE connamespace = 'public'::regnamespace AND conrelid::regclass::text NOT LIKE 'rest\\_auth\\_%'
        UNION ALL
        SELECT indexdef FROM pg_indexes
        WHERE schemaname = 'public' AND tablename NOT LIKE 'rest\\_auth\\_%' AND indexname NOT LIKE 'rest\\_auth\\_%'
        UNION ALL
        SELECT concat_ws(' ', 'sequence', c.relname, s.seqtypid::regtype, s.seqstart, s.seqincrement)
        FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid WHERE c.relname NOT LIKE 'rest\\_auth\\_%'";
    let mut connection = PgConnection::connect(url).await.unwrap();
    let rows = sqlx::query(sql).fetch_all(&mut connection).await.unwrap();
    // PostgreSQL prints this predicate differently when it has read its own output.
    let spelled = |text: String| {
        text.replace(
            "ARRAY[('totp'::character varying)::text, ('recovery_codes'::character varying)::text]",
            "CODES",
        )
        .replace("(ARRAY['totp'::character varying, 'recovery_codes'::character varying])::text[]", "CODES")
        .replace("(CODES)", "CODES")
    };
    rows.iter().map(|row| spelled(row.get(0))).collect()
}

fn assert_same(made: &BTreeSet<String>, wanted: &BTreeSet<String>) {
    let missing: Vec<_> = wanted.difference(made).collect();
    let extra: Vec<_> = made.difference(wanted).collect();
    assert!(missing.is_empty() && extra.is_empty(), "missing: {missing:#?}\nextra: {extra:#?}");
    assert!(wanted.len() > 50, "the dump was read");
}

#[tokio::test]
async fn on_sqlite_the_tables_are_djangos() {
    for (model, dump) in [(djangos_own(), SQLITE), (custom(UserIdKind::BigInt), SQLITE_CUSTOM)] {
        let (ours, django) = (File::new(), File::with(dump));
        ours.store(model).migrate(NOW).await.unwrap();
        assert_same(&sqlite_schema(&ours.open()), &sqlite_schema(&django.open()));
    }
}

#[tokio::test]
async fn on_postgresql_the_tables_are_djangos() {
    for (model, dump) in [(djangos_own(), POSTGRES), (custom(UserIdKind::BigInt), POSTGRES_CUSTOM)] {
        let Some(ours) = postgres::database().await else { return };
        let django = postgres::database().await.unwrap();
        let mut connection = PgConnection::connect(&django).await.unwrap();
        sqlx::raw_sql(dump).execute(&mut connection).await.unwrap();
        SqlStore::open(&ours, Options::default(), model).unwrap().migrate(NOW).await.unwrap();
        assert_same(&postgres_schema(&ours).await, &postgres_schema(&django).await);
    }
}

/// The rows that Django's `migrate` inserts, by what identifies them. `$1` … are not needed: these are constants.
const SEEDED: [&str; 4] = [
    "SELECT app || ' ' || name FROM django_migrations WHERE app <> 'rest_auth'",
    "SELECT app_label || ' ' || model FROM django_content_type",
    "SELECT c.app_label || ' ' || p.codename || ' ' || p.name
     FROM auth_permission p JOIN django_content_type c ON c.id = p.content_type_id",
    "SELECT domain || ' ' || name FROM django_site WHERE id = 1",
];

fn seed(user: &str) -> [BTreeSet<String>; 4] {
    let seed: serde_json::Value = serde_json::from_str(SEED).unwrap();
    let rows = |table: &str| seed[user][table].as_array().unwrap().clone();
    let text = |row: &serde_json::Value, key: &str| row[key].as_str().unwrap().to_owned();
    let types = rows("django_content_type");
    let label =
        |id: &serde_json::Value| text(types.iter().find(|row| row["id"] == *id).unwrap(), "app_label");
    let pair = |table: &str, one: &str, other: &str| {
        rows(table).iter().map(|row| format!("{} {}", text(row, one), text(row, other))).collect()
    };
    let permissions = rows("auth_permission");
    let permissions = permissions.iter().map(|row| {
        format!("{} {} {}", label(&row["content_type_id"]), text(row, "codename"), text(row, "name"))
    });
    [
        pair("django_migrations", "app", "name"),
        pair("django_content_type", "app_label", "model"),
        permissions.collect(),
        pair("django_site", "domain", "name"),
    ]
}

#[tokio::test]
async fn djangos_history_says_that_everything_is_done() {
    for (model, user) in [(djangos_own(), "default_user"), (custom(UserIdKind::BigInt), "custom_user")] {
        let file = File::new();
        file.store(model.clone()).migrate(NOW).await.unwrap();
        let connection = file.open();
        for (sql, wanted) in SEEDED.iter().zip(seed(user)) {
            let mut statement = connection.prepare(sql).unwrap();
            let rows = statement.query_map([], |row| row.get(0)).unwrap();
            let found: BTreeSet<String> = rows.collect::<Result<_, _>>().unwrap();
            assert_eq!(found, wanted, "{sql}");
        }
        let Some(url) = postgres::database().await else { continue };
        SqlStore::open(&url, Options::default(), model).unwrap().migrate(NOW).await.unwrap();
        let mut connection = PgConnection::connect(&url).await.unwrap();
        for (sql, wanted) in SEEDED.iter().zip(seed(user)) {
            let rows = sqlx::query(*sql).fetch_all(&mut connection).await.unwrap();
            let found: BTreeSet<String> = rows.iter().map(|row| row.get(0)).collect();
            assert_eq!(found, wanted, "{sql}");
        }
        let next: i64 = sqlx::query_scalar("SELECT nextval('django_content_type_id_seq')")
            .fetch_one(&mut connection)
            .await
            .unwrap();
        assert_eq!(next, 20, "Django's next content type gets a free key");
    }
}

/// The ids of the default model are those that Django gives, since fixtures name them.
#[tokio::test]
async fn content_types_and_permissions_have_djangos_keys() {
    let seed: serde_json::Value = serde_json::from_str(SEED).unwrap();
    let file = File::new();
    file.store(djangos_own()).migrate(NOW).await.unwrap();
    let connection = file.open();
    for row in seed["default_user"]["auth_permission"].as_array().unwrap() {
        let (id, codename) = (row["id"].as_i64().unwrap(), row["codename"].as_str().unwrap());
        let found: String = connection
            .query_row("SELECT codename FROM auth_permission WHERE id = ?1", [id], |row| row.get(0))
            .unwrap();
        assert_eq!(found, codename);
    }
}

/// Every kind of database, empty, under a name.
async fn databases() -> Vec<(String, Option<File>)> {
    let file = File::new();
    let mut all = vec![(file.0.url(), Some(file))];
    all.extend(postgres::database().await.map(|url| (url, None)));
    all
}

#[tokio::test]
async fn a_second_run_finds_nothing_to_do() {
    for (url, _file) in databases().await {
        let store = SqlStore::open(&url, Options::default(), djangos_own()).unwrap();
        let first = store.migrate(NOW).await.unwrap();
        assert_eq!(first.tables.len(), 27, "{first:?}");
        // PostgreSQL looks at a token's row in any case.
        let indexes = if url.starts_with("sqlite") { 4 } else { 3 };
        assert_eq!(first.indexes.len(), indexes, "{first:?}");
        let second = store.migrate(NOW).await.unwrap();
        assert_eq!((second.tables.len(), second.indexes.len()), (0, 0), "{second:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_instances_that_start_at_once_make_one_schema() {
    for (url, _file) in databases().await {
        let starts: Vec<_> = (0..4)
            .map(|_| {
                let store = SqlStore::open(&url, Options::default(), djangos_own()).unwrap();
                tokio::spawn(async move { store.migrate(NOW).await.unwrap().tables.len() })
            })
            .collect();
        let mut made = Vec::new();
        for start in starts {
            made.push(start.await.unwrap());
        }
        made.sort_unstable();
        assert_eq!(made, [0, 0, 0, 27], "{url}");
    }
}

#[tokio::test]
async fn a_database_of_djangos_is_completed_and_not_touched() {
    let without_mfa =
        |line: &&str| !line.contains("mfa_authenticator") && !line.contains("unique_authenticator_type");
    let dump: String = SQLITE.lines().filter(without_mfa).collect::<Vec<_>>().join("\n");
    let file = File::with(&dump);
    let connection = file.open();
    connection
        .execute_batch("INSERT INTO django_migrations (app, name, applied) VALUES ('auth', '0001_initial', '2020-01-01 00:00:00')")
        .unwrap();
    let before = sqlite_schema(&connection);
    let migrated = file.store(djangos_own()).migrate(NOW).await.unwrap();
    let made = [
        "dj_rest_auth_mfa_authenticator",
        "mfa_authenticator",
        "rest_auth_outbox",
        "rest_auth_throttle",
        "rest_auth_refresh_token",
        "rest_auth_social_code",
    ];
    assert_eq!(migrated.tables, made);
    let after = sqlite_schema(&file.open());
    assert!(before.is_subset(&after));
    let sql = "SELECT group_concat(app || ' ' || name, ', ') FROM
        (SELECT * FROM django_migrations WHERE app <> 'rest_auth' ORDER BY id)";
    let history: String = connection.query_row(sql, [], |row| row.get(0)).unwrap();
    assert_eq!(
        history,
        "auth 0001_initial, dj_rest_auth_mfa 0001_initial, mfa 0001_initial, mfa 0002_authenticator_timestamps, \
         mfa 0003_authenticator_type_uniq"
    );
}

#[tokio::test]
async fn a_missing_table_or_column_is_named() {
    let file = File::with(SQLITE);
    let store = file.store(djangos_own());
    let refused = store.ready().await.unwrap_err().to_string();
    assert!(
        refused.contains(
            "rest_auth_outbox, rest_auth_throttle, rest_auth_refresh_token, rest_auth_social_code; `rest-auth migrate` makes them"
        ),
        "{refused}"
    );
    store.migrate(NOW).await.unwrap();
    store.ready().await.unwrap();
    file.open().execute_batch("ALTER TABLE authtoken_token RENAME COLUMN created TO made").unwrap();
    let refused = store.ready().await.unwrap_err().to_string();
    assert!(refused.contains("authtoken_token.created"), "{refused}");
}

#[tokio::test]
async fn a_user_table_is_not_invented_beside_djangos() {
    let file = File::new();
    file.store(djangos_own()).migrate(NOW).await.unwrap();
    let refused = file.store(custom(UserIdKind::BigInt)).migrate(NOW).await.unwrap_err();
    assert!(matches!(&refused, StoreError::Backend(_)), "{refused:?}");
    assert!(refused.to_string().contains("[user_model] table"), "{refused}");
}

#[tokio::test]
async fn a_user_model_with_uuids_works() {
    for (url, _file) in databases().await {
        let store = SqlStore::open(&url, Options::default(), custom(UserIdKind::Uuid)).unwrap();
        store.migrate(NOW).await.unwrap();
        let new = NewUser::new(None, "ann@example.com".to_owned(), EncodedPassword::from_column("!"), NOW);
        let mut tx = store.write().await.unwrap();
        let user = tx.add_user(new).await.unwrap();
        let address = tx.add_email_address(user.id, "ann@example.com", true, true).await.unwrap();
        tx.commit().await.unwrap();
        let UserId::Uuid(uuid) = user.id else { panic!("{:?}", user.id) };
        assert_eq!((uuid.get_version_num(), uuid.get_variant()), (4, uuid::Variant::RFC4122), "{url}");
        assert_eq!(address.user_id, user.id);
        assert_eq!(store.read().await.unwrap().user(user.id).await.unwrap(), Some(user));
    }
}
