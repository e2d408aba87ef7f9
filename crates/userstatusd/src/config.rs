//! The settings of `userstatusd serve`: a TOML file, then the environment. Apps are not among them: the operator creates those
//! while the server runs.

mod check;
mod environment;
mod error;
#[cfg(test)]
mod tests;

pub(crate) use error::{ConfigError, Problem};

use serde::{Deserialize, Serialize};
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use toml::{Table, Value};
use userstatus_edge::settings::{Connections, Listener, Network, Throttle};

/// More than any configuration has: what is longer is another file.
const FILE_BYTES_MAX: u64 = 1024 * 1024;

/// Every setting. `userstatusd.example.toml` documents them; a test holds the two together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Config {
    /// Where clients connect.
    pub(crate) listeners: Vec<Listener>,
    /// Where accounts and apps are kept.
    pub(crate) storage: Storage,
    /// What a connection may do, and how many there may be.
    pub(crate) connections: Connections,
    /// Forged logins.
    pub(crate) throttle: Throttle,
    /// Where operators connect.
    pub(crate) admin: Admin,
    /// Where studios' back ends connect.
    pub(crate) rest: Rest,
    /// Where balancers ask whether the server is well.
    pub(crate) health: HealthSettings,
    /// What monitoring is told.
    pub(crate) metrics: MetricsSettings,
    /// How the server stops.
    pub(crate) shutdown: Shutdown,
    /// What it logs.
    pub(crate) log: Log,
    /// The machine.
    pub(crate) runtime: Runtime,
}

/// Where accounts and apps are kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Storage {
    /// Directory, made if need be; empty: memory only, nothing survives a stop.
    pub(crate) data_dir: PathBuf,
}

/// Where operators connect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Admin {
    /// Whether there is an admin port.
    pub(crate) enabled: bool,
    /// Address and port; plain HTTP.
    pub(crate) listen: SocketAddr,
    /// What operators show; empty: what `token_file` holds.
    pub(crate) token: String,
    /// File with the token, made with a random one if it is not there; empty: `admin-token` in the data directory.
    pub(crate) token_file: PathBuf,
    /// Whether `listen` may be an address that others can reach: the token then travels readable.
    pub(crate) allow_remote: bool,
}

/// Where studios' back ends connect.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Rest {
    /// Address and port, as text; empty: nowhere.
    pub(crate) listen: String,
    /// PEM file with the certificate chain; empty: plain.
    pub(crate) tls_cert_file: PathBuf,
    /// PEM file with its private key.
    pub(crate) tls_key_file: PathBuf,
    /// Whether what is plain on `listen` comes from a balancer that ends TLS.
    pub(crate) balancer_ends_tls: bool,
    /// Balancers, which are believed when they say in `X-Forwarded-For` whom they speak for.
    pub(crate) proxy_trusted: Vec<Network>,
}

/// Where balancers ask whether the server is well, besides the admin port.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct HealthSettings {
    /// Address and port, as text; empty: none of its own.
    pub(crate) listen: String,
    /// Whether metrics are told there as well, without a token.
    pub(crate) metrics: bool,
}

/// What monitoring is told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct MetricsSettings {
    /// Apps that have series of their own; 0: none.
    pub(crate) apps_max: u32,
}

/// How the server stops.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Shutdown {
    /// Connections that are still there after this are closed.
    pub(crate) drain_timeout_ms: u32,
    /// Clients are told to come back after a random time up to this.
    pub(crate) reconnect_spread_ms: u32,
}

/// What is logged, to standard error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Log {
    /// How.
    pub(crate) format: LogFormat,
    /// `off`, `error`, `warn`, `info`, `debug`, `trace`, or a filter such as `info,userstatus_edge=debug`.
    pub(crate) level: String,
}

/// The machine.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Runtime {
    /// Threads that serve connections; 0: one per CPU.
    pub(crate) worker_threads: u32,
}

/// How a log line is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object per line.
    Json,
}

/// The admin port of a server nobody configured.
pub(crate) const DEFAULT_ADMIN_LISTEN: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 7701);

