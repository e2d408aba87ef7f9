//! The server's side of TLS: certificate and key from PEM files, which may change while it runs. For whoever listens: clients' listeners and
//! those of back ends.

#![forbid(unsafe_code)]

mod files;

pub use files::TlsError;
pub use tokio_rustls::TlsAcceptor;

use arc_swap::{ArcSwap, ArcSwapOption};
use files::{Certificate, Contents, Files};
use parking_lot::Mutex;
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, timeout};
use userstatus_core::Timestamp;
use userstatus_meters::Counter;

/// How often the files are looked at.
const LOOK_INTERVAL: Duration = Duration::from_secs(5);

/// A look that takes longer hangs: another is begun beside it, for it may never end.
const LOOK_TIMEOUT: Duration = Duration::from_secs(5);

/// Looks that hang at a time. With so many the disk hangs for others too, and one of them is waited for.
const HUNG_LOOKS_MAX: usize = 4;

/// A certificate that ends within this time is warned of: renewals are due at thirty days, so one has failed twice.
const EXPIRY_WARNING_MS: u64 = 14 * DAY_MS;

/// How often one is warned of.
const EXPIRY_WARNING_INTERVAL_MS: u64 = DAY_MS;

const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

/// The certificate of a listener, and the way to read it anew.
#[derive(Clone)]
pub struct ReloadHandle(Arc<Served>);

/// What became of a reload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reloaded {
    /// The files are as they were.
    Unchanged,
    /// From now on handshakes are made with what is in the files; connections that stand are not touched.
    Changed {
        /// When the new certificate ends.
        not_after: Timestamp,
    },
}

struct Served {
    files: Files,
    current: ArcSwap<Certificate>,
    /// Why the files could not be used when they were last read.
    failure: ArcSwapOption<String>,
    /// Certificates that were taken up, and what was found in the files that could not be.
    renewed: Counter,
    rejected: Counter,
    /// Readings that were begun.
    readings: AtomicU64,
    /// Never locked while the files are read: that may take for ever.
    state: Mutex<State>,
}

struct State {
    contents: Contents,
    /// Which reading they are of. One that was begun earlier and ends later is not taken.
    reading: u64,
    /// What was last said to be wrong with the files; once is enough.
    complaint: Option<String>,
    warned_at: Option<Timestamp>,
}

/// TLS 1.2 and 1.3 with the certificate chain and key of these PEM files, whatever comes to be in them.
///
/// # Errors
/// [`TlsError`].
pub fn acceptor(
    cert_file: &Path,
    key_file: &Path,
) -> Result<(TlsAcceptor, ReloadHandle), TlsError> {
    let files = Files {
        cert: cert_file.to_owned(),
        key: key_file.to_owned(),
    };
    let contents = files.read()?;
    let certificate = files.certificate(&contents)?;
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|source| files.unusable(source))?
        .with_no_client_auth();
    // A client that lost its network comes back without a full handshake, also after the certificate has changed.
    let ticketer = ring::Ticketer::new().map_err(|source| files.unusable(source))?;
    let served = Arc::new(Served {
        files,
        current: ArcSwap::from_pointee(certificate),
        failure: ArcSwapOption::empty(),
        renewed: Counter::default(),
        rejected: Counter::default(),
        readings: AtomicU64::new(0),
        state: Mutex::new(State {
            contents,
            reading: 0,
            complaint: None,
            warned_at: None,
        }),
    });
    let mut config = config.with_cert_resolver(Arc::new(Resolver(Arc::clone(&served))));
    config.ticketer = ticketer;
    let acceptor = TlsAcceptor::from(Arc::new(config));
    Ok((acceptor, ReloadHandle(served)))
}

/// Which certificate a handshake is made with: the one of the moment.
struct Resolver(Arc<Served>);

impl fmt::Debug for Resolver {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Resolver")
    }
}

impl ResolvesServerCert for Resolver {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0.current.load().certified))
    }
}

impl ReloadHandle {
    /// Reads the files, and takes what is in them if it can be used and is new. Blocks while it reads.
    ///
    /// # Errors
    /// They cannot be used: the certificate stays as it was.
    pub fn reload(&self) -> Result<Reloaded, TlsError> {
        let reading = self.0.readings.fetch_add(1, Ordering::Relaxed) + 1;
        let reloaded = self.take_up(reading);
        // A reading that hung tells nothing new.
        if reading == self.0.readings.load(Ordering::Relaxed) {
            let failure = reloaded.as_ref().err().map(ToString::to_string);
            let before = self.0.failure.swap(failure.clone().map(Arc::new));
            if failure.is_some() && failure.as_ref() != before.as_deref() {
                self.0.rejected.count();
            }
        }
        reloaded
    }

