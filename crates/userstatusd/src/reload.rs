//! Reading the configuration again while the server runs.

use crate::config::{self, Config, ConfigError};
use crate::logging::Logging;
use parking_lot::Mutex;
use std::sync::{Arc, OnceLock};
use toml::{Table, Value};
use userstatus_edge::{self as edge, ReloadHandle};
use userstatus_operate::admin::api::{Reloaded, ReloadedSetting, TakesEffect};
use userstatus_operate::admin::{AdminToken, Host, TokenSource};

/// Where the configuration is read again.
pub(crate) type Source = Box<dyn Fn() -> Result<Config, ConfigError> + Send + Sync>;

/// Settings, or sections of them, that a running server goes by at once.
const TAKE_EFFECT_NOW: [&str; 4] = [
    "log.",
    "shutdown.drain_timeout_ms",
    "admin.token",
    "admin.token_file",
];

/// Reads the configuration again, and knows what the server runs with.
pub(crate) struct Reloader {
    /// None: there is nothing to read again.
    source: Option<Source>,
    running: Mutex<Config>,
    logging: Logging,
    token: OnceLock<Arc<AdminToken>>,
    certificates: OnceLock<Certificates>,
}

/// Of each listener that speaks TLS: its place in the configuration, and its certificate.
pub(crate) type Certificates = Vec<(usize, ReloadHandle)>;

impl Reloader {
    pub(crate) fn new(config: Config, source: Option<Source>, logging: Logging) -> Arc<Self> {
        Arc::new(Self {
            source,
            running: Mutex::new(config),
            logging,
            token: OnceLock::new(),
            certificates: OnceLock::new(),
        })
    }

    /// What the server runs with now.
    pub(crate) fn running(&self) -> Config {
        self.running.lock().clone()
    }

    pub(crate) const fn logging(&self) -> &Logging {
        &self.logging
    }

    /// The token is read again with everything else.
    pub(crate) fn watch_token(&self, token: &Arc<AdminToken>) {
        self.token.get_or_init(|| Arc::clone(token));
    }

    /// Certificates are read again with everything else.
    pub(crate) fn watch_certificates(&self, certificates: Certificates) {
        self.certificates.get_or_init(|| certificates);
    }

    /// Reads the configuration, takes up what can be taken up, and logs and returns what became of it.
    pub(crate) fn reload(&self) -> Reloaded {
        // One after the other, whoever asks.
        let mut running = self.running.lock();
        let reloaded = match self.take_up(&mut running) {
            Ok(settings) => Reloaded {
                reloaded: true,
                error: None,
                settings,
            },
            Err(error) => Reloaded {
                reloaded: false,
                error: Some(error),
                settings: Vec::new(),
            },
        };
        drop(running);
        log(&reloaded);
        reloaded
    }

    fn take_up(&self, running: &mut Config) -> Result<Vec<ReloadedSetting>, String> {
        let source = self.source.as_ref().ok_or(
            "there is no configuration to read again: this server was started by `userstatusd dev`",
        )?;
        let wanted = source().map_err(|error| error.in_one_line())?;
        // First: the server looks at these files by itself as well, so that nothing is taken too early if the rest is wrong.
        let renewed = self.renewed_certificates()?;
        let is_new_token = match self.token.get() {
            Some(token) => token
                .load_again(&token_source(&wanted))
                .map_err(|error| error.to_string())?,
            None => false,
        };
        self.logging.change(&wanted.log)?;
        let mut settings = differences(running, &wanted);
        settings.extend(renewed);
        if is_new_token
            && !settings
                .iter()
                .any(|changed| changed.setting.starts_with("admin.token"))
        {
            settings.push(ReloadedSetting {
                setting: "admin.token_file".to_owned(),
                takes_effect: TakesEffect::Now,
            });
        }
        // What waits for the next start is said again at the next reload.
        running.log = wanted.log;
        running.shutdown.drain_timeout_ms = wanted.shutdown.drain_timeout_ms;
        running.admin.token = wanted.admin.token;
        running.admin.token_file = wanted.admin.token_file;
        Ok(settings)
    }