impl Default for Config {
    fn default() -> Self {
        Self {
            listeners: vec![Listener {
                // Nobody else is on loopback.
                plain_tcp: true,
                ..Listener::default()
            }],
            storage: Storage::default(),
            connections: Connections::default(),
            throttle: Throttle::default(),
            admin: Admin::default(),
            rest: Rest::default(),
            health: HealthSettings::default(),
            metrics: MetricsSettings::default(),
            shutdown: Shutdown::default(),
            log: Log::default(),
            runtime: Runtime::default(),
        }
    }
}

impl Default for Storage {
    fn default() -> Self {
        Self {
            data_dir: PathBuf::from("/var/lib/userstatusd"),
        }
    }
}

impl Default for Admin {
    fn default() -> Self {
        Self {
            enabled: true,
            listen: DEFAULT_ADMIN_LISTEN,
            token: String::new(),
            token_file: PathBuf::new(),
            allow_remote: false,
        }
    }
}

impl Default for HealthSettings {
    fn default() -> Self {
        Self {
            listen: String::new(),
            metrics: true,
        }
    }
}

impl Default for Shutdown {
    fn default() -> Self {
        Self {
            drain_timeout_ms: 4_000,
            reconnect_spread_ms: 10_000,
        }
    }
}

impl Default for Log {
    fn default() -> Self {
        Self {
            format: LogFormat::Text,
            level: "info".to_owned(),
        }
    }
}

impl Config {
    /// Reads a configuration and checks it.
    ///
    /// # Errors
    /// [`ConfigError::Syntax`], or every value that cannot be.
    #[cfg_attr(
        not(test),
        allow(dead_code, reason = "tests and fuzzing have a text, and no file")
    )]
    pub(crate) fn parse(text: &str) -> Result<Self, ConfigError> {
        let config = Self::read(text)?;
        config.check()?;
        Ok(config)
    }

    /// Takes a configuration file as `read` gives it, which is told how long it may be, or the defaults if there is none, lets the
    /// environment override it, and checks the result.
    ///
    /// # Errors
    /// As [`Config::parse`], or the file cannot be read.
    pub(crate) fn load(
        file: Option<&Path>,
        read: impl FnOnce(&Path, u64) -> io::Result<String>,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let config = Self::gather(file, read, environment)?;
        config.check()?;
        Ok(config)
    }

    /// The same without the check.
    ///
    /// # Errors
    /// It cannot be read, or a value is of the wrong kind.
    pub(crate) fn gather(
        file: Option<&Path>,
        read: impl FnOnce(&Path, u64) -> io::Result<String>,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let config = match file {
            Some(file) => {
                let text = read(file, FILE_BYTES_MAX);
                Self::read(&text.map_err(|source| ConfigError::Unreadable {
                    file: file.to_owned(),
                    source,
                })?)?
            }
            None => Self::default(),
        };
        environment::apply(config, environment)
    }

    /// What a text says, whether that can be or not.
    pub(crate) fn read(text: &str) -> Result<Self, ConfigError> {
        let config = toml::from_str(text).map_err(|error| syntax_error(text, &error))?;
        // By itself serde takes a list for a section, by the order of the settings, and a section for a choice.
        let mut misshapen = Vec::new();
        let given = toml::from_str(text).map_err(|error| syntax_error(text, &error))?;
        find_misshapen("", &given, &table_of(&Self::default()), &mut misshapen);
        match misshapen.is_empty() {
            true => Ok(config),
            false => Err(ConfigError::Invalid(misshapen)),
        }
    }

    /// The data directory, if there is one.
    pub(crate) fn data_dir(&self) -> Option<&Path> {
        non_empty(&self.storage.data_dir)
    }
}

impl HealthSettings {
    /// Where, if there is a port of its own.
    pub(crate) fn address(&self) -> Result<Option<SocketAddr>, Problem> {
        optional_address("health.listen", &self.listen, 7702)
    }
}

impl Rest {
    /// Where, if anywhere.
    pub(crate) fn address(&self) -> Result<Option<SocketAddr>, Problem> {
        optional_address("rest.listen", &self.listen, 7704)
    }

