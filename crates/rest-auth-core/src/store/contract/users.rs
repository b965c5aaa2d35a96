//! Accounts.

use std::sync::Arc;

use super::{Case, NOW, add_user, case, conflict, new_user, read, write};
use crate::model::{EncodedPassword, ExtraValue, NewUser, UserId};
use crate::store::{ProfileChanges, Store, UserLookup};

pub(super) const CASES: &[Case] = &[
    case!(an_account_is_read_as_it_was_written),
    case!(an_account_is_found_by_name_in_its_case_only),
    case!(an_account_is_found_by_name_and_address_in_any_case),
    case!(text_is_no_pattern),
    case!(addresses_of_accounts_need_not_be_unique),
    case!(a_taken_name_is_a_conflict_of_the_username),
    case!(taken_names_are_told_in_one_question),
    case!(a_profile_is_changed_where_something_is_given),
    case!(a_new_name_can_be_taken_too),
    case!(a_password_changes_only_from_the_one_that_was_read),
    case!(login_address_and_activity_are_noted),
    case!(a_deleted_account_leaves_nothing_behind),
];

async fn an_account_is_read_as_it_was_written(store: Arc<dyn Store>) {
    let new = NewUser {
        first_name: "Ænn".to_owned(),
        last_name: "O'Hara \"x\" \\".to_owned(),
        is_staff: true,
        ..new_user("ann")
    };
    let mut tx = write(&store).await;
    let user = tx.add_user(new.clone()).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(user.username, new.username);
    assert_eq!(user.password, new.password);
    assert_eq!(
        (&user.email, &user.first_name, &user.last_name),
        (&new.email, &new.first_name, &new.last_name)
    );
    assert_eq!((user.is_active, user.is_staff, user.is_superuser), (true, true, false));
    assert_eq!((user.date_joined, user.last_login), (NOW, None), "to the microsecond");
    assert_eq!(read(&store).await.user(user.id).await.unwrap(), Some(user));
    assert_eq!(read(&store).await.user(UserId::Int(987_654)).await.unwrap(), None);
}

async fn an_account_is_found_by_name_in_its_case_only(store: Arc<dyn Store>) {
    let ann = add_user(&store, "Ann").await;
    let mut records = read(&store).await;
    assert_eq!(records.users(UserLookup::Username("Ann")).await.unwrap(), [ann]);
    assert_eq!(records.users(UserLookup::Username("ann")).await.unwrap(), []);
}

async fn an_account_is_found_by_name_and_address_in_any_case(store: Arc<dyn Store>) {
    let ann = add_user(&store, "Ann").await;
    let other = add_user(&store, "aNN").await;
    let mut records = read(&store).await;
    let both = [ann, other];
    assert_eq!(records.users(UserLookup::UsernameFolded("ANN")).await.unwrap(), both, "by key");
    assert_eq!(records.users(UserLookup::EmailFolded("ann@EXAMPLE.com")).await.unwrap(), both);
    assert_eq!(records.users(UserLookup::EmailFolded("ann@example.org")).await.unwrap(), []);
}

async fn text_is_no_pattern(store: Arc<dyn Store>) {
    add_user(&store, "ann").await;
    let mut records = read(&store).await;
    for name in ["a%", "a_n", "' OR 1 = 1 --", "ann\0", "", "ann "] {
        assert_eq!(records.users(UserLookup::Username(name)).await.unwrap(), [], "{name:?}");
        assert_eq!(records.users(UserLookup::UsernameFolded(name)).await.unwrap(), [], "{name:?}");
        assert_eq!(records.users(UserLookup::EmailFolded(name)).await.unwrap(), [], "{name:?}");
    }
}

async fn addresses_of_accounts_need_not_be_unique(store: Arc<dyn Store>) {
    let mut tx = write(&store).await;
    for name in ["ann", "bob"] {
        tx.add_user(NewUser { email: "us@example.com".to_owned(), ..new_user(name) }).await.unwrap();
    }
    tx.commit().await.unwrap();
    assert_eq!(read(&store).await.users(UserLookup::EmailFolded("us@example.com")).await.unwrap().len(), 2);
}

async fn a_taken_name_is_a_conflict_of_the_username(store: Arc<dyn Store>) {
    add_user(&store, "ann").await;
    let mut tx = write(&store).await;
    assert_eq!(conflict(tx.add_user(new_user("ann")).await), "username");
    drop(tx);
    add_user(&store, "Ann").await;
}

