//! One statement on one connection: values in, rows out.

use rest_auth_formats::json;
use rusqlite::types::{ToSqlOutput, Value as Owned, ValueRef};
use rusqlite::{Connection, Statement, ToSql};

use crate::driver::Answer;
use crate::driver::value::{Param, Row, Value};

/// Runs a statement, prepared once for each connection.
pub(super) fn run(connection: &Connection, sql: &str, params: &[Param<'_>]) -> rusqlite::Result<Answer> {
    let mut statement = connection.prepare_cached(sql)?;
    bind(&mut statement, params)?;
    let columns = statement.column_count();
    if columns == 0 {
        let touched = statement.raw_execute()? as u64;
        return Ok(Answer { rows: Vec::new(), touched });
    }
    let mut rows = Vec::new();
    let mut cursor = statement.raw_query();
    while let Some(row) = cursor.next()? {
        let mut values = Vec::with_capacity(columns);
        for column in 0..columns {
            values.push(read(row.get_ref(column)?));
        }
        rows.push(Row::new(values));
    }
    let touched = rows.len() as u64;
    Ok(Answer { rows, touched })
}

/// SQLite numbers `$2` by its place in the text, not by its digits, so the digits are read here.
fn bind(statement: &mut Statement<'_>, params: &[Param<'_>]) -> rusqlite::Result<()> {
    for index in 1..=statement.parameter_count() {
        let number = statement.parameter_name(index).and_then(|name| name[1..].parse::<usize>().ok());
        let param = number.and_then(|number| params.get(number.checked_sub(1)?));
        let param = param.ok_or(rusqlite::Error::InvalidParameterCount(index, params.len()))?;
        statement.raw_bind_parameter(index, param)?;
    }
    Ok(())
}

impl ToSql for Param<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        fn text(text: String) -> ToSqlOutput<'static> {
            ToSqlOutput::Owned(Owned::Text(text))
        }
        let null = ToSqlOutput::Owned(Owned::Null);
        Ok(match self {
            Self::Int(value) => value.map_or(null, |number| ToSqlOutput::Owned(Owned::Integer(number))),
            Self::Bool(value) => {
                value.map_or(null, |truth| ToSqlOutput::Owned(Owned::Integer(i64::from(truth))))
            }
            Self::Text(value) => match value {
                Some(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
                None => null,
            },
            Self::Time(value) => value.map_or(null, |time| text(time.sqlite_text())),
            Self::Date(value) => value.map_or(null, |date| text(date.to_string())),
            Self::Json(value) => value.as_ref().map_or(null, |document| text(json::spaced(document))),
            Self::Uuid(value) => {
                value.map_or(null, |bytes| text(uuid::Uuid::from_bytes(bytes).simple().to_string()))
            }
        })
    }
}

fn read(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Int(number),
        ValueRef::Real(number) => Value::Real(number),
        ValueRef::Text(text) => Value::Text(match std::str::from_utf8(text) {
            Ok(text) => text.to_owned(),
            Err(_) => String::from_utf8_lossy(text).into_owned(),
        }),
        ValueRef::Blob(bytes) => Value::Bytes(bytes.to_vec()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_known_by_their_number() {
        let connection = Connection::open_in_memory().unwrap();
        let params = [Param::from(1), Param::from("two"), Param::from(true)];
        let mut answer = run(&connection, "SELECT $2, $1, $2, $3", &params).unwrap();
        let row = &mut answer.rows[0];
        assert_eq!(row.text().unwrap(), "two");
        assert_eq!(row.int().unwrap(), 1);
        assert_eq!(row.text().unwrap(), "two");
        assert!(row.bool().unwrap());
        assert!(run(&connection, "SELECT $4", &params).is_err());
    }
}
