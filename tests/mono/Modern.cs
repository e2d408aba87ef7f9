using System;
using System.Collections.Generic;
using System.Linq;

namespace Userstatus.Tests
{
    /// <summary>A client of the modern API, and all that its events brought.</summary>
    internal sealed class Player
    {
        internal readonly Driver Driver;
        internal readonly UserStatusClient Client;
        internal readonly Heard<PresenceInfo> Statuses;
        internal readonly Heard<ConnectionChange> Connections;
        internal readonly Heard<string> Kicks;
        internal readonly Heard<UserSigExpiry> Expiries;
        internal readonly Heard<string> Added;
        internal readonly Heard<string> Deleted;
        internal readonly Heard<string> Log;

        internal Player(Driver driver, UserStatusOptions options)
        {
            Driver = driver;
            Client = new UserStatusClient(options);
            Statuses = new Heard<PresenceInfo>(driver, "status");
            Connections = new Heard<ConnectionChange>(driver, "connection");
            Kicks = new Heard<string>(driver, "kick");
            Expiries = new Heard<UserSigExpiry>(driver, "expiry");
            Added = new Heard<string>(driver, "friend added");
            Deleted = new Heard<string>(driver, "friend deleted");
            Log = new Heard<string>(driver, "log line");
            Client.StatusChanged += Statuses.Hear;
            Client.ConnectionChanged += Connections.Hear;
            Client.KickedOffline += () => Kicks.Hear("kicked");
            Client.UserSigExpiring += Expiries.Hear;
            Client.Friends.Added += Added.Hear;
            Client.Friends.Deleted += Deleted.Hear;
            Client.LogReceived += (level, line) => Log.Hear(level + " " + line);
        }

        internal void Open()
        {
            Driver.Await(Client.OpenAsync());
            Becomes(ConnectionState.Connected);
        }

        internal ConnectionChange Becomes(ConnectionState state)
        {
            return Connections.Next(change => change.State == state, "the connection becomes " + state);
        }

        internal PresenceInfo Hears(string user, string customStatus)
        {
            return Statuses.Next(
                info => info.UserId == user && info.CustomStatus == customStatus, user + " says " + customStatus);
        }

        internal PresenceInfo Hears(string user, Presence presence)
        {
            return Statuses.Next(info => info.UserId == user && info.Presence == presence, user + " is " + presence);
        }
    }

    /// <summary>The one who does everything; bob is there to be watched.</summary>
    internal static class ModernAlice
    {
        private static readonly string[] Bob = { "bob" };

        internal static void Play(Driver driver)
        {
            Player alice = new Player(driver, Stage.Options(driver.Dispatch));
            UserStatusClient client = alice.Client;
            Check.Equal(ConnectionState.Closed, client.State, "State before it is opened");
            Check.That(client.ServerTimeUtc == null, "no server's time before the first connection");
            alice.Open();
            Check.Equal(ConnectionState.Connecting, alice.Connections.All[0].State, "the first change of the connection");
            Check.Equal(ConnectionState.Connected, client.State, "State");
            Check.That(UserStatusClient.Current == client, "it is the current one");
            Check.Equal("alice", client.UserId, "UserId");
            Check.That(
                Math.Abs((client.ServerTimeUtc.Value - DateTime.UtcNow).TotalMinutes) < 5, "the server's clock is this machine's");
            Check.That(new Version(UserStatusClient.LibraryVersion) >= new Version(0, 1), "the library's version");

            Stage.Ask("meet in");
            Watching(alice);
            Asking(alice);
            Befriending(alice);
            UnsubscribedAtLast(alice);
            Kicked(alice);
            Ended(driver, alice);
        }

        private static void Watching(Player alice)
        {
            UserStatusClient client = alice.Client;
            IList<PresenceInfo> statuses = alice.Driver.Await(client.SubscribeAsync(Bob));
            Check.Equal(1, statuses.Count, "statuses of a subscription");
            Check.Equal("bob", statuses[0].UserId, "UserId");
            Check.Equal(Presence.Online, statuses[0].Presence, "Presence");
            Check.That(statuses[0].IsOnline, "IsOnline");
            Check.List(new[] { "Linux" }, statuses[0].OnlineDevices, "OnlineDevices");
            Check.List(Bob, client.Watched, "Watched");
            Check.List(
                new[] { "Online", "Unknown" },
                alice.Driver.Await(client.SubscribeAsync(new[] { "bob", "has space" })).Select(info => info.Presence.ToString()),
                "an id that nobody can have");
            Check.List(Bob, client.Watched, "Watched");
            Stage.Ask("meet subscribed");
            alice.Hears("bob", "in a match");
            Check.Equal("bob: Online, \"in a match\"", client.Known.Single(info => info.UserId == "bob").ToString(), "Known");
        }

