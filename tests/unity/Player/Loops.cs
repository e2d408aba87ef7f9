using System;
using System.Collections.Generic;
using System.Threading;
using UnityEngine;
using Userstatus.Native;

namespace Userstatus.Tests
{
    /// <summary>The player loop, which is not the package's alone, and how much of a frame the package takes.</summary>
    internal static class Loops
    {
        internal static void TakenAway(Game game)
        {
            Program.StartPlay(game);
            game.TurnsAre(FakePlayer.Tick);
            game.Await(game.Open(Dispatch.Auto));
            for (int i = 0; i < 3; i++)
            {
                FakePlayer.TakeLoopAway();
                Check.Equal(0, FakePlayer.CountSystems("PlayerLoopPump"), "the number of pumps that are left");
                game.Turn();
                Check.Equal(1, FakePlayer.CountSystems("PlayerLoopPump"), "the number of pumps a frame later");
                game.Await(game.Client.GetStatusAsync("alice"));
            }
            for (int i = 0; i < 10; i++)
            {
                game.Turn();
            }
            Check.Equal(1, FakePlayer.CountSystems("PlayerLoopPump"), "the number of pumps at the end");
            Program.CheckEnds(game, FakePlayer.EndPlay);
        }

        /// <summary>An answer that is long enough to be parsed beside the frames comes whole, in order, and behind what came before it.</summary>
        internal static void LongAnswers(Game game)
        {
            Program.StartPlay(game);
            game.TurnsAre(FakePlayer.Tick);
            game.Await(game.Open(Dispatch.Auto));
            List<string> users = new List<string>();
            for (int i = 0; i < 500; i++)
            {
                users.Add("nobody_whose_name_is_long_" + i);
            }
            System.Threading.Tasks.Task<IList<PresenceInfo>> asked = game.Client.GetStatusAsync(users);
            game.Await(game.Continue(asked, "a long answer"));
            Check.Equal(string.Join(",", users), string.Join(",", new List<PresenceInfo>(asked.Result).ConvertAll(info => info.UserId)), "the users");
            Program.CheckEnds(game, FakePlayer.EndPlay);
        }

        internal static void Budget(Game game)
        {
            const int SlowMs = 20;
            Program.StartPlay(game);
            UserStatusOptions options = game.Options(Dispatch.Auto);
            options.FrameBudgetMs = SlowMs + SlowMs / 2;
            game.Await(game.Open(options));
            List<int> came = new List<int>();
            for (int i = 0; i < 6; i++)
            {
                int number = i;
                Inbox.Add(() =>
                {
                    came.Add(number);
                    Thread.Sleep(SlowMs);
                });
            }
            // The answer is behind them.
            bool isAnswered = false;
            game.Client.GetStatusAsync("alice").ContinueWith(
                answer => isAnswered = true, System.Threading.Tasks.TaskContinuationOptions.ExecuteSynchronously);
            for (int frames = 1; frames <= 3; frames++)
            {
                game.Turn();
                // A machine that others use, too, may be late: then fewer come, and never more.
                Check.That(came.Count <= 2 * frames && came.Count >= frames, came.Count + " events in " + frames + " frames");
                Check.That(!isAnswered, "the answer waits for its turn");
            }
            game.Until(() => isAnswered, "the answer");
            Check.Equal("0,1,2,3,4,5", string.Join(",", came), "the order");

            options.FrameBudgetMs = -1;
            try
            {
                new UserStatusClient(options);
                throw new Exception("a negative budget is taken");
            }
            catch (ArgumentException fault)
            {
                Check.That(fault.Message.Contains("FrameBudgetMs"), fault.Message);
            }
            Program.CheckEnds(game, FakePlayer.EndPlay);
        }
    }
}
