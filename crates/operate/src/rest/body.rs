//! What client libraries write in bodies: more ways than one for most things.

use super::answer::Fail;
use super::codes::RestCode;
use super::command::Service;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::fmt;
use userstatus_core::{IdError, UserId};

/// Parses a body. Where everything is optional nothing at all is fine, too.
pub(super) fn parse<'b, T: Deserialize<'b>>(service: Service, body: &'b [u8]) -> Result<T, Fail> {
    let body: &[u8] = if body.trim_ascii().is_empty() {
        b"{}"
    } else {
        body
    };
    // A list could be taken for one, too: its members without their names.
    if !body.trim_ascii_start().starts_with(b"{") {
        return Err(Fail::rest(RestCode::BadJson));
    }
    serde_json::from_slice(body).map_err(|error| {
        let info = format!("the body: {error}");
        match error.classify() {
            serde_json::error::Category::Data => Fail::bad_parameters(service, info),
            _ => Fail::rest_because(RestCode::BadJson, info),
        }
    })
}

/// How many a list may name. Nobody looks at a list that is too long.
pub(super) fn at_most<T>(service: Service, name: &str, list: &[T], max: usize) -> Result<(), Fail> {
    match list.len() {
        0 => Err(Fail::bad_parameters(
            service,
            format!("{name} is missing or empty"),
        )),
        count if count > max => Err(Fail::bad_parameters(
            service,
            format!("{name} names {count}; at most {max} are allowed"),
        )),
        _ => Ok(()),
    }
}

/// A member that has to be there.
pub(super) fn needed<T>(service: Service, name: &str, member: Option<T>) -> Result<T, Fail> {
    member.ok_or_else(|| Fail::bad_parameters(service, format!("{name} is missing")))
}

/// The name of an account: a text. Anything else is kept apart, for it has a code of its own.
#[derive(Debug)]
pub(super) enum Account<'b> {
    Text(Cow<'b, str>),
    NoText,
}

impl Account<'_> {
    /// As it was written.
    pub(super) fn text(&self) -> Result<&str, Fail> {
        match self {
            Self::Text(text) => Ok(text),
            Self::NoText => Err(Fail::rest(RestCode::AccountNotText)),
        }
    }

    /// The account it can be the name of, if it can.
    pub(super) fn user(&self) -> Result<Result<UserId, IdError>, Fail> {
        Ok(UserId::parse(self.text()?))
    }

    /// The one account that a request is about.
    pub(super) fn one(&self, service: Service) -> Result<UserId, Fail> {
        self.user()?
            .map_err(|error| Fail::bad_parameters(service, format!("{error}")))
    }
}

impl<'de: 'b, 'b> Deserialize<'de> for Account<'b> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AccountVisitor)
    }
}

struct AccountVisitor;

impl<'de> Visitor<'de> for AccountVisitor {
    type Value = Account<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an account")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Account<'de>, E> {
        Ok(Account::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Account<'de>, E> {
        Ok(Account::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Account<'de>, E> {
        Ok(Account::NoText)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Account<'de>, E> {
        Ok(Account::NoText)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Account<'de>, E> {
        Ok(Account::NoText)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Account<'de>, E> {
        Ok(Account::NoText)
    }

    fn visit_unit<E>(self) -> Result<Account<'de>, E> {
        Ok(Account::NoText)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Account<'de>, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Account::NoText)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Account<'de>, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Account::NoText)
    }
}

/// 0 or 1, as a number, a boolean, or a text of one.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Flag(pub(super) bool);

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = serde_json::Value::deserialize(deserializer)?;
        Ok(Self(match value {
            serde_json::Value::Bool(on) => on,
            serde_json::Value::Number(number) => number.as_i64() != Some(0),
            serde_json::Value::String(text) => !matches!(text.as_str(), "" | "0" | "false"),
            _ => false,
        }))
    }
}

/// A text, or a list of which the first counts.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum TextOrList {
    Text(String),
    List(Vec<String>),
}

impl TextOrList {
    pub(super) fn first(&self) -> &str {
        match self {
            Self::Text(text) => text,
            Self::List(list) => list.first().map_or("", String::as_str),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Named<'b> {
        #[serde(borrow)]
        to: Vec<Account<'b>>,
    }

    fn named(json: &str) -> Vec<Result<String, i32>> {
        let named: Named<'_> = parse(Service::Status, json.as_bytes()).unwrap();
        let text = |account: &Account<'_>| match account.text() {
            Ok(text) => Ok(text.to_owned()),
            Err(fail) => Err(fail.code),
        };
        named.to.iter().map(text).collect()
    }

    #[test]
    fn an_account_is_a_text_and_what_is_none_has_a_code_of_its_own() {
        let read = named(r#"{"to":["a","\u0062",1,-1,1.5,true,null,[1,[2]],{"a":{}}],"more":1}"#);
        assert_eq!(read[..2], [Ok("a".to_owned()), Ok("b".to_owned())]);
        assert!(read[2..].iter().all(|read| *read == Err(60015)), "{read:?}");
    }

    #[test]
    fn a_flag_is_on_in_each_of_the_ways_it_is_written() {
        for (json, on) in [
            ("1", true),
            ("0", false),
            ("true", true),
            ("false", false),
            ("\"1\"", true),
            ("\"0\"", false),
            ("null", false),
        ] {
            assert_eq!(serde_json::from_str::<Flag>(json).unwrap().0, on, "{json}");
        }
    }

    #[test]
    fn what_is_no_json_and_what_is_not_meant_differ() {
        let code = |json: &str| match parse::<Named<'_>>(Service::Friends, json.as_bytes()) {
            Ok(_) => 0,
            Err(fail) => fail.code,
        };
        assert_eq!(code("{"), 60003);
        assert_eq!(code("to=1"), 60003);
        assert_eq!(code(r#"{"to":"a"}"#), 30001);
        assert_eq!(code(" "), 30001, "to is missing");
        assert_eq!(code(r#"[["a"]]"#), 60003);
    }
}
