//! What `OPTIONS` tells about a form: DRF's `SimpleMetadata`, in its order of keys.

use serde_json::{Map, Value, json};

use super::{Field, FieldKind, Form};

impl Form {
    /// The fields by name, those that are only shown included.
    pub fn metadata(&self) -> Map<String, Value> {
        self.fields.iter().map(|field| (field.name.clone(), Value::Object(field.metadata()))).collect()
    }
}

impl Field {
    /// `type`, `required`, `read_only`, `label` and what else there is to say.
    pub fn metadata(&self) -> Map<String, Value> {
        let mut facts = Map::new();
        facts.insert("type".into(), self.kind.type_name().into());
        facts.insert("required".into(), (self.required && !self.read_only).into());
        facts.insert("read_only".into(), self.read_only.into());
        facts.insert("label".into(), self.shown_label().into());
        let mut note = |key: &str, value: Option<Value>| {
            if let Some(value) = value {
                facts.insert(key.into(), value);
            }
        };
        note("help_text", self.help_text.as_deref().filter(|text| !text.is_empty()).map(Value::from));
        note("min_length", self.min_length.map(Value::from));
        note("max_length", self.max_length.map(Value::from));
        note("min_value", self.min_value.map(Value::from));
        note("max_value", self.max_value.map(Value::from));
        match &self.kind {
            FieldKind::List => {
                note("child", Some(json!({"type": "string", "required": true, "read_only": false})));
            }
            FieldKind::Choice(choices) if !self.read_only => {
                let choices =
                    choices.iter().map(|(value, words)| json!({"value": value, "display_name": words}));
                note("choices", Some(choices.collect()));
            }
            FieldKind::IntegerChoice(choices) if !self.read_only => {
                let choices =
                    choices.iter().map(|(value, words)| json!({"value": value, "display_name": words}));
                note("choices", Some(choices.collect()));
            }
            _ => {}
        }
        facts
    }
}

impl FieldKind {
    /// DRF's word for it.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Char | Self::Password | Self::Username => "string",
            Self::Email => "email",
            Self::Integer => "integer",
            Self::Boolean => "boolean",
            Self::Date => "date",
            Self::Choice(_) | Self::IntegerChoice(_) => "choice",
            Self::List => "list",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_is_drfs_to_the_byte() {
        let form = Form::new("UserDetails")
            .field(Field::integer("pk").label("ID").read_only())
            .field(Field::username("username").max(150).help("Required."))
            .field(Field::email("email").read_only().label("Email address"))
            .field(Field::choice("gender", vec![("M".into(), "Male".into()), ("F".into(), "Female".into())]))
            .field(Field::integer("age").between(0, 150).allow_null().optional())
            .field(Field::boolean("newsletter"));
        assert_eq!(
            serde_json::to_string(&form.metadata()).unwrap(),
            concat!(
                r#"{"pk":{"type":"integer","required":false,"read_only":true,"label":"ID"},"#,
                r#""username":{"type":"string","required":true,"read_only":false,"label":"Username","#,
                r#""help_text":"Required.","max_length":150},"#,
                r#""email":{"type":"email","required":false,"read_only":true,"label":"Email address"},"#,
                r#""gender":{"type":"choice","required":true,"read_only":false,"label":"Gender","#,
                r#""choices":[{"value":"M","display_name":"Male"},{"value":"F","display_name":"Female"}]},"#,
                r#""age":{"type":"integer","required":false,"read_only":false,"label":"Age","min_value":0,"#,
                r#""max_value":150},"newsletter":{"type":"boolean","required":true,"read_only":false,"#,
                r#""label":"Newsletter"}}"#
            )
        );
    }

    #[test]
    fn a_shown_list_names_its_child() {
        assert_eq!(
            serde_json::to_string(&Field::list("codes").metadata()).unwrap(),
            concat!(
                r#"{"type":"list","required":false,"read_only":true,"label":"Codes","#,
                r#""child":{"type":"string","required":true,"read_only":false}}"#
            )
        );
    }
}
