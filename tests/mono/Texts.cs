using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using com.tencent.imsdk.unity;
using com.tencent.imsdk.unity.enums;
using com.tencent.imsdk.unity.types;

namespace Userstatus.Tests
{
    /// <summary>Texts of all kinds through every string of the API, there and back, and past another program that is written in C.</summary>
    internal static class Texts
    {
        private static readonly string[] All =
        {
            "在线，组队中",
            "🎮👨‍👩‍👧‍👦🏳️‍🌈",
            // Combining marks stay as they are: nothing is normalised.
            "e\u0301 é n\u0303",
            "he said \"hi\" \\ / 'so'",
            "\u0001\u0008\t\n\u000b\u000c\r\u001f\u007f\u0085",
            "\u2028\u2029\ufeff\ufffd\uffff\U0010ffff",
            "{\"not\":[\"json\"]}",
            " \t spaces stay \t ",
            "العربية \u202e right to left",
            new string('界', 33) + "!",
        };

        internal static void Play(Driver driver)
        {
            UserStatusOptions options = Stage.Options(driver.Dispatch);
            // Windows takes no quotes, and has what is as awkward in JSON: its separator.
            string name = Path.DirectorySeparatorChar == '\\' ? "日志 🎮" : "日志 \"🎮\"";
            string folder = Path.Combine(Stage.Ask("folder"), name);
            Directory.CreateDirectory(folder);
            options.LogFolder = folder;
            options.LogLevel = LogLevel.Debug;
            Player alice = new Player(driver, options);
            alice.Open();
            Stage.Ask("enter bob");
            Stage.Ask("watches bob alice");
            driver.Await(alice.Client.SubscribeAsync(new[] { "bob" }));
            foreach (string text in All)
            {
                driver.Await(alice.Client.SetCustomStatusAsync(text));
                alice.Hears("alice", text);
                Check.Equal(text, driver.Await(alice.Client.GetStatusAsync("alice")).CustomStatus, "one's own status");
                Stage.Ask("hears bob alice " + Stage.Base64(text));
                Stage.Ask("says bob " + Stage.Base64(text));
                alice.Hears("bob", text);
            }
            Friends(alice);
            UserIds(alice);
            Unpaired(alice);
            alice.Client.Dispose();
            Check.That(File.ReadAllText(Path.Combine(folder, "userstatus.log")).Length > 0, "the log lies in a folder with such a name");
            Check.That(alice.Log.Count > 0, "log lines are heard");
            OtherOptions(driver);
            ClassicTexts(driver);
        }

        private static void Friends(Player alice)
        {
            Driver driver = alice.Driver;
            FriendList friends = alice.Client.Friends;
            foreach (string text in All)
            {
                // What a friend is said to be has other bounds than a status: 30 bytes the least.
                string brief = new string(text.TakeWhile((letter, index) => index < 10).ToArray());
                if (char.IsHighSurrogate(brief[brief.Length - 1]))
                {
                    brief = brief.Substring(0, brief.Length - 1);
                }
                FriendResult added = driver.Await(friends.AddAsync(
                    "bob", new FriendDetails { Remark = text.Length > 30 ? brief : text, Group = brief, Source = brief, Wording = text }));
                Check.Equal(0, added.Code, text + ": " + added.Description);
                Friend bob = driver.Await(friends.ListAsync()).Single();
                Check.List(
                    new[] { text.Length > 30 ? brief : text, brief, brief, text },
                    new[] { bob.Remark, bob.Groups.Single(), bob.Source, bob.Wording },
                    "a friend");
                driver.Await(friends.DeleteAsync(new[] { "bob" }));
            }
        }

        private static void UserIds(Player alice)
        {
            // No account can have such an id: the server has never heard of any, and says so by that name.
            string[] strange = All.Where(text => text.Length < 20).ToArray();
            IList<PresenceInfo> statuses = alice.Driver.Await(alice.Client.GetStatusAsync(strange));
            Check.List(strange, statuses.Select(info => info.UserId), "user ids");
            Check.That(statuses.All(info => info.Presence == Presence.Unknown), "unknown users");
        }

        /// <summary>Half an emoji in each string there is.</summary>
        private static void Unpaired(Player alice)
        {
            UserStatusClient client = alice.Client;
            foreach (string half in new[] { "ab\ud83c", "ab\udfae", "ab\udfae\ud83c", "ab\ud83c\ud83c\udfae" })
            {
                Refused(() => client.SetCustomStatusAsync(half), "index 2");
                Refused(() => client.GetStatusAsync(new[] { "bob", half }), "index 2");
                Refused(() => alice.Driver.Await(client.GetStatusAsync(half)), "index 2");
                Refused(() => client.SubscribeAsync(new[] { half }), "index 2");
                Refused(() => client.UnsubscribeAsync(new[] { half }), "index 2");
                Refused(() => alice.Driver.Await(client.Friends.AddAsync(half)), "index 2");
                Refused(() => alice.Driver.Await(client.Friends.AddAsync("bob", new FriendDetails { Remark = half })), "index 2");
                Refused(() => alice.Driver.Await(client.Friends.AddAsync("bob", new FriendDetails { Group = half })), "index 2");
                Refused(() => alice.Driver.Await(client.Friends.AddAsync("bob", new FriendDetails { Source = half })), "index 2");
                Refused(() => alice.Driver.Await(client.Friends.AddAsync("bob", new FriendDetails { Wording = half })), "index 2");
                Refused(() => client.Friends.DeleteAsync(new[] { half }), "index 2");
                Refused(() => alice.Driver.Await(client.RenewUserSigAsync(half)), "index 2");
                Refused(() => alice.Driver.Await(client.LoginAgainAsync(half)), "index 2");
            }
            Refused(() => client.SetCustomStatusAsync("cut\0off"), "index 3");
            ArgumentException surrogate = Check.Throws<ArgumentException>(() => client.SetCustomStatusAsync("\ud83c"), "half an emoji");
            Check.Contains("U+D83C", surrogate.Message, "which half");
            Check.Equal(0, Native.PendingCalls.Count, "calls that are owed an answer");
        }

