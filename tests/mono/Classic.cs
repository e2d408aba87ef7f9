using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using com.tencent.imsdk.unity;
using com.tencent.imsdk.unity.enums;
using com.tencent.imsdk.unity.types;
using ClassicFriendResult = com.tencent.imsdk.unity.types.FriendResult;

namespace Userstatus.Tests
{
    /// <summary>What a classic callback was called with.</summary>
    internal sealed class Answer<T>
    {
        internal int Code;
        internal string Description;
        internal T Result;
        internal string UserData;
    }

    /// <summary>The library as existing code uses it.</summary>
    internal sealed class ClassicPlayer
    {
        internal readonly Driver Driver;
        internal readonly Heard<UserStatus> Statuses;
        internal readonly Heard<TIMNetworkStatus> Network;
        internal readonly Heard<string> Kicks;
        internal readonly Heard<string> Added;
        internal readonly Heard<string> Deleted;
        internal readonly Heard<string> Log;

        internal ClassicPlayer(Driver driver)
        {
            Driver = driver;
            Statuses = new Heard<UserStatus>(driver, "status");
            Network = new Heard<TIMNetworkStatus>(driver, "connection");
            Kicks = new Heard<string>(driver, "kick");
            Added = new Heard<string>(driver, "friend added");
            Deleted = new Heard<string>(driver, "friend deleted");
            Log = new Heard<string>(driver, "log line");
        }

        internal void Listen()
        {
            TencentIMSDK.SetNetworkStatusListenerCallback((status, code, desc, user_data) => Network.Hear(status));
            TencentIMSDK.SetKickedOfflineCallback(user_data => Kicks.Hear("kicked"));
            TencentIMSDK.SetOnAddFriendCallback((userids, user_data) => userids.ForEach(Added.Hear));
            TencentIMSDK.SetOnDeleteFriendCallback(null, (userids, user_data) => Deleted.Hear(userids));
            TencentIMSDK.SetLogCallback((level, log, user_data) => Log.Hear(level + " " + log));
            // The sample of the product's document.
            TencentIMSDK.SetUserStatusChangedCallback((List<UserStatus> json_user_status_array, string user_data) =>
            {
                foreach (UserStatus status in json_user_status_array)
                {
                    Statuses.Hear(status);
                }
            });
        }

        internal void Enter()
        {
            TencentIMSDK.CallbackDispatch = Driver.Dispatch;
            Accepted(TencentIMSDK.Init((long)Stage.AppId, new SdkConfig
            {
                sdk_config_server_address = Stage.Address,
                sdk_config_platform = "Linux",
            }));
            Listen();
            Answer<string> answer = Ask<string>(done => TencentIMSDK.Login(Stage.User, Stage.Sig(Stage.User), (int code, string desc, string user_data) =>
                done(code, desc, null, user_data)));
            Check.Equal(0, answer.Code, answer.Description);
        }

        internal delegate void Done<T>(int code, string desc, T result, string user_data);

        /// <summary>Calls, and waits for the callback.</summary>
        internal Answer<T> Ask<T>(Func<Done<T>, TIMResult> call)
        {
            Heard<Answer<T>> answers = new Heard<Answer<T>>(Driver, "answer");
            Accepted(call((code, desc, result, user_data) =>
                answers.Hear(new Answer<T> { Code = code, Description = desc, Result = result, UserData = user_data })));
            return answers.Next();
        }

        internal static void Accepted(TIMResult result)
        {
            Check.Equal(TIMResult.TIM_SUCC, result, "what a call returned");
        }

        internal UserStatus Hears(string user, string customStatus)
        {
            return Statuses.Next(
                status => status.user_status_identifier == user && status.user_status_custom_status == customStatus,
                user + " says " + customStatus);
        }
    }

    internal static class ClassicAlice
    {
        internal static void Play(Driver driver)
        {
            ClassicPlayer alice = new ClassicPlayer(driver);
            BeforeInit(driver);
            alice.Enter();
            alice.Network.Next(status => status == TIMNetworkStatus.kTIMConnected, "connected");
            Stage.Ask("meet in");
            Samples(alice);
            Strings(alice);
            Befriending(alice);
            Kicked(alice);
            Ended(alice);
        }

