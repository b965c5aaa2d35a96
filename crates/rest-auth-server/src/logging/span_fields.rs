//! What a span says, as JSON: the fields of `tracing_subscriber`'s `JsonFields`, written without a detour.
//!
//! Every request has a span, and hardly any request logs anything. The usual formatter puts the fields into a sorted map
//! of JSON values first, which costs more than checking a token.

use std::fmt::{self, Debug, Display};

use serde_json::Value;
use tracing::field::{Field, Visit};
use tracing::span::Record;
use tracing_subscriber::field::RecordFields;
use tracing_subscriber::fmt::FormattedFields;
use tracing_subscriber::fmt::format::{FormatFields, Writer};

/// See the module.
pub(super) struct SpanFields;

impl<'writer> FormatFields<'writer> for SpanFields {
    fn format_fields<R: RecordFields>(&self, writer: Writer<'writer>, fields: R) -> fmt::Result {
        write(writer, "{", fields)
    }

    /// A field that is there already is there twice then; whoever reads the object takes the later one.
    fn add_fields(&self, current: &'writer mut FormattedFields<Self>, fields: &Record<'_>) -> fmt::Result {
        let before = match current.fields.pop() {
            Some(_) if current.fields.len() > 1 => ",",
            Some(_) => "",
            None => "{",
        };
        write(current.as_writer(), before, fields)
    }
}

/// Writes fields and the end of the object. `before` stands before the first one, or before the end if there is none.
fn write(mut writer: Writer<'_>, before: &'static str, fields: impl RecordFields) -> fmt::Result {
    let mut writing = Writing { writer: &mut writer, before, outcome: Ok(()) };
    fields.record(&mut writing);
    let Writing { before, outcome, .. } = writing;
    outcome?;
    if before == "{" {
        writer.write_char('{')?;
    }
    writer.write_char('}')
}

struct Writing<'a, 'writer> {
    writer: &'a mut Writer<'writer>,
    before: &'static str,
    outcome: fmt::Result,
}

impl Writing<'_, '_> {
    /// Writes a field whose value is JSON already.
    fn put(&mut self, field: &Field, json: impl Display) {
        self.put_with(field, |writer| write!(writer, "{json}"));
    }

    fn put_with(&mut self, field: &Field, value: impl FnOnce(&mut Writer<'_>) -> fmt::Result) {
        if self.outcome.is_ok() {
            let name = field.name().strip_prefix("r#").unwrap_or(field.name());
            let parts = [self.before, "\"", name, "\":"];
            let written = parts.iter().try_for_each(|part| self.writer.write_str(part));
            self.outcome = written.and_then(|()| value(self.writer));
            self.before = ",";
        }
    }
}

impl Visit for Writing<'_, '_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        if value.bytes().all(|byte| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\')) {
            let parts = ["\"", value, "\""];
            self.put_with(field, |writer| parts.iter().try_for_each(|part| writer.write_str(part)));
        } else {
            self.put(field, Value::from(value));
        }
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, Value::from(value));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.record_str(field, &format!("{value:?}"));
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use tracing::field::Empty;
    use tracing_subscriber::fmt::MakeWriter;
    use tracing_subscriber::fmt::format::JsonFields;

    use super::*;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl MakeWriter<'_> for Lines {
        type Writer = Self;

        fn make_writer(&self) -> Self {
            self.clone()
        }
    }

    /// What is logged within spans of every kind of field.
    fn logged<F>(fields: F) -> Vec<Value>
    where
        F: for<'writer> FormatFields<'writer> + Send + Sync + 'static,
    {
        let lines = Lines::default();
        let log = tracing_subscriber::fmt().json().without_time().fmt_fields(fields);
        tracing::subscriber::with_default(log.with_writer(lines.clone()).finish(), || {
            let odd = "\"\\\n\u{e9}\u{2028}";
            let full = tracing::info_span!(
                "full",
                plain = "a b/c",
                odd,
                minus = -1,
                big = u64::MAX,
                ratio = 0.5,
                none = f64::NAN,
                flag = true,
                list = ?["x"],
                r#type = "t",
                later = Empty,
            );
            full.in_scope(|| tracing::info!("before"));
            full.record("later", 3);
            full.record("plain", odd);
            full.in_scope(|| tracing::info!("after"));
            let empty = tracing::info_span!("empty", later = Empty);
            empty.in_scope(|| tracing::info!("before"));
            empty.record("later", "now");
            empty.in_scope(|| tracing::info!("after"));
        });
        let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[test]
    fn spans_are_written_as_the_usual_formatter_writes_them() {
        let (ours, usual) = (logged(SpanFields), logged(JsonFields::new()));
        assert_eq!(ours.len(), 4);
        assert_eq!(ours, usual);
    }
}
