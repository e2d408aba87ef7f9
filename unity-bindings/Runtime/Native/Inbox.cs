using System;
using System.Collections.Generic;
using System.Threading;

namespace Userstatus.Native
{
    /// <summary>
    /// What native callbacks have brought and user code has not seen yet. Callbacks only put it here; user code runs when they have
    /// returned, so that no exception, no blocking and no Uninit of the user's ever meets a native frame.
    /// </summary>
    /// <remarks>Its length is bounded by what one pump takes out of the library, whose own backlog is bounded and merges.</remarks>
    internal static class Inbox
    {
        private static readonly Queue<Action> Waiting = new Queue<Action>();
        private static int delivering;

        internal static bool HasMore
        {
            get
            {
                lock (Waiting)
                {
                    return Waiting.Count > 0;
                }
            }
        }

        internal static void Add(Action deliver)
        {
            lock (Waiting)
            {
                Waiting.Enqueue(deliver);
            }
        }

        /// <summary>
        /// Runs what waits, in order. One thread does so at a time; for another there is nothing to do meanwhile. Inside user code it
        /// goes on with what comes next.
        /// </summary>
        /// <returns>How many were run.</returns>
        internal static int Deliver()
        {
            return Deliver(FrameBudget.None);
        }

        /// <summary>The same until the budget is spent; what is left stays.</summary>
        internal static int Deliver(FrameBudget budget)
        {
            int me = Thread.CurrentThread.ManagedThreadId;
            if (Volatile.Read(ref delivering) == me)
            {
                return DeliverAll(budget);
            }
            int count = 0;
            // Again, if something was put in after the last look and its thread turned away because this one was delivering.
            while (HasMore && !(count > 0 && budget.IsSpent) && Interlocked.CompareExchange(ref delivering, me, 0) == 0)
            {
                try
                {
                    count += DeliverAll(budget);
                }
                finally
                {
                    Volatile.Write(ref delivering, 0);
                }
            }
            return count;
        }

        /// <summary>Forgets what another play has left, and that it was in the middle of it.</summary>
        internal static void Reset()
        {
            lock (Waiting)
            {
                Waiting.Clear();
            }
            Volatile.Write(ref delivering, 0);
        }

        private static int DeliverAll(FrameBudget budget)
        {
            int count = 0;
            Action next;
            // The first is run even if nothing is left of the budget: a frame that is always late must not stop everything.
            while (!(count > 0 && budget.IsSpent) && (next = Next()) != null)
            {
                count++;
                try
                {
                    next();
                }
                catch (Exception fault)
                {
                    Faults.Report(fault);
                }
            }
            return count;
        }

        private static Action Next()
        {
            lock (Waiting)
            {
                return Waiting.Count == 0 ? null : Waiting.Dequeue();
            }
        }
    }
}
