//! What any store must do: run over each implementation.

use crate::account_key::AccountKey;
use crate::testing::{START, instance, key, premium_with, user};
use crate::{Commit, CommitSink, Doomed, Executed, Execution, Store, StoreError};
use parking_lot::Mutex;
use std::future::Future;
use std::sync::Arc;
use userstatus_core::{
    Asked, Code, Command, CustomStatus, Edit, Friend, InstanceId, LossCause, NormalStatus, Outcome,
    PeerFacts, Platform, SessionId, Timestamp, Version,
};

/// Runs every check on a fresh store each.
pub(crate) async fn store_conformance<S, F>(make_store: impl Fn() -> F)
where
    S: Store,
    F: Future<Output = Arc<S>>,
{
    strangers_are_unknown_and_leave_no_trace(&*make_store().await).await;
    a_command_changes_its_account_and_says_so(&*make_store().await).await;
    a_refusal_changes_nothing(&*make_store().await).await;
    statuses_come_in_the_order_asked(&*make_store().await).await;
    friends_and_what_is_known_of_a_peer(&*make_store().await).await;
    deadlines_are_told_with_each_command(&*make_store().await).await;
    a_commit_is_published_when_execute_returns(&*make_store().await).await;
    counting_a_request_is_nobodys_news(&*make_store().await).await;
    commits_of_an_account_are_published_in_order(make_store().await).await;
    accounts_of_a_removed_app_are_gone(&*make_store().await).await;
}

/// Remembers what was published.
#[derive(Default)]
pub(crate) struct Recorder {
    published: Mutex<Vec<Published>>,
}

#[derive(Clone, Debug)]
pub(crate) struct Published {
    pub(crate) account: AccountKey,
    pub(crate) version: Option<Version>,
    pub(crate) edits: Vec<Edit>,
}

impl Recorder {
    pub(crate) fn take(&self) -> Vec<Published> {
        std::mem::take(&mut *self.published.lock())
    }
}

impl CommitSink for Recorder {
    fn publish(&self, commit: &Commit, _: std::time::Instant) {
        self.published.lock().push(Published {
            account: commit.account.clone(),
            version: commit.change.as_ref().map(|change| change.version),
            edits: commit.edits.clone(),
        });
    }
}

pub(crate) async fn execute(
    store: &impl Store,
    account: &AccountKey,
    command: Command,
    now: Timestamp,
) -> Executed {
    // Each change is announced, however closely they come (N6).
    let settings = premium_with(|limits| limits.changes_per_s = 10_000);
    let execution = Execution {
        account,
        settings: &settings,
        command,
        origin: None,
        now,
    };
    match execution.command.is_record() {
        true => store.record(execution).await.unwrap(),
        false => store.execute(execution).await.unwrap(),
    }
}

/// Removes one account.
pub(crate) async fn erase(
    store: &impl Store,
    account: &AccountKey,
    away_since: Option<Timestamp>,
) -> Result<bool, StoreError> {
    let doomed = Doomed {
        account: account.clone(),
        away_since,
    };
    let removed = store.remove_accounts(&[doomed], START).await?;
    Ok(removed[0])
}

pub(crate) fn login(name: &str, session: u64) -> Command {
    Command::Login {
        session: SessionId(session),
        instance: InstanceId(instance(name, 0)),
        platform: Platform::Linux,
        reconnect: false,
        sig_minted_at: START,
        restored: None,
        known_list: Version(0),
        began: Version(0),
    }
}

pub(crate) fn set(session: u64, custom: &str) -> Command {
    Command::SetSelfStatus {
        session: SessionId(session),
        custom: CustomStatus::new(custom),
    }
}

pub(crate) fn befriend(name: &str) -> Command {
    Command::AddFriend {
        friend: Friend {
            user: user(name),
            remark: "remark".into(),
            group_name: "group".into(),
            add_source: "source".into(),
            add_wording: "wording".into(),
            added_at: Timestamp::default(),
        },
        both: false,
        peer: PeerFacts {
            registered: true,
            friends: 0,
            has_me: false,
            version: Version(0),
        },
        resent: false,
    }
}

