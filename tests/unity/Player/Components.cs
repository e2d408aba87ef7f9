using System;
using System.Collections;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using UnityEditor;
using UnityEngine;
using Userstatus.Native;

namespace Userstatus.Tests
{
    /// <summary>UserStatusBehaviour and UserStatusSettings, as a project has them: an object of a scene and an asset.</summary>
    internal static class Components
    {
        internal static void Refused(Game game)
        {
            Program.StartPlay(game);
            game.TurnsAre(FakePlayer.Tick);
            Expect(() =>
            {
                List<string> failures = new List<string>();
                UserStatusBehaviour component = Add(game, behaviour => behaviour.LoginFailed.AddListener(failures.Add));
                Check.That(failures.Single().Contains("Assets > Create > User Status > Settings"), failures[0]);
                Check.That(component.LoginFault is InvalidOperationException, "the fault is kept");

                UserStatusSettings settings = UserStatusSettings(game);
                settings.AppId = 0;
                settings.Server = "status.example.com";
                game.During(component.LogIn);
                Check.That(failures[1].Contains("App Id is missing") && failures[1].Contains("has no port"), failures[1]);

                UserStatusSettings(game);
                game.During(() => component.LogIn("alice", "eJwxx"));
                game.Until(() => failures.Count == 3, "the UserSig is refused");
                Check.Equal(70003, ((UserStatusException)component.LoginFault).Code, "the code");
                Check.That(component.Client == null && UserStatusClient.Current == null, "nothing is left of it");

                component.LogIn("");
                Check.That(failures[3].Contains("User Id is empty"), failures[3]);

                // Each of them also says it in the console, for who has no listener.
                Check.Equal(4, Debug.Console.Count(line => line.StartsWith("Warning: ") && line.Contains("is not logged in")), "the warnings");
            });
            FakePlayer.EndPlay();
        }

        internal static void Lives(Game game)
        {
            Program.StartPlay(game);
            game.TurnsAre(FakePlayer.Tick);
            UserStatusSettings(game);
            List<string> wanted = new List<string>();
            List<string> heard = new List<string>();
            int loggedIn = 0;
            int kicked = 0;
            UserStatusBehaviour component = Add(game, behaviour =>
            {
                behaviour.UserSigWanted.AddListener(wanted.Add);
                behaviour.LoggedIn.AddListener(() => loggedIn++);
                behaviour.KickedOffline.AddListener(() => kicked++);
                behaviour.ConnectionChanged.AddListener(change => heard.Add(change.State.ToString()));
                behaviour.StatusChanged.AddListener(info => heard.Add(info.ToString()));
                behaviour.FriendsChanged.AddListener((user, isFriend) => heard.Add(user + " " + isFriend));
                behaviour.ConnectionChanged.AddListener(change => game.CheckPlace("the component's event"));
            });
            Check.Equal("alice", wanted.Single(), "whose UserSig is wanted");
            component.ProvideUserSig(game.UserSig());
            game.Until(() => component.IsConnected, "the component is connected");
            Check.Equal(1, loggedIn, "how often it logged in");
            Check.That(heard.Contains("Connected"), "the connection is told");
            Check.That(UserStatusBehaviour.Instance == component, "it is the instance");

            UserStatusClient client = component.Client;
            game.Await(client.SubscribeAsync(new[] { "bob" }));
            Game.Ask("say told to a component");
            game.Until(() => heard.Contains("bob: Online, \"told to a component\""), "bob's status");
            game.Await(client.Friends.DeleteAsync(new[] { "bob" }));
            game.Await(client.Friends.AddAsync("bob"));
            game.Until(() => heard.Contains("bob True") && heard.Contains("bob False"), "changes of the friend list");

            // Another scene, and one that has such a component as well.
            FakePlayer.LoadScene();
            GameObject other = new GameObject("another");
            UserStatusBehaviour second = other.AddComponent<UserStatusBehaviour>();
            game.Turn();
            Check.That(second == null && other.GetComponent<UserStatusBehaviour>() == null, "the second one has gone");
            Check.That(component != null && component.IsConnected && component.Client == client, "the first one goes on");

            // A new UserSig, unasked.
            component.ProvideUserSig(game.UserSig());
            game.Until(() => PendingCalls.Count == 0, "the renewal is answered");
            Check.That(component.Client == client && component.IsConnected, "it goes on with it");

            // Elsewhere.
            Game.Ask("enter alice");
            game.Until(() => kicked == 1, "it is kicked offline");
            Check.That(!component.IsLoggedIn, "it is logged in no more");
            component.UserSigProvider = (user, stop) => Task.FromResult(game.UserSig());
            component.LogIn();
            game.Until(() => component.IsConnected, "it is back");
            Check.Equal(2, loggedIn, "how often it logged in");
            Check.Equal(1, wanted.Count, "who has a provider is not asked otherwise");

            // Off and on again, faster than the logout is answered.
            component.gameObject.SetActive(false);
            Check.That(component.Client == null, "it has no client");
            component.gameObject.SetActive(true);
            game.Until(() => component.IsConnected, "it is back after a rest");
            component.enabled = false;
            game.Until(() => UserStatusClient.Current == null, "it has logged out");
            Game.Ask("see alice logged out");

            // Given up before it came to anything.
            component.enabled = true;
            component.LogOut();
            for (int i = 0; i < 20; i++)
            {
                game.Turn();
            }
            Check.That(component.Client == null && UserStatusClient.Current == null && component.LoginFault == null, "it was given up");

            component.LogIn();
            game.Until(() => component.IsConnected, "it is back at last");
            game.During(FakePlayer.EndPlay);
            Check.That(UserStatusClient.Current == null && !Bridge.IsStarted, "the library has ended");
            Check.That(UserStatusBehaviour.Instance == null, "there is no component any more");
            // The settings say so.
            Game.Ask("see alice logged out");
        }