    fn take_up(&self, reading: u64) -> Result<Reloaded, TlsError> {
        let served = &self.0;
        let contents = served.files.read_again()?;
        let mut state = served.state.lock();
        if reading < state.reading || contents == state.contents {
            return Ok(Reloaded::Unchanged);
        }
        let certificate = served.files.certificate(&contents)?;
        let not_after = certificate.not_after;
        state.contents = contents;
        state.reading = reading;
        state.warned_at = None;
        served.current.store(Arc::new(certificate));
        served.renewed.count();
        Ok(Reloaded::Changed { not_after })
    }

    /// Why the files could not be used when they were last read; none: they can. Never blocks.
    pub fn failure(&self) -> Option<Arc<String>> {
        self.0.failure.load_full()
    }

    /// How many certificates were taken up since the start, and how often what came to be in the files could not be.
    pub fn renewals(&self) -> (u64, u64) {
        (self.0.renewed.total(), self.0.rejected.total())
    }

    /// When the certificate that is served ends.
    pub fn not_after(&self) -> Timestamp {
        self.0.current.load().not_after
    }

    /// The file it came from.
    pub fn cert_file(&self) -> &Path {
        &self.0.files.cert
    }

    /// The file its key came from.
    pub fn key_file(&self) -> &Path {
        &self.0.files.key
    }

    /// Looks at the files again and again, takes what is new, and says what is wrong with it, or with the certificate's end.
    pub async fn follow_files(&self, now: impl Fn() -> Timestamp) {
        let mut looks = interval(LOOK_INTERVAL);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // Files may lie on a network that hangs.
        let mut under_way = JoinSet::new();
        let mut hangs = false;
        loop {
            looks.tick().await;
            if under_way.len() < HUNG_LOOKS_MAX {
                let looking = self.clone();
                under_way.spawn_blocking(move || looking.reload());
            }
            let mut ended = timeout(LOOK_TIMEOUT, under_way.join_next()).await;
            self.log_hanging(ended.is_err(), &mut hangs);
            while let Ok(Some(looked)) = ended {
                if let Ok(looked) = looked {
                    self.log(looked, now());
                }
                ended = Ok(under_way.try_join_next());
            }
            self.warn_of_end(now());
        }
    }

    fn log_hanging(&self, hangs: bool, hung: &mut bool) {
        let (cert, key) = (self.cert_file().display(), self.key_file().display());
        match (std::mem::replace(hung, hangs), hangs) {
            (false, true) => tracing::warn!(
                %cert, %key, after_s = LOOK_TIMEOUT.as_secs(),
                "reading the certificate's files hangs; the one that was read last is served"
            ),
            (true, false) => {
                tracing::info!(%cert, %key, "the certificate's files can be read again")
            }
            _ => {}
        }
    }

    fn log(&self, looked: Result<Reloaded, TlsError>, now: Timestamp) {
        let cert = self.cert_file().display();
        if let Ok(Reloaded::Changed { .. }) = &looked {
            tracing::info!(%cert, days_left = self.days_left(now), "a new certificate is served from now on");
        }
        let complaint = looked.err().map(|error| error.to_string());
        if let Some(error) = self.news_of(complaint) {
            tracing::error!(%error, "the certificate's files have changed and cannot be used; the old one is still served");
        }
    }

    fn warn_of_end(&self, now: Timestamp) {
        if self.is_to_be_warned_of(now) {
            let cert = self.cert_file().display();
            let days_left = self.days_left(now);
            tracing::warn!(%cert, days_left, "the certificate ends soon, or has ended; put a new one in its place");
        }
    }

    /// What is wrong, if it is not what was wrong at the last look.
    fn news_of(&self, complaint: Option<String>) -> Option<String> {
        let mut state = self.0.state.lock();
        let is_news = state.complaint != complaint;
        state.complaint = complaint;
        state.complaint.clone().filter(|_| is_news)
    }

    fn is_to_be_warned_of(&self, now: Timestamp) -> bool {
        let mut state = self.0.state.lock();
        let ends_soon = self.not_after() < now.plus_ms(EXPIRY_WARNING_MS);
        let was_warned = state
            .warned_at
            .is_some_and(|at| now < at.plus_ms(EXPIRY_WARNING_INTERVAL_MS));
        if ends_soon && !was_warned {
            state.warned_at = Some(now);
        }
        ends_soon && !was_warned
    }

    fn days_left(&self, now: Timestamp) -> u64 {
        self.not_after().ms_since(now) / DAY_MS
    }
}

#[cfg(test)]
mod tests;
