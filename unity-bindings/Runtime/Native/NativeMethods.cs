// The C ABI, as include/userstatus.h declares it. Strings are NUL-ended UTF-8 in byte arrays: what the marshaller makes of
// `string` depends on platform and locale.

using System;
using System.Runtime.InteropServices;

namespace Userstatus.Native
{
    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    internal delegate void CommCallback(int code, IntPtr description, IntPtr json, IntPtr userData);

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    internal delegate void JsonCallback(IntPtr json, IntPtr userData);

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    internal delegate void NetworkCallback(int status, int code, IntPtr description, IntPtr userData);

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    internal delegate void PlainCallback(IntPtr userData);

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    internal delegate void MillisecondsCallback(ulong lengthMs, IntPtr userData);

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    internal delegate void LogCallback(int level, IntPtr line, IntPtr userData);

    internal static class NativeMethods
    {
#if (UNITY_IOS || UNITY_TVOS || (UNITY_WEBGL && UNITY_2021_2_OR_NEWER)) && !UNITY_EDITOR
        // Linked into the player: iOS loads no libraries of an app's own, and pages know none.
        private const string Library = "__Internal";
#else
        private const string Library = "userstatus";
#endif

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int TIMUninit();

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern IntPtr TIMGetSDKVersion();

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern IntPtr USGetVersion();

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int TIMSetConfig(byte[] config, CommCallback callback, IntPtr userData);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int TIMLogin(byte[] userId, byte[] userSig, CommCallback callback, IntPtr userData);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int TIMLogout(CommCallback callback, IntPtr userData);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int TIMGetLoginUserID(byte[] buffer);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int TIMGetLoginStatus();

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int TIMSetSelfStatus(byte[] status, CommCallback callback, IntPtr userData);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int TIMGetUserStatus(byte[] userIds, CommCallback callback, IntPtr userData);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int TIMSubscribeUserStatus(byte[] userIds, CommCallback callback, IntPtr userData);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int TIMUnsubscribeUserStatus(byte[] userIds, CommCallback callback, IntPtr userData);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int TIMFriendshipGetFriendProfileList(CommCallback callback, IntPtr userData);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int TIMFriendshipAddFriend(byte[] param, CommCallback callback, IntPtr userData);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int TIMFriendshipDeleteFriend(byte[] param, CommCallback callback, IntPtr userData);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int TIMMsgDoBackground(uint unreadCount, CommCallback callback, IntPtr userData);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int TIMMsgDoForeground(CommCallback callback, IntPtr userData);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int TIMFriendshipAddToBlackList(byte[] userIds, CommCallback callback, IntPtr userData);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int TIMFriendshipDeleteFromBlackList(byte[] userIds, CommCallback callback, IntPtr userData);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int TIMFriendshipGetBlackList(CommCallback callback, IntPtr userData);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int callExperimentalAPI(byte[] param, CommCallback callback, IntPtr userData);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern void TIMSetUserStatusChangedCallback(JsonCallback callback, IntPtr userData);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern void TIMSetNetworkStatusListenerCallback(NetworkCallback callback, IntPtr userData);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern void TIMSetKickedOfflineCallback(PlainCallback callback, IntPtr userData);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern void TIMSetUserSigExpiredCallback(PlainCallback callback, IntPtr userData);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern void TIMSetOnAddFriendCallback(JsonCallback callback, IntPtr userData);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern void TIMSetOnDeleteFriendCallback(JsonCallback callback, IntPtr userData);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern void TIMSetLogCallback(LogCallback callback, IntPtr userData);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern uint USGetSubscriptionsMax();

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int USNetworkChanged(int change);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int USPump(uint callbacksMax, uint timeoutMs);

        // What has a 64-bit number in it.
#if UNITY_WEBGL && !UNITY_EDITOR
        internal static int TIMInit(ulong appId, byte[] config)
        {
            return WebMethods.Init(appId, config);
        }

        internal static ulong TIMGetServerTime()
        {
            return WebMethods.GetServerTime();
        }

        internal static void USSetUserSigExpiringCallback(MillisecondsCallback callback, IntPtr userData)
        {
            WebMethods.SetUserSigExpiringCallback(callback, userData);
        }
#else
        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int TIMInit(ulong appId, byte[] config);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern ulong TIMGetServerTime();

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern void USSetUserSigExpiringCallback(MillisecondsCallback callback, IntPtr userData);
#endif

#if UNITY_WEBGL && !UNITY_EDITOR
        // A page has one client: none beside it is opened.
        internal static int USClientOpen(ulong appId, byte[] config, out ulong client)
        {
            client = 0;
            return WebMethods.OneClientOnly;
        }

        internal static int USClientClose(ulong client) => WebMethods.OneClientOnly;

        internal static int USClientLogin(ulong client, byte[] userId, byte[] userSig, CommCallback callback, IntPtr userData) => WebMethods.OneClientOnly;

        internal static int USClientLogout(ulong client, CommCallback callback, IntPtr userData) => WebMethods.OneClientOnly;

        internal static int USClientGetLoginStatus(ulong client) => WebMethods.OneClientOnly;

        internal static ulong USClientGetServerTime(ulong client) => 0;

        internal static int USClientSetSelfStatus(ulong client, byte[] status, CommCallback callback, IntPtr userData) => WebMethods.OneClientOnly;

        internal static int USClientGetUserStatus(ulong client, byte[] userIds, CommCallback callback, IntPtr userData) => WebMethods.OneClientOnly;

