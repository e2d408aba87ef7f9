using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
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
            game.Await(AskLong(game, game.Client));
            Program.CheckEnds(game, FakePlayer.EndPlay);
        }

        internal static async Task AskLong(Game game, UserStatusClient client)
        {
            List<string> users = new List<string>();
            for (int i = 0; i < 500; i++)
            {
                users.Add("nobody_whose_name_is_long_" + i);
            }
            Task<IList<PresenceInfo>> asked = client.GetStatusAsync(users);
            await game.Continue(asked, "a long answer");
            Check.Equal(string.Join(",", users), string.Join(",", new List<PresenceInfo>(asked.Result).ConvertAll(info => info.UserId)), "the users");
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
                Link.Default.Inbox.Add(() =>
                {
                    came.Add(number);
                    Thread.Sleep(SlowMs);
                });
            }
            // The answer is behind them.
            bool isAnswered = false;
            game.Client.GetStatusAsync("alice").ContinueWith(
                answer => isAnswered = true, TaskContinuationOptions.ExecuteSynchronously);
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

        /// <summary>A frame has one budget, the least of theirs; but one who is always busy does not stop the others.</summary>
        internal static void SharedBudget(Game game)
        {
            const int SlowMs = 20;
            Program.StartPlay(game);
            game.TurnsAre(FakePlayer.Tick);
            UserStatusOptions options = game.Options(Dispatch.Auto);
            options.FrameBudgetMs = 1000;
            game.Await(game.Open(options));
            options = Program.Separate(game, "carol");
            options.FrameBudgetMs = SlowMs / 2;
            UserStatusClient carol = Program.Another(game, options);
            int came = 0;
            bool isBusy = true;
            Action slow = null;
            slow = () =>
            {
                came++;
                Thread.Sleep(SlowMs);
                if (isBusy)
                {
                    Link.Default.Inbox.Add(slow);
                }
            };
            Link.Default.Inbox.Add(slow);
            for (int frames = 1; frames <= 3; frames++)
            {
                game.Turn();
                Check.That(came <= frames, came + " events in " + frames + " frames");
            }
            game.Await(game.Continue(carol.SetCustomStatusAsync("beside a busy one"), "carol's call"));
            isBusy = false;

            // The game's own has the frame for itself again.
            game.During(carol.Dispose);
            game.Until(() => !Link.Default.Inbox.HasMore, "the last of them");
            came = 0;
            for (int i = 0; i < 3; i++)
            {
                Link.Default.Inbox.Add(slow);
            }
            game.Turn();
            Check.Equal(3, came, "events in a frame of a longer budget");
            Program.CheckEnds(game, FakePlayer.EndPlay);
        }
    }
}
