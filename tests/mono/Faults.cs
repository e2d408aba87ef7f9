using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using com.tencent.imsdk.unity;
using com.tencent.imsdk.unity.types;

namespace Userstatus.Tests
{
    internal sealed class Deliberate : Exception
    {
        internal Deliberate(string where)
            : base(where)
        {
        }
    }

    internal static class Faults
    {
        /// <summary>What handlers throw reaches the user, never native code, and keeps nobody else from being told.</summary>
        internal static void Handlers(Driver driver)
        {
            Heard<string> faults = new Heard<string>(driver, "fault");
            Action<Exception> worse = fault => { throw new Deliberate("handler of faults"); };
            // A handler at fault itself comes first: the other one is told all the same.
            UserStatusClient.UnhandledException += worse;
            UserStatusClient.UnhandledException += fault => faults.Add(fault.Message);
            UserStatusOptions options = Stage.Options(driver.Dispatch);
            options.LogLevel = LogLevel.Debug;
            options.UserSig = Stage.Ask("sig alice 12");
            options.RenewUserSig = cancellation =>
            {
                throw new Deliberate("hook");
            };
            UserStatusClient client = new UserStatusClient(options);
            Heard<PresenceInfo> statuses = new Heard<PresenceInfo>(driver, "status");
            Heard<string> kicks = new Heard<string>(driver, "kick");
            client.StatusChanged += info => { throw new Deliberate("status"); };
            client.StatusChanged += statuses.Hear;
            client.ConnectionChanged += change => { throw new Deliberate("connection"); };
            client.KickedOffline += () => { throw new Deliberate("kick"); };
            client.KickedOffline += () => kicks.Hear("kicked");
            client.UserSigExpiring += expiry => { throw new Deliberate("expiry"); };
            client.LogReceived += (level, line) => { throw new Deliberate("log"); };
            client.Friends.Added += user => { throw new Deliberate("friend"); };
            driver.Await(client.OpenAsync());
            Stage.Ask("enter bob");
            Stage.Ask("befriends bob alice");
            driver.Await(client.SetCustomStatusAsync("still here"));
            Check.Equal("still here", statuses.Next(info => info.CustomStatus == "still here", "the other handler").CustomStatus, "CustomStatus");
            // The server's notice, which a kick would cut off.
            driver.Until(() => faults.All.Contains("expiry"), "the fault in expiry");
            Stage.Ask("enter alice");
            kicks.Next();
            foreach (string where in new[] { "status", "connection", "kick", "expiry", "log", "friend", "hook" })
            {
                driver.Until(() => faults.All.Contains(where), "the fault in " + where);
            }
            UserStatusClient.UnhandledException -= worse;
            driver.Await(client.LoginAgainAsync(Stage.Sig("alice")));
            driver.Await(client.SetCustomStatusAsync("and still"));
            statuses.Next(info => info.CustomStatus == "and still", "the other handler");
            client.Dispose();

            EndedInsideAHandler(driver);
            Classic(driver, faults);
        }

        /// <summary>A handler that ends the client is the last one to hear of it.</summary>
        private static void EndedInsideAHandler(Driver driver)
        {
            UserStatusClient client = new UserStatusClient(Stage.Options(driver.Dispatch));
            int heard = 0;
            int heardAfter = 0;
            bool isDisposed = false;
            client.StatusChanged += info =>
            {
                heard++;
                if (isDisposed)
                {
                    heardAfter++;
                }
                if (info.CustomStatus == "the end")
                {
                    client.Dispose();
                    isDisposed = true;
                }
            };
            driver.Await(client.OpenAsync());
            Task set = client.SetCustomStatusAsync("the end");
            driver.Until(() => isDisposed, "it ended inside a handler");
            driver.Until(() => set.IsCompleted, "its last call ends");
            Check.Equal(0, heardAfter, "events after its end");
            Check.That(UserStatusClient.Current == null, "it ended");
            Check.Equal(0, Native.PendingCalls.Count, "calls that are owed an answer");
        }

