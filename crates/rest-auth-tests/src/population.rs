//! Many users for the load program and the benches: made by rule, so that nobody has to remember them.

use rest_auth_core::model::{EncodedPassword, NewUser, Timestamp, TokenKey, UserId};
use rest_auth_core::store::{Store, Tx, UserLookup};
use rest_auth_formats::passwords::{Chain, Salt};
use rest_auth_sql::SqlStore;

/// Why users could not be made, in words.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Users of one group share a password and its hash, or filling the database would take hours.
const GROUPS: u32 = 16;
/// Users made in one transaction.
const BATCH: u32 = 2000;
/// When they joined: any time will do.
const JOINED: Timestamp = Timestamp::from_seconds(1_750_000_000);

/// See the module.
#[derive(Clone, Copy, Debug)]
pub struct Population {
    /// How many there are; they are known by numbers from 0.
    pub users: u32,
    /// The key of the first user; the others follow.
    first_id: i64,
}

impl Population {
    /// Whether the database has these users; an error if it has only some of them.
    pub async fn find(store: &SqlStore, users: u32) -> Result<Option<Self>, Failure> {
        let (first, last) = (id_of(store, 0).await?, id_of(store, users - 1).await?);
        match (first, last, id_of(store, users).await?) {
            (None, None, None) => Ok(None),
            (Some(first_id), Some(last), None) if last == first_id + i64::from(users) - 1 => {
                Ok(Some(Self { users, first_id }))
            }
            _ => Err("the database has other users of this program: give it an empty one".into()),
        }
    }

    /// Makes the users, each with a verified address and a token.
    pub async fn settle(store: &SqlStore, users: u32) -> Result<Self, Failure> {
        let hashes = hashes()?;
        for begin in (0..users).step_by(BATCH as usize) {
            let mut tx = store.write().await?;
            for number in begin..users.min(begin + BATCH) {
                add(tx.as_mut(), number, hashes[(number % GROUPS) as usize].clone()).await?;
            }
            tx.commit().await?;
        }
        Self::find(store, users).await?.ok_or_else(|| "the users were not made".into())
    }

    /// The key of a user.
    pub fn id(self, number: u32) -> i64 {
        self.first_id + i64::from(number)
    }

    /// The body of `GET user/`.
    pub fn details(self, number: u32) -> String {
        let (id, name, email) = (self.id(number), username(number), email(number));
        format!(r#"{{"pk":{id},"username":"{name}","email":"{email}","first_name":"","last_name":""}}"#)
    }
}

async fn add(tx: &mut dyn Tx, number: u32, password: EncodedPassword) -> Result<(), Failure> {
    let email = email(number);
    let user = tx.add_user(NewUser::new(Some(username(number)), email.clone(), password, JOINED)).await?;
    tx.add_email_address(user.id, &email, true, true).await?;
    tx.token_or_add(user.id, TokenKey::new(token(number)), JOINED).await?;
    Ok(())
}

async fn id_of(store: &SqlStore, number: u32) -> Result<Option<i64>, Failure> {
    let found = store.read().await?.users(UserLookup::Username(&username(number))).await?;
    match found.first().map(|user| user.id) {
        Some(UserId::Int(id)) => Ok(Some(id)),
        Some(UserId::Uuid(_)) => Err("the database counts its users by UUIDs".into()),
        None => Ok(None),
    }
}

/// The password column of each group, by Django's default hasher.
fn hashes() -> Result<Vec<EncodedPassword>, Failure> {
    let chain = Chain::default();
    let group = |number: u32| {
        let mut random = Sequence::new(number);
        let salt = Salt::draw(|bytes| bytes.fill_with(|| random.draw().to_le_bytes()[0]));
        Ok(chain.encode(&password(number), &salt)?)
    };
    (0..GROUPS).map(group).collect()
}

/// The name of a user.
pub fn username(number: u32) -> String {
    format!("load-{number:07}")
}

fn email(number: u32) -> String {
    format!("load-{number:07}@example.org")
}

/// The password of a user.
pub fn password(number: u32) -> String {
    format!("the password of group {}", number % GROUPS)
}

/// The token of a user.
pub fn token(number: u32) -> String {
    let mut random = Sequence::new(number);
    let mut next = || random.draw();
    format!("{:016x}{:016x}{:08x}", next(), next(), next() >> 32)
}

/// Numbers that look random and are the same each time. SplitMix64, which is good enough to spread look-ups.
#[derive(Clone, Debug)]
pub struct Sequence(u64);

impl Sequence {
    /// The sequence of a seed.
    pub fn new(seed: u32) -> Self {
        Self(u64::from(seed).wrapping_mul(0xd134_2543_de82_ef95))
    }

    /// The next number.
    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`.
    pub fn below(&mut self, end: u32) -> u32 {
        u32::try_from(self.draw() % u64::from(end)).expect("a remainder is smaller than its divisor")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_forty_hexadecimal_digits_and_differ() {
        let (one, two) = (token(0), token(1));
        assert!(one.len() == 40 && one.bytes().all(|byte| byte.is_ascii_hexdigit()));
        assert_ne!(one, two);
        assert_eq!(one, token(0));
    }
}