        private static void OtherOptions(Driver driver)
        {
            List<Action<UserStatusOptions, string>> all = new List<Action<UserStatusOptions, string>>
            {
                (options, text) => options.UserId = text,
                (options, text) => options.UserSig = text,
                (options, text) => options.Server = text,
                (options, text) => options.CaFile = text,
                (options, text) => options.CaPem = text,
                (options, text) => options.TlsPins = new[] { text },
                (options, text) => options.Platform = text,
                (options, text) => options.LogFolder = text,
            };
            foreach (Action<UserStatusOptions, string> set in all)
            {
                UserStatusOptions options = Stage.Options(driver.Dispatch);
                set(options, "ab\ud83c");
                Refused(() => driver.Await(UserStatusClient.ConnectAsync(options)), "index 2");
                Check.That(UserStatusClient.Current == null, "nothing is open");
            }
            // Refused for what they are, and named as they are.
            UserStatusOptions nowhere = Stage.Options(driver.Dispatch);
            nowhere.Server = "没有🎮";
            Check.Contains("没有🎮", driver.Refused(9508, UserStatusClient.ConnectAsync(nowhere), "a server of that name").Message, "the message");
            nowhere.Server = "tls://" + Stage.Address;
            nowhere.CaFile = "/没有/🎮.pem";
            Check.Contains("/没有/🎮.pem", driver.Refused(9508, UserStatusClient.ConnectAsync(nowhere), "a file of that name").Message, "the message");
            UserStatusOptions unpinned = Stage.Options(driver.Dispatch);
            unpinned.TlsPins = new[] { "针🎮" };
            Check.Contains("针🎮", driver.Refused(9508, UserStatusClient.ConnectAsync(unpinned), "a pin of that kind").Message, "the message");
            UserStatusOptions restless = Stage.Options(driver.Dispatch);
            restless.HeartbeatInterval = TimeSpan.FromSeconds(4.999);
            driver.Refused(-4, UserStatusClient.ConnectAsync(restless), "a heartbeat too often");
            UserStatusOptions nobody = Stage.Options(driver.Dispatch);
            nobody.UserSig = "签名🎮";
            driver.Refused(70003, UserStatusClient.ConnectAsync(nobody), "a UserSig of that kind");
            nobody = Stage.Options(driver.Dispatch);
            nobody.UserId = "用户🎮";
            driver.Refused(6017, UserStatusClient.ConnectAsync(nobody), "a user of that name");
        }

        private static void ClassicTexts(Driver driver)
        {
            const string half = "ab\udfae";
            ClassicPlayer alice = new ClassicPlayer(driver);
            alice.Enter();
            foreach (string text in All)
            {
                ClassicAlice.Set(alice, text);
            }
            Refused(() => TencentIMSDK.Init(1, new SdkConfig { sdk_config_log_file_path = half }), "index 2");
            Refused(() => TencentIMSDK.Login(half, "sig", (int code, string desc, string user_data) => { }), "index 2");
            Refused(() => TencentIMSDK.Login("alice", half, (int code, string desc, string user_data) => { }), "index 2");
            Refused(() => TencentIMSDK.SetSelfStatus(new UserStatus { user_status_custom_status = half }, (int code, string desc, string user_data) => { }), "index 2");
            Refused(() => TencentIMSDK.GetUserStatus(new List<string> { half }, (int code, string desc, string result, string user_data) => { }), "index 2");
            Refused(() => TencentIMSDK.SubscribeUserStatus(new List<string> { half }, (int code, string desc, string user_data) => { }), "index 2");
            Refused(() => TencentIMSDK.UnsubscribeUserStatus(new List<string> { half }, (int code, string desc, string user_data) => { }), "index 2");
            Refused(() => TencentIMSDK.FriendshipAddFriend(new FriendshipAddFriendParam { friendship_add_friend_param_remark = half }, (int code, string desc, string result, string user_data) => { }), "index 2");
            Refused(() => TencentIMSDK.FriendshipDeleteFriend(new FriendshipDeleteFriendParam { friendship_delete_friend_param_identifier_array = new List<string> { half } }, (int code, string desc, string result, string user_data) => { }), "index 2");
            Refused(() => TencentIMSDK.SetConfig(new SetConfig { set_config_user_define_data = half }, (int code, string desc, string result, string user_data) => { }), "index 2");
            Refused(() => TencentIMSDK.CallExperimentalAPI(new ExperimentalAPIReqeustParam { request_internal_operation = half }, (int code, string desc, string result, string user_data) => { }), "index 2");
            Check.Equal(0, Native.PendingCalls.Count, "calls that are owed an answer");
            ClassicPlayer.Accepted(TencentIMSDK.Uninit());
        }

        private static void Refused(Action action, string where)
        {
            ArgumentException refusal = Check.Throws<ArgumentException>(action, "a text that cannot be sent");
            Check.Contains(where, refusal.Message, "the message");
        }
    }
}
