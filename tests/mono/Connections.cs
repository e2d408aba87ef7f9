using System;
using System.Diagnostics;
using System.Linq;
using System.Threading.Tasks;

namespace Userstatus.Tests
{
    internal static class Connections
    {
        /// <summary>The server dies and comes back, and so does everything else, by itself.</summary>
        internal static void Restart(Driver driver)
        {
            Player alice = new Player(driver, Stage.Options(driver.Dispatch));
            alice.Open();
            Stage.Ask("enter bob");
            driver.Await(alice.Client.SubscribeAsync(new[] { "bob" }));

            Stage.Ask("kill");
            ConnectionChange lost = alice.Becomes(ConnectionState.Disconnected);
            Check.Contains("Disconnected", lost.ToString(), "the change");
            Check.That(alice.Client.State != ConnectionState.Connected, "State");
            Stage.Ask("restart");
            alice.Becomes(ConnectionState.Connected);
            Stage.Ask("says bob " + Stage.Base64("back again"));
            alice.Hears("bob", "back again");
            driver.Await(alice.Client.SetCustomStatusAsync("me too"));
            alice.Hears("alice", "me too");

            // A call made while there is no server is not lost: it is sent when the server is back.
            Stage.Ask("kill");
            alice.Becomes(ConnectionState.Disconnected);
            Task patient = alice.Client.SetCustomStatusAsync("patience");
            Stage.Ask("restart");
            driver.Await(patient);
            alice.Hears("alice", "patience");
            driver.Await(alice.Client.CloseAsync());
        }

        /// <summary>How many are watched is the app's to say (W2).</summary>
        internal static void Limits(Driver driver)
        {
            Stage.Ask("set --subscriptions-max 250");
            Player alice = new Player(driver, Stage.Options(driver.Dispatch));
            alice.Open();
            for (int first = 0; first < 300; first += 100)
            {
                driver.Await(alice.Client.SubscribeAsync(Enumerable.Range(first, 100).Select(number => "u" + number)));
            }
            Check.List(Enumerable.Range(50, 250).Select(number => "u" + number).ToArray(), alice.Client.Watched, "Watched");
            driver.Await(alice.Client.CloseAsync());
        }

        /// <summary>UserSigs that are about to end, and that have ended, are renewed by the hook.</summary>
        internal static void UserSigs(Driver driver)
        {
            AboutToEnd(driver);
            Ended(driver);
            FailedAtFirst(driver);
            EndsAtOnce(driver);
            EndsMeanwhile(driver);
        }

        /// <summary>A hook that fails is asked again, while the UserSig still holds.</summary>
        private static void FailedAtFirst(Driver driver)
        {
            int asked = 0;
            UserStatusOptions options = Stage.Options(driver.Dispatch);
            options.UserSig = Stage.Ask("sig alice 20");
            options.RenewUserSig = async cancellation =>
            {
                asked++;
                await Task.Yield();
                if (asked == 1)
                {
                    // As a request of its own that took too long.
                    throw new TaskCanceledException();
                }
                return Stage.Sig("alice");
            };
            Player alice = new Player(driver, options);
            alice.Open();
            driver.Until(() => asked == 2, "the hook is asked again");
            driver.Await(alice.Client.SetCustomStatusAsync("renewed"));
            alice.Hears("alice", "renewed");
            Check.That(!alice.Expiries.Next().HasExpired, "it was not too late");
            Check.Equal(1, alice.Expiries.Count, "how often it was told");
            alice.Client.Dispose();
        }

        /// <summary>A minter whose UserSigs have nearly ended when they are handed out is not asked without end.</summary>
        private static void EndsAtOnce(Driver driver)
        {
            int asked = 0;
            Stopwatch sinceFirst = new Stopwatch();
            UserStatusOptions options = Stage.Options(driver.Dispatch);
            options.UserSig = Stage.Ask("old-sig alice 4");
            options.RenewUserSig = cancellation =>
            {
                sinceFirst.Start();
                asked++;
                return Task.FromResult(Stage.Ask("old-sig alice 4"));
            };
            Player alice = new Player(driver, options);
            alice.Open();
            driver.Until(() => asked == 3, "the hook is asked");
            // Some 2.5 s until the server says so, and then not at once but after 1 s and after 2 s.
            Check.That(sinceFirst.Elapsed > TimeSpan.FromSeconds(6.8), "asked three times in " + sinceFirst.Elapsed);
            alice.Client.Dispose();
        }

