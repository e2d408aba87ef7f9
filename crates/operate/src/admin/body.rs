//! The JSON that operators send.

use super::failure::Failure;
use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{
    DeserializeOwned, Deserializer, Error as _, IntoDeserializer, Unexpected, Visitor,
};
use serde::forward_to_deserialize_any;
use serde_json::{Error, Value};

/// Reads a body: an object with the names of its fields, each once.
pub(super) fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Failure> {
    // Where everything is optional, nothing at all is fine, too.
    let body: &[u8] = if body.is_empty() { b"{}" } else { body };
    let wrong = |error: Error| Failure::invalid(format!("the body: {error}"));
    // The text is read first: what is wrong is said with its line, and a name that is there twice is seen.
    serde_json::from_slice::<T>(body).map_err(wrong)?;
    let value = serde_json::from_slice(body).map_err(wrong)?;
    T::deserialize(Named(value)).map_err(wrong)
}

/// A value whose fields and choices go by their names. By itself serde takes a list for an object, by the order of the fields, and
/// an object for a choice: a client that has that wrong is not to find out when a field is added.
struct Named(Value);

impl<'de> Deserializer<'de> for Named {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Array(list) => {
                visitor.visit_seq(SeqDeserializer::new(list.into_iter().map(Named)))
            }
            Value::Object(fields) => {
                let fields = fields.into_iter().map(|(name, value)| (name, Named(value)));
                visitor.visit_map(MapDeserializer::new(fields))
            }
            value => value.deserialize_any(visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.0 {
            Value::Array(_) => Err(Error::custom(format!(
                "a list stands where {name} is to be; it is an object, {{…}}, with the names {}",
                fields.join(", ")
            ))),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _choices: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.0 {
            Value::String(choice) => visitor.visit_enum(choice.into_deserializer()),
            _ => Err(Error::invalid_type(Unexpected::Other("no text"), &visitor)),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map identifier ignored_any
    }
}

impl<'de> IntoDeserializer<'de, Error> for Named {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admin::api::{
        AddFriends, AddKey, Backup, ChangeApp, CreateApp, DeleteAccounts, DeleteFriends,
        ImportAccounts, PurgeAccounts, QueryAccounts,
    };

    fn is_taken<T: DeserializeOwned>(body: &str) -> bool {
        parse::<T>(body.as_bytes()).is_ok()
    }

    #[test]
    fn no_body_is_a_list() {
        for (is_taken, good, positional) in [
            (
                is_taken::<CreateApp> as fn(&str) -> bool,
                r#"{"id":7,"name":"game"}"#,
                r#"[7,"game",null,{}]"#,
            ),
            (
                is_taken::<ChangeApp>,
                r#"{"name":"game"}"#,
                r#"["game",{}]"#,
            ),
            (is_taken::<AddKey>, "{}", r#"["key"]"#),
            (
                is_taken::<ImportAccounts>,
                r#"{"user_ids":["a"]}"#,
                r#"[["a"]]"#,
            ),
            (
                is_taken::<QueryAccounts>,
                r#"{"user_ids":["a"]}"#,
                r#"[["a"]]"#,
            ),
            (
                is_taken::<DeleteAccounts>,
                r#"{"user_ids":["a"]}"#,
                r#"[["a"]]"#,
            ),
            (
                is_taken::<AddFriends>,
                r#"{"user_ids":["a"]}"#,
                r#"[["a"]]"#,
            ),
            (
                is_taken::<DeleteFriends>,
                r#"{"user_ids":["a"],"both":false}"#,
                r#"[["a"],false]"#,
            ),
            (
                is_taken::<PurgeAccounts>,
                r#"{"not_seen_for_days":3,"dry_run":true}"#,
                r#"[3,"",null,true]"#,
            ),
            (is_taken::<Backup>, r#"{"to":"/a"}"#, r#"["/a"]"#),
        ] {
            assert!(is_taken(good), "{good}");
            assert!(!is_taken(positional), "{positional}");
        }
    }

    #[test]
    fn what_is_no_object_with_each_name_once_is_refused() {
        let deep = format!(
            "{{\"settings\":{}1{}}}",
            "[".repeat(10_000),
            "]".repeat(10_000)
        );
        for body in [
            "[]",
            "null",
            "7",
            "\"name\"",
            "{\"name\":\"a\",\"name\":\"b\"}",
            "{\"settings\":{\"user_status\":true,\"user_status\":false}}",
            "{\"settings\":[\"premium\",true]}",
            "{\"settings\":{\"plan\":{\"premium\":null}}}",
            "{\"settings\":{\"plan\":[\"premium\"]}}",
            "{\"settings\":{\"devices\":[\"one\"]}}",
            "{\"settings\":{\"window_ms\":NaN}}",
            "{\"settings\":{\"window_ms\":1e3}}",
            "{\"settings\":{\"window_ms\":7.0}}",
            "{\"settings\":{\"user_status\":1}}",
            "{} {}",
            "{}x",
            "{\"name\":\"a\",}",
            "\u{feff}{}",
            "{\"name\":\"\u{1}\"}",
            "{\"name\":\"\\ud800\"}",
            &deep,
        ] {
            assert!(!is_taken::<ChangeApp>(body), "{body}");
        }
        assert!(parse::<ChangeApp>(b"{\"name\":\"\xff\"}").is_err());
        for body in [
            "",
            "{}",
            " {\n} ",
            r#"{"name":null,"settings":{"plan":"premium","devices":"one","window_ms":7}}"#,
        ] {
            assert!(is_taken::<ChangeApp>(body), "{body}");
        }
    }
}