        /// <summary>A server that is down for longer than one try takes.</summary>
        internal static void Patient(Game game)
        {
            Program.StartPlay(game);
            game.TurnsAre(FakePlayer.Tick);
            UserStatusSettings(game);
            Game.Ask("stop");
            int failures = 0;
            UserStatusBehaviour component = Add(game, behaviour =>
            {
                behaviour.UserSigProvider = (user, stop) => Task.FromResult(game.UserSig());
                behaviour.LoginFailed.AddListener(message => failures++);
            });
            game.Until(() => UserStatusClient.Current != null, "it tries");
            // As long as OpenAsync tries, and some more.
            game.Until(() => UserStatusClient.Current == null, "it gives up", TimeSpan.FromSeconds(60));
            Check.That(component.Client != null && !component.IsLoggedIn, "but only for now");
            Game.Ask("continue");
            game.Until(() => component.IsConnected, "it has tried again");
            Check.Equal(0, failures, "what is tried again has not failed");
            game.During(FakePlayer.EndPlay);
        }

        internal static void Threaded(Game game)
        {
            Elsewhere(game, Dispatch.Thread);
        }

        internal static void Manual(Game game)
        {
            Elsewhere(game, Dispatch.Manual);
        }

        private static void Elsewhere(Game game, Dispatch dispatch)
        {
            Program.StartPlay(game);
            UserStatusSettings(game).Dispatch = dispatch;
            List<int> threads = new List<int>();
            int asked = 0;
            UserStatusBehaviour component = Add(game, behaviour =>
            {
                behaviour.SurviveSceneLoads = false;
                behaviour.UserSigProvider = (user, stop) =>
                {
                    threads.Add(Thread.CurrentThread.ManagedThreadId);
                    // The first one is about to end, so that it is renewed at once.
                    return Task.FromResult(game.UserSig(TimeSpan.FromSeconds(asked++ == 0 ? 20 : 86400)));
                };
                behaviour.StatusChanged.AddListener(info => threads.Add(Thread.CurrentThread.ManagedThreadId));
            });
            game.Until(() => component.IsConnected, "the component is connected");
            game.Await(component.Client.SetCustomStatusAsync("with " + dispatch));
            game.Until(() => threads.Count > asked, "one's own status");
            game.Until(() => asked > 1, "the UserSig is renewed");
            Check.That(threads.TrueForAll(thread => thread == Thread.CurrentThread.ManagedThreadId), "events come on the main thread");
            FakePlayer.LoadScene();
            Check.That(component == null, "it went with its scene");
            game.Until(() => UserStatusClient.Current == null, "and logged out");
            game.During(FakePlayer.EndPlay);
        }