    /// Takes the certificates whose files have changed. They are the files the server was started with.
    fn renewed_certificates(&self) -> Result<Vec<ReloadedSetting>, String> {
        let mut renewed = Vec::new();
        for (listener, certificate) in self.certificates.get().into_iter().flatten() {
            match certificate.reload().map_err(|error| error.to_string())? {
                edge::Reloaded::Unchanged => {}
                edge::Reloaded::Changed { .. } => renewed.push(ReloadedSetting {
                    setting: format!("the certificate of listeners.{listener}"),
                    takes_effect: TakesEffect::Now,
                }),
            }
        }
        Ok(renewed)
    }
}

impl Host for Reloader {
    fn reload(&self) -> Reloaded {
        Self::reload(self)
    }

    fn dropped_log_lines(&self) -> u64 {
        self.logging.dropped_lines()
    }
}

/// Where the configuration says the admin token is.
pub(crate) fn token_source(config: &Config) -> TokenSource {
    let config::Config { admin, storage, .. } = config;
    match admin.token_file(storage) {
        Some(file) => TokenSource::File(file),
        None if admin.token.is_empty() => TokenSource::Random,
        None => TokenSource::Text(admin.token.clone()),
    }
}

fn log(reloaded: &Reloaded) {
    if let Some(error) = &reloaded.error {
        tracing::error!(%error, "the configuration was not reloaded; the server goes on with the one it has");
        return;
    }
    for changed in &reloaded.settings {
        match changed.takes_effect {
            TakesEffect::Now => {
                tracing::info!(setting = changed.setting, "setting changed: it holds now");
            }
            TakesEffect::AtTheNextStart => {
                tracing::warn!(
                    setting = changed.setting,
                    "setting changed: it holds when the server is started again"
                );
            }
        }
    }
    tracing::info!(changed = reloaded.settings.len(), "configuration reloaded");
}

/// The names of settings that differ.
fn differences(running: &Config, wanted: &Config) -> Vec<ReloadedSetting> {
    let [running, wanted] = [running, wanted].map(|config| {
        let mut settings = Vec::new();
        let table =
            Table::try_from(config).expect("settings are tables of texts, numbers and booleans");
        flatten("", &Value::Table(table), &mut settings);
        settings
    });
    let is_in = |setting: &(String, Value), others: &[(String, Value)]| others.contains(setting);
    let mut names: Vec<_> = running
        .iter()
        .filter(|setting| !is_in(setting, &wanted))
        .chain(wanted.iter().filter(|setting| !is_in(setting, &running)))
        .map(|(name, _)| name.clone())
        .collect();
    names.sort();
    names.dedup();
    names
        .into_iter()
        .map(|setting| {
            let is_live = TAKE_EFFECT_NOW
                .iter()
                .any(|live| setting == *live || live.ends_with('.') && setting.starts_with(live));
            ReloadedSetting {
                setting,
                takes_effect: match is_live {
                    true => TakesEffect::Now,
                    false => TakesEffect::AtTheNextStart,
                },
            }
        })
        .collect()
}

fn flatten(name: &str, value: &Value, settings: &mut Vec<(String, Value)>) {
    let below = |part: &str| match name.is_empty() {
        true => part.to_owned(),
        false => format!("{name}.{part}"),
    };
    match value {
        Value::Table(table) => {
            for (part, value) in table {
                flatten(&below(part), value, settings);
            }
        }
        Value::Array(list) => {
            for (index, value) in list.iter().enumerate() {
                flatten(&below(&index.to_string()), value, settings);
            }
        }
        value => settings.push((name.to_owned(), value.clone())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_is_named_with_when_it_holds_and_without_its_value() {
        let running = Config::default();
        let wanted = Config::parse(
            "[[listeners]]\naddress = \"127.0.0.1:7700\"\nplain_tcp = true\nbacklog = 5000\n\
             [log]\nlevel = \"debug\"\n[connections]\ncount_max = 7\n[admin]\ntoken = \"0123456789abcdef\"\n",
        )
        .unwrap();
        let found = differences(&running, &wanted);
        let found: Vec<_> = found
            .iter()
            .map(|changed| (changed.setting.as_str(), changed.takes_effect))
            .collect();
        assert_eq!(
            found,
            [
                ("admin.token", TakesEffect::Now),
                ("connections.count_max", TakesEffect::AtTheNextStart),
                ("listeners.0.backlog", TakesEffect::AtTheNextStart),
                ("log.level", TakesEffect::Now),
            ]
        );
        assert_eq!(differences(&wanted, &wanted), []);
    }
}
