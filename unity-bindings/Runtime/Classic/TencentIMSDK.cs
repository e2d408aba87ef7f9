using System.Collections.Generic;
using System.Text;
using com.tencent.imsdk.unity.callback;
using com.tencent.imsdk.unity.enums;
using com.tencent.imsdk.unity.types;
using Userstatus;
using Userstatus.Json;
using Userstatus.Native;
using FriendResult = com.tencent.imsdk.unity.types.FriendResult;
using LogCallback = com.tencent.imsdk.unity.callback.LogCallback;

namespace com.tencent.imsdk.unity
{
    /// <summary>
    /// The interface that code written for the IM SDK uses: status, login and friends. Callbacks come on the main thread in Unity, else in the
    /// synchronization context that was current at Init, or on a thread of the package's (<see cref="CallbackDispatch"/> chooses).
    /// Each comes exactly once if the call returned TIM_SUCC. Safe to call from any thread.
    /// </summary>
    /// <remarks>
    /// A text that is no valid Unicode is refused with <see cref="System.ArgumentException"/>. What a callback throws goes to
    /// <see cref="UserStatusClient.UnhandledException"/>.
    /// </remarks>
    public static class TencentIMSDK
    {
        private delegate void Deliver(Reply reply, string name);

        private static readonly object Gate = new object();
        private static bool isListening;
        private static int calls;

        private static UserStatusChangedCallback onStatusChanged;
        private static UserStatusChangedStringCallback onStatusChangedString;
        private static NetworkStatusListenerCallback onNetwork;
        private static KickedOfflineCallback onKickedOffline;
        private static UserSigExpiringCallback onUserSigExpiring;
        private static UserSigExpiredCallback onUserSigExpired;
        private static OnAddFriendCallback onAddFriend;
        private static OnAddFriendStringCallback onAddFriendString;
        private static OnDeleteFriendCallback onDeleteFriend;
        private static OnDeleteFriendStringCallback onDeleteFriendString;
        private static LogCallback onLog;

        /// <summary>Ours: where callbacks run, from the next Init on.</summary>
        public static Dispatch CallbackDispatch { get; set; }

        /// <summary>Initialises the library. It connects at the first Login. need_log is accepted and ignored: see SetConfig.</summary>
        public static TIMResult Init(long sdk_app_id, SdkConfig json_sdk_config, bool? need_log = false)
        {
            Listen();
            return (TIMResult)Bridge.Start((ulong)sdk_app_id, Classic.Json(json_sdk_config), CallbackDispatch);
        }

        /// <summary>Ends everything; calls under way end with 7009, callbacks are forgotten. No callback comes after it returns.</summary>
        public static TIMResult Uninit()
        {
            Bridge.Stop();
            Forget();
            return TIMResult.TIM_SUCC;
        }

        /// <summary>Ours: runs callbacks here, with Dispatch.Manual. Returns how many ran.</summary>
        public static int USPump()
        {
            return Bridge.Pump(0);
        }

        /// <summary>The version of the SDK whose functions there are, such as "8.6.0". UserStatusClient.LibraryVersion is the library's own.</summary>
        public static string GetSDKVersion()
        {
            return Utf8.Decode(NativeMethods.TIMGetSDKVersion());
        }

        /// <summary>The server's clock, seconds since 1970, UTC; this machine's before the first connection.</summary>
        public static long GetServerTime()
        {
            return (long)NativeMethods.TIMGetServerTime();
        }

        /// <summary>Whether somebody is logged in.</summary>
        public static TIMLoginStatus GetLoginStatus()
        {
            return (TIMLoginStatus)NativeMethods.TIMGetLoginStatus();
        }

        /// <summary>The id of the user who is logged in; empty if nobody is. It replaces what the builder holds.</summary>
        public static TIMResult GetLoginUserID(StringBuilder user_id)
        {
            if (user_id == null)
            {
                return TIMResult.TIM_ERR_PARAM;
            }
            byte[] buffer = new byte[128];
            int result = NativeMethods.TIMGetLoginUserID(buffer);
            int length = System.Array.IndexOf(buffer, (byte)0);
            user_id.Length = 0;
            user_id.Append(Encoding.UTF8.GetString(buffer, 0, length));
            return (TIMResult)result;
        }

