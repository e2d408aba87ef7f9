//! Whom a request is about: one account, and others by name.

use super::answer::{Answer, FRIENDS_OK, Fail, FriendsBase, ResultItem, result, to_bytes};
use super::body::{Account, at_most, needed};
use super::gate::Call;
use serde::Serialize;
use userstatus_core::{Code, Refusal, UserId};
use userstatus_store::AccountKey;
use utoipa::ToSchema;

pub(super) const STRANGER: Refusal = Refusal {
    code: Code::FriendNoSuchAccount,
    detail: None,
};

/// What became of each of several users. The request as a whole was done even so.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
pub(super) struct FriendResults<'a> {
    #[serde(flatten)]
    base: FriendsBase,
    /// In the order given.
    #[schema(required = false)]
    result_item: Vec<ResultItem<'a>>,
    /// Those with whom it was not done.
    #[serde(rename = "Fail_Account", skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    fail_account: Vec<&'a str>,
}

/// The others that a request names. What no account can be called is among them: it is answered, too.
pub(super) struct Named<'a> {
    texts: Vec<&'a str>,
    users: Vec<UserId>,
}

impl<'a> Named<'a> {
    /// Those of `To_Account`.
    pub(super) fn of(
        call: &Call,
        accounts: Option<&'a Vec<Account<'_>>>,
        max: usize,
    ) -> Result<Self, Fail> {
        let accounts = needed(call.service, "To_Account", accounts)?;
        at_most(call.service, "To_Account", accounts, max)?;
        Self::in_all(accounts.iter())
    }

    pub(super) fn in_all<'b: 'a>(
        accounts: impl Iterator<Item = &'a Account<'b>>,
    ) -> Result<Self, Fail> {
        let texts: Vec<_> = accounts.map(Account::text).collect::<Result<_, _>>()?;
        let users = texts.iter().filter_map(|text| UserId::parse(text).ok());
        Ok(Self {
            users: users.collect(),
            texts,
        })
    }

    /// Those that can be accounts, in the order named.
    pub(super) fn users(&self) -> &[UserId] {
        &self.users
    }

    /// All as they were named, with what was found out of those that can be accounts: `found` is in the order of [`Self::users`].
    pub(super) fn with<'f, T>(
        &'f self,
        found: &'f [T],
    ) -> impl Iterator<Item = (&'a str, Option<&'f T>)> {
        let mut known = self.users.iter().zip(found).peekable();
        self.texts.iter().map(move |text| {
            let is_this = |(user, _): &(&UserId, _)| user.as_str() == *text;
            (*text, known.next_if(is_this).map(|(_, found)| found))
        })
    }
}

pub(super) fn is_both(kind: Option<&String>) -> bool {
    kind.is_some_and(|kind| kind.ends_with("_Both"))
}

/// The account that a request is about.
pub(super) fn from_account(call: &Call, account: Option<&Account<'_>>) -> Result<AccountKey, Fail> {
    let account = needed(call.service, "From_Account", account)?;
    let user = account.user()?.map_err(|_| no_such_account(call))?;
    Ok(AccountKey::new(call.app.id, user))
}

pub(super) fn no_such_account(call: &Call) -> Fail {
    call.service.no_such_account().into()
}

/// The answer that says of each what became of it.
pub(super) fn results(call: &Call, named: &Named<'_>, done: &[Result<(), Refusal>]) -> Answer {
    let nobody = Err(STRANGER);
    let mut result_item = Vec::new();
    let mut fail_account = Vec::new();
    for (to_account, done) in named.with(done) {
        let (result_code, result_info) = result(call.service, done.unwrap_or(&nobody));
        if result_code != 0 {
            fail_account.push(to_account);
        }
        result_item.push(ResultItem {
            to_account,
            result_code,
            result_info,
        });
    }
    Ok(to_bytes(&FriendResults {
        base: FRIENDS_OK,
        result_item,
        fail_account,
    }))
}
