//! One statement on one connection: values in PostgreSQL's binary format in, rows out.

use std::sync::Arc;

use rest_auth_core::model::{Date, Timestamp};
use sqlx::encode::{Encode, IsNull};
use sqlx::error::BoxDynError;
use sqlx::postgres::types::Oid;
use sqlx::postgres::{PgArgumentBuffer, PgArguments, PgRow, PgTypeInfo, PgValueFormat, PgValueRef};
use sqlx::{Arguments, AssertSqlSafe, PgConnection, Postgres, Row as _, Type, TypeInfo, ValueRef};

use crate::driver::value::{Param, Row, Value};
use crate::driver::{Answer, Want};

/// 2000-01-01 in microseconds since 1970: where PostgreSQL's clock starts.
const EPOCH: i64 = 946_684_800_000_000;

/// Runs a statement; `keep` says whether the server may keep it prepared.
pub(super) async fn run(
    connection: &mut PgConnection,
    sql: &str,
    params: &[Param<'_>],
    want: Want,
    keep: bool,
) -> sqlx::Result<Answer> {
    let mut arguments = PgArguments::default();
    for param in params {
        arguments.add(Bound(param)).map_err(sqlx::Error::Encode)?;
    }
    let query = sqlx::query_with(AssertSqlSafe(Arc::<str>::from(sql)), arguments).persistent(keep);
    if want == Want::Count {
        let touched = query.execute(connection).await?.rows_affected();
        return Ok(Answer { rows: Vec::new(), touched });
    }
    let mut rows = Vec::new();
    for row in query.fetch_all(connection).await? {
        let values = (0..row.len()).map(|column| read(&row, column)).collect::<sqlx::Result<_>>()?;
        rows.push(Row::new(values));
    }
    let touched = rows.len() as u64;
    Ok(Answer { rows, touched })
}

/// Whether a value holds the one character that PostgreSQL's text cannot.
pub(super) fn holds_nul(param: &Param<'_>) -> bool {
    matches!(param, Param::Text(Some(text)) if text.contains('\0'))
}

/// A parameter with the type that its kind has, also when it is NULL.
struct Bound<'a>(&'a Param<'a>);

impl Type<Postgres> for Bound<'_> {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(Oid(25))
    }
}

impl Encode<'_, Postgres> for Bound<'_> {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        let written = match self.0 {
            Param::Int(value) => value.map(|number| buffer.extend_from_slice(&number.to_be_bytes())),
            Param::Text(value) => value.as_ref().map(|text| buffer.extend_from_slice(text.as_bytes())),
            Param::Bool(value) => value.map(|truth| buffer.push(u8::from(truth))),
            Param::Time(value) => value.map(|time| {
                buffer.extend_from_slice(&time.micros().saturating_sub(EPOCH).to_be_bytes());
            }),
            Param::Date(value) => value.map(|date| buffer.extend_from_slice(&date.days().to_be_bytes())),
            Param::Json(value) => match value {
                Some(document) => {
                    buffer.push(1); // jsonb's version
                    serde_json::to_writer(&mut **buffer, document.as_ref())?;
                    Some(())
                }
                None => None,
            },
            Param::Uuid(value) => value.map(|bytes| buffer.extend_from_slice(&bytes)),
        };
        Ok(if written.is_some() { IsNull::No } else { IsNull::Yes })
    }

    fn produces(&self) -> Option<PgTypeInfo> {
        Some(PgTypeInfo::with_oid(Oid(match self.0 {
            Param::Int(_) => 20,
            Param::Text(_) => 25,
            Param::Bool(_) => 16,
            Param::Time(_) => 1184,
            Param::Date(_) => 1082,
            Param::Json(_) => 3802,
            Param::Uuid(_) => 2950,
        })))
    }
}

fn read(row: &PgRow, column: usize) -> sqlx::Result<Value> {
    let raw = row.try_get_raw(column)?;
    if raw.is_null() {
        return Ok(Value::Null);
    }
    decode(&raw).map_err(|source| sqlx::Error::ColumnDecode { index: column.to_string(), source })
}

fn decode(raw: &PgValueRef<'_>) -> Result<Value, BoxDynError> {
    if raw.format() != PgValueFormat::Binary {
        return Err("a value in text format".into());
    }
    let bytes = raw.as_bytes()?;
    let info = raw.type_info();
    Ok(match info.name() {
        "INT2" => Value::Int(i16::from_be_bytes(bytes.try_into()?).into()),
        "INT4" => Value::Int(i32::from_be_bytes(bytes.try_into()?).into()),
        "INT8" => Value::Int(i64::from_be_bytes(bytes.try_into()?)),
        "OID" => Value::Int(u32::from_be_bytes(bytes.try_into()?).into()),
        "FLOAT8" => Value::Real(f64::from_be_bytes(bytes.try_into()?)),
        "BOOL" => Value::Bool(bytes.first().is_some_and(|byte| *byte != 0)),
        "TEXT" | "VARCHAR" | "CHAR" | "NAME" | "\"CHAR\"" | "UNKNOWN" | "citext" | "CITEXT" => {
            Value::Text(std::str::from_utf8(bytes)?.to_owned())
        }
        "TIMESTAMPTZ" | "TIMESTAMP" => {
            let micros = i64::from_be_bytes(bytes.try_into()?).saturating_add(EPOCH);
            Value::Time(Timestamp::from_micros(micros))
        }
        "DATE" => {
            let days = i32::from_be_bytes(bytes.try_into()?);
            Value::Date(Date::from_days(days).ok_or("a day outside of the years 1 to 9999")?)
        }
        "UUID" => Value::Uuid(bytes.try_into()?),
        "JSONB" => Value::Json(std::str::from_utf8(bytes.get(1..).unwrap_or_default())?.to_owned()),
        "JSON" => Value::Json(std::str::from_utf8(bytes)?.to_owned()),
        "BYTEA" => Value::Bytes(bytes.to_vec()),
        other => return Err(format!("a column of the type {other}, which is not read here").into()),
    })
}
