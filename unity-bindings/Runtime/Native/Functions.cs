using System;

namespace Userstatus.Native
{
    /// <summary>The functions of the C ABI about one client: the default one, or one of several.</summary>
    internal sealed class Functions
    {
        /// <summary>Of the client that the mirrored functions mean.</summary>
        internal static readonly Functions Default = new Functions(0);

        /// <summary>0: the default one.</summary>
        private readonly ulong client;

        private Functions(ulong client)
        {
            this.client = client;
        }

        /// <summary>Opens a client beside the default one. Null if the library did not take it: what it returned says why.</summary>
        internal static Functions Open(ulong appId, byte[] config, out int result)
        {
            ulong number;
            result = NativeMethods.USClientOpen(appId, config, out number);
            return result == 0 ? new Functions(number) : null;
        }

        /// <summary>Ends the client. No callback comes after it returns.</summary>
        internal void End()
        {
            if (client == 0)
            {
                NativeMethods.TIMUninit();
            }
            else
            {
                NativeMethods.USClientClose(client);
            }
        }

        /// <summary>Ends the wait of a thread in Pump, once the client has ended.</summary>
        internal void NudgePump()
        {
            // The wait in USPump ends when there is a callback to run. This one is nobody's. That of a numbered client has ended with it.
            if (client == 0)
            {
                NativeMethods.TIMMsgDoForeground(NativeCallbacks.Comm, IntPtr.Zero);
            }
        }

        internal void SetListeners(IntPtr userData)
        {
            if (client == 0)
            {
                NativeMethods.TIMSetUserStatusChangedCallback(NativeCallbacks.StatusChanged, userData);
                NativeMethods.TIMSetNetworkStatusListenerCallback(NativeCallbacks.Network, userData);
                NativeMethods.TIMSetKickedOfflineCallback(NativeCallbacks.KickedOffline, userData);
                NativeMethods.USSetUserSigExpiringCallback(NativeCallbacks.UserSigExpiring, userData);
                NativeMethods.TIMSetUserSigExpiredCallback(NativeCallbacks.UserSigExpired, userData);
                NativeMethods.TIMSetOnAddFriendCallback(NativeCallbacks.FriendsAdded, userData);
                NativeMethods.TIMSetOnDeleteFriendCallback(NativeCallbacks.FriendsDeleted, userData);
                NativeMethods.TIMSetLogCallback(NativeCallbacks.Log, userData);
                return;
            }
            NativeMethods.USClientSetUserStatusChangedCallback(client, NativeCallbacks.StatusChanged, userData);
            NativeMethods.USClientSetNetworkStatusListenerCallback(client, NativeCallbacks.Network, userData);
            NativeMethods.USClientSetKickedOfflineCallback(client, NativeCallbacks.KickedOffline, userData);
            NativeMethods.USClientSetUserSigExpiringCallback(client, NativeCallbacks.UserSigExpiring, userData);
            NativeMethods.USClientSetUserSigExpiredCallback(client, NativeCallbacks.UserSigExpired, userData);
            NativeMethods.USClientSetOnAddFriendCallback(client, NativeCallbacks.FriendsAdded, userData);
            NativeMethods.USClientSetOnDeleteFriendCallback(client, NativeCallbacks.FriendsDeleted, userData);
        }

        internal int Login(byte[] userId, byte[] userSig, CommCallback callback, IntPtr userData)
        {
            return client == 0
                ? NativeMethods.TIMLogin(userId, userSig, callback, userData)
                : NativeMethods.USClientLogin(client, userId, userSig, callback, userData);
        }

        internal int Logout(CommCallback callback, IntPtr userData)
        {
            return client == 0
                ? NativeMethods.TIMLogout(callback, userData)
                : NativeMethods.USClientLogout(client, callback, userData);
        }

        internal int GetLoginStatus()
        {
            return client == 0
                ? NativeMethods.TIMGetLoginStatus()
                : NativeMethods.USClientGetLoginStatus(client);
        }

        internal ulong GetServerTime()
        {
            return client == 0
                ? NativeMethods.TIMGetServerTime()
                : NativeMethods.USClientGetServerTime(client);
        }

