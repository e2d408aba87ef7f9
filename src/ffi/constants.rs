//! The numbers of the ABI: return values and enums, under the names existing code uses.

/// What a function returns. 0: accepted, and its callback will run exactly once; anything else: refused, and it never will.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TIMResult {
    /// Accepted.
    TIM_SUCC = 0,
    /// Reserved: never returned. What is called before TIMInit is answered with 6013 through its callback.
    TIM_ERR_SDKUNINIT = -1,
    /// Reserved: never returned. What is called before login is answered with 6014 through its callback.
    TIM_ERR_NOTLOGIN = -2,
    /// The argument is not JSON, or JSON of another form: a key of the wrong type, an object for an array, nested too deep.
    TIM_ERR_JSON = -3,
    /// NULL or empty where something is needed, a text of more than 1 MiB, an app id of 0, a configuration value out of range, a client
    /// that is not open.
    TIM_ERR_PARAM = -4,
    /// Reserved.
    TIM_ERR_CONV = -5,
    /// Reserved.
    TIM_ERR_GROUP = -6,
}

/// Further return values, this library's own.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum USResult {
    /// 16,384 calls of a client wait for their callback to run; call again when some have. Also seen when nobody calls USPump.
    US_ERR_TOO_MANY_PENDING = -100,
    /// USPump was called, but callbacks run on the callback thread: TIMInit (or USClientOpen) was not told to pump.
    US_ERR_NOT_PUMP_MODE = -101,
    /// Something inside the library failed: a bug of it, or no memory or threads left. The log says what.
    US_ERR_INTERNAL = -102,
    /// 256 clients are open: USClientClose one first.
    US_ERR_TOO_MANY_CLIENTS = -103,
}

/// The normal status of a user, kept by the system (S3).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TIMUserStatusType {
    /// Never heard of by the server.
    kTIMUserStatusType_Unkown = 0,
    /// Logged in.
    kTIMUserStatusType_Online = 1,
    /// Did not log out, but the connection is gone.
    kTIMUserStatusType_Offline = 2,
    /// Never logged in, or logged out.
    kTIMUserStatusType_UnLogined = 3,
}

/// The state of the connection to the server.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TIMNetworkStatus {
    /// Connected.
    kTIMConnected = 0,
    /// The connection was lost; the library goes on trying.
    kTIMDisconnected = 1,
    /// Connecting.
    kTIMConnecting = 2,
    /// An attempt to connect failed; the library goes on trying.
    kTIMConnectFailed = 3,
}

/// What the platform says of its network.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum USNetworkChange {
    /// There is none any more.
    kUSNetworkGone = 0,
    /// It is another one, as from Wi-Fi to the phone's own, or has another address.
    kUSNetworkChanged = 1,
    /// There is one again.
    kUSNetworkBack = 2,
}

/// Whether somebody is logged in.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TIMLoginStatus {
    /// Logged in. Stays so while a lost connection is being restored.
    kTIMLoginStatus_Logined = 1,
    /// TIMLogin is under way.
    kTIMLoginStatus_Logining = 2,
    /// Nobody is logged in.
    kTIMLoginStatus_UnLogined = 3,
    /// TIMLogout is under way.
    kTIMLoginStatus_Logouting = 4,
}

/// How grave a log line is.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TIMLogLevel {
    /// As a setting: no line at all.
    kTIMLog_Off = 0,
    /// As a setting: every line.
    kTIMLog_Test = 1,
    /// Each step.
    kTIMLog_Verbose = 2,
    /// For finding faults.
    kTIMLog_Debug = 3,
    /// Turning points: connected, logged in, lost.
    kTIMLog_Info = 4,
    /// Something unexpected that is dealt with.
    kTIMLog_Warn = 5,
    /// Something failed.
    kTIMLog_Error = 6,
    /// A bug of this library.
    kTIMLog_Assert = 7,
}

/// Whose friend list is meant.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TIMFriendType {
    /// One's own.
    FriendTypeSingle = 0,
    /// One's own and the other user's.
    FriendTypeBoth = 1,
}