        private static void Asking(Player alice)
        {
            UserStatusClient client = alice.Client;
            Driver driver = alice.Driver;
            driver.Await(client.SetCustomStatusAsync("看朋友 👀"));
            alice.Hears("alice", "看朋友 👀");
            Check.Equal("看朋友 👀", driver.Await(client.GetStatusAsync("alice")).CustomStatus, "one's own status");
            IList<PresenceInfo> statuses = driver.Await(client.GetStatusAsync(new[] { "nobody", "bob", "alice", "bob" }));
            Check.List(
                new[] { "nobody: Unknown", "bob: Online, \"in a match\"", "alice: Online, \"看朋友 👀\"" },
                statuses.Select(info => info.ToString()),
                "statuses in the order asked, each once");
            Check.Equal(0, driver.Await(client.GetStatusAsync(new string[0])).Count, "statuses of nobody");
            UserStatusException tooLong = driver.Refused(6017, client.SetCustomStatusAsync(new string('x', 101)), "101 bytes");
            Check.Equal(ErrorCode.InvalidParameters, tooLong.ErrorCode, "ErrorCode");
            Check.Equal("InvalidParameters", tooLong.Name, "Name");
            driver.Refused(7014, client.SubscribeAsync(new[] { "alice" }), "subscribing to oneself");
            driver.Refused(6017, client.SubscribeAsync(Enumerable.Range(0, 101).Select(n => "user" + n)), "101 users");
            driver.Await(client.SetCustomStatusAsync(null));
            alice.Hears("alice", "");
            client.NotifyPaused(true);
            client.NotifyPaused(false);
        }

        private static void Befriending(Player alice)
        {
            Driver driver = alice.Driver;
            FriendList friends = alice.Client.Friends;
            FriendResult added = driver.Await(friends.AddAsync(
                "bob", new FriendDetails { Remark = "小鲍", Group = "guild", Source = "arena", Wording = "hi \"bob\"" }));
            Check.Equal(0, added.Code, added.Description);
            Check.That(added.IsSuccess && added.UserId == "bob", "bob was added");
            Friend bob = driver.Await(friends.ListAsync()).Single();
            Check.Equal("bob", bob.UserId, "UserId");
            Check.Equal("小鲍", bob.Remark, "Remark");
            Check.List(new[] { "guild" }, bob.Groups, "Groups");
            Check.Equal("arena", bob.Source, "Source");
            Check.Equal("hi \"bob\"", bob.Wording, "Wording");
            Check.That(Math.Abs((bob.AddedAtUtc - DateTime.UtcNow).TotalMinutes) < 5, "AddedAtUtc");
            Check.Equal(30015, driver.Await(friends.AddAsync("bob")).Code, "a friend already");
            Check.Equal(30001, driver.Await(friends.AddAsync("alice")).Code, "oneself");
            Check.Equal(30003, driver.Await(friends.AddAsync("nobody")).Code, "no such account");
            Stage.Ask("meet befriended");
            // Bob has seen it; he ends it, both ways.
            Check.Equal("bob", alice.Deleted.Next(), "deleted by bob");
            Check.List(
                new[] { "bob 31704", "carol 31704" },
                driver.Await(friends.DeleteAsync(new[] { "bob", "carol" })).Select(result => result.UserId + " " + result.Code),
                "nobody's friend");
            Check.Equal(0, driver.Await(friends.DeleteAsync(new string[0])).Count, "nobody deleted");
            Check.Equal(0, driver.Await(friends.ListAsync()).Count, "friends at the end");
            Check.List(
                new[] { "bob 0", "alice 30001", "nobody 30003" },
                driver.Await(friends.BlockAsync(new[] { "bob", "alice", "nobody" })).Select(result => result.UserId + " " + result.Code),
                "blocked");
            Check.List(Bob, driver.Await(friends.ListBlockedAsync()), "those who are blocked");
            Check.List(new[] { 0 }, driver.Await(friends.UnblockAsync(Bob)).Select(result => result.Code), "unblocked");
            Check.Equal(0, driver.Await(friends.ListBlockedAsync()).Count, "those who are blocked at the end");
            Check.Equal(0, driver.Await(friends.BlockAsync(new string[0])).Count, "nobody blocked");
            Check.Throws<ArgumentNullException>(() => friends.UnblockAsync(null), "null unblocked");
        }

