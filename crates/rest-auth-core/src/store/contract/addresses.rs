//! Addresses of accounts.

use std::sync::Arc;

use super::{Case, NOW, add_user, case, conflict, read, write};
use crate::store::Store;

pub(super) const CASES: &[Case] = &[
    case!(an_address_is_read_as_it_was_written),
    case!(an_address_is_found_in_any_case_and_with_every_owner),
    case!(an_account_has_an_address_once),
    case!(an_account_has_one_primary_address),
    case!(the_primary_address_can_change),
    case!(an_address_is_verified_for_one_account),
    case!(a_deleted_address_takes_its_keys_along),
    case!(a_stored_key_finds_its_address),
    case!(old_keys_are_swept_in_portions),
];

async fn an_address_is_read_as_it_was_written(store: Arc<dyn Store>) {
    let ann = add_user(&store, "ann").await;
    let mut tx = write(&store).await;
    let address = tx.add_email_address(ann.id, "ann@example.com", false, true).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!((address.user_id, &*address.email), (ann.id, "ann@example.com"));
    assert_eq!((address.verified, address.primary), (false, true));
    assert_eq!(read(&store).await.email_address(address.id).await.unwrap(), Some(address));
    assert_eq!(read(&store).await.email_address(987_654).await.unwrap(), None);
}

async fn an_address_is_found_in_any_case_and_with_every_owner(store: Arc<dyn Store>) {
    let (ann, bob) = (add_user(&store, "ann").await, add_user(&store, "bob").await);
    let mut tx = write(&store).await;
    let first = tx.add_email_address(ann.id, "Us@example.com", true, true).await.unwrap();
    let second = tx.add_email_address(bob.id, "us@example.com", false, true).await.unwrap();
    let third = tx.add_email_address(bob.id, "bob@example.com", false, false).await.unwrap();
    tx.commit().await.unwrap();
    let mut records = read(&store).await;
    let us = records.email_addresses("uS@example.com").await.unwrap();
    assert_eq!(us, [first, second.clone()], "by key");
    assert_eq!(records.user_email_addresses(bob.id).await.unwrap(), [second, third]);
    assert_eq!(records.email_addresses("u%").await.unwrap(), []);
}

async fn an_account_has_an_address_once(store: Arc<dyn Store>) {
    let ann = add_user(&store, "ann").await;
    let mut tx = write(&store).await;
    tx.add_email_address(ann.id, "ann@example.com", false, true).await.unwrap();
    assert_eq!(conflict(tx.add_email_address(ann.id, "ann@example.com", false, false).await), "email");
}

async fn an_account_has_one_primary_address(store: Arc<dyn Store>) {
    let ann = add_user(&store, "ann").await;
    let mut tx = write(&store).await;
    tx.add_email_address(ann.id, "one@example.com", false, false).await.unwrap();
    tx.add_email_address(ann.id, "two@example.com", false, true).await.unwrap();
    assert_eq!(conflict(tx.add_email_address(ann.id, "three@example.com", false, true).await), "primary");
}

async fn the_primary_address_can_change(store: Arc<dyn Store>) {
    let (ann, bob) = (add_user(&store, "ann").await, add_user(&store, "bob").await);
    let mut tx = write(&store).await;
    let one = tx.add_email_address(ann.id, "one@example.com", false, true).await.unwrap();
    let two = tx.add_email_address(ann.id, "two@example.com", false, false).await.unwrap();
    let bobs = tx.add_email_address(bob.id, "bob@example.com", false, true).await.unwrap();
    tx.set_email_primary(ann.id, two.id).await.unwrap();
    tx.set_email_primary(ann.id, two.id).await.unwrap();
    tx.commit().await.unwrap();
    let mut records = read(&store).await;
    assert!(!records.email_address(one.id).await.unwrap().unwrap().primary);
    assert!(records.email_address(two.id).await.unwrap().unwrap().primary);
    assert_eq!(
        records.email_address(bobs.id).await.unwrap(),
        Some(bobs),
        "somebody else's row stays as it is"
    );
}

