using System;
using System.Collections.Generic;
using Userstatus.Json;

namespace Userstatus.Native
{
    /// <summary>Who is told of what happens by itself to one client. Both APIs listen here; raised where user code may run, see Inbox.</summary>
    internal sealed class Listeners
    {
        /// <summary>The statuses, and the JSON they came in.</summary>
        internal event Action<IList<PresenceInfo>, string> StatusChanged;

        /// <summary>TIMNetworkStatus, code, description.</summary>
        internal event Action<int, int, string> Network;

        internal event Action KickedOffline;

        /// <summary>In so many milliseconds.</summary>
        internal event Action<ulong> UserSigExpiring;

        internal event Action UserSigExpired;

        /// <summary>User ids, and the JSON they came in.</summary>
        internal event Action<IList<string>, string> FriendsAdded;

        /// <summary>User ids, and the JSON they came in.</summary>
        internal event Action<IList<string>, string> FriendsDeleted;

        /// <summary>TIMLogLevel, line.</summary>
        internal event Action<int, string> Log;

        /// <summary>All is over, as at the end of the process: what is kept of the user's, such as callbacks, goes. Who listens begins anew, too.</summary>
        internal event Action Ended;

        internal void RaiseEnded()
        {
            Action handlers = Ended;
            if (handlers != null)
            {
                handlers();
            }
            StatusChanged = null;
            Network = null;
            KickedOffline = null;
            UserSigExpiring = null;
            UserSigExpired = null;
            FriendsAdded = null;
            FriendsDeleted = null;
            Log = null;
            Ended = null;
        }

        internal void RaiseStatusChanged(string json)
        {
            Action<IList<PresenceInfo>, string> handlers = StatusChanged;
            if (handlers != null)
            {
                handlers(Read.Statuses(json), json);
            }
        }

        internal void RaiseNetwork(int status, int code, string description)
        {
            Action<int, int, string> handlers = Network;
            if (handlers != null)
            {
                handlers(status, code, description);
            }
        }

        internal void RaiseKickedOffline()
        {
            Action handlers = KickedOffline;
            if (handlers != null)
            {
                handlers();
            }
        }

        internal void RaiseUserSigExpiring(ulong expiresInMs)
        {
            Action<ulong> handlers = UserSigExpiring;
            if (handlers != null)
            {
                handlers(expiresInMs);
            }
        }

        internal void RaiseUserSigExpired()
        {
            Action handlers = UserSigExpired;
            if (handlers != null)
            {
                handlers();
            }
        }

        internal void RaiseFriendsAdded(string json)
        {
            Action<IList<string>, string> handlers = FriendsAdded;
            if (handlers != null)
            {
                handlers(Read.UserIds(json), json);
            }
        }

        internal void RaiseFriendsDeleted(string json)
        {
            Action<IList<string>, string> handlers = FriendsDeleted;
            if (handlers != null)
            {
                handlers(Read.UserIds(json), json);
            }
        }

        internal void RaiseLog(int level, string line)
        {
            Action<int, string> handlers = Log;
            if (handlers != null)
            {
                handlers(level, line);
            }
        }
    }
}