        /// <summary>Logs a user in, or renews the UserSig of the one who is. The callback gets 0, or what is wrong: see the native header's TIMLogin.</summary>
        public static TIMResult Login(string user_id, string user_sig, NullValueCallback callback)
        {
            byte[] user = Utf8.Encode(user_id, "user_id");
            byte[] sig = Utf8.Encode(user_sig, "user_sig");
            return Call("Login", (callback_, number) => NativeMethods.TIMLogin(user, sig, callback_, number), callback == null ? (Deliver)null : (reply, name) => callback(reply.Code, reply.Description, name));
        }

        /// <summary>Logs a user in, or renews the UserSig of the one who is. The callback gets 0, or what is wrong: see the native header's TIMLogin.</summary>
        public static TIMResult Login(string user_id, string user_sig, ValueCallback<string> callback)
        {
            byte[] user = Utf8.Encode(user_id, "user_id");
            byte[] sig = Utf8.Encode(user_sig, "user_sig");
            return Call("Login", (callback_, number) => NativeMethods.TIMLogin(user, sig, callback_, number), callback == null ? (Deliver)null : (reply, name) => callback(reply.Code, reply.Description, reply.Json, name));
        }

        /// <summary>Logs out: others see UnLogined.</summary>
        public static TIMResult Logout(NullValueCallback callback)
        {
            return Call("Logout", NativeMethods.TIMLogout, callback == null ? (Deliver)null : (reply, name) => callback(reply.Code, reply.Description, name));
        }

        /// <summary>Logs out: others see UnLogined.</summary>
        public static TIMResult Logout(ValueCallback<string> callback)
        {
            return Call("Logout", NativeMethods.TIMLogout, callback == null ? (Deliver)null : (reply, name) => callback(reply.Code, reply.Description, reply.Json, name));
        }

        /// <summary>Sets one's custom status, at most 100 bytes of UTF-8; empty clears it. Only the custom status of the argument counts (rule C1).</summary>
        public static TIMResult SetSelfStatus(UserStatus json_current_user_status, NullValueCallback callback)
        {
            byte[] status = Utf8.Encode(Classic.Json(json_current_user_status), "json_current_user_status");
            return Call("SetSelfStatus", (callback_, number) => NativeMethods.TIMSetSelfStatus(status, callback_, number), callback == null ? (Deliver)null : (reply, name) => callback(reply.Code, reply.Description, name));
        }

        /// <summary>Sets one's custom status, at most 100 bytes of UTF-8; empty clears it. Only the custom status of the argument counts (rule C1).</summary>
        public static TIMResult SetSelfStatus(UserStatus json_current_user_status, ValueCallback<string> callback)
        {
            byte[] status = Utf8.Encode(Classic.Json(json_current_user_status), "json_current_user_status");
            return Call("SetSelfStatus", (callback_, number) => NativeMethods.TIMSetSelfStatus(status, callback_, number), callback == null ? (Deliver)null : (reply, name) => callback(reply.Code, reply.Description, reply.Json, name));
        }

        /// <summary>Asks for the statuses of users, at most 500, at most 20 times in 5 s (rules G1 to G3).</summary>
        public static TIMResult GetUserStatus(List<string> json_identifier_array, ValueCallback<List<UserStatus>> callback)
        {
            byte[] users = Utf8.Encode(JsonWriter.Array(json_identifier_array ?? new List<string>(), "json_identifier_array"), "json_identifier_array");
            return Call("GetUserStatus", (callback_, number) => NativeMethods.TIMGetUserStatus(users, callback_, number), callback == null ? (Deliver)null : (reply, name) => callback(reply.Code, reply.Description, Classic.Statuses(reply.Json), name));
        }