async fn an_address_is_verified_for_one_account(store: Arc<dyn Store>) {
    let (ann, bob) = (add_user(&store, "ann").await, add_user(&store, "bob").await);
    let mut tx = write(&store).await;
    let anns = tx.add_email_address(ann.id, "us@example.com", false, true).await.unwrap();
    let bobs = tx.add_email_address(bob.id, "us@example.com", false, true).await.unwrap();
    assert!(tx.set_email_verified(anns.id).await.unwrap());
    assert!(!tx.set_email_verified(anns.id).await.unwrap(), "it was verified before");
    tx.commit().await.unwrap();
    let mut tx = write(&store).await;
    assert!(tx.email_address(anns.id).await.unwrap().unwrap().verified);
    assert_eq!(conflict(tx.set_email_verified(bobs.id).await), "email");
}

async fn a_deleted_address_takes_its_keys_along(store: Arc<dyn Store>) {
    let ann = add_user(&store, "ann").await;
    let mut tx = write(&store).await;
    let one = tx.add_email_address(ann.id, "one@example.com", false, true).await.unwrap();
    let two = tx.add_email_address(ann.id, "two@example.com", false, false).await.unwrap();
    tx.add_email_confirmation(one.id, &"1".repeat(64), NOW).await.unwrap();
    tx.add_email_confirmation(two.id, &"2".repeat(64), NOW).await.unwrap();
    tx.delete_email_address(one.id).await.unwrap();
    tx.commit().await.unwrap();
    let mut records = read(&store).await;
    assert_eq!(records.user_email_addresses(ann.id).await.unwrap(), [two]);
    assert!(records.email_confirmation(&"1".repeat(64)).await.unwrap().is_none());
    assert!(records.email_confirmation(&"2".repeat(64)).await.unwrap().is_some());
}

async fn a_stored_key_finds_its_address(store: Arc<dyn Store>) {
    let ann = add_user(&store, "ann").await;
    let key = "k".repeat(64);
    let mut tx = write(&store).await;
    let address = tx.add_email_address(ann.id, "ann@example.com", false, true).await.unwrap();
    tx.add_email_confirmation(address.id, &key, NOW).await.unwrap();
    tx.commit().await.unwrap();
    let mut records = read(&store).await;
    assert_eq!(records.email_confirmation(&key).await.unwrap(), Some((address.clone(), NOW)));
    assert_eq!(records.email_confirmation(&key.to_uppercase()).await.unwrap(), None);
    let mut tx = write(&store).await;
    assert_eq!(conflict(tx.add_email_confirmation(address.id, &key, NOW).await), "key");
}

async fn old_keys_are_swept_in_portions(store: Arc<dyn Store>) {
    let ann = add_user(&store, "ann").await;
    let mut tx = write(&store).await;
    let address = tx.add_email_address(ann.id, "ann@example.com", false, true).await.unwrap();
    for seconds in 0..5 {
        let sent = NOW.plus_seconds(seconds - 3);
        tx.add_email_confirmation(address.id, &seconds.to_string().repeat(64), sent).await.unwrap();
    }
    tx.commit().await.unwrap();
    let mut tx = write(&store).await;
    assert_eq!(tx.delete_email_confirmations(NOW, 2).await.unwrap(), 2);
    assert_eq!(tx.delete_email_confirmations(NOW, 2).await.unwrap(), 1);
    assert_eq!(tx.delete_email_confirmations(NOW, 2).await.unwrap(), 0);
    tx.commit().await.unwrap();
    let mut records = read(&store).await;
    for seconds in 0..5 {
        let found = records.email_confirmation(&seconds.to_string().repeat(64)).await.unwrap();
        assert_eq!(found.is_some(), seconds >= 3, "{seconds}");
    }
    assert_eq!(records.email_address(address.id).await.unwrap(), Some(address));
}
