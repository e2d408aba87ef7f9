using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using Userstatus.Json;
using Userstatus.Native;

namespace Userstatus
{
    /// <summary>One's friends, at most 3,000. If the app says so, their changes of status are told without a subscription (rule N3).</summary>
    public sealed class FriendList
    {
        private readonly UserStatusClient client;

        internal FriendList(UserStatusClient client)
        {
            this.client = client;
        }

        /// <summary>Became a friend: on another device of this user, or because they added both ways. A user id.</summary>
        public event Action<string> Added;

        /// <summary>Is a friend no more: deleted on another device, or by them both ways. A user id.</summary>
        public event Action<string> Deleted;

        /// <summary>All friends.</summary>
        /// <exception cref="UserStatusException">9508, 9520, 9523 the server did not answer.</exception>
        public Task<IList<Friend>> ListAsync(CancellationToken cancellation = default(CancellationToken))
        {
            return client.AskAsync(NativeMethods.TIMFriendshipGetFriendProfileList, Read.Friends, cancellation);
        }

        /// <summary>Adds a friend. There is no asking: the other user is told.</summary>
        /// <returns>What became of it: 30001 oneself, 30003 no such account, 30010 or 30014 too many friends, 30015 a friend already.</returns>
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
                (callback, number) => NativeMethods.TIMFriendshipAddFriend(param, callback, number), Read.FriendResults, cancellation);
            return results[0];
        }

        /// <summary>Deletes friends, also from their lists unless said otherwise.</summary>
        /// <returns>What became of each, in the order given: 31704 no friend.</returns>
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
                (callback, number) => NativeMethods.TIMFriendshipDeleteFriend(param, callback, number), Read.FriendResults, cancellation);
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
