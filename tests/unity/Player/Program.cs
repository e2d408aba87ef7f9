using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Reflection;
using System.Threading;
using System.Threading.Tasks;
using com.tencent.imsdk.unity;
using com.tencent.imsdk.unity.enums;
using UnityEditor;
using UnityEngine;
using Userstatus.Editor;
using Userstatus.Native;
using Userstatus.Samples;

namespace Userstatus.Tests
{
    /// <summary>
    /// Userstatus.Tests.exe ADDRESS APP SECRET_KEY: the package's Unity part on a fake player and editor, against a real server. What it asks
    /// for ("do ..." on stdout, "done" on stdin) and what plays it is tests/e2e/unity.rs. Ends with 0 if all holds.
    /// </summary>
    internal static class Program
    {
        /// <summary>What a player has of the package.</summary>
        internal static readonly Assembly[] Runtime = { typeof(UserStatusClient).Assembly, typeof(TencentIMSDK).Assembly };

        internal static int Main(string[] arguments)
        {
            // Before anything else, so that this is the main thread.
            Check.That(FakePlayer.IsMainThread, "this is the main thread");
            FakeEditor.Load(typeof(UserSigMinter).Assembly);
            Game game = new Game(arguments[0], ulong.Parse(arguments[1]), arguments[2]);
            Step("callbacks come in frames", () => Frames(game));
            Step("pauses reach the library", () => Pauses(game));
            Step("changes of the network reach the library", () => Networks(game));
            Step("quitting ends it", () => Quitting(game));
            Step("a second play without a domain reload", () => SecondPlay(game));
            Step("a play after one that never ended", () => AfterNoEnd(game));
            Step("an assembly reload ends it", () => EndsBy(game, FakeEditor.ReloadAssemblies));
            Step("leaving play mode ends it", () => EndsBy(game, () => FakeEditor.ChangePlayMode(PlayModeStateChange.ExitingPlayMode)));
            Step("the editor's end ends it", () => EndsBy(game, FakeEditor.Quit));
            Step("outside play mode the editor pumps", () => EditMode(game));
            Step("the player loop leaves others' pumping alone", () => OthersPump(game));
            Step("a player loop that another package makes anew", () => Loops.TakenAway(game));
            Step("a frame that has a budget", () => Loops.Budget(game));
            Step("an answer that is parsed beside the frames", () => Loops.LongAnswers(game));
            Step("several players in one editor", () => SeveralPlayers(game));
            Step("several players share a frame", () => Loops.SharedBudget(game));
            Step("several players quit", () => SeveralQuit(game));
            Step("the classic interface", () => ClassicApi(game));
            Step("a component without settings", () => Components.Refused(game));
            Step("a component", () => Components.Lives(game));
            Step("a component whose server is down for a while", () => Components.Patient(game));
            Step("a component whose events come on another thread", () => Components.Threaded(game));
            Step("a component that is pumped by hand", () => Components.Manual(game));
            Step("several components in one scene", () => Components.Several(game));
            Step("coroutines", () => Components.Coroutines(game));
            Step("the friend list on screen", () => Samples.FriendList(game));
            Step("builds", Builds.AreChecked);
            Step("the console", () => Components.Console(game));
            Step("what a play leaves in statics", () => Statics.AreReset(game));
            return 0;
        }

        private static void Step(string name, Action step)
        {
            Console.WriteLine(name);
            step();
        }

        internal static void StartPlay(Game game)
        {
            FakePlayer.StartPlay(Runtime);
            game.HearFaults();
            Check.Equal(1, FakePlayer.CountSystems("PlayerLoopPump"), "the number of pumps in the player loop");
            Check.Equal(1, FakePlayer.CountObjects("userstatus"), "the number of objects in the scene");
            Check.That(UserStatusClient.Current == null && !Bridge.IsStarted, "a play begins with nothing");
        }

