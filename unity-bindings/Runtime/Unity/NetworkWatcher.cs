#if UNITY_5_3_OR_NEWER

using System;
using UnityEngine;

namespace Userstatus.Native
{
    /// <summary>
    /// Looks at what Unity says of the network, and tells the library of changes: a phone that goes from Wi-Fi to its own network, or out of
    /// both, keeps connections that lead nowhere. Unity has no event for it.
    /// </summary>
    internal static class NetworkWatcher
    {
        /// <summary>Not each frame: on Android it is a call into Java.</summary>
        private const int LookIntervalMs = 500;

        private static bool hasLooked;
        private static int lookedAt;
        private static NetworkReachability seen;

        /// <summary>Once a frame, on the main thread.</summary>
        internal static void Look()
        {
            int now = Environment.TickCount;
            if (hasLooked && unchecked(now - lookedAt) < LookIntervalMs)
            {
                return;
            }
            lookedAt = now;
            NetworkReachability before = seen;
            seen = Application.internetReachability;
            if (hasLooked && seen != before)
            {
                Bridge.NotifyNetworkChanged(ChangeOf(before, seen));
            }
            hasLooked = true;
        }

        /// <summary>What another play saw is no change of this one's.</summary>
        internal static void Reset()
        {
            hasLooked = false;
            lookedAt = 0;
            seen = default(NetworkReachability);
        }

        private static NetworkChange ChangeOf(NetworkReachability before, NetworkReachability after)
        {
            if (after == NetworkReachability.NotReachable)
            {
                return NetworkChange.Gone;
            }
            return before == NetworkReachability.NotReachable ? NetworkChange.Back : NetworkChange.Changed;
        }
    }
}

#endif