        /// <summary>Asks for the statuses of users, at most 500, at most 20 times in 5 s (rules G1 to G3).</summary>
        public static TIMResult GetUserStatus(List<string> json_identifier_array, ValueCallback<string> callback)
        {
            byte[] users = Utf8.Encode(JsonWriter.Array(json_identifier_array ?? new List<string>(), "json_identifier_array"), "json_identifier_array");
            // Before Init too: a failure hands over an empty list.
            return Call("GetUserStatus", (callback_, number) => NativeMethods.TIMGetUserStatus(users, callback_, number), callback == null ? (Deliver)null : (reply, name) => callback(reply.Code, reply.Description, reply.Json.Length == 0 ? "[]" : reply.Json, name));
        }

        /// <summary>Subscribes to users, at most 100, at most 20 times in 5 s (rules W1 to W8). A 4-argument callback gets their present statuses as JSON.</summary>
        public static TIMResult SubscribeUserStatus(List<string> json_identifier_array, NullValueCallback callback)
        {
            byte[] users = Utf8.Encode(JsonWriter.Array(json_identifier_array ?? new List<string>(), "json_identifier_array"), "json_identifier_array");
            return Call("SubscribeUserStatus", (callback_, number) => NativeMethods.TIMSubscribeUserStatus(users, callback_, number), callback == null ? (Deliver)null : (reply, name) => callback(reply.Code, reply.Description, name));
        }

        /// <summary>Subscribes to users, at most 100, at most 20 times in 5 s (rules W1 to W8). A 4-argument callback gets their present statuses as JSON.</summary>
        public static TIMResult SubscribeUserStatus(List<string> json_identifier_array, ValueCallback<string> callback)
        {
            byte[] users = Utf8.Encode(JsonWriter.Array(json_identifier_array ?? new List<string>(), "json_identifier_array"), "json_identifier_array");
            return Call("SubscribeUserStatus", (callback_, number) => NativeMethods.TIMSubscribeUserStatus(users, callback_, number), callback == null ? (Deliver)null : (reply, name) => callback(reply.Code, reply.Description, reply.Json, name));
        }

        /// <summary>Unsubscribes from users; null or empty: from all (rule W6).</summary>
        public static TIMResult UnsubscribeUserStatus(List<string> json_identifier_array, NullValueCallback callback)
        {
            byte[] users = Utf8.Encode(JsonWriter.Array(json_identifier_array ?? new List<string>(), "json_identifier_array"), "json_identifier_array");
            return Call("UnsubscribeUserStatus", (callback_, number) => NativeMethods.TIMUnsubscribeUserStatus(users, callback_, number), callback == null ? (Deliver)null : (reply, name) => callback(reply.Code, reply.Description, name));
        }

        /// <summary>Unsubscribes from users; null or empty: from all (rule W6).</summary>
        public static TIMResult UnsubscribeUserStatus(List<string> json_identifier_array, ValueCallback<string> callback)
        {
            byte[] users = Utf8.Encode(JsonWriter.Array(json_identifier_array ?? new List<string>(), "json_identifier_array"), "json_identifier_array");
            return Call("UnsubscribeUserStatus", (callback_, number) => NativeMethods.TIMUnsubscribeUserStatus(users, callback_, number), callback == null ? (Deliver)null : (reply, name) => callback(reply.Code, reply.Description, reply.Json, name));
        }

        /// <summary>Lists one's friends.</summary>
        public static TIMResult FriendshipGetFriendProfileList(ValueCallback<List<FriendProfile>> callback)
        {
            return Call("FriendshipGetFriendProfileList", NativeMethods.TIMFriendshipGetFriendProfileList, callback == null ? (Deliver)null : (reply, name) => callback(reply.Code, reply.Description, Classic.Friends(reply.Json), name));
        }

        /// <summary>Lists one's friends.</summary>
        public static TIMResult FriendshipGetFriendProfileList(ValueCallback<string> callback)
        {
            return Call("FriendshipGetFriendProfileList", NativeMethods.TIMFriendshipGetFriendProfileList, callback == null ? (Deliver)null : (reply, name) => callback(reply.Code, reply.Description, reply.Json, name));
        }

