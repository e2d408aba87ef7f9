//! What is written in one transaction.

use super::journal::Repair;
use super::record::{account_row, pair_row};
use hashbrown::HashSet;
use userstatus_core::{AppId, Timestamp};

/// Rows of every table. No value: the row goes. Of several for one key the last stays.
#[derive(Clone, Default)]
pub(super) struct Rows {
    pub(super) removed_apps: Vec<AppId>,
    pub(super) apps: Vec<(u64, Option<Vec<u8>>)>,
    pub(super) accounts: Vec<Row>,
    pub(super) subscriptions: Vec<Row>,
    pub(super) friends: Vec<Row>,
    pub(super) blocks: Vec<Row>,
    pub(super) revocations: Vec<Row>,
    /// Starts of the server: the lowest number of a connection, and when.
    pub(super) starts: Vec<(u64, Option<u64>)>,
    /// When the server did not run: until when, for how long, and how far its clock was ahead.
    pub(super) gaps: Vec<(u64, Option<(u64, u64)>)>,
    /// The latest time of a commit.
    pub(super) commit_time: Timestamp,
    /// By the system's clock.
    pub(super) wall_time: Timestamp,
}

pub(super) type Row = (Vec<u8>, Option<Vec<u8>>);

impl Rows {
    pub(super) fn is_empty(&self) -> bool {
        let Self {
            removed_apps,
            apps,
            accounts,
            subscriptions,
            friends,
            blocks,
            revocations,
            starts,
            gaps,
            commit_time: _,
            wall_time: _,
        } = self;
        removed_apps.is_empty()
            && apps.is_empty()
            && starts.is_empty()
            && gaps.is_empty()
            && [accounts, subscriptions, friends, blocks, revocations]
                .iter()
                .all(|rows| rows.is_empty())
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        let by_key = [
            &self.accounts,
            &self.subscriptions,
            &self.friends,
            &self.blocks,
            &self.revocations,
        ];
        let by_key: usize = by_key.iter().map(|rows| rows.len()).sum();
        by_key + self.apps.len() + self.starts.len() + self.gaps.len()
    }

    /// Adds what is to be written after these.
    pub(super) fn append(&mut self, later: Self) {
        self.removed_apps.extend(later.removed_apps);
        self.apps.extend(later.apps);
        self.accounts.extend(later.accounts);
        self.subscriptions.extend(later.subscriptions);
        self.friends.extend(later.friends);
        self.blocks.extend(later.blocks);
        self.revocations.extend(later.revocations);
        self.starts.extend(later.starts);
        self.gaps.extend(later.gaps);
    }

    /// Takes out rows.
    pub(super) fn remove(&mut self, rows: &[Repair]) {
        let mut keys: [HashSet<_>; 5] = Default::default();
        for row in rows {
            let (table, key) = match row {
                Repair::Friend(account, friend) => (0, pair_row(account, friend)),
                Repair::Block(account, user) => (1, pair_row(account, user)),
                Repair::Revocation(account) => (2, account_row(account)),
                Repair::Account(account) => (3, account_row(account)),
                Repair::Subscriptions(account) => (4, account_row(account)),
            };
            keys[table].insert(key);
        }
        let tables = [
            &mut self.friends,
            &mut self.blocks,
            &mut self.revocations,
            &mut self.accounts,
            &mut self.subscriptions,
        ];
        for (table, keys) in tables.into_iter().zip(keys) {
            table.retain(|(key, _)| !keys.contains(key));
        }
    }

    /// In the order of the tree: neighbours share pages.
    pub(super) fn sort(&mut self) {
        for table in [
            &mut self.accounts,
            &mut self.subscriptions,
            &mut self.friends,
            &mut self.blocks,
            &mut self.revocations,
        ] {
            // Those of one key stay in their order.
            table.sort_by(|(one, _), (other, _)| one.cmp(other));
        }
    }
}