        internal int SetSelfStatus(byte[] status, CommCallback callback, IntPtr userData)
        {
            return client == 0
                ? NativeMethods.TIMSetSelfStatus(status, callback, userData)
                : NativeMethods.USClientSetSelfStatus(client, status, callback, userData);
        }

        internal int GetUserStatus(byte[] userIds, CommCallback callback, IntPtr userData)
        {
            return client == 0
                ? NativeMethods.TIMGetUserStatus(userIds, callback, userData)
                : NativeMethods.USClientGetUserStatus(client, userIds, callback, userData);
        }

        internal int SubscribeUserStatus(byte[] userIds, CommCallback callback, IntPtr userData)
        {
            return client == 0
                ? NativeMethods.TIMSubscribeUserStatus(userIds, callback, userData)
                : NativeMethods.USClientSubscribeUserStatus(client, userIds, callback, userData);
        }

        internal int UnsubscribeUserStatus(byte[] userIds, CommCallback callback, IntPtr userData)
        {
            return client == 0
                ? NativeMethods.TIMUnsubscribeUserStatus(userIds, callback, userData)
                : NativeMethods.USClientUnsubscribeUserStatus(client, userIds, callback, userData);
        }

        internal uint GetSubscriptionsMax()
        {
            return client == 0
                ? NativeMethods.USGetSubscriptionsMax()
                : NativeMethods.USClientGetSubscriptionsMax(client);
        }

        internal int GetFriends(CommCallback callback, IntPtr userData)
        {
            return client == 0
                ? NativeMethods.TIMFriendshipGetFriendProfileList(callback, userData)
                : NativeMethods.USClientFriendshipGetFriendProfileList(client, callback, userData);
        }

        internal int AddFriend(byte[] param, CommCallback callback, IntPtr userData)
        {
            return client == 0
                ? NativeMethods.TIMFriendshipAddFriend(param, callback, userData)
                : NativeMethods.USClientFriendshipAddFriend(client, param, callback, userData);
        }

        internal int DeleteFriends(byte[] param, CommCallback callback, IntPtr userData)
        {
            return client == 0
                ? NativeMethods.TIMFriendshipDeleteFriend(param, callback, userData)
                : NativeMethods.USClientFriendshipDeleteFriend(client, param, callback, userData);
        }

        internal int Block(byte[] userIds, CommCallback callback, IntPtr userData)
        {
            return client == 0
                ? NativeMethods.TIMFriendshipAddToBlackList(userIds, callback, userData)
                : NativeMethods.USClientFriendshipAddToBlackList(client, userIds, callback, userData);
        }

        internal int Unblock(byte[] userIds, CommCallback callback, IntPtr userData)
        {
            return client == 0
                ? NativeMethods.TIMFriendshipDeleteFromBlackList(userIds, callback, userData)
                : NativeMethods.USClientFriendshipDeleteFromBlackList(client, userIds, callback, userData);
        }

        internal int GetBlocked(CommCallback callback, IntPtr userData)
        {
            return client == 0
                ? NativeMethods.TIMFriendshipGetBlackList(callback, userData)
                : NativeMethods.USClientFriendshipGetBlackList(client, callback, userData);
        }

        internal int DoBackground(uint unreadCount, CommCallback callback, IntPtr userData)
        {
            return client == 0
                ? NativeMethods.TIMMsgDoBackground(unreadCount, callback, userData)
                : NativeMethods.USClientMsgDoBackground(client, unreadCount, callback, userData);
        }

        internal int DoForeground(CommCallback callback, IntPtr userData)
        {
            return client == 0
                ? NativeMethods.TIMMsgDoForeground(callback, userData)
                : NativeMethods.USClientMsgDoForeground(client, callback, userData);
        }

        internal int NetworkChanged(int change)
        {
            return client == 0
                ? NativeMethods.USNetworkChanged(change)
                : NativeMethods.USClientNetworkChanged(client, change);
        }

        internal int Pump(uint callbacksMax, uint timeoutMs)
        {
            return client == 0
                ? NativeMethods.USPump(callbacksMax, timeoutMs)
                : NativeMethods.USClientPump(client, callbacksMax, timeoutMs);
        }
    }
}
