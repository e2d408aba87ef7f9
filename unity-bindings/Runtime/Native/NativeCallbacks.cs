using System;
using AOT;
using Userstatus.Json;

namespace Userstatus.Native
{
    /// <summary>
    /// What native code calls. Static and marked, as AOT compilers want it; held in static fields, so that none is collected while
    /// native code knows it; and nothing is thrown out of them.
    /// </summary>
    internal static class NativeCallbacks
    {
        internal static readonly CommCallback Comm = OnComm;
        internal static readonly JsonCallback StatusChanged = OnStatusChanged;
        internal static readonly NetworkCallback Network = OnNetwork;
        internal static readonly PlainCallback KickedOffline = OnKickedOffline;
        internal static readonly MillisecondsCallback UserSigExpiring = OnUserSigExpiring;
        internal static readonly PlainCallback UserSigExpired = OnUserSigExpired;
        internal static readonly JsonCallback FriendsAdded = OnFriendsAdded;
        internal static readonly JsonCallback FriendsDeleted = OnFriendsDeleted;
        internal static readonly LogCallback Log = OnLog;

        [MonoPInvokeCallback(typeof(CommCallback))]
        private static void OnComm(int code, IntPtr description, IntPtr json, IntPtr userData)
        {
            try
            {
                Action<Reply> done = PendingCalls.Take(userData);
                if (done != null)
                {
                    done(new Reply(code, Utf8.Decode(description), Utf8.Decode(json)));
                }
            }
            catch (Exception fault)
            {
                Faults.Report(fault);
            }
        }

        [MonoPInvokeCallback(typeof(JsonCallback))]
        private static void OnStatusChanged(IntPtr json, IntPtr userData)
        {
            try
            {
                string text = Utf8.Decode(json);
                Tell(userData, text, listeners => listeners.RaiseStatusChanged(text));
            }
            catch (Exception fault)
            {
                Faults.Report(fault);
            }
        }

        [MonoPInvokeCallback(typeof(NetworkCallback))]
        private static void OnNetwork(int status, int code, IntPtr description, IntPtr userData)
        {
            try
            {
                string text = Utf8.Decode(description);
                Tell(userData, listeners => listeners.RaiseNetwork(status, code, text));
            }
            catch (Exception fault)
            {
                Faults.Report(fault);
            }
        }

        [MonoPInvokeCallback(typeof(PlainCallback))]
        private static void OnKickedOffline(IntPtr userData)
        {
            try
            {
                Tell(userData, listeners => listeners.RaiseKickedOffline());
            }
            catch (Exception fault)
            {
                Faults.Report(fault);
            }
        }

        [MonoPInvokeCallback(typeof(MillisecondsCallback))]
        private static void OnUserSigExpiring(ulong expiresInMs, IntPtr userData)
        {
            try
            {
                Tell(userData, listeners => listeners.RaiseUserSigExpiring(expiresInMs));
            }
            catch (Exception fault)
            {
                Faults.Report(fault);
            }
        }

        [MonoPInvokeCallback(typeof(PlainCallback))]
        private static void OnUserSigExpired(IntPtr userData)
        {
            try
            {
                Tell(userData, listeners => listeners.RaiseUserSigExpired());
            }
            catch (Exception fault)
            {
                Faults.Report(fault);
            }
        }

        [MonoPInvokeCallback(typeof(JsonCallback))]
        private static void OnFriendsAdded(IntPtr json, IntPtr userData)
        {
            try
            {
                string text = Utf8.Decode(json);
                Tell(userData, text, listeners => listeners.RaiseFriendsAdded(text));
            }
            catch (Exception fault)
            {
                Faults.Report(fault);
            }
        }

        [MonoPInvokeCallback(typeof(JsonCallback))]
        private static void OnFriendsDeleted(IntPtr json, IntPtr userData)
        {
            try
            {
                string text = Utf8.Decode(json);
                Tell(userData, text, listeners => listeners.RaiseFriendsDeleted(text));
            }
            catch (Exception fault)
            {
                Faults.Report(fault);
            }
        }

        [MonoPInvokeCallback(typeof(LogCallback))]
        private static void OnLog(int level, IntPtr line, IntPtr userData)
        {
            try
            {
                string text = Utf8.Decode(line);
                Tell(userData, listeners => listeners.RaiseLog(level, text));
            }
            catch (Exception fault)
            {
                Faults.Report(fault);
            }
        }

        /// <summary>Puts it where the user code of that client gets it. Of one that has ended nobody wants to hear.</summary>
        private static void Tell(IntPtr userData, Action<Listeners> tell)
        {
            Link link = Link.Find(userData);
            if (link != null)
            {
                link.Inbox.Add(() => tell(link.Listeners));
            }
        }

        /// <summary>The same of a text to be parsed.</summary>
        private static void Tell(IntPtr userData, string json, Action<Listeners> tell)
        {
            Link link = Link.Find(userData);
            if (link != null)
            {
                link.Inbox.Add(() => tell(link.Listeners), ParsedAhead.Begin(json));
            }
        }
    }
}
