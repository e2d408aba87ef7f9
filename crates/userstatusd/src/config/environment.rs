//! Environment variables that override settings.
//!
//! `USERSTATUSD_<SECTION>_<KEY>`, such as `USERSTATUSD_STORAGE_DATA_DIR`; for listeners `USERSTATUSD_LISTENERS_<N>_<KEY>`, counted
//! from 0, where the number after the last adds one.

use super::{Config, ConfigError, Listener, Problem, advice_on, table_of};
use toml::{Table, Value};

/// What the name of every such variable begins with.
pub(crate) const ENVIRONMENT_PREFIX: &str = "USERSTATUSD_";

/// The configuration with what the environment says. Variables of sections that do not exist are left alone: container
/// platforms set such names for services.
pub(super) fn apply(
    mut config: Config,
    environment: impl IntoIterator<Item = (String, String)>,
) -> Result<Config, ConfigError> {
    let mut variables: Vec<_> = environment
        .into_iter()
        .filter(|(name, _)| name.starts_with(ENVIRONMENT_PREFIX))
        .collect();
    if variables.is_empty() {
        return Ok(config);
    }
    // In order, so that listener 2 is added before listener 10.
    variables.sort_by_cached_key(|(name, _)| (listener_number(name), name.clone()));
    let mut problems = Vec::new();
    for (name, value) in &variables {
        match with_one(&config, name, value) {
            Ok(overridden) => config = overridden,
            Err(problem) => problems.push(Problem::new(name, problem)),
        }
    }
    match problems.is_empty() {
        true => Ok(config),
        false => Err(ConfigError::Invalid(problems)),
    }
}

fn listener_number(name: &str) -> Option<usize> {
    let path = name.strip_prefix(ENVIRONMENT_PREFIX)?.to_ascii_lowercase();
    let (number, _) = path.strip_prefix("listeners_")?.split_once('_')?;
    number.parse().ok()
}

/// Read anew with each variable: whatever is wrong with it then, it is this one's fault.
fn with_one(config: &Config, name: &str, value: &str) -> Result<Config, String> {
    let mut table = table_of(config);
    apply_one(&mut table, name, value)?;
    Value::Table(table)
        .try_into()
        .map_err(|error: toml::de::Error| match advice_on(&error) {
            Some(advice) => format!("{}; {advice}", error.message()),
            None => error.message().to_owned(),
        })
}

fn apply_one(table: &mut Table, name: &str, value: &str) -> Result<(), String> {
    let path = name.strip_prefix(ENVIRONMENT_PREFIX).unwrap_or(name);
    let path = path.to_ascii_lowercase();
    let Some((section, key)) = path.split_once('_') else {
        return Ok(());
    };
    let (settings, key) = match table.get_mut(section) {
        Some(Value::Table(settings)) => (settings, key),
        Some(Value::Array(listeners)) => listener_setting(listeners, key)?,
        _ => return Ok(()),
    };
    let Some(setting) = settings.get_mut(key) else {
        return Err(format!("there is no setting `{key}` in [{section}]"));
    };
    *setting = parse_like(setting, value)?;
    Ok(())
}

fn listener_setting<'t, 'k>(
    listeners: &'t mut Vec<Value>,
    path: &'k str,
) -> Result<(&'t mut Table, &'k str), String> {
    let (number, key) = path.split_once('_').unwrap_or((path, ""));
    let index: usize = number.parse().map_err(|_| {
        "the number of a listener is missing, as in USERSTATUSD_LISTENERS_0_ADDRESS".to_owned()
    })?;
    let count = listeners.len();
    if index == count {
        listeners.push(Value::Table(table_of(&Listener::default())));
    }
    match listeners.get_mut(index) {
        Some(Value::Table(listener)) => Ok((listener, key)),
        _ => Err(format!(
            "there is no listener {index}; there are {count}, counted from 0"
        )),
    }
}

/// A value of the same kind as the one it replaces.
fn parse_like(standing: &Value, text: &str) -> Result<Value, String> {
    match standing {
        Value::Boolean(_) => match text {
            "true" | "1" => Ok(Value::Boolean(true)),
            "false" | "0" => Ok(Value::Boolean(false)),
            _ => Err(format!("`{text}` is neither true nor false")),
        },
        Value::Integer(_) => text
            .parse()
            .map(Value::Integer)
            .map_err(|_| format!("`{text}` is no whole number")),
        // As in USERSTATUSD_LISTENERS_0_PROXY_TRUSTED=10.0.0.0/8,fd00::/8.
        Value::Array(_) => {
            let items = text.split(',').map(str::trim);
            let items = items.filter(|item| !item.is_empty());
            Ok(Value::Array(
                items.map(|item| Value::String(item.to_owned())).collect(),
            ))
        }
        // A text may be a secret: it is in no message.
        _ => Ok(Value::String(text.to_owned())),
    }
}
