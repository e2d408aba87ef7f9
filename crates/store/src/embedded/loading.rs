//! From the file to memory, at the start.

use super::accounts::Accounts;
use super::disk::{
    ACCOUNTS, APPS, BLOCKS, Disk, FRIENDS, GAPS, META, META_TIME_MS, META_WALL_MS, REVOCATIONS,
    STARTS, SUBSCRIPTIONS,
};
use super::gaps::{Gap, Gaps};
use super::open_error::OpenError;
use super::progress::{LoadPhase, LoadProgress};
use super::record::{
    self, RecordError, decode_account, decode_app, decode_friend, decode_subscriptions,
};
use super::starts::Starts;
use crate::AccountKey;
use crate::apps::App;
use redb::{ReadTransaction, TableDefinition};
use userstatus_core::{Edit, SessionId, Timestamp};

/// What was in the file, besides the accounts.
#[derive(Default)]
pub(super) struct Loaded {
    pub(super) apps: Vec<App>,
    /// The latest time of a commit, if there was one.
    pub(super) commit_time: Option<Timestamp>,
    /// What the system's clock showed when it was written.
    pub(super) wall_time: Option<Timestamp>,
    pub(super) starts: Starts,
    pub(super) gaps: Gaps,
    /// By how much the server's clock is ahead of the system's at this start.
    pub(super) ahead_ms: u64,
}

impl Disk {
    /// Reads everything.
    pub(super) fn load(
        &self,
        accounts: &Accounts,
        progress: &LoadProgress,
    ) -> Result<Loaded, OpenError> {
        let read = self.snapshot().map_err(|error| self.unreadable(&error))?;
        self.load_accounts(&read, accounts, progress)?;
        progress.enter(LoadPhase::Loaded);
        let mut apps = Vec::new();
        for row in rows(&read, APPS).map_err(|error| self.unreadable(&error))? {
            let (id, bytes) = row.map_err(|error| self.unreadable(&error))?;
            let app = decode_app(id.value(), bytes.value())
                .map_err(|error| self.corrupt("apps", id.value().to_string(), &error))?;
            apps.push(app);
        }
        let meta_time = |key| {
            read.open_table(META)
                .map_err(redb::Error::from)
                .and_then(|meta| Ok(meta.get(key)?.map(|time| Timestamp::from_ms(time.value()))))
                .map_err(|error| self.unreadable(&error))
        };
        let mut starts = Starts::default();
        for row in rows(&read, STARTS).map_err(|error| self.unreadable(&error))? {
            let (session, at) = row.map_err(|error| self.unreadable(&error))?;
            starts.push(SessionId(session.value()), Timestamp::from_ms(at.value()));
        }
        let mut gaps = Gaps::default();
        for row in rows(&read, GAPS).map_err(|error| self.unreadable(&error))? {
            let (end, gap) = row.map_err(|error| self.unreadable(&error))?;
            let (length_ms, ahead_ms) = gap.value();
            gaps.push(Gap {
                end: Timestamp::from_ms(end.value()),
                length_ms,
                ahead_ms,
            });
        }
        Ok(Loaded {
            apps,
            commit_time: meta_time(META_TIME_MS)?,
            wall_time: meta_time(META_WALL_MS)?,
            starts,
            gaps,
            ahead_ms: 0,
        })
    }

    fn load_accounts(
        &self,
        read: &ReadTransaction,
        accounts: &Accounts,
        progress: &LoadProgress,
    ) -> Result<(), OpenError> {
        progress.enter(LoadPhase::Accounts);
        self.load_table(read, progress, "accounts", ACCOUNTS, |row, bytes| {
            let key = record::parse_account_row(row)?;
            let account = decode_account(key.user.clone(), bytes)?;
            *accounts.lock(&key, key.hash_value()).get_or_insert() = account;
            Ok(())
        })?;
        progress.enter(LoadPhase::Subscriptions);
        self.load_table(
            read,
            progress,
            "subscriptions",
            SUBSCRIPTIONS,
            |row, bytes| {
                let key = record::parse_account_row(row)?;
                apply(accounts, &key, &decode_subscriptions(bytes)?);
                Ok(())
            },
        )?;
        self.load_table(read, progress, "blocks", BLOCKS, |row, bytes| {
            let (key, user) = record::parse_pair_row(row)?;
            let block = record::decode_block(user, bytes)?;
            apply(accounts, &key, &[Edit::PutBlock(block)]);
            Ok(())
        })?;
        self.load_table(read, progress, "revocations", REVOCATIONS, |row, bytes| {
            let key = record::parse_account_row(row)?;
            let valid_from = record::decode_revocation(bytes)?;
            apply(accounts, &key, &[Edit::SetSigsValidFrom(valid_from)]);
            Ok(())
        })?;
        progress.enter(LoadPhase::Friends);
        self.load_table(read, progress, "friends", FRIENDS, |row, bytes| {
            let (key, friend) = record::parse_pair_row(row)?;
            apply(
                accounts,
                &key,
                &[Edit::PutFriend(decode_friend(friend, bytes)?)],
            );
            Ok(())
        })
    }

    fn load_table(
        &self,
        read: &ReadTransaction,
        progress: &LoadProgress,
        name: &'static str,
        table: TableDefinition<'static, &'static [u8], &'static [u8]>,
        mut load: impl FnMut(&[u8], &[u8]) -> Result<(), RecordError>,
    ) -> Result<(), OpenError> {
        for row in rows(read, table).map_err(|error| self.unreadable(&error))? {
            let (key, bytes) = row.map_err(|error| self.unreadable(&error))?;
            progress.count_row();
            load(key.value(), bytes.value()).map_err(|error| {
                self.corrupt(name, key.value().escape_ascii().to_string(), &error)
            })?;
        }
        Ok(())
    }
}

fn rows<K: redb::Key + 'static, V: redb::Value + 'static>(
    read: &ReadTransaction,
    table: TableDefinition<'static, K, V>,
) -> Result<redb::Range<'static, K, V>, redb::Error> {
    Ok(read.open_table(table)?.range::<K::SelfType<'_>>(..)?)
}

fn apply(accounts: &Accounts, key: &AccountKey, edits: &[Edit]) {
    let mut guard = accounts.lock(key, key.hash_value());
    let account = guard.get_or_insert();
    for edit in edits {
        account.apply(edit);
    }
}