        private static void BeforeInit(Driver driver)
        {
            Check.That(new Version(TencentIMSDK.GetSDKVersion()) >= new Version(8, 6), "the version of the SDK");
            Check.Equal(TIMLoginStatus.kTIMLoginStatus_UnLogined, TencentIMSDK.GetLoginStatus(), "login status before Init");
            Check.That(Math.Abs(TencentIMSDK.GetServerTime() - UnixNow()) < 5, "this machine's time before Init");
            Check.Equal(TIMResult.TIM_ERR_PARAM, TencentIMSDK.Init(0, new SdkConfig()), "app 0");
            // Before Init nobody says where callbacks run: the answer comes by itself, once.
            List<int> codes = new List<int>();
            Check.Equal(TIMResult.TIM_SUCC, TencentIMSDK.GetUserStatus(new List<string> { "bob" }, (int code, string desc, List<UserStatus> results, string user_data) =>
            {
                lock (codes)
                {
                    codes.Add(code);
                }
            }), "a call before Init");
            driver.Until(
                () =>
                {
                    lock (codes)
                    {
                        return codes.Count > 0;
                    }
                },
                "the answer before Init");
            Check.List(new[] { 6013 }, codes, "answers before Init");
            Heard<string> list = new Heard<string>(driver, "answer");
            ClassicPlayer.Accepted(TencentIMSDK.GetUserStatus(null, (int code, string desc, string result, string user_data) => list.Add(code + result)));
            Check.Equal("6013[]", list.Next(), "a list for whoever parses it");
            // Settings last as long as the process, so they may come first.
            Heard<int> configured = new Heard<int>(driver, "answer");
            Heard<string> given = new Heard<string>(driver, "settings");
            ClassicPlayer.Accepted(TencentIMSDK.SetConfig(
                new SetConfig { set_config_log_level = TIMLogLevel.kTIMLog_Error },
                (int code, string desc, string result, string user_data) => given.Add(code + result)));
            Check.Equal("0{\"set_config_log_level\":6}", given.Next(), "settings before Init");
            Check.Equal(
                TIMResult.TIM_ERR_PARAM,
                TencentIMSDK.SetConfig(new SetConfig { set_config_log_level = (TIMLogLevel)8 }, (int code, string desc, string result, string user_data) => configured.Add(code)),
                "a level that is none");
            ClassicPlayer.Accepted(TencentIMSDK.CallExperimentalAPI(
                new ExperimentalAPIReqeustParam { request_internal_operation = "internal_operation_set_ui_platform" },
                (int code, string desc, string result, string user_data) => configured.Add(code)));
            Check.Equal(0, configured.Next(), "an operation before Init");
        }

