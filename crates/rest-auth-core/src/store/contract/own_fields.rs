//! Fields of a deployment's own, in the user table and in the table of a one-to-one relation.

use std::sync::Arc;

use super::{Case, case, conflict, new_user, read, write};
use crate::model::{Date, ExtraValue, NewUser, TokenKey, User};
use crate::settings::{ExtraField, ExtraFieldKind, UserModel};
use crate::store::{ProfileChanges, Store, StoreError, StoreResult, UserLookup};

pub(super) const CASES: &[Case] = &[
    case!(own_fields_are_read_as_they_were_written),
    case!(what_is_not_given_has_its_default),
    case!(a_change_reaches_the_tables_that_it_is_about),
    case!(a_taken_value_names_its_field),
    case!(what_a_column_does_not_take_is_told_before_it_is_written),
    case!(a_deleted_account_takes_its_related_rows_along),
];

/// The user model of these cases: `[user_model]` with fields of every kind, three of them in a profile.
pub fn user_model() -> UserModel {
    let field = |name: &str, kind| ExtraField { name: name.to_owned(), kind, ..ExtraField::default() };
    let char = |name: &str| ExtraField { max_length: Some(20), ..field(name, ExtraFieldKind::Char) };
    let in_profile =
        |extra: ExtraField| ExtraField { source: Some(format!("userprofile.{}", extra.name)), ..extra };
    UserModel {
        table: "users_customuser".to_owned(),
        extra_fields: vec![
            in_profile(char("company_name")),
            ExtraField { unique: true, null: true, ..char("phone") },
            field("age", ExtraFieldKind::Integer),
            field("newsletter", ExtraFieldKind::Boolean),
            ExtraField { null: true, ..field("born", ExtraFieldKind::Date) },
            in_profile(ExtraField { unique: true, null: true, ..char("vat") }),
            in_profile(ExtraField { null: true, ..field("employees", ExtraFieldKind::Integer) }),
        ],
        ..UserModel::default()
    }
}

fn text(value: &str) -> ExtraValue {
    ExtraValue::Text(value.to_owned())
}

fn born() -> ExtraValue {
    Date::parse("1990-02-28").map_or(ExtraValue::Null, ExtraValue::Date)
}

fn fields<const N: usize>(values: [(&str, ExtraValue); N]) -> Vec<(String, ExtraValue)> {
    values.map(|(name, value)| (name.to_owned(), value)).to_vec()
}

async fn add(store: &Arc<dyn Store>, name: &str, extra: Vec<(String, ExtraValue)>) -> StoreResult<User> {
    let mut tx = write(store).await;
    let user = tx.add_user(NewUser { extra, ..new_user(name) }).await?;
    tx.commit().await?;
    Ok(user)
}

async fn change(
    store: &Arc<dyn Store>,
    user: &User,
    extra: Vec<(String, ExtraValue)>,
) -> StoreResult<Option<User>> {
    let mut tx = write(store).await;
    tx.set_profile(user.id, &ProfileChanges { extra, ..ProfileChanges::default() }).await?;
    tx.commit().await?;
    read(store).await.user(user.id).await
}

async fn own_fields_are_read_as_they_were_written(store: Arc<dyn Store>) {
    let given = fields([
        ("company_name", text("Ænon \"x\"")),
        ("phone", text("+49 30")),
        ("age", ExtraValue::Int(-7)),
        ("newsletter", ExtraValue::Bool(true)),
        ("born", born()),
        ("vat", text("DE1")),
        ("employees", ExtraValue::Int(2_147_483_647)),
    ]);
    // In whatever order they are given, they come in that of the settings.
    let shuffled = given.iter().rev().cloned().collect();
    let ann = add(&store, "ann", shuffled).await.unwrap();
    assert_eq!(ann.extra, given);
    let key = TokenKey::new("a".repeat(40));
    let mut tx = write(&store).await;
    tx.token_or_add(ann.id, key.clone(), super::NOW).await.unwrap();
    tx.commit().await.unwrap();
    let mut records = read(&store).await;
    assert_eq!(records.user(ann.id).await.unwrap().as_ref(), Some(&ann));
    let found = records.users(UserLookup::UsernameFolded("ANN")).await.unwrap();
    assert_eq!(found.first(), Some(&ann));
    assert_eq!(records.token_user(&key).await.unwrap().map(|(_, user)| user), Some(ann));
}

