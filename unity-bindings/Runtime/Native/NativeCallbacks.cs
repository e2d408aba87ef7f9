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
                    Reply reply = new Reply(code, Utf8.Decode(description), Utf8.Decode(json));
                    Inbox.Add(() => done(reply), ParsedAhead.Begin(reply.Json));
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
                Inbox.Add(() => Listeners.RaiseStatusChanged(text), ParsedAhead.Begin(text));
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
                Inbox.Add(() => Listeners.RaiseNetwork(status, code, text));
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
                Inbox.Add(Listeners.RaiseKickedOffline);
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
                Inbox.Add(() => Listeners.RaiseUserSigExpiring(expiresInMs));
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
                Inbox.Add(Listeners.RaiseUserSigExpired);
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
                Inbox.Add(() => Listeners.RaiseFriendsAdded(text), ParsedAhead.Begin(text));
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
                Inbox.Add(() => Listeners.RaiseFriendsDeleted(text), ParsedAhead.Begin(text));
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
                Inbox.Add(() => Listeners.RaiseLog(level, text));
            }
            catch (Exception fault)
            {
                Faults.Report(fault);
            }
        }
    }
}