        /// <summary>Adds a friend; the result's code says what became of it.</summary>
        public static TIMResult FriendshipAddFriend(FriendshipAddFriendParam param, ValueCallback<FriendResult> callback)
        {
            byte[] json = Utf8.Encode(Classic.Json(param), "param");
            return Call("FriendshipAddFriend", (callback_, number) => NativeMethods.TIMFriendshipAddFriend(json, callback_, number), callback == null ? (Deliver)null : (reply, name) => callback(reply.Code, reply.Description, Classic.FriendResult(reply.Json), name));
        }

        /// <summary>Adds a friend; the result's code says what became of it.</summary>
        public static TIMResult FriendshipAddFriend(FriendshipAddFriendParam param, ValueCallback<string> callback)
        {
            byte[] json = Utf8.Encode(Classic.Json(param), "param");
            return Call("FriendshipAddFriend", (callback_, number) => NativeMethods.TIMFriendshipAddFriend(json, callback_, number), callback == null ? (Deliver)null : (reply, name) => callback(reply.Code, reply.Description, reply.Json, name));
        }

        /// <summary>Deletes friends; each result's code says what became of it.</summary>
        public static TIMResult FriendshipDeleteFriend(FriendshipDeleteFriendParam param, ValueCallback<List<FriendResult>> callback)
        {
            byte[] json = Utf8.Encode(Classic.Json(param), "param");
            return Call("FriendshipDeleteFriend", (callback_, number) => NativeMethods.TIMFriendshipDeleteFriend(json, callback_, number), callback == null ? (Deliver)null : (reply, name) => callback(reply.Code, reply.Description, Classic.FriendResults(reply.Json), name));
        }

        /// <summary>Deletes friends; each result's code says what became of it.</summary>
        public static TIMResult FriendshipDeleteFriend(FriendshipDeleteFriendParam param, ValueCallback<string> callback)
        {
            byte[] json = Utf8.Encode(Classic.Json(param), "param");
            return Call("FriendshipDeleteFriend", (callback_, number) => NativeMethods.TIMFriendshipDeleteFriend(json, callback_, number), callback == null ? (Deliver)null : (reply, name) => callback(reply.Code, reply.Description, reply.Json, name));
        }

        /// <summary>Blocks users (rule R2): neither is told of the other any more. Each result's code says what became of it.</summary>
        public static TIMResult FriendshipAddToBlackList(List<string> json_identifier_array, ValueCallback<List<FriendResult>> callback)
        {
            byte[] users = Utf8.Encode(JsonWriter.Array(json_identifier_array ?? new List<string>(), "json_identifier_array"), "json_identifier_array");
            return Call("FriendshipAddToBlackList", (callback_, number) => NativeMethods.TIMFriendshipAddToBlackList(users, callback_, number), callback == null ? (Deliver)null : (reply, name) => callback(reply.Code, reply.Description, Classic.FriendResults(reply.Json), name));
        }

        /// <summary>Blocks users (rule R2): neither is told of the other any more. Each result's code says what became of it.</summary>
        public static TIMResult FriendshipAddToBlackList(List<string> json_identifier_array, ValueCallback<string> callback)
        {
            byte[] users = Utf8.Encode(JsonWriter.Array(json_identifier_array ?? new List<string>(), "json_identifier_array"), "json_identifier_array");
            return Call("FriendshipAddToBlackList", (callback_, number) => NativeMethods.TIMFriendshipAddToBlackList(users, callback_, number), callback == null ? (Deliver)null : (reply, name) => callback(reply.Code, reply.Description, reply.Json, name));
        }

        /// <summary>Blocks users no more; each result's code says what became of it.</summary>
        public static TIMResult FriendshipDeleteFromBlackList(List<string> json_identifier_array, ValueCallback<List<FriendResult>> callback)
        {
            byte[] users = Utf8.Encode(JsonWriter.Array(json_identifier_array ?? new List<string>(), "json_identifier_array"), "json_identifier_array");
            return Call("FriendshipDeleteFromBlackList", (callback_, number) => NativeMethods.TIMFriendshipDeleteFromBlackList(users, callback_, number), callback == null ? (Deliver)null : (reply, name) => callback(reply.Code, reply.Description, Classic.FriendResults(reply.Json), name));
        }

