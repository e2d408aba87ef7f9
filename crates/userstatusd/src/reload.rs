//! Reading the configuration again while the server runs.

use crate::config::{Admin, Config, ConfigError, Storage, table_of};
use crate::logging::Logging;
use crate::process_use;
use parking_lot::Mutex;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};
use toml::Value;
use userstatus_operate::admin::api::{Reloaded, ReloadedSetting, TakesEffect};
use userstatus_operate::admin::{AdminToken, Host, Token, TokenSource};
use userstatus_operate::metrics::{HostCount, ProcessUse};
use userstatus_tls::{self as tls, ReloadHandle};

/// Where the configuration is read again.
#[derive(Clone)]
pub(crate) struct Source {
    /// What it is, for people.
    pub(crate) name: String,
    pub(crate) read: Arc<dyn Fn() -> Result<Config, ConfigError> + Send + Sync>,
}

/// A reload is answered within this time. What it reads may lie on a disk that hangs.
const RELOAD_TIMEOUT: Duration = Duration::from_secs(5);

/// Reloads whose reading hangs, at a time. Each holds a thread until its disk answers.
const HUNG_READINGS_MAX: usize = 4;

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
    /// Held by the reload that is under way: one after the other, whoever asks.
    turn: Mutex<()>,
    /// Never locked while a file is read.
    running: Mutex<Config>,
    /// What is being read, and once more by each thread that reads.
    reading: Arc<Mutex<String>>,
    logging: Logging,
    done: AtomicU64,
    failed: AtomicU64,
    started_s: f64,
    token: OnceLock<Arc<AdminToken>>,
    certificates: OnceLock<Certificates>,
}

/// Of each that speaks TLS: its section of the configuration, and its certificate.
pub(crate) type Certificates = Vec<(String, ReloadHandle)>;