        private static void AboutToEnd(Driver driver)
        {
            int asked = 0;
            string sig = Stage.Ask("sig alice 12");
            string renewed = Stage.Sig("alice");
            UserStatusOptions options = Stage.Options(driver.Dispatch);
            options.UserSig = sig;
            options.RenewUserSig = async cancellation =>
            {
                asked++;
                await Task.Yield();
                return renewed;
            };
            Player alice = new Player(driver, options);
            alice.Open();
            UserSigExpiry expiry = alice.Expiries.Next();
            Check.That(!expiry.HasExpired && !expiry.IsLoggedOut, "it has not expired");
            Check.That(expiry.ExpiresIn > TimeSpan.Zero && expiry.ExpiresIn <= TimeSpan.FromSeconds(12), "ExpiresIn is what the server says");
            driver.Until(() => asked == 1, "the hook is asked");
            string again = "go on";
            driver.Await(alice.Client.SetCustomStatusAsync(again));
            alice.Hears("alice", again);
            Check.Equal(1, asked, "how often the hook was asked");
            Check.Equal(1, alice.Expiries.Count, "how often it was told");
            Check.Equal(0, alice.Kicks.Count, "kicks");
            alice.Client.Dispose();
        }

        /// <summary>Who ends while a new UserSig is on its way to a server that does not answer has nothing to complain of.</summary>
        private static void EndsMeanwhile(Driver driver)
        {
            Exception complaint = null;
            Action<Exception> hear = fault => complaint = fault;
            UserStatusClient.UnhandledException += hear;
            bool isAsked = false;
            string renewed = Stage.Sig("alice");
            UserStatusOptions options = Stage.Options(driver.Dispatch);
            options.UserSig = Stage.Ask("sig alice 12");
            options.RenewUserSig = cancellation =>
            {
                Stage.Ask("stop");
                isAsked = true;
                return Task.FromResult(renewed);
            };
            Player alice = new Player(driver, options);
            alice.Open();
            driver.Until(() => isAsked, "the hook is asked");
            driver.Until(() => Native.PendingCalls.Count > 0, "the new UserSig is on its way");
            alice.Client.Dispose();
            Stage.Ask("continue");
            UserStatusClient.UnhandledException -= hear;
            Check.Equal(null, complaint, "what is complained of");
        }

        private static void Ended(Driver driver)
        {
            bool isCancelled = false;
            UserStatusOptions options = Stage.Options(driver.Dispatch);
            options.UserSig = Stage.Ask("sig alice 5");
            // Too late, until the server refuses the old one: it is told ahead, too.
            bool isLoggedOut = false;
            options.RenewUserSig = async cancellation =>
            {
                cancellation.Register(() => isCancelled = true);
                if (!isLoggedOut)
                {
                    throw new Deliberate("no UserSig yet");
                }
                await Task.Yield();
                return Stage.Sig("alice");
            };
            Player alice = new Player(driver, options);
            alice.Client.UserSigExpiring += told => isLoggedOut |= told.IsLoggedOut;
            alice.Open();
            Check.That(!alice.Expiries.Next().HasExpired, "it is about to expire");
            Stage.Ask("kill");
            Stage.Ask("wait-expired");
            Stage.Ask("restart");
            UserSigExpiry expiry = alice.Expiries.Next(told => told.IsLoggedOut, "logged out");
            Check.That(expiry.HasExpired, "it has expired");
            alice.Becomes(ConnectionState.Closed);
            // A connection alone is not enough: the login by the hook has to be through.
            driver.Until(
                () => com.tencent.imsdk.unity.TencentIMSDK.GetLoginStatus() == com.tencent.imsdk.unity.enums.TIMLoginStatus.kTIMLoginStatus_Logined,
                "logged in again");
            driver.Await(alice.Client.SetCustomStatusAsync("renewed"));
            alice.Hears("alice", "renewed");
            alice.Client.Dispose();
            Check.That(isCancelled, "the hook's token is cancelled at the end of the client");
        }
    }
}