        private static void Classic(Driver driver, Heard<string> faults)
        {
            ClassicPlayer alice = new ClassicPlayer(driver);
            alice.Enter();
            TencentIMSDK.SetUserStatusChangedCallback((List<UserStatus> json_user_status_array, string user_data) => { throw new Deliberate("classic status"); });
            TencentIMSDK.SetLogCallback((level, log, user_data) => { throw new Deliberate("classic log"); });
            ClassicPlayer.Accepted(TencentIMSDK.SetSelfStatus(
                new UserStatus { user_status_custom_status = "here" },
                (int code, string desc, string result, string user_data) => { throw new Deliberate("classic answer"); }));
            foreach (string where in new[] { "classic status", "classic answer" })
            {
                driver.Until(() => faults.All.Contains(where), "the fault in " + where);
            }
            alice.Listen();
            ClassicAlice.Set(alice, "well again");
            ClassicPlayer.Accepted(TencentIMSDK.Uninit());
        }

        /// <summary>Each way a call under way can end without an answer: cancelled, no answer in time, the end of the client.</summary>
        internal static void Pending(Driver driver)
        {
            Player alice = new Player(driver, Stage.Options(driver.Dispatch));
            alice.Open();
            UserStatusClient client = alice.Client;
            Stage.Ask("stop");
            Stopwatch waited = Stopwatch.StartNew();
            Task[] unanswered =
            {
                client.GetStatusAsync("alice"),
                client.SetCustomStatusAsync("nobody hears"),
                client.SubscribeAsync(new[] { "bob" }),
                client.UnsubscribeAsync(new[] { "bob" }),
                client.UnsubscribeAllAsync(),
                client.Friends.ListAsync(),
                client.Friends.AddAsync("bob"),
                client.Friends.DeleteAsync(new[] { "bob" }),
            };
            using (CancellationTokenSource cancellation = new CancellationTokenSource())
            {
                Task[] cancelled =
                {
                    client.GetStatusAsync("alice", cancellation.Token),
                    client.GetStatusAsync(new[] { "alice", "bob" }, cancellation.Token),
                    client.SetCustomStatusAsync("nobody hears", cancellation.Token),
                    client.SubscribeAsync(new[] { "bob" }, cancellation.Token),
                    client.Friends.ListAsync(cancellation.Token),
                };
                cancellation.Cancel();
                foreach (Task task in cancelled)
                {
                    driver.Cancelled(task, "cancelled while it was under way");
                }
                driver.Cancelled(client.GetStatusAsync("alice", cancellation.Token), "cancelled before it began");
            }
            Check.That(waited.Elapsed < TimeSpan.FromSeconds(8), "cancelling waits for nobody");
            foreach (Task task in unanswered)
            {
                UserStatusException late = Check.Throws<UserStatusException>(() => driver.Await(task), "no answer");
                Check.That(late.Code == 9520 || late.Code == 6012, "the code of a time-out: " + late.Code);
                Check.Contains("try again", late.Advice, "the advice");
            }
            Check.That(waited.Elapsed > TimeSpan.FromSeconds(5), "a time-out takes its time");
            Stage.Say("figure: without an answer for " + waited.Elapsed);

            // The late answers belong to nobody, and the end does not wait for a server that says nothing.
            Task ending = client.GetStatusAsync("alice");
            Task logout = client.CloseAsync();
            client.Dispose();
            driver.Refused(7009, ending, "ended with the client");
            driver.Until(() => logout.IsCompleted, "the logout ends");
            Check.Equal(0, Native.PendingCalls.Count, "calls that are owed an answer");
            Stage.Ask("continue");
            Player again = new Player(driver, Stage.Options(driver.Dispatch));
            again.Open();
            driver.Await(again.Client.CloseAsync());
        }

        /// <summary>Calls that the server never heard of end at a kick.</summary>
        internal static void KickedPending(Driver driver)
        {
            Player alice = new Player(driver, Stage.Options(driver.Dispatch));
            alice.Open();
            Stage.Ask("silence");
            Task[] pending =
            {
                alice.Client.GetStatusAsync("alice"),
                alice.Client.SetCustomStatusAsync("too late"),
                alice.Client.Friends.ListAsync(),
            };
            Stage.Ask("enter alice");
            Stage.Ask("speak");
            foreach (Task task in pending)
            {
                UserStatusException kicked = driver.Refused(6208, task, "ended by a kick");
                Check.Contains("both devices", kicked.Advice, "the advice");
            }
            alice.Kicks.Next();
            Check.Equal(0, Native.PendingCalls.Count, "calls that are owed an answer");
            alice.Client.Dispose();
        }
    }
}
