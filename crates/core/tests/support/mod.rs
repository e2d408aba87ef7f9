//! A small world of accounts to run commands against.
#![allow(dead_code, unreachable_pub, reason = "each test binary uses its part")]

use std::collections::BTreeMap;
use userstatus_core::{
    Account, AppSettings, Asked, Code, Command, CustomStatus, Decision, Friend, InstanceId,
    LossCause, Outcome, PeerFacts, Plan, Platform, Restored, SessionId, Timestamp, UserId,
    UserStatus, Version, decide,
};

/// Tests start at a time of today's size.
pub const START: Timestamp = Timestamp::from_ms(1_790_000_000_000);

pub fn user(name: &str) -> UserId {
    UserId::parse(name).expect("test ids are valid")
}

pub fn users(names: &[&str]) -> Vec<UserId> {
    names.iter().map(|name| user(name)).collect()
}

pub fn numbered(prefix: &str, range: std::ops::Range<usize>) -> Vec<UserId> {
    range
        .map(|number| user(&format!("{prefix}{number}")))
        .collect()
}

pub fn premium() -> AppSettings {
    AppSettings {
        plan: Plan::Premium,
        user_status: true,
        friend_status_notification: true,
        ..AppSettings::default()
    }
}

/// Accounts of one app, and a clock that only moves when told.
pub struct World {
    pub settings: AppSettings,
    pub now: Timestamp,
    pub accounts: BTreeMap<UserId, Account>,
    /// Everything announced, in order.
    pub announced: Vec<UserStatus>,
    next_session: u64,
}

impl World {
    pub fn new(settings: AppSettings) -> Self {
        settings.check().expect("test settings are in range");
        Self {
            settings,
            now: START,
            accounts: BTreeMap::new(),
            announced: Vec::new(),
            next_session: 1,
        }
    }

    pub fn premium() -> Self {
        Self::new(premium())
    }

    pub fn account(&self, name: &str) -> Account {
        let id = user(name);
        self.accounts
            .get(&id)
            .cloned()
            .unwrap_or_else(|| Account::unheard(id))
    }

    pub fn run(&mut self, name: &str, command: &Command) -> Decision {
        let mut account = self.account(name);
        let decision = decide(&account, &self.settings, command, self.now);
        if matches!(decision.outcome, Outcome::Refused(_)) {
            assert!(
                decision.edits.is_empty() && decision.change.is_none(),
                "a refusal changes nothing"
            );
            assert!(decision.effects.is_empty(), "a refusal has no effects");
        }
        for edit in &decision.edits {
            account.apply(edit);
        }
        if let Some(change) = &decision.change {
            assert_eq!(
                *change,
                account.status(),
                "what is announced is how the account stands"
            );
            self.announced.push(change.clone());
        }
        if account.devices.is_empty() {
            assert!(
                account.custom.is_empty(),
                "nobody is there, but a custom status is (C4)"
            );
        }
        assert!(account.subscriptions_clear_at.is_none() || account.devices.is_empty());
        self.accounts.insert(user(name), account);
        for effect in &decision.effects {
            self.run(effect.user.as_str(), &effect.command);
        }
        decision
    }

    pub fn wait_ms(&mut self, ms: u64) {
        self.now = self.now.plus_ms(ms);
    }

    /// Lets time pass to what happens next by itself, and lets it happen.
    pub fn wait_for_deadline(&mut self, name: &str) -> Decision {
        self.now = self
            .account(name)
            .next_deadline(&self.settings)
            .expect("something is due");
        self.run(name, &Command::Expire)
    }

    pub fn login_as(
        &mut self,
        name: &str,
        instance: u8,
        platform: Platform,
        reconnect: bool,
    ) -> (SessionId, Decision) {
        self.arrive(name, |session, now| Command::Login {
            session,
            instance: InstanceId([instance; 16]),
            platform,
            reconnect,
            sig_minted_at: now,
            restored: None,
            known_list: Version(0),
            began: Version(0),
        })
    }

    /// Logged in on the device that [`World::reconnect`] calls `instance`.
    pub fn login_on(&mut self, name: &str, instance: u8) -> SessionId {
        let platform = Platform::from_number(u32::from(instance));
        self.login_as(name, instance, platform, false).0
    }

