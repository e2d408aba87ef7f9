using System;
using System.Collections.Generic;
using System.Threading;
using NUnit.Framework;
using Userstatus.Json;
using Userstatus.Native;

namespace Userstatus.Tests
{
    public class InboxTests
    {
        private readonly List<Exception> faults = new List<Exception>();
        private Inbox inbox;

        [SetUp]
        public void Listen()
        {
            inbox = new Inbox();
            faults.Clear();
            Faults.Reported += OnFault;
        }

        [TearDown]
        public void StopListening()
        {
            Faults.Reported -= OnFault;
        }

        [Test]
        public void WhatWasPutInComesOutInOrder()
        {
            List<int> seen = new List<int>();
            for (int i = 0; i < 1000; i++)
            {
                int number = i;
                inbox.Add(() => seen.Add(number));
            }
            Assert.IsTrue(inbox.HasMore);
            Assert.AreEqual(1000, inbox.Deliver());
            Assert.IsFalse(inbox.HasMore);
            Assert.AreEqual(0, inbox.Deliver());
            for (int i = 0; i < 1000; i++)
            {
                Assert.AreEqual(i, seen[i]);
            }
        }

        [Test]
        public void WhatIsPutInMeanwhileComesInTheSameTurn()
        {
            List<string> seen = new List<string>();
            inbox.Add(() =>
            {
                inbox.Add(() => seen.Add("second"));
                seen.Add("first");
            });
            Assert.AreEqual(2, inbox.Deliver());
            CollectionAssert.AreEqual(new[] { "first", "second" }, seen);
        }

        [Test]
        public void InsideUserCodeItGoesOnWithWhatComesNext()
        {
            List<string> seen = new List<string>();
            inbox.Add(() =>
            {
                seen.Add("begin");
                Assert.AreEqual(1, inbox.Deliver());
                seen.Add("end");
            });
            inbox.Add(() => seen.Add("inside"));
            inbox.Deliver();
            CollectionAssert.AreEqual(new[] { "begin", "inside", "end" }, seen);
        }

        [Test]
        public void WhatIsThrownReachesTheUserAndKeepsNobodyFromComing()
        {
            bool came = false;
            inbox.Add(() => { throw new InvalidOperationException("thrown on purpose"); });
            inbox.Add(() => came = true);
            Assert.AreEqual(2, inbox.Deliver());
            Assert.IsTrue(came);
            Assert.AreEqual(1, faults.Count);
            Assert.AreEqual("thrown on purpose", faults[0].Message);
        }

        [Test]
        public void OneThreadDeliversAtATime()
        {
            using (ManualResetEvent isInside = new ManualResetEvent(false))
            using (ManualResetEvent mayLeave = new ManualResetEvent(false))
            {
                inbox.Add(() =>
                {
                    isInside.Set();
                    mayLeave.WaitOne(TimeSpan.FromSeconds(20));
                });
                Thread other = new Thread(() => inbox.Deliver());
                other.Start();
                Assert.IsTrue(isInside.WaitOne(TimeSpan.FromSeconds(20)));
                int thread = 0;
                inbox.Add(() => thread = Thread.CurrentThread.ManagedThreadId);
                Assert.AreEqual(0, inbox.Deliver(), "the other one is at it");
                mayLeave.Set();
                Assert.IsTrue(other.Join(TimeSpan.FromSeconds(20)));
                Assert.AreEqual(other.ManagedThreadId, thread);
            }
        }

        [Test]
        public void NothingIsLostOrDoubledOrOutOfOrderWhenManyPutInAndManyDeliver()
        {
            const int Threads = 4;
            const int Each = 20000;
            int[] last = new int[Threads];
            int inside = 0;
            int came = 0;
            int wrong = 0;
            int adding = Threads;
            List<Thread> all = new List<Thread>();
            for (int i = 0; i < Threads; i++)
            {
                int me = i;
                all.Add(new Thread(() =>
                {
                    for (int number = 1; number <= Each; number++)
                    {
                        int mine = number;
                        inbox.Add(() =>
                        {
                            if (Interlocked.Increment(ref inside) != 1 || last[me] != mine - 1)
                            {
                                Interlocked.Increment(ref wrong);
                            }
                            last[me] = mine;
                            came++;
                            Interlocked.Decrement(ref inside);
                        });
                    }
                    Interlocked.Decrement(ref adding);
                }));
                all.Add(new Thread(() =>
                {
                    while (Volatile.Read(ref adding) > 0)
                    {
                        inbox.Deliver();
                    }
                }));
            }
            all.ForEach(thread => thread.Start());
            all.ForEach(thread => thread.Join());
            inbox.Deliver();
            Assert.AreEqual(0, wrong);
            Assert.AreEqual(Threads * Each, came);
        }

