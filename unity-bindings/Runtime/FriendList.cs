using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using Userstatus.Json;
using Userstatus.Native;

namespace Userstatus
{
    /// <summary>
    /// One's friends, at most 3,000, and those one has blocked. If the app says so, friends' changes of status are told without a subscription
    /// (rule N3). At most 20 calls in 5 s, of all kinds together (rule R1).
    /// </summary>
    public sealed class FriendList
    {
        private readonly UserStatusClient client;

        internal FriendList(UserStatusClient client)
        {
            this.client = client;
        }

        /// <summary>Became a friend: added by this user, on whichever device, or because they added both ways. A user id.</summary>
        public event Action<string> Added;

        /// <summary>Is a friend no more: deleted by this user, on whichever device, or by them both ways. A user id.</summary>
        public event Action<string> Deleted;

        /// <summary>All friends, by user id.</summary>
        /// <exception cref="UserStatusException">
        /// 7013 the app has not the premium plan; 7008 or 60018 too often; 9508, 9520, 9523 the server did not answer.
        /// </exception>
        public Task<IList<Friend>> ListAsync(CancellationToken cancellation = default(CancellationToken))
        {
            return client.AskAsync((callback, number) => client.Native.GetFriends(callback, number), Read.Friends, cancellation);
        }

        /// <summary>Adds a friend. There is no asking: the other user is told.</summary>
        /// <returns>
        /// What became of it: 30001 oneself, 30003 no such account, 30010 or 30014 too many friends, 30015 a friend already, 30515 you have blocked
        /// them, 30525 they have blocked you.
        /// </returns>
        /// <exception cref="UserStatusException">As <see cref="ListAsync"/>; 7014 in this app only the studio's server makes friends (rule R2).</exception>
        public async Task<FriendResult> AddAsync(
            string userId, FriendDetails details = null, CancellationToken cancellation = default(CancellationToken))
        {
            if (string.IsNullOrEmpty(userId))
            {
                throw new ArgumentException("There is no user id.", "userId");
            }
            details = details ?? new FriendDetails();
            byte[] param = Utf8.Encode(
                new JsonWriter()
                    .Text(Keys.AddFriendUser, userId)
                    .Number(Keys.AddFriendType, details.BothWays ? 1 : 0)
                    .Text(Keys.AddFriendRemark, details.Remark)
                    .Text(Keys.AddFriendGroup, details.Group)
                    .Text(Keys.AddFriendSource, details.Source)
                    .Text(Keys.AddFriendWording, details.Wording)
                    .ToString(),
                "details");
            IList<FriendResult> results = await client.AskAsync(
                (callback, number) => client.Native.AddFriend(param, callback, number), Read.FriendResults, cancellation);
            return results[0];
        }

        /// <summary>Deletes friends, also from their lists unless said otherwise.</summary>
        /// <returns>What became of each, in the order given: 31704 no friend.</returns>
        /// <exception cref="UserStatusException">As <see cref="AddAsync"/>.</exception>
        public Task<IList<FriendResult>> DeleteAsync(
            IEnumerable<string> userIds, bool bothWays = true, CancellationToken cancellation = default(CancellationToken))
        {
            if (userIds == null)
            {
                throw new ArgumentNullException("userIds");
            }
            List<string> list = new List<string>(userIds);
            if (list.Count == 0)
            {
                return Task.FromResult<IList<FriendResult>>(new FriendResult[0]);
            }
            byte[] param = Utf8.Encode(
                new JsonWriter()
                    .Number(Keys.DeleteFriendType, bothWays ? 1 : 0)
                    .Raw(Keys.DeleteFriendUsers, JsonWriter.Array(list, "userIds"))
                    .ToString(),
                "userIds");
            return client.AskAsync(
                (callback, number) => client.Native.DeleteFriends(param, callback, number), Read.FriendResults, cancellation);
        }

        /// <summary>
        /// Blocks users (rule R2): neither is told of the other any more, asking shows Offline with no text, and neither can add the other.
        /// </summary>
        /// <returns>What became of each, in the order given: 30001 oneself, 30003 no such account, 30010 too many are blocked.</returns>
        /// <exception cref="UserStatusException">As <see cref="ListAsync"/>.</exception>
        public Task<IList<FriendResult>> BlockAsync(
            IEnumerable<string> userIds, CancellationToken cancellation = default(CancellationToken))
        {
            return AskAboutAsync((native, users, callback, number) => native.Block(users, callback, number), userIds, cancellation);
        }

        /// <summary>Blocks users no more.</summary>
        /// <returns>What became of each, in the order given.</returns>
        /// <exception cref="UserStatusException">As <see cref="ListAsync"/>.</exception>
        public Task<IList<FriendResult>> UnblockAsync(
            IEnumerable<string> userIds, CancellationToken cancellation = default(CancellationToken))
        {
            return AskAboutAsync((native, users, callback, number) => native.Unblock(users, callback, number), userIds, cancellation);
        }

        /// <summary>The ids of all users one has blocked, in order.</summary>
        /// <exception cref="UserStatusException">As <see cref="ListAsync"/>.</exception>
        public Task<IList<string>> ListBlockedAsync(CancellationToken cancellation = default(CancellationToken))
        {
            return client.AskAsync((callback, number) => client.Native.GetBlocked(callback, number), Read.FriendIds, cancellation);
        }

        private delegate int AboutUsers(Functions native, byte[] userIds, CommCallback callback, IntPtr number);

        private Task<IList<FriendResult>> AskAboutAsync(AboutUsers call, IEnumerable<string> userIds, CancellationToken cancellation)
        {
            if (userIds == null)
            {
                throw new ArgumentNullException("userIds");
            }
            List<string> list = new List<string>(userIds);
            if (list.Count == 0)
            {
                return Task.FromResult<IList<FriendResult>>(new FriendResult[0]);
            }
            byte[] users = Utf8.Encode(JsonWriter.Array(list, "userIds"), "userIds");
            return client.AskAsync((callback, number) => call(client.Native, users, callback, number), Read.FriendResults, cancellation);
        }

        internal void OnAdded(IList<string> userIds, string json)
        {
            foreach (string userId in userIds)
            {
                UserStatusClient.Raise(Added, userId);
            }
        }

        internal void OnDeleted(IList<string> userIds, string json)
        {
            foreach (string userId in userIds)
            {
                UserStatusClient.Raise(Deleted, userId);
            }
        }
    }
}