        private static void Frames(Game game)
        {
            StartPlay(game);
            game.TurnsAre(FakePlayer.Tick);
            game.Await(game.Open(Dispatch.Auto));
            UserStatusClient client = game.Client;
            Check.Equal(ConnectionState.Connected, client.State, "the state");

            // The sample's part that games are told to take.
            FriendRoster roster = new FriendRoster(client);
            roster.Changed += () => game.CheckPlace("FriendRoster.Changed");
            game.Await(game.Continue(roster.LoadAsync(), "LoadAsync"));
            Task<string> adding = roster.AddAsync("bob");
            game.Await(adding);
            Check.Equal(null, adding.Result, "what is wrong with adding bob");
            Game.Ask("say in a match");
            game.Until(() => Shows(roster, "bob: Online, \"in a match\""), "bob's status");

            // Any thread may ask; what was asked by the main one goes on there.
            Task other = Task.Run(() => client.SetCustomStatusAsync("from another thread"));
            game.Await(game.Continue(other, "a call from another thread"));
            using (CancellationTokenSource source = new CancellationTokenSource())
            {
                Task cancelled = game.Continue(client.GetStatusAsync(new[] { "bob" }, source.Token), "a cancelled call");
                new Thread(source.Cancel).Start();
                game.Until(() => cancelled.IsCompleted, "a call that is cancelled from another thread ends");
            }
        }

        private static bool Shows(FriendRoster roster, string text)
        {
            foreach (PresenceInfo info in roster.Friends)
            {
                if (info.ToString() == text)
                {
                    return true;
                }
            }
            return false;
        }

        private static void Pauses(Game game)
        {
            // The answer to the call that was cancelled comes all the same.
            game.Until(() => PendingCalls.Count == 0, "there are no calls under way");
            Check.Equal(1, FakePlayer.SendMessage("OnApplicationPause", true), "who hears of a pause");
            Check.Equal(1, PendingCalls.Count, "calls under way when paused");
            game.Until(() => PendingCalls.Count == 0, "the library takes note of the pause");

            // A server that says nothing any more is found at once, not after minutes of silence.
            List<ConnectionState> states = new List<ConnectionState>();
            game.Client.ConnectionChanged += change => states.Add(change.State);
            Game.Ask("stop");
            FakePlayer.SendMessage("OnApplicationPause", false);
            game.Until(() => states.Contains(ConnectionState.Disconnected), "the loss is found after the pause");
            Game.Ask("continue");
            game.Until(() => game.Client.State == ConnectionState.Connected, "the connection is restored");
        }

        private static void Networks(Game game)
        {
            List<ConnectionState> states = new List<ConnectionState>();
            game.Client.ConnectionChanged += change => states.Add(change.State);
            Application.internetReachability = NetworkReachability.ReachableViaLocalAreaNetwork;
            // A server that says nothing any more: the phone went to another network, and the old one swallows everything.
            Game.Ask("stop");
            game.Until(() => states.Contains(ConnectionState.Disconnected), "the loss is found after the change");
            Game.Ask("continue");
            game.Until(() => game.Client.State == ConnectionState.Connected, "the connection is restored");

            // None at all is told though the server would still answer, and it is made again by itself or when there is one.
            states.Clear();
            Application.internetReachability = NetworkReachability.NotReachable;
            game.Until(() => states.Contains(ConnectionState.Disconnected), "the loss is told");
            Application.internetReachability = NetworkReachability.ReachableViaCarrierDataNetwork;
            game.Until(() => game.Client.State == ConnectionState.Connected, "the connection is restored again");
        }

        private static void Quitting(Game game)
        {
            CheckEnds(game, FakePlayer.EndPlay);
            Check.Equal(0, FakePlayer.CountObjects("userstatus"), "the number of objects left in the scene");
        }

        /// <summary>Scripts are as the first play left them.</summary>
        private static void SecondPlay(Game game)
        {
            StartPlay(game);
            game.Await(game.Open(Dispatch.Auto));
            game.Await(game.Client.SubscribeAsync(new[] { "bob" }));
            int told = 0;
            game.Client.StatusChanged += info => told += info.CustomStatus == "once" ? 1 : 0;
            Game.Ask("say once");
            game.Until(() => told > 0, "bob's status");
            // Behind whatever was on its way.
            game.Await(game.Client.GetStatusAsync("alice"));
            Check.Equal(1, told, "how often it was told");
            CheckEnds(game, FakePlayer.EndPlay);
        }