        [Test]
        public void WhatABudgetLeavesComesLaterInOrder()
        {
            const int Ms = 30;
            List<int> came = new List<int>();
            for (int i = 0; i < 4; i++)
            {
                int number = i;
                inbox.Add(() =>
                {
                    came.Add(number);
                    Thread.Sleep(Ms);
                });
            }
            Assert.AreEqual(1, inbox.Deliver(FrameBudget.Begin(Ms / 2)), "one is more than there is time for, and comes all the same");
            Assert.IsTrue(inbox.HasMore);
            Assert.AreEqual(2, inbox.Deliver(FrameBudget.Begin(Ms + Ms / 2)));
            Assert.AreEqual(1, inbox.Deliver(FrameBudget.Begin(0)));
            CollectionAssert.AreEqual(new[] { 0, 1, 2, 3 }, came);
        }

        [Test]
        public void InAFrameALongTextWaitsUntilItIsParsedAndWhatIsBehindItWaitsWithIt()
        {
            string text = "[\"" + new string('x', ParsedAhead.LettersMin) + "\"]";
            ParsedAhead ahead = ParsedAhead.Of(text);
            List<string> came = new List<string>();
            object parsed = null;
            inbox.Add(() => came.Add("before"));
            inbox.Add(
                () =>
                {
                    parsed = JsonReader.Parse(text);
                    came.Add("long");
                    // The very same that was parsed ahead, and of this text only.
                    Assert.AreSame(parsed, JsonReader.Parse(text));
                    Assert.AreEqual(1.0, JsonReader.Parse("1"));
                },
                ahead);
            inbox.Add(() => came.Add("behind"));
            Assert.AreEqual(1, inbox.Deliver(FrameBudget.Begin(0)));
            Assert.AreEqual(0, inbox.Deliver(FrameBudget.Begin(0)));
            Thread parsing = new Thread(ahead.Finish);
            parsing.Start();
            parsing.Join();
            Assert.AreEqual(2, inbox.Deliver(FrameBudget.Begin(0)));
            CollectionAssert.AreEqual(new[] { "before", "long", "behind" }, came);
            Assert.AreEqual(1, ((List<object>)parsed).Count);
            Assert.AreNotSame(parsed, JsonReader.Parse(text), "elsewhere it is parsed anew");
            CollectionAssert.IsEmpty(faults);
        }

        [Test]
        public void TwoClientsOnTwoThreadsHaveTheirOwnTextsEach()
        {
            using (Barrier both = new Barrier(2))
            {
                bool[] isOwn = new bool[2];
                List<Thread> threads = new List<Thread>();
                for (int i = 0; i < isOwn.Length; i++)
                {
                    int me = i;
                    Inbox mine = new Inbox();
                    string text = "[\"" + new string('x', ParsedAhead.LettersMin) + "\"]";
                    mine.Add(
                        () =>
                        {
                            // Both are in the middle of it.
                            both.SignalAndWait(TimeSpan.FromSeconds(20));
                            isOwn[me] = ReferenceEquals(JsonReader.Parse(text), JsonReader.Parse(text));
                            both.SignalAndWait(TimeSpan.FromSeconds(20));
                        },
                        ParsedAhead.Of(text));
                    threads.Add(new Thread(() => mine.Deliver()));
                }
                threads.ForEach(thread => thread.Start());
                threads.ForEach(thread => thread.Join());
                CollectionAssert.AreEqual(new[] { true, true }, isOwn);
            }
        }

        [Test]
        public void WhoHasNoFrameToComeParsesWhatIsNotParsedYet()
        {
            string text = "[" + new string(' ', ParsedAhead.LettersMin) + "nonsense";
            bool isRefused = false;
            inbox.Add(
                () =>
                {
                    try
                    {
                        JsonReader.Parse(text);
                    }
                    catch (FormatException)
                    {
                        isRefused = true;
                    }
                },
                ParsedAhead.Of(text));
            Assert.AreEqual(1, inbox.Deliver());
            Assert.IsTrue(isRefused, "and is told what is wrong with it");
            Assert.IsNull(ParsedAhead.Begin("[]"), "a short one is not worth it");
        }

        private void OnFault(Exception fault)
        {
            faults.Add(fault);
        }
    }
}
