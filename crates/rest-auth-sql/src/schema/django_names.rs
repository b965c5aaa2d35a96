//! How Django names indexes and constraints: table and columns, cut to fit, with a digest of both in full.

use md5::{Digest, Md5};

/// PostgreSQL's limit.
const LIMIT: usize = 63;

/// The name of an index or constraint of a table on PostgreSQL, as `_create_index_name` of Django's schema editor makes
/// it. SQLite has no limit worth speaking of, so its names are never cut.
pub(super) fn index_name(table: &str, columns: &[&str], suffix: &str, cut: bool) -> String {
    let columns_text = columns.join("_");
    let mut tail = format!("{}{suffix}", digest(table, columns));
    let name = format!("{table}_{columns_text}_{tail}");
    if !cut || name.len() <= LIMIT {
        return name;
    }
    tail.truncate(LIMIT / 3);
    let room = (LIMIT - tail.len()) / 2 - 1;
    format!("{}_{}_{tail}", first(table, room), first(&columns_text, room))
}

/// The name of a foreign key on PostgreSQL.
pub(super) fn foreign_key_name(table: &str, column: &str, parent: &str) -> String {
    index_name(table, &[column], &format!("_fk_{parent}_id"), true)
}

/// Names are ASCII, so bytes are characters.
fn first(text: &str, length: usize) -> &str {
    text.get(..length).unwrap_or(text)
}

/// Eight hexadecimal digits.
fn digest(table: &str, columns: &[&str]) -> String {
    let mut hash = Md5::new();
    hash.update(table);
    for column in columns {
        hash.update(column);
    }
    let bytes = hash.finalize();
    format!("{:08x}", u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_djangos() {
        let key = foreign_key_name;
        assert_eq!(
            key("authtoken_token", "user_id", "auth_user"),
            "authtoken_token_user_id_35299eff_fk_auth_user_id"
        );
        assert_eq!(
            key("dj_rest_auth_mfa_authenticator", "user_id", "users_customuser"),
            "dj_rest_auth_mfa_aut_user_id_e953f0ca_fk_users_cus"
        );
        let columns = ["customuser_id", "permission_id"];
        assert_eq!(
            index_name("users_customuser_user_permissions", &columns, "_uniq", true),
            "users_customuser_user_pe_customuser_id_permission_7a7debf6_uniq"
        );
        assert_eq!(
            index_name("users_customuser_user_permissions", &columns, "_uniq", false),
            "users_customuser_user_permissions_customuser_id_permission_id_7a7debf6_uniq"
        );
    }
}
