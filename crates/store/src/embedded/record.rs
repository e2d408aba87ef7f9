//! What is on disk: keys, and records as protobuf. A record names the version of its layout; fields are only ever added.

mod app;

pub(super) use app::{decode_app, encode_app};

use super::accounts::Going;
use crate::account_key::AccountKey;
use prost::Message;
use userstatus_core::{
    Account, AppId, Away, Block, CustomStatus, Device, Edit, Friend, InstanceId, Platform,
    SessionId, Timestamp, UserId, Version,
};

/// The layout written. A record of another one is refused, not guessed at.
const RECORD_VERSION: u32 = 1;

/// Why a record cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum RecordError {
    #[error("it is no record: {0}")]
    Malformed(#[from] prost::DecodeError),
    #[error("it has layout {0}, and this userstatusd reads layout {RECORD_VERSION}")]
    Layout(u32),
    #[error("its key is no key of this table")]
    Key,
    #[error("{0} is out of range")]
    Field(&'static str),
}

#[derive(Clone, PartialEq, Message)]
struct AccountRecord {
    #[prost(uint32, tag = "1")]
    record_version: u32,
    #[prost(bool, tag = "2")]
    registered: bool,
    #[prost(uint64, tag = "3")]
    version: u64,
    #[prost(bool, tag = "4")]
    away_lost: bool,
    #[prost(string, tag = "5")]
    custom: String,
    #[prost(message, repeated, tag = "6")]
    devices: Vec<DeviceRecord>,
    #[prost(uint64, optional, tag = "7")]
    subscriptions_clear_at_ms: Option<u64>,
    #[prost(bytes = "vec", repeated, tag = "8")]
    kicked: Vec<Vec<u8>>,
    /// Format 1 kept it here; it has rows of its own now.
    #[prost(uint64, tag = "9")]
    sigs_valid_from_ms: u64,
    #[prost(uint64, tag = "10")]
    custom_set_at: u64,
    #[prost(uint64, tag = "11")]
    away_since_ms: u64,
    #[prost(uint64, tag = "12")]
    subscriptions_version: u64,
    #[prost(uint64, tag = "13")]
    sigs_minted_until_ms: u64,
}

#[derive(Clone, PartialEq, Message)]
struct DeviceRecord {
    #[prost(bytes = "vec", tag = "1")]
    instance: Vec<u8>,
    #[prost(uint64, tag = "2")]
    session: u64,
    #[prost(uint32, tag = "3")]
    platform: u32,
    #[prost(uint64, tag = "4")]
    logged_in_at_ms: u64,
    #[prost(uint64, optional, tag = "5")]
    lease_until_ms: Option<u64>,
}

#[derive(Clone, PartialEq, Message)]
struct SubscriptionsRecord {
    #[prost(uint32, tag = "1")]
    record_version: u32,
    #[prost(string, repeated, tag = "2")]
    users: Vec<String>,
}

#[derive(Clone, PartialEq, Message)]
struct FriendRecord {
    #[prost(uint32, tag = "1")]
    record_version: u32,
    #[prost(string, tag = "2")]
    remark: String,
    #[prost(string, tag = "3")]
    group_name: String,
    #[prost(string, tag = "4")]
    add_source: String,
    #[prost(string, tag = "5")]
    add_wording: String,
    #[prost(uint64, tag = "6")]
    added_at_ms: u64,
}

#[derive(Clone, PartialEq, Message)]
struct BlockRecord {
    #[prost(uint32, tag = "1")]
    record_version: u32,
    #[prost(bool, tag = "2")]
    mine: bool,
    #[prost(bool, tag = "3")]
    theirs: bool,
    #[prost(uint64, tag = "4")]
    since: u64,
}

#[derive(Clone, PartialEq, Message)]
struct RevocationRecord {
    #[prost(uint32, tag = "1")]
    record_version: u32,
    #[prost(uint64, tag = "2")]
    sigs_valid_from_ms: u64,
}

/// Every key of an app's accounts starts with these bytes, and sorts between those of the apps before and after it.
pub(super) fn app_prefix(app: AppId) -> [u8; 8] {
    app.get().to_be_bytes()
}

/// App and user: accounts and subscription lists.
pub(super) fn account_row(account: &AccountKey) -> Vec<u8> {
    let mut row = app_prefix(account.app).to_vec();
    row.extend_from_slice(account.user.as_str().as_bytes());
    row
}

/// App, user, another user: friends and blocks; no byte of a user id is 0.
pub(super) fn pair_row(account: &AccountKey, friend: &UserId) -> Vec<u8> {
    let mut row = account_row(account);
    row.push(0);
    row.extend_from_slice(friend.as_str().as_bytes());
    row
}

pub(super) fn parse_account_row(row: &[u8]) -> Result<AccountKey, RecordError> {
    let (app, user) = row.split_first_chunk().ok_or(RecordError::Key)?;
    let app = AppId::new(u64::from_be_bytes(*app)).ok_or(RecordError::Key)?;
    Ok(AccountKey::new(app, parse_user(user)?))
}

pub(super) fn parse_pair_row(row: &[u8]) -> Result<(AccountKey, UserId), RecordError> {
    let end = row.len()
        - row
            .iter()
            .rev()
            .position(|byte| *byte == 0)
            .ok_or(RecordError::Key)?;
    let account = parse_account_row(row.get(..end - 1).ok_or(RecordError::Key)?)?;
    Ok((account, parse_user(&row[end..])?))
}

fn parse_user(bytes: &[u8]) -> Result<UserId, RecordError> {
    let text = str::from_utf8(bytes).map_err(|_| RecordError::Key)?;
    UserId::parse(text).map_err(|_| RecordError::Key)
}

/// All of an account but its lists, which change at another pace and have rows of their own.
pub(super) fn encode_account(account: &Account) -> Vec<u8> {
    let record = AccountRecord {
        record_version: RECORD_VERSION,
        registered: account.registered,
        version: account.version.0,
        away_lost: account.away == Away::Lost,
        custom: account.custom.as_str().to_owned(),
        devices: account.devices.iter().map(device_record).collect(),
        subscriptions_clear_at_ms: account.subscriptions_clear_at.map(Timestamp::as_ms),
        kicked: account
            .kicked
            .iter()
            .map(|instance| instance.0.to_vec())
            .collect(),
        sigs_valid_from_ms: account.sigs_valid_from.as_ms(),
        custom_set_at: account.custom_set_at.0,
        away_since_ms: account.away_since.as_ms(),
        subscriptions_version: account.subscriptions_version.0,
        sigs_minted_until_ms: account.sigs_minted_until.as_ms(),
    };
    record.encode_to_vec()
}

pub(super) fn decode_account(user: UserId, bytes: &[u8]) -> Result<Account, RecordError> {
    let record = AccountRecord::decode(bytes)?;
    check_layout(record.record_version)?;
    let mut account = Account::unheard(user);
    account.registered = record.registered;
    account.version = Version(record.version);
    account.away = if record.away_lost {
        Away::Lost
    } else {
        Away::LoggedOut
    };
    account.custom = CustomStatus::new(&record.custom);
    account.devices = record
        .devices
        .iter()
        .map(device)
        .collect::<Result<_, _>>()?;
    account.subscriptions_clear_at = record.subscriptions_clear_at_ms.map(Timestamp::from_ms);
    account.kicked = record
        .kicked
        .iter()
        .map(|bytes| instance(bytes))
        .collect::<Result<_, _>>()?;
    account.sigs_valid_from = Timestamp::from_ms(record.sigs_valid_from_ms);
    account.custom_set_at = Version(record.custom_set_at);
    account.away_since = Timestamp::from_ms(record.away_since_ms);
    account.subscriptions_version = Version(record.subscriptions_version);
    account.sigs_minted_until = Timestamp::from_ms(record.sigs_minted_until_ms);
    Ok(account)
}

fn device_record(device: &Device) -> DeviceRecord {
    DeviceRecord {
        instance: device.instance.0.to_vec(),
        session: device.session.0,
        platform: device.platform.number(),
        logged_in_at_ms: device.logged_in_at.as_ms(),
        lease_until_ms: device.lease_until.map(Timestamp::as_ms),
    }
}

fn device(record: &DeviceRecord) -> Result<Device, RecordError> {
    Ok(Device {
        instance: instance(&record.instance)?,
        session: SessionId(record.session),
        platform: Platform::from_number(record.platform),
        logged_in_at: Timestamp::from_ms(record.logged_in_at_ms),
        lease_until: record.lease_until_ms.map(Timestamp::from_ms),
    })
}

fn instance(bytes: &[u8]) -> Result<InstanceId, RecordError> {
    let bytes = bytes
        .try_into()
        .map_err(|_| RecordError::Field("an instance id"))?;
    Ok(InstanceId(bytes))
}

/// Without those who are going. `None` for an empty list: it needs no row.
pub(super) fn encode_subscriptions(
    app: AppId,
    account: &Account,
    going: &Going,
) -> Option<Vec<u8>> {
    let users = account.subscriptions.iter();
    let users: Vec<_> = users
        .filter(|user| !going.has_user(app, user))
        .map(|user| user.as_str().to_owned())
        .collect();
    if users.is_empty() {
        return None;
    }
    let record = SubscriptionsRecord {
        record_version: RECORD_VERSION,
        users,
    };
    Some(record.encode_to_vec())
}

/// What fills the list again, in order.
pub(super) fn decode_subscriptions(bytes: &[u8]) -> Result<Vec<Edit>, RecordError> {
    let record = SubscriptionsRecord::decode(bytes)?;
    check_layout(record.record_version)?;
    record
        .users
        .iter()
        .map(|user| UserId::parse(user).map(Edit::AddSubscription))
        .collect::<Result<_, _>>()
        .map_err(|_| RecordError::Field("a user id"))
}

pub(super) fn encode_friend(friend: &Friend) -> Vec<u8> {
    let record = FriendRecord {
        record_version: RECORD_VERSION,
        remark: friend.remark.to_string(),
        group_name: friend.group_name.to_string(),
        add_source: friend.add_source.to_string(),
        add_wording: friend.add_wording.to_string(),
        added_at_ms: friend.added_at.as_ms(),
    };
    record.encode_to_vec()
}

pub(super) fn decode_friend(user: UserId, bytes: &[u8]) -> Result<Friend, RecordError> {
    let record = FriendRecord::decode(bytes)?;
    check_layout(record.record_version)?;
    Ok(Friend {
        user,
        remark: record.remark.into(),
        group_name: record.group_name.into(),
        add_source: record.add_source.into(),
        add_wording: record.add_wording.into(),
        added_at: Timestamp::from_ms(record.added_at_ms),
    })
}

pub(super) fn encode_block(block: &Block) -> Vec<u8> {
    let record = BlockRecord {
        record_version: RECORD_VERSION,
        mine: block.mine,
        theirs: block.theirs,
        since: block.since.0,
    };
    record.encode_to_vec()
}

pub(super) fn decode_block(user: UserId, bytes: &[u8]) -> Result<Block, RecordError> {
    let record = BlockRecord::decode(bytes)?;
    check_layout(record.record_version)?;
    Ok(Block {
        user,
        mine: record.mine,
        theirs: record.theirs,
        since: Version(record.since),
    })
}

/// `None` for an account that was never kicked: it needs no row.
pub(super) fn encode_revocation(account: &Account) -> Option<Vec<u8>> {
    if account.sigs_valid_from == Timestamp::default() {
        return None;
    }
    Some(encode_valid_from(account.sigs_valid_from))
}

pub(super) fn encode_valid_from(valid_from: Timestamp) -> Vec<u8> {
    let record = RevocationRecord {
        record_version: RECORD_VERSION,
        sigs_valid_from_ms: valid_from.as_ms(),
    };
    record.encode_to_vec()
}

pub(super) fn decode_revocation(bytes: &[u8]) -> Result<Timestamp, RecordError> {
    let record = RevocationRecord::decode(bytes)?;
    check_layout(record.record_version)?;
    Ok(Timestamp::from_ms(record.sigs_valid_from_ms))
}

const fn check_layout(record_version: u32) -> Result<(), RecordError> {
    match record_version {
        RECORD_VERSION => Ok(()),
        other => Err(RecordError::Layout(other)),
    }
}
