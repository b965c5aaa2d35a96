//! What a database says about itself.

use std::collections::{HashMap, HashSet};

use super::{Conn, Dialect, Result, Row};

/// Tables, columns, indexes and references that a statement without a schema's name finds.
#[derive(Clone, Debug, Default)]
pub(crate) struct Catalogue {
    tables: HashMap<String, Vec<Column>>,
    indexes: HashSet<String>,
    references: Vec<Reference>,
}

/// A column of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Column {
    /// Its name.
    pub(crate) name: String,
    /// Its type as it was declared, in lower case: `varchar(30)`, `character varying(30)`, `integer unsigned`.
    pub(crate) declared: String,
    /// Whether it may be NULL.
    pub(crate) null: bool,
    /// Whether a row gets a value without being given one.
    pub(crate) has_default: bool,
}

/// A foreign key of one column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reference {
    pub(crate) table: String,
    pub(crate) column: String,
    /// The table that it refers to.
    pub(crate) parent: String,
    /// Whether no two rows refer to the same one.
    pub(crate) unique: bool,
}

impl Catalogue {
    /// Whether there is such a table.
    pub(crate) fn has_table(&self, table: &str) -> bool {
        self.tables.contains_key(table)
    }

    /// The names of all tables.
    pub(crate) fn tables(&self) -> impl Iterator<Item = &str> {
        self.tables.keys().map(String::as_str)
    }

    /// Whether there is such a column.
    pub(crate) fn has_column(&self, table: &str, column: &str) -> bool {
        self.column(table, column).is_some()
    }

    /// A column, if it is there.
    pub(crate) fn column(&self, table: &str, column: &str) -> Option<&Column> {
        self.columns(table).iter().find(|known| known.name == column)
    }

    /// The columns of a table, in order; none if there is no table.
    pub(crate) fn columns(&self, table: &str) -> &[Column] {
        self.tables.get(table).map_or(&[], Vec::as_slice)
    }

    /// The foreign keys of a table.
    pub(crate) fn references(&self, table: &str) -> impl Iterator<Item = &Reference> {
        self.references.iter().filter(move |reference| reference.table == table)
    }

    /// Whether there is such an index.
    pub(crate) fn has_index(&self, index: &str) -> bool {
        self.indexes.contains(index)
    }
}

impl Column {
    /// How many code points a character column takes; `None` without a limit.
    pub(crate) fn length(&self) -> Option<usize> {
        let (kind, rest) = self.declared.split_once('(')?;
        kind.contains("char").then_some(())?;
        rest.split_once(')')?.0.parse().ok()
    }

    /// The range of an integer column.
    pub(crate) fn range(&self) -> Option<(i64, i64)> {
        let (smallest, largest) = match self.declared.split(' ').next()? {
            "smallint" | "int2" => (i16::MIN.into(), i16::MAX.into()),
            "integer" | "int" | "int4" => (i32::MIN.into(), i32::MAX.into()),
            "bigint" | "int8" => (i64::MIN, i64::MAX),
            _ => return None,
        };
        Some(if self.declared.contains("unsigned") { (0, largest) } else { (smallest, largest) })
    }
}

impl Conn {
    /// Reads the catalogue.
    pub(crate) async fn catalogue(&mut self) -> Result<Catalogue> {
        let (tables, indexes, references) = match self.dialect() {
            Dialect::Sqlite => (SQLITE_TABLES, SQLITE_INDEXES, SQLITE_REFERENCES),
            Dialect::Postgres => (POSTGRES_TABLES, POSTGRES_INDEXES, POSTGRES_REFERENCES),
        };
        let mut catalogue = Catalogue::default();
        for mut row in self.rows(tables, &[]).await? {
            let table = row.text()?;
            catalogue.tables.entry(table).or_default().push(column(&mut row)?);
        }
        for mut row in self.rows(indexes, &[]).await? {
            catalogue.indexes.insert(row.text()?);
        }
        for mut row in self.rows(references, &[]).await? {
            let (table, column, parent) = (row.text()?, row.text()?, row.text()?);
            catalogue.references.push(Reference { table, column, parent, unique: row.bool()? });
        }
        Ok(catalogue)
    }
}

