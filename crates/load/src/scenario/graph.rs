//! Users who watch each other at random.

use super::flow::{Flow, Watched};
use crate::error::LoadError;
use crate::herd::{self, Member, PREPARING_AT_ONCE};
use crate::options::GraphOptions;
use crate::pacer::Publisher;
use crate::report::Report;
use crate::stage::Stage;
use crate::stamp::STATUS_BYTES;
use crate::usage::check_open_files;
use crate::watcher::{Tally, Watcher};
use rand::rngs::StdRng;
use rand::{SeedableRng, seq};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

/// Users in one subscribe request (W1).
const SUBSCRIBE_USERS_MAX: usize = 100;
/// The same graph each time.
const SEED: u64 = 7;

pub(crate) async fn graph(stage: &Stage, options: &GraphOptions) -> Result<Report, LoadError> {
    options.check()?;
    check_open_files(options.users)?;
    let flow = prepare(stage, options).await?;
    let duration = Duration::from_secs(options.duration_s.into());
    let seen = flow.run(stage, options.rate.into(), duration).await?;
    let setup = json!({
        "users": options.users,
        "watched_by_each": options.watched,
        "status_bytes": STATUS_BYTES,
    });
    let report = Report::new("graph", setup, seen.json(), &seen.summary());
    Ok(seen.judge(report))
}

async fn prepare(stage: &Stage, options: &GraphOptions) -> Result<Flow, LoadError> {
    let tally = Tally::new(stage.clock());
    let watched = draw(options.users as usize, options.watched as usize);
    let mut audience = vec![0_u64; watched.len()];
    for &index in watched.iter().flatten() {
        audience[index] += 1;
    }
    let mut watchers = Vec::new();
    let mut members = Vec::new();
    for (these, index) in watched.iter().zip(0..) {
        let watcher = Watcher::new(index, &tally);
        watchers.push((watcher.clone(), Watched::These(these.clone())));
        members.push(Member::new(stage, name(index as usize), move |event| {
            watcher.on_event(&event);
        })?);
    }
    herd::each(
        "login",
        &members,
        PREPARING_AT_ONCE,
        |_, member| async move { member.log_in().await },
    )
    .await?;
    herd::each("subscribe", &members, PREPARING_AT_ONCE, |index, member| {
        let names: Vec<String> = watched[index].iter().map(|&user| name(user)).collect();
        async move {
            for some in names.chunks(SUBSCRIBE_USERS_MAX) {
                member.client.subscribe(some.to_vec()).await?;
            }
            Ok(())
        }
    })
    .await?;
    stage.check_nobody_lost()?;
    let publishers = members
        .iter()
        .zip(audience)
        .zip(0..)
        .map(|((member, audience), user)| Publisher::new(member.clone(), user, audience))
        .collect();
    Ok(Flow {
        publishers: Arc::new(publishers),
        watchers,
        _watching: members,
        tally,
    })
}

fn name(index: usize) -> String {
    format!("player{index}")
}

/// For each user whom it watches: others, each once.
fn draw(users: usize, watched: usize) -> Vec<Vec<usize>> {
    let mut random = StdRng::seed_from_u64(SEED);
    (0..users)
        .map(|user| {
            seq::index::sample(&mut random, users - 1, watched)
                .into_iter()
                // The drawn numbers are those of the others: one's own is left out.
                .map(|other| if other < user { other } else { other + 1 })
                .collect()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn everybody_watches_so_many_others_each_once() {
        for (users, watched) in [(2, 1), (10, 9), (100, 20)] {
            for (user, these) in draw(users, watched).into_iter().enumerate() {
                let distinct: BTreeSet<_> = these.iter().copied().collect();
                assert_eq!(distinct.len(), watched);
                assert!(!distinct.contains(&user));
                assert!(distinct.iter().all(|&other| other < users));
            }
        }
    }
}