    /// The client's own reconnect, with what it brings back.
    pub fn reconnect(
        &mut self,
        name: &str,
        instance: u8,
        restored: Option<(&str, Version)>,
        known_list: Version,
    ) -> (SessionId, Decision) {
        self.arrive(name, |session, now| Command::Login {
            session,
            instance: InstanceId([instance; 16]),
            platform: Platform::from_number(u32::from(instance)),
            reconnect: true,
            sig_minted_at: now,
            restored: restored.map(|(custom, set_at)| Restored {
                custom: CustomStatus::new(custom),
                set_at,
            }),
            known_list,
            began: Version(0),
        })
    }

    /// A login under a session of its own.
    fn arrive(
        &mut self,
        name: &str,
        login: impl FnOnce(SessionId, Timestamp) -> Command,
    ) -> (SessionId, Decision) {
        let session = SessionId(self.next_session);
        self.next_session += 1;
        let decision = self.run(name, &login(session, self.now));
        (session, decision)
    }

    pub fn login(&mut self, name: &str) -> SessionId {
        let (session, decision) = self.login_as(name, 1, Platform::Windows, false);
        assert!(
            matches!(decision.outcome, Outcome::LoggedIn { .. }),
            "{decision:?}"
        );
        session
    }

    /// The server starts again, now.
    pub fn restart(&mut self, name: &str) -> Decision {
        let command = Command::HoldUnderLease {
            since: self.now,
            before: SessionId(self.next_session),
        };
        self.run(name, &command)
    }

    pub fn logout(&mut self, name: &str, session: SessionId) -> Decision {
        self.run(name, &Command::Logout { session })
    }

    pub fn lose(&mut self, name: &str, session: SessionId, cause: LossCause) -> Decision {
        self.run(name, &Command::ConnectionLost { session, cause })
    }

    pub fn set(&mut self, name: &str, session: SessionId, text: &str) -> Decision {
        self.run(
            name,
            &Command::SetSelfStatus {
                session,
                custom: CustomStatus::new(text),
            },
        )
    }

    pub fn query(&mut self, name: &str, session: SessionId, users: Vec<UserId>) -> Decision {
        self.run(
            name,
            &Command::Query {
                session,
                users: Asked::new(users, 0),
            },
        )
    }

    pub fn subscribe(&mut self, name: &str, session: SessionId, users: Vec<UserId>) -> Decision {
        self.run(
            name,
            &Command::Subscribe {
                session,
                users: Asked::new(users, 0),
            },
        )
    }

    pub fn unsubscribe(&mut self, name: &str, session: SessionId, users: Vec<UserId>) -> Decision {
        self.run(
            name,
            &Command::Unsubscribe {
                session,
                users: Asked::new(users, 0),
            },
        )
    }

    pub fn add_friend(&mut self, name: &str, friend: &str, both: bool) -> Decision {
        let peer = self.account(friend);
        let peer = PeerFacts {
            registered: peer.registered,
            friends: u32::try_from(peer.friends.len()).expect("few"),
            has_me: peer.friends.contains(name),
            version: peer.version,
        };
        self.run(
            name,
            &Command::AddFriend {
                friend: plain_friend(friend),
                both,
                peer,
                resent: false,
            },
        )
    }
}

pub fn plain_friend(name: &str) -> Friend {
    Friend {
        user: user(name),
        remark: "".into(),
        group_name: "".into(),
        add_source: "".into(),
        add_wording: "".into(),
        added_at: Timestamp::default(),
    }
}

pub fn is_set(decision: &Decision) -> bool {
    matches!(decision.outcome, Outcome::StatusSet { .. })
}

/// The code a decision refuses with.
pub fn refused(decision: &Decision) -> Code {
    match &decision.outcome {
        Outcome::Refused(refusal) => refusal.code,
        other => panic!("not refused: {other:?}"),
    }
}

pub fn detail(decision: &Decision) -> String {
    match &decision.outcome {
        Outcome::Refused(refusal) => refusal.detail.clone().unwrap_or_default().into(),
        other => panic!("not refused: {other:?}"),
    }
}
