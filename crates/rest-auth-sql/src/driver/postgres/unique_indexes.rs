//! Which columns a unique index is about. PostgreSQL's error gives the index's name only, and names hold hashes, so
//! they are looked up in the catalogue, once.

use std::collections::HashMap;
use std::sync::Mutex;

use sqlx::postgres::PgDatabaseError;

use crate::driver::{Answer, locked};

type TableAndColumns = (String, Vec<String>);

/// What the catalogue says: index → table and columns.
#[derive(Default)]
pub(super) struct UniqueIndexes {
    known: Mutex<Option<HashMap<String, TableAndColumns>>>,
}

impl UniqueIndexes {
    /// Every unique index that a statement of ours can meet, column by column. An index over expressions has no
    /// columns of its own; there the ones it depends on count.
    pub(super) const QUERY: &str = "SELECT c.relname, t.relname, a.attname
        FROM pg_catalog.pg_index i
        JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
        JOIN pg_catalog.pg_class t ON t.oid = i.indrelid
        JOIN pg_catalog.pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0
        WHERE i.indisunique
          AND t.relnamespace IN (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = ANY (current_schemas(false)))
          AND (a.attnum = ANY (i.indkey)
               OR 0 = ANY (i.indkey) AND EXISTS (
                   SELECT FROM pg_catalog.pg_depend d
                   WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid
                     AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = t.oid
                     AND d.refobjsubid = a.attnum))
        ORDER BY c.relname, array_position(i.indkey::int2[], a.attnum)";

    /// Whether the catalogue has still to be read.
    pub(super) fn wanted(&self) -> bool {
        locked(&self.known).is_none()
    }

    /// Takes the answer to [`Self::QUERY`].
    pub(super) fn learn(&self, answer: Answer) {
        let mut known: HashMap<String, TableAndColumns> = HashMap::new();
        for mut row in answer.rows {
            if let (Ok(index), Ok(table), Ok(column)) = (row.text(), row.text(), row.text()) {
                known.entry(index).or_insert_with(|| (table, Vec::new())).1.push(column);
            }
        }
        *locked(&self.known) = Some(known);
    }

    /// Table and columns of the index that an error names. For one that is younger than our knowledge the error's
    /// detail has to do, and we look again.
    pub(super) fn violated(&self, error: &PgDatabaseError) -> Option<TableAndColumns> {
        let mut known = locked(&self.known);
        if let Some(found) = known.as_ref().and_then(|known| known.get(error.constraint()?)) {
            return Some(found.clone());
        }
        *known = None;
        Some((error.table()?.to_owned(), columns_of_detail(error.detail()?)?))
    }
}

/// `Key (user_id, lower(email::text))=(1, a@example.com) already exists.`, in any language. Names of functions and
/// types come along.
fn columns_of_detail(detail: &str) -> Option<Vec<String>> {
    let (columns, _) = detail.split_once(")=(")?;
    let (_, columns) = columns.split_once('(')?;
    let words = columns.split(|character: char| !(character.is_alphanumeric() || character == '_'));
    Some(words.filter(|word| !word.is_empty()).map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_detail_of_an_error_names_the_columns() {
        let detail = "Schlüssel »(user_id, \"primary\")=(1, t)« existiert bereits.";
        assert_eq!(columns_of_detail(detail), Some(vec!["user_id".to_owned(), "primary".to_owned()]));
        let detail = "Key (lower(email::text))=(a@example.com) already exists.";
        assert_eq!(columns_of_detail(detail).unwrap(), ["lower", "email", "text"]);
        assert_eq!(columns_of_detail("no"), None);
    }
}