        /// <summary>Blocks users no more; each result's code says what became of it.</summary>
        public static TIMResult FriendshipDeleteFromBlackList(List<string> json_identifier_array, ValueCallback<string> callback)
        {
            byte[] users = Utf8.Encode(JsonWriter.Array(json_identifier_array ?? new List<string>(), "json_identifier_array"), "json_identifier_array");
            return Call("FriendshipDeleteFromBlackList", (callback_, number) => NativeMethods.TIMFriendshipDeleteFromBlackList(users, callback_, number), callback == null ? (Deliver)null : (reply, name) => callback(reply.Code, reply.Description, reply.Json, name));
        }

        /// <summary>Lists those one has blocked; of each nothing but the identifier is known.</summary>
        public static TIMResult FriendshipGetBlackList(ValueCallback<List<FriendProfile>> callback)
        {
            return Call("FriendshipGetBlackList", NativeMethods.TIMFriendshipGetBlackList, callback == null ? (Deliver)null : (reply, name) => callback(reply.Code, reply.Description, Classic.Friends(reply.Json), name));
        }

        /// <summary>Lists those one has blocked; of each nothing but the identifier is known.</summary>
        public static TIMResult FriendshipGetBlackList(ValueCallback<string> callback)
        {
            return Call("FriendshipGetBlackList", NativeMethods.TIMFriendshipGetBlackList, callback == null ? (Deliver)null : (reply, name) => callback(reply.Code, reply.Description, reply.Json, name));
        }

        /// <summary>The app went to the background: the status stays as it is (rule S5). In Unity the package says so by itself.</summary>
        public static TIMResult MsgDoBackground(int unread_count, NullValueCallback callback)
        {
            return Call("MsgDoBackground", Background(unread_count), callback == null ? (Deliver)null : (reply, name) => callback(reply.Code, reply.Description, name));
        }

        /// <summary>The app went to the background: the status stays as it is (rule S5). In Unity the package says so by itself.</summary>
        public static TIMResult MsgDoBackground(int unread_count, ValueCallback<string> callback)
        {
            return Call("MsgDoBackground", Background(unread_count), callback == null ? (Deliver)null : (reply, name) => callback(reply.Code, reply.Description, reply.Json, name));
        }

        /// <summary>The app came back: whether the connection stands is found out at once. In Unity the package says so by itself.</summary>
        public static TIMResult MsgDoForeground(NullValueCallback callback)
        {
            return Call("MsgDoForeground", NativeMethods.TIMMsgDoForeground, callback == null ? (Deliver)null : (reply, name) => callback(reply.Code, reply.Description, name));
        }

        /// <summary>The app came back: whether the connection stands is found out at once. In Unity the package says so by itself.</summary>
        public static TIMResult MsgDoForeground(ValueCallback<string> callback)
        {
            return Call("MsgDoForeground", NativeMethods.TIMMsgDoForeground, callback == null ? (Deliver)null : (reply, name) => callback(reply.Code, reply.Description, reply.Json, name));
        }

        /// <summary>Changes settings; what is null stays as it is.</summary>
        public static TIMResult SetConfig(SetConfig config, ValueCallback<SetConfig> callback)
        {
            byte[] json = Utf8.Encode(Classic.Json(config), "config");
            return CallAlsoBeforeInit("SetConfig", "", (callback_, number) => NativeMethods.TIMSetConfig(json, callback_, number), callback == null ? (Deliver)null : (reply, name) => callback(reply.Code, reply.Description, config, name));
        }

        /// <summary>Changes settings; what is null stays as it is.</summary>
        public static TIMResult SetConfig(SetConfig config, ValueCallback<string> callback)
        {
            string text = Classic.Json(config);
            byte[] json = Utf8.Encode(text, "config");
            return CallAlsoBeforeInit("SetConfig", text, (callback_, number) => NativeMethods.TIMSetConfig(json, callback_, number), callback == null ? (Deliver)null : (reply, name) => callback(reply.Code, reply.Description, reply.Json, name));
        }

        /// <summary>Internal operations, such as saying where the server is, before Init: see callExperimentalAPI in the native header.</summary>
        public static TIMResult CallExperimentalAPI(ExperimentalAPIReqeustParam json_param, ValueCallback<ReponseInfo> callback)
        {
            return Operate(json_param, callback == null ? (Deliver)null : (reply, name) => callback(reply.Code, reply.Description, Classic.Response(json_param), name));
        }