        private static void UnsubscribedAtLast(Player alice)
        {
            UserStatusClient client = alice.Client;
            Driver driver = alice.Driver;
            // Nobody is not everybody.
            driver.Await(client.UnsubscribeAsync(new string[0]));
            Check.List(Bob, client.Watched, "Watched");
            driver.Await(client.UnsubscribeAsync(Bob));
            Check.Equal(0, client.Watched.Count, "Watched");
            Stage.Ask("meet unsubscribed");
            Stage.Ask("meet unheard");
            // All that was announced before one's own change has come by then.
            driver.Await(client.SetCustomStatusAsync("fence"));
            alice.Hears("alice", "fence");
            Check.That(alice.Statuses.All.All(info => info.CustomStatus != "unheard"), "nothing is heard after unsubscribing");
            driver.Await(client.SubscribeAsync(Bob));
            Check.List(Bob, client.Watched, "Watched");
            driver.Await(client.UnsubscribeAllAsync());
            Check.Equal(0, client.Watched.Count, "Watched");
            Check.Equal("0", Stage.Ask("subscriptions alice"), "subscriptions on the server");
        }

        private static void Kicked(Player alice)
        {
            Driver driver = alice.Driver;
            Stage.Ask("enter alice");
            alice.Kicks.Next();
            Check.Equal((int)ErrorCode.KickedOffline, alice.Becomes(ConnectionState.Closed).Code, "why it is closed");
            Check.Equal(ConnectionState.Closed, alice.Client.State, "State after a kick");
            UserStatusException refusal = driver.Refused(6014, alice.Client.GetStatusAsync("alice"), "after a kick");
            Check.Contains("NotLoggedIn", refusal.Message, "the message");
            driver.Await(alice.Client.LoginAgainAsync());
            alice.Becomes(ConnectionState.Connected);
            Check.Equal(ConnectionState.Connected, alice.Client.State, "State after the second login");
            Check.That(driver.Await(alice.Client.GetStatusAsync("alice")).IsOnline, "online again");
        }

        private static void Ended(Driver driver, Player alice)
        {
            Stage.Ask("meet watched");
            driver.Await(alice.Client.CloseAsync());
            Check.Equal(ConnectionState.Closed, alice.Client.State, "State of a closed client");
            alice.Becomes(ConnectionState.Closed);
            Check.That(UserStatusClient.Current == null, "no client is current");
            Stage.Ask("meet closed");
            // The simple way in, and out without a word.
            UserStatusClient client = driver.Await(UserStatusClient.ConnectAsync(Stage.Options(driver.Dispatch)));
            Check.That(UserStatusClient.Current == client, "the second client is current");
            Stage.Ask("meet back");
            client.Dispose();
            client.Dispose();
            Check.Throws<ObjectDisposedException>(() => client.SetCustomStatusAsync("late"), "a call of what is disposed of");
            Check.Throws<ObjectDisposedException>(() => driver.Await(client.OpenAsync()), "opening what is disposed of");
            driver.Await(client.CloseAsync());
            Check.Equal(0, Native.PendingCalls.Count, "calls that are owed an answer");
            int heard = alice.Statuses.Count;
            Stage.Ask("meet gone");
            Check.Equal(heard, alice.Statuses.Count, "events after the end");
        }
    }

    internal static class ModernBob
    {
        internal static void Play(Driver driver)
        {
            Player bob = new Player(driver, Stage.Options(driver.Dispatch));
            bob.Open();
            Stage.Ask("meet in");
            Stage.Ask("meet subscribed");
            driver.Await(bob.Client.SetCustomStatusAsync("in a match"));
            Stage.Ask("meet befriended");
            Check.Equal("alice", bob.Added.Next(), "added by alice");
            Check.List(
                new[] { "alice 0" },
                driver.Await(bob.Client.Friends.DeleteAsync(new[] { "alice" })).Select(result => result.UserId + " " + result.Code),
                "alice deleted");
            Stage.Ask("meet unsubscribed");
            driver.Await(bob.Client.SetCustomStatusAsync("unheard"));
            Stage.Ask("meet unheard");

            driver.Await(bob.Client.SubscribeAsync(new[] { "alice" }));
            Stage.Ask("meet watched");
            bob.Hears("alice", Presence.LoggedOut);
            Stage.Ask("meet closed");
            bob.Hears("alice", Presence.Online);
            Stage.Ask("meet back");
            bob.Hears("alice", Presence.Offline);
            Stage.Ask("meet gone");
            driver.Await(bob.Client.CloseAsync());
        }
    }
}