        private static void AfterNoEnd(Game game)
        {
            StartPlay(game);
            game.Await(game.Open(Dispatch.Auto));
            UserStatusClient left = game.Client;
            game.During(() => StartPlay(game));
            Check.Equal(ConnectionState.Closed, left.State, "the state of the client of the play before");
            game.Await(game.Open(Dispatch.Auto));
            CheckEnds(game, FakePlayer.EndPlay);
        }

        private static void EndsBy(Game game, Action end)
        {
            StartPlay(game);
            game.Await(game.Open(Dispatch.Auto));
            CheckEnds(game, end);
            FakePlayer.EndPlay();
        }

        private static void EditMode(Game game)
        {
            Check.That(!Application.isPlaying, "nothing is played");
            game.TurnsAre(FakeEditor.Update);
            game.Await(game.Open(Dispatch.Auto));
            CheckEnds(game, () => FakeEditor.ChangePlayMode(PlayModeStateChange.ExitingEditMode));
        }

        private static void OthersPump(Game game)
        {
            StartPlay(game);
            game.TurnsAre(() => game.Client.Pump());
            Task opening = game.Open(Dispatch.Manual);
            // The server has let her in: her answer is on its way, if not there.
            Game.Ask("see alice online");
            for (int i = 0; i < 50; i++)
            {
                // Not a turn of the game's: what comes here is a fault.
                FakePlayerAndEditorTurn();
            }
            game.Await(opening);
            CheckEnds(game, game.Client.Dispose);

            string thread = null;
            UserStatusClient threaded = new UserStatusClient(game.Options(Dispatch.Thread));
            threaded.ConnectionChanged += change => thread = thread ?? Thread.CurrentThread.Name;
            Task threadedOpening = threaded.OpenAsync();
            game.TurnsAre(FakePlayerAndEditorTurn);
            game.Await(threadedOpening);
            Check.Equal("userstatus-pump", thread, "the thread of the event");
            threaded.Dispose();
            FakePlayer.EndPlay();
        }

        /// <summary>Two beside the game's own: all of them have their turn in each frame, hear of pauses, and end with the scripts.</summary>
        private static void SeveralPlayers(Game game)
        {
            StartPlay(game);
            game.TurnsAre(FakePlayer.Tick);
            game.Await(game.Open(Dispatch.Auto));
            UserStatusClient carol = Another(game, Separate(game, "carol"));
            UserStatusClient dave = Another(game, Separate(game, "dave"));
            Check.That(UserStatusClient.Current == game.Client, "the game's own is the current one");
            bool isSeen = false;
            dave.StatusChanged += info => isSeen |= info.UserId == "carol" && info.CustomStatus == "seen by dave";
            game.Await(game.Continue(dave.SubscribeAsync(new[] { "carol" }), "SubscribeAsync"));
            game.Await(game.Continue(carol.SetCustomStatusAsync("seen by dave"), "SetCustomStatusAsync"));
            game.Until(() => isSeen, "dave hears carol");
            game.Until(() => PendingCalls.Count == 0, "there are no calls under way");
            FakePlayer.SendMessage("OnApplicationPause", true);
            Check.Equal(3, PendingCalls.Count, "calls under way when paused: one of each client");
            game.Until(() => PendingCalls.Count == 0, "each takes note of the pause");
            game.Await(Loops.AskLong(game, dave));
            Task owed = game.Continue(dave.SetCustomStatusAsync("leaving"), "a call under way");
            CheckEnds(game, FakeEditor.ReloadAssemblies);
            Check.That(owed.IsCompleted, "dave's call under way has ended, too");
            Check.Equal(0, UserStatusClient.AllOpen.Count, "clients that are open");
            Check.That(!Bridge.IsAnyStarted, "none is left");
            FakePlayer.EndPlay();
        }