        /// <summary>The samples of the product's document, word for word but for what they do with the answers.</summary>
        private static void Samples(ClassicPlayer alice)
        {
            Answer<string> set = alice.Ask<string>(done =>
                TencentIMSDK.SetSelfStatus(new UserStatus
                {
                    user_status_identifier = "alice",
                    user_status_status_type = TIMUserStatusType.kTIMUserStatusType_Online
                }, (int code, string desc, string result, string user_data) => { done(code, desc, result, user_data); }));
            Check.Equal(0, set.Code, set.Description);
            Check.Equal("ok", set.Description, "desc");
            Check.Equal("", set.Result, "result");
            alice.Hears("alice", "");

            Answer<List<UserStatus>> own = alice.Ask<List<UserStatus>>(done =>
                TencentIMSDK.GetUserStatus(new List<string> { "alice" }, (int code, string desc, List<UserStatus> results, string user_data) => { done(code, desc, results, user_data); }));
            Same("alice", TIMUserStatusType.kTIMUserStatusType_Online, "", own.Result.Single());
            Check.List(new[] { "Linux" }, own.Result[0].user_status_online_devices, "devices");

            Answer<List<UserStatus>> others = alice.Ask<List<UserStatus>>(done =>
                TencentIMSDK.GetUserStatus(new List<string> { "bob", "nobody" }, (int code, string desc, List<UserStatus> results, string user_data) => { done(code, desc, results, user_data); }));
            Same("bob", TIMUserStatusType.kTIMUserStatusType_Online, "", others.Result[0]);
            Same("nobody", TIMUserStatusType.kTIMUserStatusType_Unkown, "", others.Result[1]);
            Check.That(own.UserData != others.UserData && own.UserData.StartsWith("GetUserStatus"), "user_data tells the calls apart");

            Answer<string> subscribed = alice.Ask<string>(done =>
                TencentIMSDK.SubscribeUserStatus(new List<string> { "bob" }, (code, desc, result, user_data) => { done(code, desc, result, user_data); }));
            Check.Equal(0, subscribed.Code, subscribed.Description);
            Check.Contains("\"user_status_identifier\":\"bob\"", subscribed.Result, "present statuses");
            Stage.Ask("meet subscribed");
            // Told to the callback of the sixth sample.
            Same("bob", TIMUserStatusType.kTIMUserStatusType_Online, "in a match", alice.Hears("bob", "in a match"));

            Answer<string> unsubscribed = alice.Ask<string>(done =>
                TencentIMSDK.UnsubscribeUserStatus(new List<string> { "bob" }, (code, desc, result, user_data) => { done(code, desc, result, user_data); }));
            Check.Equal(0, unsubscribed.Code, unsubscribed.Description);
            Stage.Ask("meet unsubscribed");
            Stage.Ask("meet unheard");
            Set(alice, "fence");
            Check.That(alice.Statuses.All.All(status => status.user_status_custom_status != "unheard"), "nothing is heard after unsubscribing");
        }

