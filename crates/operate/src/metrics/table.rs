//! Every metric there is: what it is called, what it counts, and by what it is told apart.

use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Unit;

/// A metric.
#[derive(Debug)]
pub struct Metric {
    /// Without unit and `_total`.
    pub(super) base: &'static str,
    pub(super) unit: Option<Unit>,
    pub(super) kind: MetricType,
    /// What its series are told apart by. Each has few values, which nobody outside chooses.
    pub labels: &'static [&'static str],
    /// What it says.
    pub help: &'static str,
}

impl Metric {
    /// As it is asked for.
    pub fn name(&self) -> String {
        let unit = self.unit.as_ref();
        let unit = unit.map_or_else(String::new, |unit| format!("_{}", unit.as_str()));
        let suffix = match self.kind {
            MetricType::Counter => "_total",
            MetricType::Info => "_info",
            _ => "",
        };
        format!("{}{unit}{suffix}", self.base)
    }

    /// Counter, gauge, histogram or info.
    pub fn kind(&self) -> &str {
        self.kind.as_str()
    }
}

macro_rules! metrics {
    ($($name:ident: $kind:ident $base:literal $(in $unit:ident)? [$($label:literal),*] $help:literal;)*) => {
        $(pub(super) static $name: Metric = Metric {
            base: $base,
            unit: metrics!(@unit $($unit)?),
            kind: MetricType::$kind,
            labels: &[$($label),*],
            help: $help,
        };)*

        /// All of them, in the order in which they are told.
        pub static METRICS: &[&Metric] = &[$(&$name,)*];
    };
    (@unit) => { None };
    (@unit $unit:ident) => { Some(Unit::$unit) };
}

