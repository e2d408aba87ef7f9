using System;
using System.Linq;
using System.Threading.Tasks;

namespace Userstatus.Tests
{
    /// <summary>Several clients in one process: each has a connection and events of its own, beside the default one.</summary>
    internal static class Separate
    {
        internal static void Play(Driver driver)
        {
            Player alice = new Player(driver, Options(driver, "alice"));
            Player bob = new Player(driver, Options(driver, "bob"));
            alice.Open();
            bob.Open();
            Check.That(UserStatusClient.Current == null, "none of them is the current one");
            SeeEachOther(driver, alice, bob);
            BesideTheDefaultOne(driver, alice, bob);
            Refused(driver, alice);
            Ended(driver, alice, bob);
        }

        private static UserStatusOptions Options(Driver driver, string user)
        {
            UserStatusOptions options = Stage.Options(driver.Dispatch);
            options.UserId = user;
            options.UserSig = Stage.Sig(user);
            options.Separate = true;
            return options;
        }

        private static void SeeEachOther(Driver driver, Player alice, Player bob)
        {
            Check.That(alice.Client.ServerTimeUtc.HasValue, "the server's time");
            driver.Await(alice.Client.SubscribeAsync(new[] { "bob" }));
            driver.Await(bob.Client.SubscribeAsync(new[] { "alice" }));
            Check.List(new[] { "bob" }, alice.Client.Watched, "whom alice watches");
            Check.List(new[] { "alice" }, bob.Client.Watched, "whom bob watches");
            driver.Await(bob.Client.SetCustomStatusAsync("in a match"));
            alice.Hears("bob", "in a match");
            driver.Await(alice.Client.SetCustomStatusAsync("watching"));
            bob.Hears("alice", "watching");
            Check.Equal("in a match", driver.Await(alice.Client.GetStatusAsync("bob")).CustomStatus, "what is asked for");

            Check.Equal(0, driver.Await(alice.Client.Friends.AddAsync("bob")).Code, "what became of it");
            alice.Added.Next(user => user == "bob", "bob is a friend");
            bob.Added.Next(user => user == "alice", "alice is a friend");
            Check.Equal("alice", driver.Await(bob.Client.Friends.ListAsync()).Single().UserId, "bob's friend");
            Check.Equal(0, driver.Await(bob.Client.Friends.DeleteAsync(new[] { "alice" })).Single().Code, "what became of it");
            alice.Deleted.Next(user => user == "bob", "bob is a friend no more");
            driver.Await(alice.Client.Friends.BlockAsync(new[] { "bob" }));
            Check.List(new[] { "bob" }, driver.Await(alice.Client.Friends.ListBlockedAsync()), "whom alice blocked");
            Check.Equal(0, driver.Await(bob.Client.Friends.ListBlockedAsync()).Count, "whom bob blocked");
            driver.Await(alice.Client.Friends.UnblockAsync(new[] { "bob" }));
            alice.Client.NotifyPaused(true);
            alice.Client.NotifyPaused(false);
            alice.Client.NotifyNetworkChanged(NetworkChange.Changed);
        }

        private static void BesideTheDefaultOne(Driver driver, Player alice, Player bob)
        {
            UserStatusOptions options = Options(driver, "carol");
            options.Separate = false;
            Player carol = new Player(driver, options);
            carol.Open();
            Check.That(UserStatusClient.Current == carol.Client, "the default one is the current one");
            Check.Equal(3, UserStatusClient.AllOpen.Count, "clients that are open");
            UserStatusClient second = new UserStatusClient(options);
            InvalidOperationException taken = Check.Throws<InvalidOperationException>(() => driver.Await(second.OpenAsync()), "a second default one");
            Check.Contains("carol", taken.Message, "whose client is open");
            Check.Contains("Separate", taken.Message, "what to do about it");
            driver.Await(carol.Client.SubscribeAsync(new[] { "alice" }));
            driver.Await(alice.Client.SetCustomStatusAsync("seen by two"));
            carol.Hears("alice", "seen by two");
            bob.Hears("alice", "seen by two");
            // Its end is its own.
            carol.Client.Dispose();
            Check.Throws<ObjectDisposedException>(() => carol.Client.SetCustomStatusAsync("late"), "a call after the end");
            Check.Equal(ConnectionState.Connected, alice.Client.State, "alice's connection");
            driver.Await(alice.Client.SetCustomStatusAsync("still there"));
            bob.Hears("alice", "still there");
        }

        private static void Refused(Driver driver, Player alice)
        {
            InvalidOperationException twice = Check.Throws<InvalidOperationException>(() => driver.Await(alice.Client.OpenAsync()), "opened twice");
            Check.Contains("alice", twice.Message, "whose client is open");
            UserStatusOptions logging = Options(driver, "dave");
            logging.LogFolder = "/tmp";
            ArgumentException refused = Check.Throws<ArgumentException>(() => new UserStatusClient(logging), "a log of its own");
            Check.Contains("LogFolder", refused.Message, "what is refused");
            // What could not be opened is tried again.
            UserStatusOptions wrong = Options(driver, "dave");
            wrong.Platform = "Toaster";
            driver.Refused(-4, new UserStatusClient(wrong).OpenAsync(), "a platform that is none");
            UserStatusOptions forged = Options(driver, "dave");
            forged.UserSig = Stage.Sig("alice");
            UserStatusClient dave = new UserStatusClient(forged);
            driver.Refused(70013, dave.OpenAsync(), "another's UserSig");
            driver.Refused(70013, dave.OpenAsync(), "another's UserSig, again");
            dave.Dispose();
            Check.Equal(2, UserStatusClient.AllOpen.Count, "clients that are open");
        }

        private static void Ended(Driver driver, Player alice, Player bob)
        {
            // A call under way ends, and no event comes behind the end.
            Task pending = bob.Client.SetCustomStatusAsync("too late, or not");
            driver.Await(bob.Client.CloseAsync());
            Check.That(pending.IsCompleted, "the call under way has ended");
            alice.Hears("bob", Presence.LoggedOut);
            int heard = bob.Statuses.Count;
            driver.Await(alice.Client.SetCustomStatusAsync("alone"));
            alice.Hears("alice", "alone");
            Check.Equal(heard, bob.Statuses.Count, "what bob hears after the end");
            Check.Equal(0, bob.Log.Count + alice.Log.Count, "lines of the log, which is the process's");

            // One that ends inside its own event.
            bool isOver = false;
            alice.Client.StatusChanged += info =>
            {
                if (info.CustomStatus == "the last")
                {
                    alice.Client.Dispose();
                    isOver = true;
                }
            };
            Task last = alice.Client.SetCustomStatusAsync("the last");
            driver.Until(() => isOver && last.IsCompleted, "alice ends inside her event");
            // Seen, so that it is nobody's fault.
            GC.KeepAlive(last.Exception);
            Check.Equal(0, UserStatusClient.AllOpen.Count, "clients that are open");
            Check.Equal(0, Native.PendingCalls.Count, "calls that are owed an answer");
            Check.Equal(1, Native.Link.All.Length, "links: the default one");
        }
    }
}
