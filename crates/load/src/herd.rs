//! Many clients at once.

use crate::error::LoadError;
use crate::progress::Progress;
use crate::stage::Stage;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use userstatus_client::{Client, Event};

/// Requests of preparation under way at once: many enough to be quick, few enough that none waits long.
pub(crate) const PREPARING_AT_ONCE: u32 = 256;
const SIG_EXPIRE_S: u64 = 86_400;

/// One client, not logged in yet.
#[derive(Clone)]
pub(crate) struct Member {
    pub(crate) name: Arc<str>,
    pub(crate) client: Client,
    sig: Arc<str>,
}

impl Member {
    /// A client with its UserSig; nothing is connected yet.
    pub(crate) fn new(
        stage: &Stage,
        name: String,
        mut events: impl FnMut(Event) + Send + 'static,
    ) -> Result<Self, LoadError> {
        let count_loss = stage.loss_counter();
        let client = Client::new(stage.client_config(), &Handle::current(), move |event| {
            count_loss(&event);
            events(event);
        })?;
        let now_s = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or(Duration::ZERO)
            .as_secs();
        let sig = userstatus_usersig::mint(stage.key(), stage.app_id(), &name, now_s, SIG_EXPIRE_S)
            .expect("members are named by user ids");
        Ok(Self {
            name: name.into(),
            client,
            sig: sig.into(),
        })
    }

    pub(crate) async fn log_in(&self) -> Result<(), userstatus_client::Error> {
        self.client.login(&self.name, &self.sig).await
    }
}

/// Does the same for every member, `at_once` at a time; ends at the first failure.
pub(crate) async fn each<Work, Done>(
    what: &'static str,
    members: &[Member],
    at_once: u32,
    mut work: impl FnMut(usize, Member) -> Work,
) -> Result<(), LoadError>
where
    Work: Future<Output = Result<Done, userstatus_client::Error>> + Send + 'static,
    Done: Send + 'static,
{
    let places = Arc::new(Semaphore::new(at_once as usize));
    let mut progress = Progress::of(what, members.len());
    let mut tasks = JoinSet::new();
    for (index, member) in members.iter().enumerate() {
        // Never closed, so there is always a place in the end.
        let place = Arc::clone(&places).acquire_owned().await.ok();
        let name = Arc::clone(&member.name);
        let work = work(index, member.clone());
        tasks.spawn(async move {
            let result = work.await;
            drop(place);
            (name, result)
        });
        while let Some(Ok((name, result))) = tasks.try_join_next() {
            progress.one_more();
            fail_on(what, &name, result)?;
        }
    }
    while let Some(Ok((name, result))) = tasks.join_next().await {
        progress.one_more();
        fail_on(what, &name, result)?;
    }
    progress.end();
    Ok(())
}

fn fail_on<Done>(
    what: &'static str,
    user: &str,
    result: Result<Done, userstatus_client::Error>,
) -> Result<(), LoadError> {
    result.map(drop).map_err(|source| LoadError::Request {
        what,
        user: user.to_owned(),
        source,
    })
}
