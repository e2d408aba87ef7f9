using System;
using System.Collections.Generic;
using System.Reflection;
using System.Threading;
using NUnit.Framework;
using Userstatus.Native;

namespace Userstatus.Tests
{
    public class PendingCallsTests
    {
        [Test]
        public void ACallIsTakenOnce()
        {
            int before = PendingCalls.Count;
            Action<Reply> done = reply => { };
            IntPtr number = PendingCalls.Add(done);
            Assert.AreNotEqual(IntPtr.Zero, number, "0 is no call");
            Assert.AreEqual(before + 1, PendingCalls.Count);
            Assert.AreSame(done, PendingCalls.Take(number));
            Assert.IsNull(PendingCalls.Take(number));
            Assert.AreEqual(before, PendingCalls.Count);
        }

        [Test]
        public void NumbersNobodyKnowsAreNoFault()
        {
            Assert.IsNull(PendingCalls.Take(IntPtr.Zero));
            Assert.IsNull(PendingCalls.Take(new IntPtr(-1)));
            Assert.IsNull(PendingCalls.Take(new IntPtr(int.MaxValue)));
        }

        [Test]
        public void AfterTheLastNumberTheyBeginAnewAndPassOverThoseInUse()
        {
            FieldInfo last = typeof(PendingCalls).GetField("last", BindingFlags.Static | BindingFlags.NonPublic);
            object before = last.GetValue(null);
            List<IntPtr> numbers = new List<IntPtr>();
            try
            {
                last.SetValue(null, 0);
                numbers.Add(PendingCalls.Add(reply => { }));
                last.SetValue(null, int.MaxValue - 1);
                numbers.Add(PendingCalls.Add(reply => { }));
                numbers.Add(PendingCalls.Add(reply => { }));
                CollectionAssert.AreEqual(new[] { new IntPtr(1), new IntPtr(int.MaxValue), new IntPtr(2) }, numbers);
            }
            finally
            {
                numbers.ForEach(number => PendingCalls.Take(number));
                last.SetValue(null, before);
            }
        }

        [Test]
        public void ManyThreadsGetNumbersOfTheirOwn()
        {
            const int Threads = 4;
            const int Each = 5000;
            int before = PendingCalls.Count;
            int wrong = 0;
            List<Thread> all = new List<Thread>();
            for (int i = 0; i < Threads; i++)
            {
                all.Add(new Thread(() =>
                {
                    for (int j = 0; j < Each; j++)
                    {
                        Action<Reply> done = reply => { };
                        IntPtr number = PendingCalls.Add(done);
                        if (PendingCalls.Take(number) != done)
                        {
                            Interlocked.Increment(ref wrong);
                        }
                    }
                }));
            }
            all.ForEach(thread => thread.Start());
            all.ForEach(thread => thread.Join());
            Assert.AreEqual(0, wrong);
            Assert.AreEqual(before, PendingCalls.Count);
        }
    }
}
