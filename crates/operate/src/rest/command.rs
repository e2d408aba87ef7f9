//! What can be asked, and by which path.

/// Commands that stand together, and share codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Service {
    /// `openim`.
    Status,
    /// `im_open_login_svc`.
    Accounts,
    /// `sns`.
    Friends,
    /// `userstatus`: what the SDK's own API lacks.
    Ours,
}

impl Service {
    /// By the path, whether there is such a command or not.
    pub(super) fn of_path(path: &str) -> Self {
        match path
            .strip_prefix("/v4/")
            .and_then(|rest| rest.split('/').next())
        {
            Some("im_open_login_svc") => Self::Accounts,
            Some("sns") => Self::Friends,
            Some("userstatus") => Self::Ours,
            Some(_) | None => Self::Status,
        }
    }
}

macro_rules! commands {
    ($($name:ident: $path:literal $(| $alias:literal)*, $service:ident, $does:ident, $rate:ident;)*) => {
        /// One command.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub(super) enum Command {
            $(#[doc = $path] $name,)*
        }

        impl Command {
            #[cfg(test)]
            pub(super) const ALL: &'static [(Self, &'static [&'static str])] = &[$((Self::$name, &[$path $(, $alias)*])),*];

            pub(super) fn of_path(path: &str) -> Option<Self> {
                match path {
                    $($path $(| $alias)* => Some(Self::$name),)*
                    _ => None,
                }
            }

            pub(super) const fn path(self) -> &'static str {
                match self { $(Self::$name => $path,)* }
            }

            pub(super) const fn service(self) -> Service {
                match self { $(Self::$name => Service::$service,)* }
            }

            pub(super) const fn does(self) -> Does {
                match self { $(Self::$name => Does::$does,)* }
            }

            pub(super) const fn rate(self) -> Rate {
                match self { $(Self::$name => Rate::$rate,)* }
            }
        }
    };
}

/// Whether anything is another after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Does {
    /// It reads what stands in memory.
    Read,
    /// It is carried out to its end, whoever waits for it: half of a change is none.
    Change,
}

/// Which of the app's limits holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rate {
    /// `rest_calls_per_s`.
    Usual,
    /// `rest_batch_calls_per_s`.
    Batch,
}

commands! {
    QueryOnlineStatus: "/v4/openim/query_online_status" | "/v4/openim/querystate", Status, Read, Usual;
    AccountImport: "/v4/im_open_login_svc/account_import", Accounts, Change, Usual;
    MultiaccountImport: "/v4/im_open_login_svc/multiaccount_import", Accounts, Change, Batch;
    AccountCheck: "/v4/im_open_login_svc/account_check", Accounts, Read, Batch;
    AccountDelete: "/v4/im_open_login_svc/account_delete", Accounts, Change, Usual;
    Kick: "/v4/im_open_login_svc/kick", Accounts, Change, Usual;
    FriendAdd: "/v4/sns/friend_add", Friends, Change, Usual;
    FriendImport: "/v4/sns/friend_import", Friends, Change, Usual;
    FriendUpdate: "/v4/sns/friend_update", Friends, Change, Usual;
    FriendDelete: "/v4/sns/friend_delete", Friends, Change, Usual;
    FriendDeleteAll: "/v4/sns/friend_delete_all", Friends, Change, Usual;
    FriendCheck: "/v4/sns/friend_check", Friends, Read, Usual;
    FriendGet: "/v4/sns/friend_get", Friends, Read, Usual;
    FriendGetList: "/v4/sns/friend_get_list", Friends, Read, Usual;
    BlackListAdd: "/v4/sns/black_list_add", Friends, Change, Usual;
    BlackListDelete: "/v4/sns/black_list_delete", Friends, Change, Usual;
    BlackListGet: "/v4/sns/black_list_get", Friends, Read, Usual;
    BlackListCheck: "/v4/sns/black_list_check", Friends, Read, Usual;
    SetCustomStatus: "/v4/userstatus/set_custom_status", Ours, Change, Usual;
}