    /// Certificate and key, if it is TLS.
    pub(crate) fn tls_files(&self) -> Option<(&Path, &Path)> {
        Some((
            non_empty(&self.tls_cert_file)?,
            non_empty(&self.tls_key_file)?,
        ))
    }
}

fn optional_address(key: &str, text: &str, port: u16) -> Result<Option<SocketAddr>, Problem> {
    if text.is_empty() {
        return Ok(None);
    }
    let address = text.parse();
    address.map(Some).map_err(|_| {
        Problem::new(
            key,
            format!("it is no IP:PORT, such as 0.0.0.0:{port} or [::]:{port}"),
        )
    })
}

impl Admin {
    /// The file the token is in, if it is in one.
    pub(crate) fn token_file(&self, storage: &Storage) -> Option<PathBuf> {
        if !self.token.is_empty() {
            return None;
        }
        let data_dir = non_empty(&storage.data_dir);
        non_empty(&self.token_file)
            .map(Path::to_owned)
            .or_else(|| data_dir.map(|data_dir| data_dir.join(ADMIN_TOKEN_FILE)))
    }
}

/// Shortest admin token.
pub(crate) const ADMIN_TOKEN_BYTES_MIN: usize = 16;

/// Name of the file in the data directory that holds the admin token.
pub(crate) const ADMIN_TOKEN_FILE: &str = "admin-token";

fn syntax_error(text: &str, error: &toml::de::Error) -> ConfigError {
    let advice = advice_on(error).map_or_else(String::new, |advice| format!("{advice}\n"));
    let before = error.span().and_then(|span| text.get(..span.start));
    let place = before.map_or_else(String::new, |before| {
        let line = before.matches('\n').count() + 1;
        let column = before
            .rsplit('\n')
            .next()
            .unwrap_or_default()
            .chars()
            .count()
            + 1;
        format!("line {line}, column {column}: ")
    });
    let reason = format!("{}\n{advice}", error.message());
    ConfigError::Syntax {
        shown: format!("{error}{advice}"),
        in_short: format!("{place}{}", reason.trim_end().replace('\n', "; ")),
    }
}

/// Sections that are written as lists, and the other way round.
fn find_misshapen(name: &str, given: &Table, known: &Table, misshapen: &mut Vec<Problem>) {
    for (key, value) in given {
        let name = match name.is_empty() {
            true => key.clone(),
            false => format!("{name}.{key}"),
        };
        match (value, known.get(key)) {
            (Value::Table(given), Some(Value::Table(known))) => {
                find_misshapen(&name, given, known, misshapen);
            }
            (Value::Array(_), Some(Value::Table(_))) => misshapen.push(Problem::new(
                &name,
                format!(
                    "it is a list; write it as a section, [{name}], with the names of its settings"
                ),
            )),
            (Value::Array(given), Some(Value::Array(known)))
                if known.first().is_some_and(Value::is_table) =>
            {
                let in_order = given
                    .iter()
                    .enumerate()
                    .filter(|(_, item)| !item.is_table());
                misshapen.extend(in_order.map(|(index, _)| {
                    Problem::new(
                        format!("{name}.{index}"),
                        format!("it is no section; write each as [[{name}]], with the names of its settings"),
                    )
                }));
            }
            (Value::Table(_), Some(_)) => {
                misshapen.push(Problem::new(&name, "it is a section; write a single value"))
            }
            _ => {}
        }
    }
}

/// What to write instead, where the parser does not say it.
fn advice_on(error: &toml::de::Error) -> Option<&'static str> {
    let is_of_an_address = error.message().contains("socket address");
    is_of_an_address.then_some(
        "an address is IP:PORT, as in 127.0.0.1:7700 or [::]:7700; host names are not taken",
    )
}

/// Settings as they would stand in a file.
pub(crate) fn table_of(settings: &impl Serialize) -> Table {
    Table::try_from(settings)
        .expect("settings are tables of texts, numbers, booleans and lists of texts")
}

pub(crate) fn non_empty(path: &Path) -> Option<&Path> {
    (!path.as_os_str().is_empty()).then_some(path)
}