        /// <summary>The forms with less or more in the callback, and as JSON.</summary>
        private static void Strings(ClassicPlayer alice)
        {
            Answer<string> own = alice.Ask<string>(done =>
                TencentIMSDK.GetUserStatus(new List<string> { "alice" }, (int code, string desc, string result, string user_data) => done(code, desc, result, user_data)));
            Check.Contains("\"user_status_custom_status\":\"fence\"", own.Result, "one's own status as JSON");
            Check.Equal(0, alice.Ask<string>(done =>
                TencentIMSDK.SubscribeUserStatus(new List<string> { "bob" }, (code, desc, user_data) => done(code, desc, null, user_data))).Code, "subscribing");
            Check.Equal("1", Stage.Ask("subscriptions alice"), "subscriptions on the server");
            Check.Equal(0, alice.Ask<string>(done =>
                TencentIMSDK.UnsubscribeUserStatus(null, (code, desc, user_data) => done(code, desc, null, user_data))).Code, "unsubscribing from all");
            Check.Equal("0", Stage.Ask("subscriptions alice"), "subscriptions on the server");
            Check.Equal(7014, alice.Ask<string>(done =>
                TencentIMSDK.SubscribeUserStatus(new List<string> { "alice" }, (code, desc, result, user_data) => done(code, desc, result, user_data))).Code, "subscribing to oneself");
            Answer<List<UserStatus>> nobody = alice.Ask<List<UserStatus>>(done =>
                TencentIMSDK.GetUserStatus(null, (int code, string desc, List<UserStatus> result, string user_data) => done(code, desc, result, user_data)));
            Check.Equal("0 0", nobody.Code + " " + nobody.Result.Count, "nobody asked about");
            Check.Equal(TIMResult.TIM_ERR_PARAM, TencentIMSDK.Login("", "sig", (int code, string desc, string user_data) => Program.Fail(new CheckFailed("called"))), "no user id");
            Check.List(
                Enumerable.Repeat(TIMResult.TIM_ERR_PARAM, 5),
                new[]
                {
                    TencentIMSDK.SetSelfStatus(null, (int code, string desc, string user_data) => Program.Fail(new CheckFailed("called"))),
                    TencentIMSDK.FriendshipAddFriend(null, (int code, string desc, string result, string user_data) => Program.Fail(new CheckFailed("called"))),
                    TencentIMSDK.FriendshipDeleteFriend(null, (int code, string desc, string result, string user_data) => Program.Fail(new CheckFailed("called"))),
                    TencentIMSDK.SetConfig(null, (int code, string desc, string result, string user_data) => Program.Fail(new CheckFailed("called"))),
                    TencentIMSDK.CallExperimentalAPI(null, (int code, string desc, string result, string user_data) => Program.Fail(new CheckFailed("called"))),
                },
                "null where something is needed");
            // Nobody wants to know.
            ClassicPlayer.Accepted(TencentIMSDK.SetSelfStatus(
                new UserStatus { user_status_custom_status = "unasked" }, (com.tencent.imsdk.unity.callback.NullValueCallback)null));
            alice.Hears("alice", "unasked");

            // As JSON, instead of types.
            Heard<string> json = new Heard<string>(alice.Driver, "JSON");
            TencentIMSDK.SetUserStatusChangedCallback(null, (text, user_data) => json.Hear(text));
            ClassicPlayer.Accepted(TencentIMSDK.SetSelfStatus(
                new UserStatus { user_status_custom_status = "as JSON" }, (com.tencent.imsdk.unity.callback.NullValueCallback)null));
            json.Next(text => text.Contains("\"as JSON\""), "statuses as JSON");
            alice.Listen();

            SetConfig config = new SetConfig
            {
                set_config_callback_log_level = TIMLogLevel.kTIMLog_Debug,
                set_config_is_log_output_console = false,
                set_config_user_define_data = "guild=7",
            };
            Answer<SetConfig> configured = alice.Ask<SetConfig>(done =>
                TencentIMSDK.SetConfig(config, (int code, string desc, SetConfig result, string user_data) => done(code, desc, result, user_data)));
            Check.Equal(0, configured.Code, configured.Description);
            Check.That(configured.Result == config, "the configuration comes back");
            Answer<string> line = alice.Ask<string>(done =>
                TencentIMSDK.CallExperimentalAPI(new ExperimentalAPIReqeustParam { request_internal_operation = "internal_operation_set_ui_platform", request_set_ui_platform_param = "unity" },
                    (int code, string desc, string result, string user_data) => done(code, desc, result, user_data)));
            Check.Equal(0, line.Code, line.Description);

            StringBuilder user = new StringBuilder("something longer than the name");
            Check.Equal(TIMResult.TIM_SUCC, TencentIMSDK.GetLoginUserID(user), "GetLoginUserID");
            Check.Equal("alice", user.ToString(), "GetLoginUserID");
            Check.Equal(TIMLoginStatus.kTIMLoginStatus_Logined, TencentIMSDK.GetLoginStatus(), "GetLoginStatus");
            Check.That(Math.Abs(TencentIMSDK.GetServerTime() - UnixNow()) < 300, "GetServerTime");
        }

        private static long UnixNow()
        {
            return (long)(DateTime.UtcNow - new DateTime(1970, 1, 1)).TotalSeconds;
        }