        /// <summary>Internal operations, such as saying where the server is, before Init: see callExperimentalAPI in the native header.</summary>
        // The names that go together: by the parameter's it is clear which one a lambda without types means.
        public static TIMResult CallExperimentalAPI(ExperimentalAPIRequestParam json_param, ValueCallback<ResponseInfo> callback)
        {
            return Operate(json_param, callback == null ? (Deliver)null : (reply, name) => callback(reply.Code, reply.Description, Classic.Response(json_param), name));
        }

        /// <summary>Internal operations, such as saying where the server is, before Init: see callExperimentalAPI in the native header.</summary>
        public static TIMResult CallExperimentalAPI(ExperimentalAPIReqeustParam json_param, ValueCallback<string> callback)
        {
            return Operate(json_param, callback == null ? (Deliver)null : (reply, name) => callback(reply.Code, reply.Description, reply.Json, name));
        }

        /// <summary>Who is told of changes of status, as types or else as JSON. A new one replaces the old one; without either nobody is told.</summary>
        public static void SetUserStatusChangedCallback(UserStatusChangedCallback callback = null, UserStatusChangedStringCallback stringCallback = null)
        {
            Listen();
            onStatusChanged = callback;
            onStatusChangedString = callback == null ? stringCallback : null;
        }

        /// <summary>Who is told of the connection.</summary>
        public static void SetNetworkStatusListenerCallback(NetworkStatusListenerCallback callback)
        {
            Listen();
            onNetwork = callback;
        }

        /// <summary>Who is told that a login elsewhere logged this device out.</summary>
        public static void SetKickedOfflineCallback(KickedOfflineCallback callback)
        {
            Listen();
            onKickedOffline = callback;
        }

        /// <summary>Ours: who is told, once, that the UserSig is about to end. Login with a new one, and nobody notices.</summary>
        public static void USSetUserSigExpiringCallback(UserSigExpiringCallback callback)
        {
            Listen();
            onUserSigExpiring = callback;
        }

        /// <summary>Who is told that the UserSig has ended, or does not let this device in any more: Login with a new one.</summary>
        public static void SetUserSigExpiredCallback(UserSigExpiredCallback callback)
        {
            Listen();
            onUserSigExpired = callback;
        }

        /// <summary>Who is told of new friends, as types or else as JSON. A new one replaces the old one; without either nobody is told.</summary>
        public static void SetOnAddFriendCallback(OnAddFriendCallback callback = null, OnAddFriendStringCallback stringCallback = null)
        {
            Listen();
            onAddFriend = callback;
            onAddFriendString = callback == null ? stringCallback : null;
        }

        /// <summary>Who is told of friends that are none any more, as types or else as JSON. A new one replaces the old one; without either nobody is told.</summary>
        public static void SetOnDeleteFriendCallback(OnDeleteFriendCallback callback = null, OnDeleteFriendStringCallback stringCallback = null)
        {
            Listen();
            onDeleteFriend = callback;
            onDeleteFriendString = callback == null ? stringCallback : null;
        }

        /// <summary>Who is told of each line of the log.</summary>
        public static void SetLogCallback(LogCallback callback)
        {
            Listen();
            onLog = callback;
        }

        /// <summary>Static state as in a fresh process: also for play mode without a domain reload.</summary>
#if UNITY_5_3_OR_NEWER
        [UnityEngine.RuntimeInitializeOnLoadMethod(UnityEngine.RuntimeInitializeLoadType.SubsystemRegistration)]
#endif
        private static void Forget()
        {
            onStatusChanged = null;
            onStatusChangedString = null;
            onNetwork = null;
            onKickedOffline = null;
            onUserSigExpiring = null;
            onUserSigExpired = null;
            onAddFriend = null;
            onAddFriendString = null;
            onDeleteFriend = null;
            onDeleteFriendString = null;
            onLog = null;
            CallbackDispatch = Dispatch.Auto;
            // It listens again when somebody does.
            isListening = false;
        }

