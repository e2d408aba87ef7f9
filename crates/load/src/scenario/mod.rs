//! What can be measured.

mod fanout;
mod flow;
mod graph;
mod idle;
mod logins;
mod query;

pub(crate) use fanout::fanout;
pub(crate) use graph::graph;
pub(crate) use idle::idle;
pub(crate) use logins::logins;
pub(crate) use query::query;

use crate::error::LoadError;
use crate::stage::Stage;
use crate::usage::Process;
use std::time::{Duration, Instant};

/// CPU of server and clients at one moment.
#[derive(Clone, Copy)]
struct Mark {
    at: Instant,
    server_cpu: Option<Duration>,
    own_cpu: Duration,
}

/// CPU between two moments.
struct Spent {
    elapsed_s: f64,
    server_cpu_s: Option<f64>,
    own_cpu_s: f64,
}

impl Mark {
    fn now(stage: &Stage) -> Result<Self, LoadError> {
        Ok(Self {
            at: Instant::now(),
            server_cpu: stage.server_cpu()?,
            own_cpu: Process::own().cpu()?,
        })
    }

    fn spent(self, stage: &Stage) -> Result<Spent, LoadError> {
        let now = Self::now(stage)?;
        let difference = |now: Duration, then: Duration| now.saturating_sub(then).as_secs_f64();
        Ok(Spent {
            elapsed_s: difference(now.at.duration_since(self.at), Duration::ZERO),
            server_cpu_s: now
                .server_cpu
                .zip(self.server_cpu)
                .map(|(now, then)| difference(now, then)),
            own_cpu_s: difference(now.own_cpu, self.own_cpu),
        })
    }
}

impl Spent {
    /// Microseconds of the server's CPU for each of `count`.
    fn server_us_per(&self, count: u64) -> Option<f64> {
        (count > 0)
            .then_some(self.server_cpu_s)?
            .map(|cpu_s| crate::report::rounded(cpu_s * 1e6 / count as f64))
    }
}

/// For a line: the figure, or that it is not known.
fn told(figure: Option<f64>, digits: usize, unit: &str) -> String {
    figure.map_or_else(
        || "an unknown amount of".to_owned(),
        |figure| format!("{figure:.digits$} {unit}"),
    )
}
