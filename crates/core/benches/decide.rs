//! What a decision costs, with the account as it is in use: friends, subscriptions, devices.
#![allow(
    missing_docs,
    reason = "criterion's macros make undocumented functions"
)]

use criterion::{Criterion, criterion_group, criterion_main};
use std::hint::black_box;
use userstatus_core::{
    Account, AppSettings, Asked, Command, CustomStatus, Edit, Friend, InstanceId, Plan, Platform,
    SessionId, Timestamp, UserId, Version, decide,
};

const NOW: Timestamp = Timestamp::from_ms(1_790_000_000_000);
const SESSION: SessionId = SessionId(1);

fn users(count: usize) -> Vec<UserId> {
    (0..count)
        .map(|number| UserId::parse(&format!("user{number}")).expect("valid"))
        .collect()
}

fn settings() -> AppSettings {
    AppSettings {
        plan: Plan::Premium,
        user_status: true,
        ..AppSettings::default()
    }
}

/// Logged in, with 200 friends and a list of 150.
fn account() -> Account {
    let mut account = Account::unheard(UserId::parse("alice").expect("valid"));
    let login = Command::Login {
        session: SESSION,
        instance: InstanceId([1; 16]),
        platform: Platform::Windows,
        reconnect: false,
        sig_minted_at: NOW,
        restored: None,
        known_list: Version(0),
        began: Version(0),
    };
    for edit in decide(&account, &settings(), &login, NOW).edits {
        account.apply(&edit);
    }
    for user in users(200) {
        account.apply(&Edit::PutFriend(Friend {
            user,
            remark: "".into(),
            group_name: "".into(),
            add_source: "".into(),
            add_wording: "".into(),
            added_at: NOW,
        }));
    }
    for user in users(150) {
        account.apply(&Edit::AddSubscription(user));
    }
    account
}

fn decisions(criterion: &mut Criterion) {
    let (account, settings) = (account(), settings());
    let commands = [
        (
            "set_self_status",
            Command::SetSelfStatus {
                session: SESSION,
                custom: CustomStatus::new("in a match"),
            },
        ),
        (
            "query_100",
            Command::Query {
                session: SESSION,
                users: Asked::new(users(100), 0),
            },
        ),
        (
            "subscribe_100",
            Command::Subscribe {
                session: SESSION,
                users: Asked::new(users(250).split_off(150), 0),
            },
        ),
    ];
    for (name, command) in commands {
        criterion.bench_function(name, |bencher| {
            bencher.iter(|| decide(black_box(&account), &settings, black_box(&command), NOW));
        });
    }
}

criterion_group!(benches, decisions);
criterion_main!(benches);
