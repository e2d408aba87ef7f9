using System;
using System.Collections.Generic;
using System.Threading.Tasks;

namespace Userstatus.Samples
{
    /// <summary>
    /// The friends of a player and what they are doing, kept current: take it into your game as it is. Everything here runs on the main thread.
    /// </summary>
    public sealed class FriendRoster
    {
        private readonly UserStatusClient client;
        private readonly SortedDictionary<string, PresenceInfo> friends = new SortedDictionary<string, PresenceInfo>(StringComparer.Ordinal);

        /// <summary>Of a client that is open, or about to be.</summary>
        public FriendRoster(UserStatusClient client)
        {
            this.client = client;
            client.StatusChanged += OnStatusChanged;
            client.Friends.Added += OnAdded;
            client.Friends.Deleted += OnDeleted;
        }

        /// <summary>Something in <see cref="Friends"/> is new.</summary>
        public event Action Changed;

        /// <summary>In order of their ids.</summary>
        public IEnumerable<PresenceInfo> Friends
        {
            get { return friends.Values; }
        }

        /// <summary>Watches everyone on the friend list, in as few calls as the limits allow.</summary>
        public async Task LoadAsync()
        {
            List<string> ids = new List<string>();
            foreach (Friend friend in await client.Friends.ListAsync())
            {
                ids.Add(friend.UserId);
            }
            const int InOneCall = 100;
            for (int from = 0; from < ids.Count; from += InOneCall)
            {
                await WatchAsync(ids.GetRange(from, Math.Min(InOneCall, ids.Count - from)));
            }
        }

        /// <summary>Becomes friends with somebody. Null, or why not.</summary>
        public async Task<string> AddAsync(string userId)
        {
            FriendResult result = await client.Friends.AddAsync(userId);
            if (!result.IsSuccess)
            {
                return result.Code + ": " + result.Description;
            }
            await WatchAsync(new[] { userId });
            return null;
        }

        private async Task WatchAsync(IEnumerable<string> userIds)
        {
            // The answer has their present statuses; no change after it is missed.
            foreach (PresenceInfo info in await client.SubscribeAsync(userIds))
            {
                friends[info.UserId] = info;
            }
            RaiseChanged();
        }

        private void OnStatusChanged(PresenceInfo info)
        {
            // One's own status comes here, too.
            if (friends.ContainsKey(info.UserId))
            {
                friends[info.UserId] = info;
                RaiseChanged();
            }
        }

        // Somebody added this player: nobody here awaits it, so what goes wrong is shown.
        private async void OnAdded(string userId)
        {
            try
            {
                await WatchAsync(new[] { userId });
            }
            catch (Exception fault)
            {
                UnityEngine.Debug.LogException(fault);
            }
        }

        private void OnDeleted(string userId)
        {
            if (friends.Remove(userId))
            {
                RaiseChanged();
            }
        }

        private void RaiseChanged()
        {
            if (Changed != null)
            {
                Changed();
            }
        }
    }
}