        private static TIMResult Call(string function, NativeCall call, Deliver deliver)
        {
            // What tells one call from another in a callback they share.
            string name = function + "_" + System.Threading.Interlocked.Increment(ref calls);
            return (TIMResult)Bridge.Call(call, reply =>
            {
                if (deliver != null)
                {
                    deliver(reply, name);
                }
            });
        }

        /// <summary>Nobody looks at the count, so a negative one is none.</summary>
        private static NativeCall Background(int unread_count)
        {
            return (callback, number) => NativeMethods.TIMMsgDoBackground((uint)System.Math.Max(unread_count, 0), callback, number);
        }

        private static TIMResult Operate(ExperimentalAPIReqeustParam param, Deliver deliver)
        {
            byte[] json = Utf8.Encode(Classic.Json(param), "json_param");
            return CallAlsoBeforeInit("CallExperimentalAPI", "", (callback, number) => NativeMethods.callExperimentalAPI(json, callback, number), deliver);
        }

        /// <summary>What the library also does before Init, when nobody pumps yet: its answer, with this JSON, is known at once.</summary>
        private static TIMResult CallAlsoBeforeInit(string function, string json, NativeCall call, Deliver deliver)
        {
            if (Bridge.IsStarted)
            {
                return Call(function, call, deliver);
            }
            int result = call(null, System.IntPtr.Zero);
            if (result == 0 && deliver != null)
            {
                string name = function + "_" + System.Threading.Interlocked.Increment(ref calls);
                Bridge.Later(() => deliver(new Reply(0, "ok", json), name));
            }
            return (TIMResult)result;
        }

        private static void Listen()
        {
            lock (Gate)
            {
                if (isListening)
                {
                    return;
                }
                isListening = true;
            }
            Bridge.Listeners.Ended += Forget;
            Bridge.Listeners.StatusChanged += (infos, json) =>
            {
                // Both first: one that replaces the other meanwhile is not told of this.
                UserStatusChangedCallback callback = onStatusChanged;
                UserStatusChangedStringCallback stringCallback = onStatusChangedString;
                if (callback != null)
                {
                    callback(Classic.Statuses(infos), "");
                }
                else if (stringCallback != null)
                {
                    stringCallback(json, "");
                }
            };
            Bridge.Listeners.Network += (status, code, description) =>
            {
                NetworkStatusListenerCallback callback = onNetwork;
                if (callback != null)
                {
                    callback((TIMNetworkStatus)status, code, description, "");
                }
            };
            Bridge.Listeners.KickedOffline += () =>
            {
                KickedOfflineCallback callback = onKickedOffline;
                if (callback != null)
                {
                    callback("");
                }
            };
            Bridge.Listeners.UserSigExpiring += expiresInMs =>
            {
                UserSigExpiringCallback callback = onUserSigExpiring;
                if (callback != null)
                {
                    callback(expiresInMs, "");
                }
            };
            Bridge.Listeners.UserSigExpired += () =>
            {
                UserSigExpiredCallback callback = onUserSigExpired;
                if (callback != null)
                {
                    callback("");
                }
            };
            Bridge.Listeners.FriendsAdded += (users, json) =>
            {
                OnAddFriendCallback callback = onAddFriend;
                OnAddFriendStringCallback stringCallback = onAddFriendString;
                if (callback != null)
                {
                    callback(new List<string>(users), "");
                }
                else if (stringCallback != null)
                {
                    stringCallback(json, "");
                }
            };
            Bridge.Listeners.FriendsDeleted += (users, json) =>
            {
                OnDeleteFriendCallback callback = onDeleteFriend;
                OnDeleteFriendStringCallback stringCallback = onDeleteFriendString;
                if (callback != null)
                {
                    callback(new List<string>(users), "");
                }
                else if (stringCallback != null)
                {
                    stringCallback(json, "");
                }
            };
            Bridge.Listeners.Log += (level, line) =>
            {
                LogCallback callback = onLog;
                if (callback != null)
                {
                    callback((TIMLogLevel)level, line, "");
                }
            };
        }
    }
}
