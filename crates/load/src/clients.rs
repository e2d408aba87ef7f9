//! Many logged-in clients.

use crate::Failure;
use crate::server::Server;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use userstatus_client::{Client, ClientConfig, Event};

/// Logins under way at once, where the scenario does not say.
pub(crate) const CONCURRENCY: usize = 256;

/// Logs `count` users in, named `prefix0`, `prefix1`, …; `events` makes each one's event function. In order of number.
pub(crate) async fn log_in<F, E>(
    server: &Server,
    prefix: &str,
    count: usize,
    concurrency: usize,
    events: F,
) -> Result<Vec<Client>, Failure>
where
    F: Fn(usize) -> E,
    E: FnMut(Event) + Send + 'static,
{
    let permits = Arc::new(Semaphore::new(concurrency));
    let done = Arc::new(AtomicUsize::new(0));
    let mut tasks = JoinSet::new();
    for number in 0..count {
        let permit = Arc::clone(&permits).acquire_owned().await?;
        let user_id = format!("{prefix}{number}");
        let user_sig = server.user_sig(&user_id);
        let config = ClientConfig::new(server.address.clone(), server.app_id);
        let client = Client::new(config, &Handle::current(), events(number))?;
        let done = Arc::clone(&done);
        tasks.spawn(async move {
            let result = client.login(&user_id, &user_sig).await;
            drop(permit);
            let so_far = done.fetch_add(1, Ordering::Relaxed) + 1;
            if so_far.is_multiple_of(2_000) || so_far == count {
                eprintln!("{so_far} of {count} logged in");
            }
            result
                .map(|()| (number, client))
                .map_err(|error| format!("{user_id}: {error}"))
        });
    }
    let mut clients = Vec::with_capacity(count);
    while let Some(result) = tasks.join_next().await {
        clients.push(result??);
    }
    clients.sort_by_key(|(number, _)| *number);
    Ok(clients.into_iter().map(|(_, client)| client).collect())
}
