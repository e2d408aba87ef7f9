using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Threading;
using System.Threading.Tasks;
using UnityEngine;
using Userstatus.Editor;

namespace Userstatus.Tests
{
    /// <summary>
    /// A game on the fake player, whose main thread is the one that is here. Events and continuations are checked to come inside a
    /// turn of <see cref="turn"/>, and nowhere else.
    /// </summary>
    internal sealed class Game
    {
        /// <summary>Far longer than anything takes: only a fault lets it pass.</summary>
        private static readonly TimeSpan Patience = TimeSpan.FromSeconds(25);

        private readonly string address;
        private readonly ulong appId;
        private readonly string secretKey;
        private readonly List<string> faults = new List<string>();
        private Action turn = FakePlayer.Tick;
        private bool isInsideTurn;

        internal Game(string address, ulong appId, string secretKey)
        {
            this.address = address;
            this.appId = appId;
            this.secretKey = secretKey;
        }

        /// <summary>What is thrown where nobody catches it is a fault. To be said for each play.</summary>
        internal void HearFaults()
        {
            UserStatusClient.UnhandledException += fault => Fail(fault.ToString());
        }

        internal UserStatusClient Client { get; private set; }

        /// <summary>Asks the test for something, and waits for it without a turn: nothing may come meanwhile.</summary>
        internal static void Ask(string request)
        {
            Console.WriteLine("do " + request);
            Check.Equal("done", Console.ReadLine(), "the answer to " + request);
        }

        internal void TurnsAre(Action newTurn)
        {
            turn = newTurn;
        }

        /// <summary>Alice's.</summary>
        internal UserStatusOptions Options(Dispatch dispatch)
        {
            return Options(dispatch, "alice");
        }

        internal UserStatusOptions Options(Dispatch dispatch, string user)
        {
            return new UserStatusOptions
            {
                Server = address,
                AppId = appId,
                UserId = user,
                UserSig = UserSig(user, TimeSpan.FromDays(1)),
                Dispatch = dispatch,
                // Of connections that are lost on purpose nobody needs to read.
                LogToConsole = false,
            };
        }

        /// <summary>What alice says of herself, as far as the client knows.</summary>
        internal static string Own()
        {
            foreach (PresenceInfo info in UserStatusClient.Current.Known)
            {
                if (info.UserId == "alice")
                {
                    return info.CustomStatus;
                }
            }
            return "";
        }

        /// <summary>One of alice's.</summary>
        internal string UserSig()
        {
            return UserSig(TimeSpan.FromDays(1));
        }

        internal string UserSig(TimeSpan life)
        {
            return UserSig("alice", life);
        }

        internal string UserSig(string user)
        {
            return UserSig(user, TimeSpan.FromDays(1));
        }

        private string UserSig(string user, TimeSpan life)
        {
            return UserSigMinter.Mint(appId, user, secretKey, life);
        }

        /// <summary>Begins to open a client; every event is checked.</summary>
        internal Task Open(Dispatch dispatch)
        {
            return Open(Options(dispatch));
        }

        internal Task Open(UserStatusOptions options)
        {
            Client = new UserStatusClient(options);
            Client.ConnectionChanged += change => CheckPlace("ConnectionChanged");
            Client.StatusChanged += info => CheckPlace("StatusChanged");
            return Continue(Client.OpenAsync(), "OpenAsync");
        }

        /// <summary>The task, and behind it a continuation that is checked.</summary>
        internal async Task Continue(Task task, string what)
        {
            try
            {
                await task;
            }
            finally
            {
                CheckPlace("the continuation of " + what);
            }
        }

        internal void CheckPlace(string what)
        {
            if (!FakePlayer.IsMainThread || !isInsideTurn)
            {
                Fail(what + " came outside a turn, on thread " + Thread.CurrentThread.ManagedThreadId);
            }
        }

        internal void Until(Func<bool> condition, string what)
        {
            Until(condition, what, Patience);
        }

        internal void Until(Func<bool> condition, string what, TimeSpan patience)
        {
            Stopwatch waited = Stopwatch.StartNew();
            while (!condition())
            {
                Check.That(waited.Elapsed < patience, what + " in " + patience);
                Turn();
                // A frame's rest.
                Thread.Sleep(5);
            }
            Check.That(faults.Count == 0, string.Join("; ", faults));
        }

        internal void Await(Task task)
        {
            Until(() => task.IsCompleted, "the task ends");
            task.GetAwaiter().GetResult();
        }

        /// <summary>Something that ends the library, as a turn: what was owed comes inside it.</summary>
        internal void During(Action end)
        {
            isInsideTurn = true;
            try
            {
                end();
            }
            finally
            {
                isInsideTurn = false;
            }
        }

        internal void Turn()
        {
            During(turn);
        }

        private void Fail(string fault)
        {
            lock (faults)
            {
                faults.Add(fault);
            }
        }
    }
}
