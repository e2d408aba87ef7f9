// Generated from the table of codes in crates/core; do not edit. `make header` writes it anew.

namespace Userstatus
{
    /// <summary>Why a call was not done. Numbers never move; a newer server may send others.</summary>
    public enum ErrorCode
    {
        /// <summary>Ok.</summary>
        Ok = 0,

        /// <summary>Request timed out.</summary>
        RequestTimeout = 6012,

        /// <summary>Not initialized.</summary>
        NotInitialized = 6013,

        /// <summary>Not login.</summary>
        NotLoggedIn = 6014,

        /// <summary>The same operation is already in progress.</summary>
        InProgress = 6015,

        /// <summary>Invalid parameters.</summary>
        InvalidParameters = 6017,

        /// <summary>The UserSig has expired; mint a new one and log in again.</summary>
        UserSigExpiredLocally = 6206,

        /// <summary>Kicked by a login on another device; log in again to come back.</summary>
        KickedOffline = 6208,

        /// <summary>Called too often; wait a moment.</summary>
        CalledTooOften = 7008,

        /// <summary>Ended by uninit or logout before it was answered.</summary>
        EndedByShutdown = 7009,

        /// <summary>Needs the premium plan; ask the operator to set it with `userstatusd app set`.</summary>
        NeedsPremium = 7013,

        /// <summary>Invalid operation.</summary>
        InvalidOperation = 7014,

        /// <summary>No network connection.</summary>
        NoConnection = 9508,

        /// <summary>Sent, but no answer in time.</summary>
        NoAnswer = 9520,

        /// <summary>Never sent in time.</summary>
        NeverSent = 9523,

        /// <summary>Friend request invalid.</summary>
        FriendRequestInvalid = 30001,

        /// <summary>No such account; it is registered by its first login.</summary>
        FriendNoSuchAccount = 30003,

        /// <summary>Too many friends.</summary>
        FriendsFull = 30010,

        /// <summary>The other user has too many friends.</summary>
        PeerFriendsFull = 30014,

        /// <summary>Already a friend.</summary>
        AlreadyFriends = 30015,

        /// <summary>You have blocked this user; unblock first.</summary>
        FriendBlocked = 30515,

        /// <summary>This user has blocked you.</summary>
        BlockedByFriend = 30525,

        /// <summary>Not a friend.</summary>
        NotAFriend = 31704,

        /// <summary>Too frequent; wait a moment.</summary>
        TooFrequent = 60018,

        /// <summary>The UserSig has expired; mint a new one.</summary>
        SigExpired = 70001,

        /// <summary>The UserSig is empty.</summary>
        SigEmpty = 70002,

        /// <summary>The UserSig is malformed or cut short.</summary>
        SigMalformed = 70003,

        /// <summary>The UserSig was not signed with a key of this app.</summary>
        SigForged = 70009,

        /// <summary>The UserSig was minted for another user.</summary>
        SigOtherUser = 70013,

        /// <summary>The UserSig was minted for another app.</summary>
        SigOtherApp = 70014,

        /// <summary>No such app on this server; check the app id.</summary>
        UnknownApp = 70020,

        /// <summary>Too many forged UserSigs; wait a minute.</summary>
        TooManyFailures = 70050,

        /// <summary>The UserSig was revoked by a kick; mint a new one.</summary>
        SigRevoked = 70052,

        /// <summary>No such account.</summary>
        NoSuchAccount = 70107,

        /// <summary>Bad parameters.</summary>
        BadParameters = 70402,

        /// <summary>Not an app admin.</summary>
        NotAdmin = 70403,

        /// <summary>Internal error of the server; try again.</summary>
        Internal = 70500,

        /// <summary>The user-status switch is off for this app; turn it on with `userstatusd app set`.</summary>
        StatusSwitchOff = 72001,
    }
}
