using System;
using System.Collections.Generic;

namespace Userstatus
{
    /// <summary>The normal status of a user: kept by the system, set by nobody (rule S3).</summary>
    public enum Presence
    {
        /// <summary>The server has never heard of this user.</summary>
        Unknown = 0,

        /// <summary>Logged in, on at least one device.</summary>
        Online = 1,

        /// <summary>Did not log out, but the connection is gone: the process was killed or the network broke.</summary>
        Offline = 2,

        /// <summary>Logged out, or registered and never logged in.</summary>
        LoggedOut = 3,
    }

    /// <summary>The status of one user at one moment. Never changes; a change brings another one.</summary>
    public sealed class PresenceInfo
    {
        internal PresenceInfo(string userId, Presence presence, string customStatus, IList<string> onlineDevices)
        {
            UserId = userId;
            Presence = presence;
            CustomStatus = customStatus;
            OnlineDevices = onlineDevices;
        }

        /// <summary>Whose status it is.</summary>
        public string UserId { get; private set; }

        /// <summary>The normal status.</summary>
        public Presence Presence { get; private set; }

        /// <summary>What the user has set, such as "in a match"; empty if nothing. The server clears it when the user goes offline.</summary>
        public string CustomStatus { get; private set; }

        /// <summary>The platforms the user is online from, such as "Windows". Read-only.</summary>
        public IList<string> OnlineDevices { get; private set; }

        /// <summary>Whether the user is online on any device.</summary>
        public bool IsOnline
        {
            get { return Presence == Presence.Online; }
        }

        /// <inheritdoc/>
        public override string ToString()
        {
            return CustomStatus.Length == 0 ? UserId + ": " + Presence : UserId + ": " + Presence + ", \"" + CustomStatus + "\"";
        }
    }

    /// <summary>An entry of one's friend list.</summary>
    public sealed class Friend
    {
        internal Friend(string userId, string remark, IList<string> groups, string source, string wording, DateTime addedAtUtc)
        {
            UserId = userId;
            Remark = remark;
            Groups = groups;
            Source = source;
            Wording = wording;
            AddedAtUtc = addedAtUtc;
        }

        /// <summary>Who it is.</summary>
        public string UserId { get; private set; }

        /// <summary>One's own name for the friend; empty if none.</summary>
        public string Remark { get; private set; }

        /// <summary>The groups of the list the friend is in. Read-only.</summary>
        public IList<string> Groups { get; private set; }

        /// <summary>Where the friend was met, as given when adding.</summary>
        public string Source { get; private set; }

        /// <summary>The words given when adding.</summary>
        public string Wording { get; private set; }

        /// <summary>When, UTC, to the second.</summary>
        public DateTime AddedAtUtc { get; private set; }

        /// <inheritdoc/>
        public override string ToString()
        {
            return Remark.Length == 0 ? UserId : UserId + " (" + Remark + ")";
        }
    }

    /// <summary>What became of one user in a call about friends.</summary>
    public sealed class FriendResult
    {
        internal FriendResult(string userId, int code, string description)
        {
            UserId = userId;
            Code = code;
            Description = description;
        }

        /// <summary>Whom it is about.</summary>
        public string UserId { get; private set; }

        /// <summary>0, or why not: see <see cref="ErrorCode"/>.</summary>
        public int Code { get; private set; }

        /// <summary>The code in words, for people.</summary>
        public string Description { get; private set; }

        /// <summary>Whether it was done.</summary>
        public bool IsSuccess
        {
            get { return Code == 0; }
        }

        /// <inheritdoc/>
        public override string ToString()
        {
            return IsSuccess ? UserId + ": ok" : UserId + ": " + Code + " " + Description;
        }
    }

    /// <summary>What one may say when adding a friend. Everything is optional.</summary>
    public sealed class FriendDetails
    {
        /// <summary>Add oneself to the other's list, too. Default true.</summary>
        public bool BothWays { get; set; }

        /// <summary>One's own name for the friend, at most 96 bytes of UTF-8.</summary>
        public string Remark { get; set; }

        /// <summary>A group of the list, at most 30 bytes.</summary>
        public string Group { get; set; }

        /// <summary>Where the friend was met, at most 32 bytes.</summary>
        public string Source { get; set; }

        /// <summary>A few words, at most 256 bytes.</summary>
        public string Wording { get; set; }

        /// <summary>Both ways, nothing else said.</summary>
        public FriendDetails()
        {
            BothWays = true;
        }
    }

    /// <summary>The state of the connection to the server.</summary>
    public enum ConnectionState
    {
        /// <summary>There is none, and none is being made: not opened yet, closed, or kicked offline.</summary>
        Closed,

        /// <summary>Being made, for the first time or again.</summary>
        Connecting,

        /// <summary>It stands. Whether the server takes the UserSig is seen after that: see <see cref="UserStatusClient.OpenAsync"/>.</summary>
        Connected,

        /// <summary>It was lost or could not be made; the library tries again by itself.</summary>
        Disconnected,
    }

    /// <summary>What the platform says of its network.</summary>
    public enum NetworkChange
    {
        /// <summary>There is none any more.</summary>
        Gone = 0,

        /// <summary>It is another one, as from Wi-Fi to the phone's own, or has another address.</summary>
        Changed = 1,

        /// <summary>There is one again.</summary>
        Back = 2,
    }

    /// <summary>A change of the connection.</summary>
    public sealed class ConnectionChange
    {
        internal ConnectionChange(ConnectionState state, int code, string reason)
        {
            State = state;
            Code = code;
            Reason = reason;
        }

        /// <summary>What it is now.</summary>
        public ConnectionState State { get; private set; }

        /// <summary>0, or why it was lost or could not be made.</summary>
        public int Code { get; private set; }

        /// <summary>The code in words, for people.</summary>
        public string Reason { get; private set; }

        /// <inheritdoc/>
        public override string ToString()
        {
            return Code == 0 ? State.ToString() : State + ": " + Code + " " + Reason;
        }
    }

    /// <summary>A UserSig that has to be renewed.</summary>
    public sealed class UserSigExpiry
    {
        internal UserSigExpiry(TimeSpan expiresIn, bool isLoggedOut)
        {
            ExpiresIn = expiresIn;
            IsLoggedOut = isLoggedOut;
        }

        /// <summary>How long it is still good for, by the server's clock; zero if no longer.</summary>
        public TimeSpan ExpiresIn { get; private set; }

        /// <summary>Whether it is good no longer: it has ended, its key was removed, or the server has another reason to refuse it.</summary>
        public bool HasExpired
        {
            get { return ExpiresIn == TimeSpan.Zero; }
        }

        /// <summary>
        /// Whether this device was logged out for it. Until there is a new one, the user is offline. If not, the connection that stands is all there is.
        /// </summary>
        public bool IsLoggedOut { get; private set; }
    }

    /// <summary>How grave a line of the log is.</summary>
    public enum LogLevel
    {
        /// <summary>No log at all; never the level of a line.</summary>
        Off = 0,

        /// <summary>Everything.</summary>
        Test = 1,

        /// <summary>Each frame.</summary>
        Verbose = 2,

        /// <summary>For finding faults.</summary>
        Debug = 3,

        /// <summary>What happens in general.</summary>
        Info = 4,

        /// <summary>What may be wrong.</summary>
        Warning = 5,

        /// <summary>What went wrong.</summary>
        Error = 6,

        /// <summary>What cannot be.</summary>
        Assert = 7,
    }
}
