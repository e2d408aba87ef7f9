using System;
using System.Collections.Generic;

namespace Userstatus.Samples
{
    /// <summary>A friend as a line on screen.</summary>
    public sealed class FriendRow
    {
        public FriendRow(string userId)
        {
            UserId = userId;
            Presence = Presence.Unknown;
            Text = "";
        }

        public string UserId { get; private set; }

        public Presence Presence { get; private set; }

        /// <summary>What they are doing.</summary>
        public string Text { get; private set; }

        internal void Set(PresenceInfo info)
        {
            Presence = info.Presence;
            Text = info.CustomStatus.Length > 0 ? info.CustomStatus : Describe(info.Presence);
        }

        private static string Describe(Presence presence)
        {
            switch (presence)
            {
                case Presence.Online:
                    return "online";
                case Presence.Offline:
                    return "dropped out";
                case Presence.LoggedOut:
                    return "away";
                default:
                    return "never seen";
            }
        }
    }

    /// <summary>Friends in the order in which a player looks for them: who is online first, then by name. It knows nothing of Unity.</summary>
    public sealed class FriendRows
    {
        private readonly Dictionary<string, FriendRow> byId = new Dictionary<string, FriendRow>();
        private readonly List<FriendRow> sorted = new List<FriendRow>();

        public IList<FriendRow> Sorted
        {
            get { return sorted; }
        }

        public int OnlineCount
        {
            get { return sorted.FindAll(row => row.Presence == Presence.Online).Count; }
        }

        public void Clear()
        {
            byId.Clear();
            sorted.Clear();
        }

        public void Add(string userId)
        {
            if (!byId.ContainsKey(userId))
            {
                FriendRow row = new FriendRow(userId);
                byId.Add(userId, row);
                sorted.Add(row);
                Sort();
            }
        }

        public void Remove(string userId)
        {
            if (byId.Remove(userId))
            {
                sorted.RemoveAll(row => row.UserId == userId);
            }
        }

        /// <summary>Of who is no friend, such as the player, nothing is shown.</summary>
        public void Set(PresenceInfo info)
        {
            FriendRow row;
            if (byId.TryGetValue(info.UserId, out row))
            {
                row.Set(info);
                Sort();
            }
        }

        private void Sort()
        {
            sorted.Sort((one, other) =>
            {
                int byPresence = (other.Presence == Presence.Online).CompareTo(one.Presence == Presence.Online);
                return byPresence != 0 ? byPresence : string.CompareOrdinal(one.UserId, other.UserId);
            });
        }
    }
}