async fn what_is_not_given_has_its_default(store: Arc<dyn Store>) {
    let expected = fields([
        ("company_name", text("")),
        ("phone", ExtraValue::Null),
        ("age", ExtraValue::Int(0)),
        ("newsletter", ExtraValue::Bool(false)),
        ("born", ExtraValue::Null),
        ("vat", ExtraValue::Null),
        ("employees", ExtraValue::Null),
    ]);
    assert_eq!(add(&store, "ann", Vec::new()).await.unwrap().extra, expected);
    assert_eq!(add(&store, "bob", Vec::new()).await.unwrap().extra, expected, "NULL is never taken");
}

async fn a_change_reaches_the_tables_that_it_is_about(store: Arc<dyn Store>) {
    let given = fields([("company_name", text("ACME")), ("phone", text("1")), ("born", born())]);
    let ann = add(&store, "ann", given).await.unwrap();
    let bob = add(&store, "bob", Vec::new()).await.unwrap();
    let value = |user: &User, name: &str| {
        user.extra.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
    };

    let changed = change(&store, &ann, fields([("company_name", text("Bolts"))])).await.unwrap().unwrap();
    assert_eq!(value(&changed, "company_name"), Some(text("Bolts")));
    assert_eq!((value(&changed, "phone"), value(&changed, "born")), (Some(text("1")), Some(born())));

    let both = fields([("born", ExtraValue::Null), ("employees", ExtraValue::Int(3))]);
    let changed = change(&store, &ann, both).await.unwrap().unwrap();
    assert_eq!(value(&changed, "born"), Some(ExtraValue::Null));
    assert_eq!(value(&changed, "employees"), Some(ExtraValue::Int(3)));
    assert_eq!(value(&changed, "company_name"), Some(text("Bolts")), "not given");
    assert_eq!(read(&store).await.user(bob.id).await.unwrap(), Some(bob), "nobody else changed");
}

async fn a_taken_value_names_its_field(store: Arc<dyn Store>) {
    let taken = fields([("phone", text("1")), ("vat", text("DE1"))]);
    add(&store, "ann", taken.clone()).await.unwrap();
    let bob = add(&store, "bob", Vec::new()).await.unwrap();
    for one in taken {
        let field = one.0.clone();
        assert_eq!(conflict(add(&store, "carl", vec![one.clone()]).await), field);
        assert_eq!(conflict(change(&store, &bob, vec![one]).await), field);
    }
    assert_eq!(read(&store).await.users(UserLookup::Username("carl")).await.unwrap(), [], "all or nothing");
}

async fn what_a_column_does_not_take_is_told_before_it_is_written(store: Arc<dyn Store>) {
    let long = text(&"ä".repeat(21));
    let ann = add(&store, "ann", Vec::new()).await.unwrap();
    for (field, value) in [("company_name", long.clone()), ("phone", long)] {
        for refused in [
            add(&store, "bob", fields([(field, value.clone())])).await.err(),
            change(&store, &ann, fields([(field, value.clone())])).await.err(),
        ] {
            let is_told =
                matches!(&refused, Some(StoreError::TooLong { field: told, limit: 20 }) if *told == field);
            assert!(is_told, "{refused:?}");
        }
    }
    let large = fields([("employees", ExtraValue::Int(2_147_483_648))]);
    let refused = change(&store, &ann, large).await;
    assert!(matches!(refused, Err(StoreError::TooLarge { field: "employees", .. })), "{refused:?}");
    let small = fields([("age", ExtraValue::Int(-2_147_483_649))]);
    let refused = change(&store, &ann, small).await;
    assert!(matches!(refused, Err(StoreError::TooSmall { field: "age", .. })), "{refused:?}");
    let fits = fields([("company_name", text(&"ä".repeat(20)))]);
    assert!(change(&store, &ann, fits).await.is_ok(), "code points count, not bytes");
}

async fn a_deleted_account_takes_its_related_rows_along(store: Arc<dyn Store>) {
    let given = || fields([("phone", text("1")), ("vat", text("DE1"))]);
    let ann = add(&store, "ann", given()).await.unwrap();
    let mut tx = write(&store).await;
    tx.delete_user(ann.id).await.unwrap();
    tx.commit().await.unwrap();
    assert!(add(&store, "ann", given()).await.is_ok(), "the values are free again");
}