        private static void Befriending(ClassicPlayer alice)
        {
            Answer<ClassicFriendResult> added = alice.Ask<ClassicFriendResult>(done =>
                TencentIMSDK.FriendshipAddFriend(new FriendshipAddFriendParam
                {
                    friendship_add_friend_param_identifier = "bob",
                    friendship_add_friend_param_friend_type = TIMFriendType.FriendTypeBoth,
                    friendship_add_friend_param_remark = "小鲍",
                    friendship_add_friend_param_group_name = "guild",
                    friendship_add_friend_param_add_source = "arena",
                    friendship_add_friend_param_add_wording = "hi",
                }, (int code, string desc, ClassicFriendResult result, string user_data) => done(code, desc, result, user_data)));
            Check.Equal(0, added.Code, added.Description);
            Check.Equal("bob 0", added.Result.friend_result_identifier + " " + added.Result.friend_result_code, "bob was added");
            Check.Equal("bob", alice.Added.Next(), "told of whom she added");
            FriendProfile bob = alice.Ask<List<FriendProfile>>(done =>
                TencentIMSDK.FriendshipGetFriendProfileList((int code, string desc, List<FriendProfile> result, string user_data) => done(code, desc, result, user_data))).Result.Single();
            Check.Equal(
                "bob 小鲍 guild arena hi",
                string.Join(" ", bob.friend_profile_identifier, bob.friend_profile_remark, bob.friend_profile_group_name_array.Single(), bob.friend_profile_add_source, bob.friend_profile_add_wording),
                "a friend");
            Check.That(Math.Abs((double)bob.friend_profile_add_time - TencentIMSDK.GetServerTime()) < 300, "since when");
            Stage.Ask("meet befriended");
            Check.Equal("[\"bob\"]", alice.Deleted.Next(), "deleted by bob");
            Answer<List<ClassicFriendResult>> deleted = alice.Ask<List<ClassicFriendResult>>(done =>
                TencentIMSDK.FriendshipDeleteFriend(new FriendshipDeleteFriendParam
                {
                    friendship_delete_friend_param_friend_type = TIMFriendType.FriendTypeBoth,
                    friendship_delete_friend_param_identifier_array = new List<string> { "bob" },
                }, (int code, string desc, List<ClassicFriendResult> result, string user_data) => done(code, desc, result, user_data)));
            Check.Equal(31704, deleted.Result.Single().friend_result_code, "nobody's friend");
            Blocking(alice);
            Expiring(alice);
        }

        private static void Blocking(ClassicPlayer alice)
        {
            List<string> bob = new List<string> { "bob" };
            Answer<List<ClassicFriendResult>> blocked = alice.Ask<List<ClassicFriendResult>>(done =>
                TencentIMSDK.FriendshipAddToBlackList(bob, (int code, string desc, List<ClassicFriendResult> result, string user_data) => done(code, desc, result, user_data)));
            Check.Equal("bob 0", blocked.Result.Single().friend_result_identifier + " " + blocked.Result.Single().friend_result_code, "blocked");
            Check.That(blocked.UserData.StartsWith("FriendshipAddToBlackList_"), "user_data names the call");
            List<FriendProfile> list = alice.Ask<List<FriendProfile>>(done =>
                TencentIMSDK.FriendshipGetBlackList((int code, string desc, List<FriendProfile> result, string user_data) => done(code, desc, result, user_data))).Result;
            Check.Equal("bob", list.Single().friend_profile_identifier, "who is blocked");
            Answer<string> unblocked = alice.Ask<string>(done =>
                TencentIMSDK.FriendshipDeleteFromBlackList(bob, (int code, string desc, string result, string user_data) => done(code, desc, result, user_data)));
            Check.Contains("\"friend_result_code\":0", unblocked.Result, "unblocked");
            Answer<string> nobody = alice.Ask<string>(done =>
                TencentIMSDK.FriendshipAddToBlackList(null, (int code, string desc, string result, string user_data) => done(code, desc, result, user_data)));
            Check.Equal("0 []", nobody.Code + " " + nobody.Result, "nobody blocked");
        }

        /// <summary>Login of the same user renews; of what ends soon one is told.</summary>
        private static void Expiring(ClassicPlayer alice)
        {
            Heard<ulong> notices = new Heard<ulong>(alice.Driver, "notice");
            TencentIMSDK.USSetUserSigExpiringCallback((expires_in_ms, user_data) => notices.Hear(expires_in_ms));
            foreach (string sig in new[] { Stage.Ask("sig alice 8"), Stage.Sig("alice") })
            {
                Answer<string> renewed = alice.Ask<string>(done =>
                    TencentIMSDK.Login("alice", sig, (int code, string desc, string user_data) => done(code, desc, null, user_data)));
                Check.Equal(0, renewed.Code, renewed.Description);
                if (notices.Count == 0)
                {
                    ulong expiresInMs = notices.Next();
                    Check.That(expiresInMs > 0 && expiresInMs <= 8000, "how long it is still good for");
                }
            }
            Check.Equal(1, notices.Count, "notices");
        }