impl Reloader {
    pub(crate) fn new(config: Config, source: Option<Source>, logging: Logging) -> Arc<Self> {
        Arc::new(Self {
            source,
            turn: Mutex::new(()),
            running: Mutex::new(config),
            reading: Arc::default(),
            logging,
            done: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            started_s: process_use::now_s(),
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

    /// Reads the configuration, takes up what can be taken up, and logs and returns what became of it. Blocks, for a while at most.
    pub(crate) fn reload(&self) -> Reloaded {
        let reloaded = match self.read().and_then(|read| self.take_up(read)) {
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
        match reloaded.reloaded {
            true => self.done.fetch_add(1, Ordering::Relaxed),
            false => self.failed.fetch_add(1, Ordering::Relaxed),
        };
        log(&reloaded);
        reloaded
    }

    /// Reads on a thread of its own, which is left alone if it hangs.
    fn read(&self) -> Result<Read, String> {
        let deadline = Instant::now() + RELOAD_TIMEOUT;
        let source = self.source.clone().ok_or(
            "there is no configuration to read again: this server was started by `userstatusd dev`",
        )?;
        let _turn = self
            .turn
            .try_lock_until(deadline)
            .ok_or_else(|| format!("another reload still reads {}", self.reading.lock()))?;
        if Arc::strong_count(&self.reading) > HUNG_READINGS_MAX {
            return Err(format!(
                "{HUNG_READINGS_MAX} earlier reloads still hang, the last at {}",
                self.reading.lock()
            ));
        }
        let reading = Reading {
            source,
            certificates: self.certificates.get().cloned().unwrap_or_default(),
            reads_token: self.token.get().is_some(),
            storage: self.running.lock().storage.clone(),
            at: Arc::clone(&self.reading),
        };
        let (done, is_done) = sync_channel(1);
        std::thread::Builder::new()
            .name("reload".to_owned())
            // Whoever asked may have given up: then nothing of it is taken up.
            .spawn(move || _ = done.send(reading.read()))
            .map_err(|error| format!("there is no thread to read with: {error}"))?;
        let left = deadline.saturating_duration_since(Instant::now());
        is_done.recv_timeout(left).unwrap_or_else(|error| {
            Err(match error {
                RecvTimeoutError::Timeout => format!(
                    "{} could not be read within {} s; does its disk hang?",
                    self.reading.lock(),
                    RELOAD_TIMEOUT.as_secs()
                ),
                RecvTimeoutError::Disconnected => "the thread that read panicked".to_owned(),
            })
        })
    }

    fn take_up(&self, read: Read) -> Result<Vec<ReloadedSetting>, String> {
        let Read {
            wanted,
            renewed,
            token,
        } = read;
        let mut running = self.running.lock();
        self.logging.change(&wanted.log)?;
        let mut settings = differences(&running, &wanted);
        settings.extend(renewed);
        if let Some(standing) = self.token.get() {
            let is_there = token.is_some();
            let is_another = token.is_some_and(|token| standing.change(token));
            say_of_token(&mut settings, is_there, is_another);
            if is_there {
                running.admin.token = wanted.admin.token;
                running.admin.token_file = wanted.admin.token_file;
            }
        }
        // What waits for the next start is said again at the next reload.
        running.log = wanted.log;
        running.shutdown.drain_timeout_ms = wanted.shutdown.drain_timeout_ms;
        Ok(settings)
    }
}

/// What a reload reads, and where it is.
struct Reading {
    source: Source,
    certificates: Certificates,
    reads_token: bool,
    /// What the server runs with, whatever the configuration says by now.
    storage: Storage,
    at: Arc<Mutex<String>>,
}

/// What a reload has read.
struct Read {
    wanted: Config,
    /// Certificates are taken as they are read: the server looks at them by itself as well.
    renewed: Vec<ReloadedSetting>,
    /// None if there is none where it should be, or no admin port.
    token: Option<Token>,
}

impl Reading {
    fn read(self) -> Result<Read, String> {
        self.is_at(self.source.name.clone());
        let wanted = (self.source.read)().map_err(|error| error.in_one_line())?;
        let source = token_source(&wanted.admin, &self.storage);
        if let TokenSource::File(file) = &source {
            self.is_at(file.display().to_string());
        }
        let token = match self.reads_token {
            true => Token::read_again(&source).map_err(|error| error.to_string())?,
            false => None,
        };
        // Last: they are taken as they are read, and what is wrong before changes nothing.
        let renewed = self.renewed_certificates()?;
        Ok(Read {
            wanted,
            renewed,
            token,
        })
    }

    /// Takes the certificates whose files have changed. They are the files the server was started with.
    fn renewed_certificates(&self) -> Result<Vec<ReloadedSetting>, String> {
        let mut renewed = Vec::new();
        for (section, certificate) in &self.certificates {
            let [cert, key] = [certificate.cert_file(), certificate.key_file()].map(Path::display);
            self.is_at(format!("{cert} or {key}"));
            match certificate.reload().map_err(|error| error.to_string())? {
                tls::Reloaded::Unchanged => {}
                tls::Reloaded::Changed { .. } => renewed.push(ReloadedSetting {
                    setting: format!("the certificate of {section}"),
                    takes_effect: TakesEffect::Now,
                }),
            }
        }
        Ok(renewed)
    }

    fn is_at(&self, what: String) {
        *self.at.lock() = what;
    }
}

/// A token that is not there is made by the next start; until then the one that stands holds.
fn say_of_token(settings: &mut Vec<ReloadedSetting>, is_there: bool, is_another: bool) {
    let takes_effect = match is_there {
        true => TakesEffect::Now,
        false => TakesEffect::AtTheNextStart,
    };
    let mut is_named = false;
    for changed in settings.iter_mut() {
        if changed.setting.starts_with("admin.token") {
            changed.takes_effect = takes_effect;
            is_named = true;
        }
    }
    if !is_named && (is_another || !is_there) {
        settings.push(ReloadedSetting {
            setting: "admin.token_file".to_owned(),
            takes_effect,
        });
    }
}

impl Host for Reloader {
    fn reload(&self) -> Reloaded {
        Self::reload(self)
    }

    fn count(&self) -> HostCount {
        HostCount {
            reloads: self.done.load(Ordering::Relaxed),
            reloads_failed: self.failed.load(Ordering::Relaxed),
            log_lines_dropped: self.logging.dropped_lines(),
        }
    }

    fn process(&self) -> ProcessUse {
        process_use::now(self.started_s)
    }
}

/// Where the configuration says the admin token is.
pub(crate) fn token_source(admin: &Admin, storage: &Storage) -> TokenSource {
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
        flatten("", &Value::Table(table_of(config)), &mut settings);
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
    fn where_the_token_cannot_be_read_no_certificate_is_taken() {
        let dir = tempfile::tempdir().unwrap();
        let [cert, key, token] = ["cert.pem", "key.pem", "token"].map(|name| dir.path().join(name));
        let renew = || {
            let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
            std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
            std::fs::write(&cert, made.cert.pem()).unwrap();
        };
        renew();
        let (_, certificate) = tls::acceptor(&cert, &key).unwrap();
        renew();
        std::fs::write(&token, "short").unwrap();
        let mut wanted = Config::default();
        wanted.admin.token_file.clone_from(&token);
        let reading = Reading {
            source: Source {
                name: "a test".to_owned(),
                read: Arc::new(move || Ok(wanted.clone())),
            },
            certificates: vec![("listeners.0".to_owned(), certificate.clone())],
            reads_token: true,
            storage: Storage::default(),
            at: Arc::default(),
        };
        let error = reading.read().err().unwrap();
        assert!(error.contains(token.to_str().unwrap()), "{error}");
        let taken_now = certificate.reload().unwrap();
        assert!(matches!(taken_now, tls::Reloaded::Changed { .. }));
    }

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