        /// <summary>Two players in one scene, beside the game's own: each component has a client, and each sees what the others do.</summary>
        internal static void Several(Game game)
        {
            Program.StartPlay(game);
            game.TurnsAre(FakePlayer.Tick);
            UserStatusSettings(game).LogoutOnQuit = false;
            List<string> heard = new List<string>();
            UserStatusBehaviour own = Add(game, behaviour => behaviour.UserSigProvider = (user, stop) => Task.FromResult(game.UserSig(user)));
            UserStatusBehaviour carol = Add(game, behaviour => BeSeparate(game, behaviour, "carol", heard));
            UserStatusBehaviour dave = Add(game, behaviour => BeSeparate(game, behaviour, "dave", heard));
            game.Until(() => own.IsConnected && carol.IsConnected && dave.IsConnected, "all of them are connected");
            Check.That(UserStatusBehaviour.Instance == own && UserStatusClient.Current == own.Client, "the one that is not separate is the game's own");
            Check.Equal(3, UserStatusClient.AllOpen.Count, "clients that are open");
            game.Await(carol.Client.SubscribeAsync(new[] { "dave" }));
            game.Await(dave.Client.SubscribeAsync(new[] { "carol" }));
            game.Await(carol.Client.SetCustomStatusAsync("here"));
            game.Await(dave.Client.SetCustomStatusAsync("here, too"));
            game.Until(() => heard.Contains("dave hears carol: Online, \"here\"") && heard.Contains("carol hears dave: Online, \"here, too\""), "they see each other");

            // One leaves, and the others stay.
            game.During(() => carol.enabled = false);
            game.Until(() => heard.Contains("dave hears carol: LoggedOut"), "dave sees carol leave");
            Check.That(own.IsConnected && dave.IsConnected, "the others stay");
            FakePlayer.LoadScene();
            Check.That(own != null && carol == null && dave == null, "separate ones go with their scene");
            game.Until(() => UserStatusClient.AllOpen.Count == 1, "dave logs out");
            game.During(FakePlayer.EndPlay);
        }

        private static void BeSeparate(Game game, UserStatusBehaviour behaviour, string user, List<string> heard)
        {
            behaviour.UserId = user;
            behaviour.Separate = true;
            behaviour.UserSigProvider = (wanted, stop) => Task.FromResult(game.UserSig(wanted));
            behaviour.StatusChanged.AddListener(info => heard.Add(user + " hears " + info));
            behaviour.ConnectionChanged.AddListener(change => game.CheckPlace("the component's event"));
        }

        internal static void Coroutines(Game game)
        {
            Program.StartPlay(game);
            game.TurnsAre(FakePlayer.Tick);
            UserStatusSettings(game);
            UserStatusBehaviour component = Add(game, behaviour => behaviour.UserSigProvider = (user, stop) => Task.FromResult(game.UserSig()));
            game.Until(() => component.IsConnected, "the component is connected");
            List<string> told = new List<string>();
            component.StartCoroutine(Routine(component.Client, told));
            Check.Equal(0, told.Count, "what is told before the first answer");
            game.Until(() => told.Count == 4, "the routine ends");
            Check.Equal("in a routine; bob; 7014 True False; TaskCanceledException", string.Join("; ", told), "what it told");
            // The editor's button, which is pressed more often than a game is quit.
            game.During(() => FakeEditor.ChangePlayMode(PlayModeStateChange.ExitingPlayMode));
            game.During(FakePlayer.EndPlay);
            Game.Ask("see alice logged out");
        }

