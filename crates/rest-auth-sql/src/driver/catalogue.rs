//! What a database says about itself.

use std::collections::{HashMap, HashSet};

use super::{Conn, Dialect, Result};

/// Tables, columns and indexes that a statement without a schema's name finds.
#[derive(Clone, Debug, Default)]
pub(crate) struct Catalogue {
    tables: HashMap<String, Vec<String>>,
    indexes: HashSet<String>,
}

impl Catalogue {
    /// Whether there is such a table.
    pub(crate) fn has_table(&self, table: &str) -> bool {
        self.tables.contains_key(table)
    }

    /// Whether there is such a column.
    pub(crate) fn has_column(&self, table: &str, column: &str) -> bool {
        self.columns(table).iter().any(|known| known == column)
    }

    /// The columns of a table, in order; none if there is no table.
    pub(crate) fn columns(&self, table: &str) -> &[String] {
        self.tables.get(table).map_or(&[], Vec::as_slice)
    }

    /// Whether there is such an index.
    pub(crate) fn has_index(&self, index: &str) -> bool {
        self.indexes.contains(index)
    }
}

impl Conn {
    /// Reads the catalogue.
    pub(crate) async fn catalogue(&mut self) -> Result<Catalogue> {
        let (tables, indexes) = match self.dialect() {
            Dialect::Sqlite => (SQLITE_TABLES, SQLITE_INDEXES),
            Dialect::Postgres => (POSTGRES_TABLES, POSTGRES_INDEXES),
        };
        let mut catalogue = Catalogue::default();
        for mut row in self.rows(tables, &[]).await? {
            let (table, column) = (row.text()?, row.text()?);
            catalogue.tables.entry(table).or_default().push(column);
        }
        for mut row in self.rows(indexes, &[]).await? {
            catalogue.indexes.insert(row.text()?);
        }
        Ok(catalogue)
    }
}

const SQLITE_TABLES: &str = "SELECT t.name, c.name
    FROM sqlite_master t JOIN pragma_table_info(t.name) c
    WHERE t.type IN ('table', 'view')
    ORDER BY t.name, c.cid";

const SQLITE_INDEXES: &str = "SELECT name FROM sqlite_master WHERE type = 'index'";

const POSTGRES_TABLES: &str = "SELECT t.relname, c.attname
    FROM pg_catalog.pg_class t
    JOIN pg_catalog.pg_attribute c ON c.attrelid = t.oid AND c.attnum > 0 AND NOT c.attisdropped
    WHERE t.relkind IN ('r', 'p', 'v', 'f') AND pg_catalog.pg_table_is_visible(t.oid)
      AND t.relnamespace <> 'pg_catalog'::regnamespace
    ORDER BY t.relname, c.attnum";

const POSTGRES_INDEXES: &str = "SELECT relname FROM pg_catalog.pg_class
    WHERE relkind = 'i' AND pg_catalog.pg_table_is_visible(oid)
      AND relnamespace <> 'pg_catalog'::regnamespace";