metrics! {
    BUILD: Info "userstatus_build" ["version"]
        "The version of the server";
    PHASE: Gauge "userstatus_phase" ["phase"]
        "1 for what the server is at: starting, serving or draining";
    READY: Gauge "userstatus_ready" []
        "1 while clients can be sent here: /readyz is 200";
    DEGRADED: Gauge "userstatus_degraded" []
        "1 while clients are served and something needs a look: /readyz?strict=true is 503, and says what";

    CPU: Counter "process_cpu" in Seconds []
        "Processor time the server has used";
    MEMORY: Gauge "process_resident_memory" in Bytes []
        "Memory of the server that is not swapped out";
    OPEN_FILES: Gauge "process_open_fds" []
        "Files the server has open; each connection is one";
    OPEN_FILES_MAX: Gauge "process_max_fds" []
        "Files it may have open";
    STARTED: Gauge "process_start_time" in Seconds []
        "When the server was started, in Unix time";

    APPS: Gauge "userstatus_apps" []
        "Apps";
    ACCOUNTS: Gauge "userstatus_accounts" []
        "Accounts that are known, online or not";
    SESSIONS: Gauge "userstatus_sessions" []
        "Connections that are logged in";

    APP_ONLINE: Gauge "userstatus_app_online" ["app"]
        "Accounts of an app that are online: of as many apps as metrics.apps_max says, those with most; all others together are other";

    LISTENERS: Gauge "userstatus_listeners" ["kind"]
        "Listeners that take connections: tcp, tls, websocket, websocket_tls";
    CONNECTIONS: Gauge "userstatus_connections" ["kind"]
        "Connections, logged in or not";
    CONNECTIONS_MAX: Gauge "userstatus_connections_max" []
        "Connections there may be";
    CONNECTIONS_ACCEPTED: Counter "userstatus_connections_accepted" []
        "Connections that were given a place";
    CONNECTIONS_REFUSED: Counter "userstatus_connections_refused" ["reason"]
        "Connections turned away: full, per_address (its address has its share), no_balancer";
    CONNECTIONS_CLOSED: Counter "userstatus_connections_closed" ["reason"]
        "Connections that ended: client (by the client or the network), silent, logout, replaced (the same client is back on another), kicked, protocol, stopping; and before a login before_login, hello_timeout, login_timeout, too_many_logins, tls_handshake, websocket_handshake, proxy_header";
    ACCEPT_FAILURES: Counter "userstatus_accept_failures" []
        "Connections the system did not hand over, mostly for want of open files";
    TLS_HANDSHAKES: Counter "userstatus_tls_handshakes" ["result"]
        "TLS handshakes: ok, failed, timeout, not_begun (the other side said nothing)";
    WEBSOCKET_HANDSHAKES: Counter "userstatus_websocket_handshakes" ["result"]
        "Handshakes of WebSockets, as those of TLS";
    CONNECTIONS_BLOCKED: Gauge "userstatus_connections_blocked" []
        "Connections whose socket takes no more: the client, or its network, is slow";
    BLOCKED_BYTES: Gauge "userstatus_socket_waiting" in Bytes []
        "What waits for those sockets";
    OUTBOX_BYTES: Gauge "userstatus_outbox_waiting" in Bytes []
        "Statuses that wait in outboxes, where of several of one user the newest stays";
    KICKS: Counter "userstatus_kicks" ["code"]
        "Sessions ended by the server, by the code they were told: 6208 another device, 70001 its UserSig ended, 70009 its key was removed, 70020 its app was, 70052 an operator";

    LOGINS: Counter "userstatus_logins" ["result"]
        "Logins: ok, refused, failed (the server could not)";
    LOGINS_REFUSED: Counter "userstatus_logins_refused" ["code"]
        "Logins that were refused or failed, by code";
    FORGERIES_THROTTLED: Counter "userstatus_forgeries_throttled" []
        "Forged logins that were answered with 70050, because there were too many";
    REQUESTS: Counter "userstatus_requests" ["request", "result"]
        "Requests of clients: ok, refused, failed (the server could not)";
    REQUESTS_REFUSED: Counter "userstatus_requests_refused" ["code"]
        "Requests but logins that were refused or failed, by code";
    REQUEST_DURATION: Histogram "userstatus_request_duration" in Seconds ["request"]
        "What a request took in the server, without the way to it and from it; records wait for the disk";

    CHANGES: Counter "userstatus_status_changes" []
        "Changes of a status that were announced, watched by somebody or not";
    ENCODES: Counter "userstatus_encodes" []
        "Changes that were encoded: once each, however many are told, and not at all if nobody is";
    DELIVERIES: Counter "userstatus_deliveries" []
        "Statuses put in the outboxes of connections";
    MERGES: Counter "userstatus_merges" []
        "Of those, statuses made superfluous by newer ones before the connection took them";
    FAN_OUT: Histogram "userstatus_fan_out" []
        "How many connections were told of one change";
    WATCH_LATENCY: Histogram "userstatus_watch_latency" in Seconds []
        "From a change until a connection that watches gave it to its socket; up to push_coalesce_ms of it are chosen";
    WATCHED: Gauge "userstatus_watched" ["way"]
        "Users that those online watch, counted once for each who watches: subscription, friend";

    STORE_STATE: Gauge "userstatus_store_state" ["state"]
        "1 for the state of the disk: ok, failing, stalled; records need ok";
    STORE_COMMIT: Histogram "userstatus_store_commit" in Seconds []
        "What a transaction of the journal took, until it was on disk";
    STORE_COMMITS_FAILED: Counter "userstatus_store_commits_failed" []
        "Transactions that the disk refused; they are tried again";
    STORE_ROWS: Counter "userstatus_store_rows_written" []
        "Rows in transactions that are on disk";
    STORE_BYTES: Gauge "userstatus_store_file" in Bytes []
        "The size of the data file";
    STORE_UNWRITTEN: Gauge "userstatus_store_accounts_unwritten" []
        "Accounts whose presence differs from what is on disk";
    STORE_LAG: Gauge "userstatus_store_lag" in Seconds []
        "For how long something has been waiting to get on disk: above a second the disk is slow";
    RECORDS_FAILED: Counter "userstatus_records_failed" ["reason"]
        "Records the rules allow and the store could not make: disk_failed, disk_stalled, contended, unreachable";

    TLS_NOT_AFTER: Gauge "userstatus_tls_cert_not_after" in Seconds ["listener"]
        "When the certificate of a listener ends, in Unix time";
    TLS_USABLE: Gauge "userstatus_tls_cert_files_usable" ["listener"]
        "1 if what is in the certificate's files is served, 0 if it cannot be and the one before still is";
    TLS_RELOADS: Counter "userstatus_tls_reloads" ["listener", "result"]
        "Certificates found in the files: ok (served from then on), failed (could not be used)";
    RELOADS: Counter "userstatus_config_reloads" ["result"]
        "Times the configuration was read again: ok, failed (the old one still holds)";
    LOG_LINES_DROPPED: Counter "userstatus_log_lines_dropped" []
        "Log lines dropped because nobody read them in time";
    WRONG_TOKENS: Counter "userstatus_admin_wrong_tokens" []
        "Requests with a wrong admin token";
}