fn column(row: &mut Row) -> Result<Column> {
    let (name, declared) = (row.text()?, row.opt_text()?.unwrap_or_default().to_lowercase());
    Ok(Column { name, declared, null: row.bool()?, has_default: row.bool()? })
}

/// An integer that is the primary key numbers itself.
const SQLITE_TABLES: &str = "SELECT t.name, c.name, c.type, NOT (c.\"notnull\" OR c.pk),
        c.dflt_value IS NOT NULL OR (c.pk = 1 AND lower(c.type) = 'integer')
    FROM sqlite_master t JOIN pragma_table_info(t.name) c
    WHERE t.type IN ('table', 'view')
    ORDER BY t.name, c.cid";

const SQLITE_INDEXES: &str = "SELECT name FROM sqlite_master WHERE type = 'index'";

const SQLITE_REFERENCES: &str = "SELECT t.name, k.\"from\", k.\"table\",
        EXISTS (SELECT 1 FROM pragma_index_list(t.name) i
            WHERE i.\"unique\" AND NOT i.partial
              AND (SELECT group_concat(c.name) FROM pragma_index_info(i.name) c) = k.\"from\")
        OR (SELECT group_concat(c.name) FROM pragma_table_info(t.name) c WHERE c.pk) = k.\"from\"
    FROM sqlite_master t JOIN pragma_foreign_key_list(t.name) k
    WHERE t.type = 'table'";

/// Django's positive integers are a type of SQLite's and a constraint of PostgreSQL's.
const POSTGRES_TABLES: &str = "SELECT t.relname, c.attname,
        pg_catalog.format_type(c.atttypid, c.atttypmod) || CASE WHEN EXISTS (
            SELECT 1 FROM pg_catalog.pg_constraint k
            WHERE k.conrelid = t.oid AND k.contype = 'c' AND k.conkey = ARRAY[c.attnum]
              AND pg_catalog.pg_get_constraintdef(k.oid) LIKE '%>= 0)%') THEN ' unsigned' ELSE '' END,
        NOT c.attnotnull, c.atthasdef OR c.attidentity <> ''
    FROM pg_catalog.pg_class t
    JOIN pg_catalog.pg_attribute c ON c.attrelid = t.oid AND c.attnum > 0 AND NOT c.attisdropped
    WHERE t.relkind IN ('r', 'p', 'v', 'f') AND pg_catalog.pg_table_is_visible(t.oid)
      AND t.relnamespace <> 'pg_catalog'::regnamespace
    ORDER BY t.relname, c.attnum";

const POSTGRES_INDEXES: &str = "SELECT relname FROM pg_catalog.pg_class
    WHERE relkind = 'i' AND pg_catalog.pg_table_is_visible(oid)
      AND relnamespace <> 'pg_catalog'::regnamespace";

const POSTGRES_REFERENCES: &str = "SELECT t.relname, c.attname, p.relname,
        EXISTS (SELECT 1 FROM pg_catalog.pg_index i
            WHERE i.indrelid = t.oid AND i.indisunique AND i.indpred IS NULL
              AND i.indnkeyatts = 1 AND i.indkey[0] = c.attnum)
    FROM pg_catalog.pg_constraint k
    JOIN pg_catalog.pg_class t ON t.oid = k.conrelid
    JOIN pg_catalog.pg_class p ON p.oid = k.confrelid
    JOIN pg_catalog.pg_attribute c ON c.attrelid = t.oid AND c.attnum = k.conkey[1]
    WHERE k.contype = 'f' AND array_length(k.conkey, 1) = 1 AND pg_catalog.pg_table_is_visible(t.oid)";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_declared_type_says_what_fits() {
        let column = |declared: &str| Column { declared: declared.to_owned(), ..Column::default() };
        assert_eq!(column("varchar(30)").length(), Some(30));
        assert_eq!(column("character varying(30)").length(), Some(30));
        assert_eq!((column("text").length(), column("numeric(10,2)").length()), (None, None));
        assert_eq!(column("smallint unsigned").range(), Some((0, 32_767)));
        assert_eq!(column("bigint").range(), Some((i64::MIN, i64::MAX)));
        assert_eq!(column("date").range(), None);
    }
}