        internal static int USClientSubscribeUserStatus(ulong client, byte[] userIds, CommCallback callback, IntPtr userData) => WebMethods.OneClientOnly;

        internal static int USClientUnsubscribeUserStatus(ulong client, byte[] userIds, CommCallback callback, IntPtr userData) => WebMethods.OneClientOnly;

        internal static uint USClientGetSubscriptionsMax(ulong client) => 0;

        internal static void USClientSetUserStatusChangedCallback(ulong client, JsonCallback callback, IntPtr userData) { }

        internal static void USClientSetNetworkStatusListenerCallback(ulong client, NetworkCallback callback, IntPtr userData) { }

        internal static void USClientSetKickedOfflineCallback(ulong client, PlainCallback callback, IntPtr userData) { }

        internal static void USClientSetUserSigExpiringCallback(ulong client, MillisecondsCallback callback, IntPtr userData) { }

        internal static void USClientSetUserSigExpiredCallback(ulong client, PlainCallback callback, IntPtr userData) { }

        internal static void USClientSetOnAddFriendCallback(ulong client, JsonCallback callback, IntPtr userData) { }

        internal static void USClientSetOnDeleteFriendCallback(ulong client, JsonCallback callback, IntPtr userData) { }

        internal static int USClientFriendshipGetFriendProfileList(ulong client, CommCallback callback, IntPtr userData) => WebMethods.OneClientOnly;

        internal static int USClientFriendshipAddFriend(ulong client, byte[] param, CommCallback callback, IntPtr userData) => WebMethods.OneClientOnly;

        internal static int USClientFriendshipDeleteFriend(ulong client, byte[] param, CommCallback callback, IntPtr userData) => WebMethods.OneClientOnly;

        internal static int USClientFriendshipAddToBlackList(ulong client, byte[] userIds, CommCallback callback, IntPtr userData) => WebMethods.OneClientOnly;

        internal static int USClientFriendshipDeleteFromBlackList(ulong client, byte[] userIds, CommCallback callback, IntPtr userData) => WebMethods.OneClientOnly;

        internal static int USClientFriendshipGetBlackList(ulong client, CommCallback callback, IntPtr userData) => WebMethods.OneClientOnly;

        internal static int USClientMsgDoBackground(ulong client, uint unreadCount, CommCallback callback, IntPtr userData) => WebMethods.OneClientOnly;

        internal static int USClientMsgDoForeground(ulong client, CommCallback callback, IntPtr userData) => WebMethods.OneClientOnly;

        internal static int USClientNetworkChanged(ulong client, int change) => WebMethods.OneClientOnly;

        internal static int USClientPump(ulong client, uint callbacksMax, uint timeoutMs) => WebMethods.OneClientOnly;
#else
        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int USClientOpen(ulong appId, byte[] config, out ulong client);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int USClientClose(ulong client);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int USClientLogin(ulong client, byte[] userId, byte[] userSig, CommCallback callback, IntPtr userData);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int USClientLogout(ulong client, CommCallback callback, IntPtr userData);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int USClientGetLoginStatus(ulong client);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern ulong USClientGetServerTime(ulong client);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int USClientSetSelfStatus(ulong client, byte[] status, CommCallback callback, IntPtr userData);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int USClientGetUserStatus(ulong client, byte[] userIds, CommCallback callback, IntPtr userData);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int USClientSubscribeUserStatus(ulong client, byte[] userIds, CommCallback callback, IntPtr userData);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int USClientUnsubscribeUserStatus(ulong client, byte[] userIds, CommCallback callback, IntPtr userData);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern uint USClientGetSubscriptionsMax(ulong client);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern void USClientSetUserStatusChangedCallback(ulong client, JsonCallback callback, IntPtr userData);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern void USClientSetNetworkStatusListenerCallback(ulong client, NetworkCallback callback, IntPtr userData);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern void USClientSetKickedOfflineCallback(ulong client, PlainCallback callback, IntPtr userData);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern void USClientSetUserSigExpiringCallback(ulong client, MillisecondsCallback callback, IntPtr userData);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern void USClientSetUserSigExpiredCallback(ulong client, PlainCallback callback, IntPtr userData);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern void USClientSetOnAddFriendCallback(ulong client, JsonCallback callback, IntPtr userData);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern void USClientSetOnDeleteFriendCallback(ulong client, JsonCallback callback, IntPtr userData);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int USClientFriendshipGetFriendProfileList(ulong client, CommCallback callback, IntPtr userData);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int USClientFriendshipAddFriend(ulong client, byte[] param, CommCallback callback, IntPtr userData);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int USClientFriendshipDeleteFriend(ulong client, byte[] param, CommCallback callback, IntPtr userData);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int USClientFriendshipAddToBlackList(ulong client, byte[] userIds, CommCallback callback, IntPtr userData);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int USClientFriendshipDeleteFromBlackList(ulong client, byte[] userIds, CommCallback callback, IntPtr userData);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int USClientFriendshipGetBlackList(ulong client, CommCallback callback, IntPtr userData);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int USClientMsgDoBackground(ulong client, uint unreadCount, CommCallback callback, IntPtr userData);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int USClientMsgDoForeground(ulong client, CommCallback callback, IntPtr userData);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int USClientNetworkChanged(ulong client, int change);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int USClientPump(ulong client, uint callbacksMax, uint timeoutMs);
#endif
    }
}