        private static IEnumerator Routine(UserStatusClient client, List<string> told)
        {
            yield return client.SetCustomStatusAsync("in a routine").AsCoroutine();
            WaitForTask<PresenceInfo> self = client.GetStatusAsync("alice").AsCoroutine();
            yield return self;
            told.Add(self.Result.CustomStatus);
            WaitForTask<IList<PresenceInfo>> bob = client.SubscribeAsync(new[] { "bob" }).AsCoroutine();
            yield return bob;
            told.Add(bob.Result[0].UserId);
            WaitForTask<IList<PresenceInfo>> refused = client.SubscribeAsync(new[] { "alice" }).AsCoroutine();
            bool isEarly = false;
            try
            {
                GC.KeepAlive(refused.Result);
            }
            catch (InvalidOperationException)
            {
                isEarly = true;
            }
            yield return refused;
            told.Add(((UserStatusException)refused.Fault).Code + " " + isEarly + " " + refused.IsSuccess);
            WaitForTask cancelled = client.SetCustomStatusAsync("never", new CancellationToken(true)).AsCoroutine();
            yield return cancelled;
            told.Add(cancelled.Fault.GetType().Name);
        }

        /// <summary>What the library says is read by who looks at the console, unless they do not want to.</summary>
        internal static void Console(Game game)
        {
            Program.StartPlay(game);
            Expect(() =>
            {
                UserStatusOptions options = game.Options(Dispatch.Auto);
                // Where nobody listens.
                options.Server = "127.0.0.1:9";
                options.LogToConsole = true;
                Task opening = game.Open(options);
                foreach (LogLevel level in new[] { LogLevel.Info, LogLevel.Warning, LogLevel.Error })
                {
                    Bridge.Listeners.RaiseLog((int)level, "a line");
                }
                Check.Equal("Log: userstatus: a line|Warning: userstatus: a line|Error: userstatus: a line", string.Join("|", Debug.Console), "the console");
                game.During(game.Client.Dispose);

                Debug.Console.Clear();
                options.LogToConsole = false;
                opening = game.Open(options);
                Bridge.Listeners.RaiseLog((int)LogLevel.Error, "a line");
                Check.Equal(0, Debug.Console.Count, "the lines of who does not want them");
                game.During(game.Client.Dispose);
                Check.That(opening.IsFaulted, "it is over");
            });
            FakePlayer.EndPlay();
        }

        /// <summary>The project's, with nothing wrong.</summary>
        private static UserStatusSettings UserStatusSettings(Game game)
        {
            UserStatusOptions options = game.Options(Dispatch.Auto);
            UserStatusSettings settings = ScriptableObject.CreateInstance<UserStatusSettings>();
            settings.Server = options.Server;
            settings.AppId = (long)options.AppId;
            settings.LogToConsole = false;
            Resources.Assets[Userstatus.UserStatusSettings.ResourceName] = settings;
            return settings;
        }

        /// <summary>As it comes with a scene: all is filled in before it is enabled.</summary>
        private static UserStatusBehaviour Add(Game game, Action<UserStatusBehaviour> fill)
        {
            GameObject holder = new GameObject("presence");
            holder.SetActive(false);
            UserStatusBehaviour component = holder.AddComponent<UserStatusBehaviour>();
            component.UserId = "alice";
            fill(component);
            game.During(() => holder.SetActive(true));
            return component;
        }

        private static void Expect(Action warn)
        {
            Debug.Console.Clear();
            Debug.IsWatched = true;
            try
            {
                warn();
            }
            finally
            {
                Debug.IsWatched = false;
            }
        }
    }
}