async fn strangers_are_unknown_and_leave_no_trace(store: &impl Store) {
    let statuses = store
        .statuses(key("a").app, None, &[user("a")])
        .await
        .unwrap();
    assert_eq!(statuses[0].normal, NormalStatus::Unknown);
    let executed = execute(store, &key("a"), set(1, "x"), START).await;
    assert!(matches!(executed.commit.outcome, Outcome::Refused(_)));
    let lost = Command::ConnectionLost {
        session: SessionId(1),
        cause: LossCause::Closed,
    };
    assert_eq!(
        execute(store, &key("a"), lost, START).await.commit.outcome,
        Outcome::Nothing
    );
    assert_eq!(store.account(&key("a")).await.unwrap(), None);
    assert!(store.friends(&key("a"), None, 10).await.unwrap().is_empty());
    assert_eq!(store.accounts_count(), 0);
}

async fn a_command_changes_its_account_and_says_so(store: &impl Store) {
    let logged_in = execute(store, &key("a"), login("a", 1), START).await;
    assert!(matches!(logged_in.commit.outcome, Outcome::LoggedIn { .. }));
    let done = execute(store, &key("a"), set(1, "x"), START).await;
    assert_eq!(done.commit.change.as_ref().unwrap().custom.as_str(), "x");
    let account = store.account(&key("a")).await.unwrap().unwrap();
    assert_eq!(account.custom.as_str(), "x");
    assert_eq!(account.devices.len(), 1);
    assert_eq!(
        account.version,
        done.commit.change.as_ref().unwrap().version
    );
    let other_app = AccountKey::new(userstatus_core::AppId::new(2).unwrap(), user("a"));
    assert_eq!(store.account(&other_app).await.unwrap(), None);
    store.flush().await.unwrap();
}

async fn a_refusal_changes_nothing(store: &impl Store) {
    execute(store, &key("a"), login("a", 1), START).await;
    let before = store.account(&key("a")).await.unwrap();
    let refused = execute(store, &key("a"), set(1, &"x".repeat(101)), START).await;
    match &refused.commit.outcome {
        Outcome::Refused(refusal) => assert_eq!(refusal.code, Code::InvalidParameters),
        other => panic!("{other:?}"),
    }
    assert_eq!(store.account(&key("a")).await.unwrap(), before);
}

async fn statuses_come_in_the_order_asked(store: &impl Store) {
    for (number, name) in ["a", "b", "c"].into_iter().enumerate() {
        execute(store, &key(name), login(name, number as u64), START).await;
    }
    let asked = ["c", "nobody", "a", "b"].map(user);
    let statuses = store.statuses(key("a").app, None, &asked).await.unwrap();
    let answered: Vec<_> = statuses.iter().map(|status| status.user.clone()).collect();
    assert_eq!(answered, asked);
}

async fn friends_and_what_is_known_of_a_peer(store: &impl Store) {
    for name in ["a", "b"] {
        execute(store, &key(name), login(name, 1), START).await;
    }
    for name in ["c", "b"] {
        execute(store, &key("a"), befriend(name), START).await;
    }
    let friends = store.friends(&key("a"), None, 10).await.unwrap();
    let names: Vec<_> = friends.iter().map(|friend| friend.user.as_str()).collect();
    assert_eq!(names, ["b", "c"]);
    assert_eq!(friends[0].remark.as_ref(), "remark");
    let mut versions = Vec::new();
    for name in ["a", "b"] {
        versions.push(store.account(&key(name)).await.unwrap().unwrap().version);
    }
    versions.push(Version(0));
    let mut versions = versions.into_iter();
    let mut facts = |registered, friends, has_me| PeerFacts {
        registered,
        friends,
        has_me,
        version: versions.next().unwrap(),
    };
    assert_eq!(
        store.peer_facts(&key("a"), &user("b")).await.unwrap(),
        facts(true, 2, true)
    );
    assert_eq!(
        store.peer_facts(&key("b"), &user("a")).await.unwrap(),
        facts(true, 0, false)
    );
    assert_eq!(
        store.peer_facts(&key("c"), &user("a")).await.unwrap(),
        facts(false, 0, false)
    );
}