        /// <summary>Who wants to be logged out is, however many there are; who does not just drops out.</summary>
        private static void SeveralQuit(Game game)
        {
            StartPlay(game);
            game.TurnsAre(FakePlayer.Tick);
            UserStatusOptions options = game.Options(Dispatch.Auto);
            options.LogoutOnQuit = true;
            game.Await(game.Open(options));
            options = Separate(game, "carol");
            options.LogoutOnQuit = true;
            Another(game, options);
            options = Separate(game, "dave");
            options.LogoutOnQuit = true;
            options.Dispatch = Dispatch.Thread;
            game.Await(new UserStatusClient(options).OpenAsync());
            Another(game, Separate(game, "erin"));
            game.During(FakePlayer.EndPlay);
            Check.Equal(0, UserStatusClient.AllOpen.Count, "clients that are open");
            Game.Ask("see alice logged out");
            Game.Ask("see carol logged out");
            Game.Ask("see dave logged out");
            Game.Ask("see erin offline");
        }

        internal static UserStatusOptions Separate(Game game, string user)
        {
            UserStatusOptions options = game.Options(Dispatch.Auto, user);
            options.Separate = true;
            return options;
        }

        /// <summary>Opens one beside the game's own.</summary>
        internal static UserStatusClient Another(Game game, UserStatusOptions options)
        {
            UserStatusClient client = new UserStatusClient(options);
            client.ConnectionChanged += change => game.CheckPlace("ConnectionChanged");
            client.StatusChanged += info => game.CheckPlace("StatusChanged");
            game.Await(game.Continue(client.OpenAsync(), "OpenAsync"));
            return client;
        }

        private static void ClassicApi(Game game)
        {
            StartPlay(game);
            game.TurnsAre(FakePlayer.Tick);
            int heard = 0;
            TencentIMSDK.SetNetworkStatusListenerCallback((status, code, desc, name) => heard++);
            EnterClassic(game);
            Check.That(heard > 0, "the callback was told of the connection");
            game.During(FakeEditor.ReloadAssemblies);
            Check.That(!Bridge.IsStarted, "the library has ended");
            Check.Equal(TIMLoginStatus.kTIMLoginStatus_UnLogined, TencentIMSDK.GetLoginStatus(), "the login status");
            // Statics are still there, as without a domain reload: callbacks of the play before are not.
            heard = 0;
            EnterClassic(game);
            Check.Equal(0, heard, "what a callback of the play before was told");
            game.During(FakeEditor.ReloadAssemblies);
            FakePlayer.EndPlay();
        }

        private static void EnterClassic(Game game)
        {
            UserStatusOptions options = game.Options(Dispatch.Auto);
            TIMResult result = TencentIMSDK.Init(
                (long)options.AppId, new com.tencent.imsdk.unity.types.SdkConfig { sdk_config_server_address = options.Server });
            Check.Equal(TIMResult.TIM_SUCC, result, "Init");
            int code = -1;
            result = TencentIMSDK.Login(options.UserId, options.UserSig, (answer, desc, name) =>
            {
                game.CheckPlace("Login's callback");
                code = answer;
            });
            Check.Equal(TIMResult.TIM_SUCC, result, "Login");
            game.Until(() => code == 0, "the login is answered");
        }

        private static void FakePlayerAndEditorTurn()
        {
            FakePlayer.Tick();
            FakeEditor.Update();
        }

        /// <summary>What was under way ends with 7009, and native code knows nothing of the scripts any more.</summary>
        internal static void CheckEnds(Game game, Action end)
        {
            UserStatusClient client = game.Client;
            Task owed = game.Continue(client.SetCustomStatusAsync("leaving"), "a call under way");
            Stopwatch taken = Stopwatch.StartNew();
            game.During(end);
            Check.That(taken.Elapsed < TimeSpan.FromSeconds(5), "the end is quick: " + taken.Elapsed);
            Check.That(owed.IsCompleted, "the call under way has ended with the library");
            if (owed.IsFaulted)
            {
                Check.Equal(7009, ((UserStatusException)owed.Exception.InnerException).Code, "its code");
            }
            Check.That(!Bridge.IsStarted, "the library has ended");
            Check.That(UserStatusClient.Current == null, "there is no client");
            Check.Equal(0, PendingCalls.Count, "calls under way");
            Check.Equal(ConnectionState.Closed, client.State, "the state");
            Check.That(NativeMethods.USPump(1, 0) <= 0, "nothing is left to run");
        }
    }
}