async fn taken_names_are_told_in_one_question(store: Arc<dyn Store>) {
    add_user(&store, "Ann").await;
    add_user(&store, "bob").await;
    let names: Vec<String> = ["ann", "carl", "BOB", "a_n"].map(str::to_owned).to_vec();
    let taken = read(&store).await.taken_usernames(&names).await.unwrap();
    let mut taken: Vec<String> = taken.iter().map(|name| name.to_lowercase()).collect();
    taken.sort();
    assert_eq!(taken, ["ann", "bob"]);
    assert!(read(&store).await.taken_usernames(&[]).await.unwrap().is_empty());
}

async fn a_profile_is_changed_where_something_is_given(store: Arc<dyn Store>) {
    let ann = add_user(&store, "ann").await;
    let mut tx = write(&store).await;
    tx.set_profile(ann.id, &ProfileChanges::default()).await.unwrap();
    assert_eq!(tx.user(ann.id).await.unwrap().as_ref(), Some(&ann));
    let changes = ProfileChanges { last_name: Some("Öz".to_owned()), ..ProfileChanges::default() };
    tx.set_profile(ann.id, &changes).await.unwrap();
    tx.commit().await.unwrap();
    let found = read(&store).await.user(ann.id).await.unwrap().unwrap();
    assert_eq!((found.username, &*found.first_name, &*found.last_name), (ann.username, "", "Öz"));
    let mut tx = write(&store).await;
    let unknown = vec![("no_such_column".to_owned(), ExtraValue::Bool(true))];
    let changes = ProfileChanges { extra: unknown, ..ProfileChanges::default() };
    assert!(tx.set_profile(ann.id, &changes).await.is_err());
}

async fn a_new_name_can_be_taken_too(store: Arc<dyn Store>) {
    let ann = add_user(&store, "ann").await;
    add_user(&store, "bob").await;
    let changes = ProfileChanges { username: Some("bob".to_owned()), ..ProfileChanges::default() };
    let mut tx = write(&store).await;
    assert_eq!(conflict(tx.set_profile(ann.id, &changes).await), "username");
}

async fn a_password_changes_only_from_the_one_that_was_read(store: Arc<dyn Store>) {
    let ann = add_user(&store, "ann").await;
    let new = EncodedPassword::from_column("!new");
    let mut tx = write(&store).await;
    assert!(!tx.set_password(ann.id, &new, &new).await.unwrap());
    assert!(tx.set_password(ann.id, &ann.password, &new).await.unwrap());
    assert!(!tx.set_password(ann.id, &ann.password, &EncodedPassword::from_column("!late")).await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(read(&store).await.user(ann.id).await.unwrap().unwrap().password, new);
}

async fn login_address_and_activity_are_noted(store: Arc<dyn Store>) {
    let ann = add_user(&store, "ann").await;
    let bob = add_user(&store, "bob").await;
    let mut tx = write(&store).await;
    tx.set_last_login(ann.id, NOW.plus_seconds(1)).await.unwrap();
    tx.set_email(ann.id, "Other@example.com").await.unwrap();
    tx.set_active(ann.id, false).await.unwrap();
    tx.commit().await.unwrap();
    let changed = read(&store).await.user(ann.id).await.unwrap().unwrap();
    assert_eq!(changed.last_login, Some(NOW.plus_seconds(1)));
    assert_eq!(changed.email, "Other@example.com");
    assert!(!changed.is_active);
    assert_eq!(read(&store).await.user(bob.id).await.unwrap(), Some(bob), "nobody else changed");
}

async fn a_deleted_account_leaves_nothing_behind(store: Arc<dyn Store>) {
    let ann = add_user(&store, "ann").await;
    let bob = add_user(&store, "bob").await;
    let key = crate::model::TokenKey::new("a".repeat(40));
    let mut tx = write(&store).await;
    let address = tx.add_email_address(ann.id, "ann@example.com", true, true).await.unwrap();
    tx.add_email_confirmation(address.id, &"k".repeat(64), NOW).await.unwrap();
    tx.token_or_add(ann.id, key.clone(), NOW).await.unwrap();
    tx.add_email_address(bob.id, "bob@example.com", true, true).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = write(&store).await;
    tx.delete_user(ann.id).await.unwrap();
    tx.commit().await.unwrap();
    let mut records = read(&store).await;
    assert_eq!(records.user(ann.id).await.unwrap(), None);
    assert!(records.token_user(&key).await.unwrap().is_none());
    assert!(records.user_email_addresses(ann.id).await.unwrap().is_empty());
    assert!(records.email_confirmation(&"k".repeat(64)).await.unwrap().is_none());
    assert_eq!(records.user_email_addresses(bob.id).await.unwrap().len(), 1, "nobody else lost anything");
}