async fn deadlines_are_told_with_each_command(store: &impl Store) {
    let logged_in = execute(store, &key("a"), login("a", 1), START).await;
    assert_eq!(logged_in.next_deadline, None);
    let subscribe = Command::Subscribe {
        session: SessionId(1),
        users: Asked::new(vec![user("b")], 0),
    };
    execute(store, &key("a"), subscribe, START).await;
    let lost = Command::ConnectionLost {
        session: SessionId(1),
        cause: LossCause::Silent,
    };
    let lost = execute(store, &key("a"), lost, START).await;
    assert_eq!(lost.next_deadline, Some(START.plus_ms(600_000)), "W7");
    let due = execute(store, &key("a"), Command::Expire, START.plus_ms(600_000)).await;
    assert_eq!(due.commit.outcome, Outcome::Done);
    assert_eq!(due.next_deadline, None);
}

async fn a_commit_is_published_when_execute_returns(store: &impl Store) {
    let recorder = Arc::new(Recorder::default());
    store.publish_to(Arc::clone(&recorder) as _);
    let executed = execute(store, &key("a"), login("a", 1), START).await;
    let published = recorder.take();
    assert_eq!(published.len(), 1);
    assert_eq!(published[0].account, key("a"));
    assert_eq!(published[0].edits, executed.commit.edits);
    assert_eq!(
        published[0].version,
        Some(executed.commit.change.as_ref().unwrap().version)
    );
}

async fn counting_a_request_is_nobodys_news(store: &impl Store) {
    let recorder = Arc::new(Recorder::default());
    store.publish_to(Arc::clone(&recorder) as _);
    execute(store, &key("a"), login("a", 1), START).await;
    recorder.take();
    let query = || Command::Query {
        session: SessionId(1),
        users: Asked::new(vec![user("b")], 0),
    };
    for _ in 0..20 {
        let asked = execute(store, &key("a"), query(), START).await;
        assert!(matches!(asked.commit.outcome, Outcome::Query));
    }
    let refused = execute(store, &key("a"), query(), START).await;
    assert!(
        matches!(refused.commit.outcome, Outcome::Refused(_)),
        "but it counts"
    );
    assert!(recorder.take().is_empty());
}

/// Threads that change one account and others all at once.
async fn commits_of_an_account_are_published_in_order<S: Store>(store: Arc<S>) {
    const CHANGES: u64 = 500;
    let recorder = Arc::new(Recorder::default());
    store.publish_to(Arc::clone(&recorder) as _);
    execute(&*store, &key("shared"), login("shared", 1), START).await;
    let mut tasks = Vec::new();
    for thread in 0..4_u64 {
        let store = Arc::clone(&store);
        tasks.push(tokio::spawn(async move {
            let own = key(&format!("own{thread}"));
            execute(&*store, &own, login(own.user.as_str(), 1), START).await;
            for change in 0..CHANGES {
                let now = START.plus_ms(change / 100);
                execute(&*store, &key("shared"), set(1, "x"), now).await;
                execute(&*store, &own, set(1, "x"), now).await;
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    let published = recorder.take();
    for name in ["shared", "own0", "own1", "own2", "own3"] {
        let versions: Vec<_> = published
            .iter()
            .filter(|published| published.account == key(name))
            .filter_map(|published| published.version)
            .collect();
        let changes = if name == "shared" {
            4 * CHANGES
        } else {
            CHANGES
        };
        assert_eq!(versions.len() as u64, 1 + changes, "{name}");
        assert!(
            versions.is_sorted_by(|earlier, later| earlier < later),
            "{name}: out of order"
        );
    }
}

async fn accounts_of_a_removed_app_are_gone(store: &impl Store) {
    let other = AccountKey::new(userstatus_core::AppId::new(2).unwrap(), user("a"));
    for account in [&key("a"), &key("b"), &other] {
        execute(store, account, login("a", 1), START).await;
    }
    store.remove_app(key("a").app).await.unwrap();
    assert_eq!(store.account(&key("a")).await.unwrap(), None);
    assert!(store.account(&other).await.unwrap().is_some());
    assert_eq!(store.accounts_count(), 1);
}