        private static void Kicked(ClassicPlayer alice)
        {
            Stage.Ask("enter alice");
            alice.Kicks.Next();
            Check.Equal(TIMLoginStatus.kTIMLoginStatus_UnLogined, TencentIMSDK.GetLoginStatus(), "login status after a kick");
            Answer<string> again = alice.Ask<string>(done =>
                TencentIMSDK.Login("alice", Stage.Sig("alice"), (int code, string desc, string result, string user_data) => done(code, desc, result, user_data)));
            Check.Equal(0, again.Code, again.Description);
        }

        private static void Ended(ClassicPlayer alice)
        {
            Stage.Ask("meet watched");
            Answer<string> out_ = alice.Ask<string>(done => TencentIMSDK.Logout((int code, string desc, string user_data) => done(code, desc, null, user_data)));
            Check.Equal(0, out_.Code, out_.Description);
            Stage.Ask("meet closed");
            // Calls under way end with Uninit, before it returns, on the thread that called it.
            int code_ = -1;
            Stage.Ask("stop");
            ClassicPlayer.Accepted(TencentIMSDK.Login("alice", Stage.Sig("alice"), (int code, string desc, string user_data) => code_ = code));
            ClassicPlayer.Accepted(TencentIMSDK.Uninit());
            Stage.Ask("continue");
            Check.Equal(7009, code_, "a login ended by Uninit");
            Check.Equal(0, Native.PendingCalls.Count, "calls that are owed an answer");
            // And it all begins anew.
            alice.Enter();
            Set(alice, "once more");
            ClassicPlayer.Accepted(TencentIMSDK.Uninit());
            ClassicPlayer.Accepted(TencentIMSDK.Uninit());
        }

        internal static void Set(ClassicPlayer player, string customStatus)
        {
            Answer<string> set = player.Ask<string>(done => TencentIMSDK.SetSelfStatus(
                new UserStatus { user_status_custom_status = customStatus },
                (int code, string desc, string result, string user_data) => done(code, desc, result, user_data)));
            Check.Equal(0, set.Code, set.Description);
            player.Hears(Stage.User, customStatus);
        }

        private static void Same(string user, TIMUserStatusType type, string customStatus, UserStatus status)
        {
            Check.Equal(
                user + " " + type + " " + customStatus,
                status.user_status_identifier + " " + status.user_status_status_type + " " + status.user_status_custom_status,
                "a status");
        }
    }

    internal static class ClassicBob
    {
        internal static void Play(Driver driver)
        {
            ClassicPlayer bob = new ClassicPlayer(driver);
            bob.Enter();
            Stage.Ask("meet in");
            Stage.Ask("meet subscribed");
            ClassicAlice.Set(bob, "in a match");
            Stage.Ask("meet unsubscribed");
            ClassicAlice.Set(bob, "unheard");
            Stage.Ask("meet unheard");
            Stage.Ask("meet befriended");
            Check.Equal("alice", bob.Added.Next(), "added by alice");
            Answer<string> deleted = bob.Ask<string>(done =>
                TencentIMSDK.FriendshipDeleteFriend(new FriendshipDeleteFriendParam
                {
                    friendship_delete_friend_param_friend_type = TIMFriendType.FriendTypeBoth,
                    friendship_delete_friend_param_identifier_array = new List<string> { "alice" },
                }, (int code, string desc, string result, string user_data) => done(code, desc, result, user_data)));
            Check.Contains("\"friend_result_code\":0", deleted.Result, "alice deleted");
            Answer<string> subscribed = bob.Ask<string>(done =>
                TencentIMSDK.SubscribeUserStatus(new List<string> { "alice" }, (code, desc, result, user_data) => done(code, desc, result, user_data)));
            Check.Equal(0, subscribed.Code, subscribed.Description);
            Stage.Ask("meet watched");
            bob.Statuses.Next(
                status => status.user_status_identifier == "alice" && status.user_status_status_type == TIMUserStatusType.kTIMUserStatusType_UnLogined,
                "alice has logged out");
            Stage.Ask("meet closed");
            ClassicPlayer.Accepted(TencentIMSDK.Uninit());
        }
    }
}
