using System;
using System.Collections.Generic;
using System.Threading;
using Userstatus.Json;

namespace Userstatus.Native
{
    /// <summary>
    /// What native callbacks of one client have brought and user code has not seen yet. Callbacks only put it here; user code runs when they have
    /// returned, so that no exception, no blocking and no Uninit of the user's ever meets a native frame.
    /// </summary>
    /// <remarks>Its length is bounded by what one pump takes out of the library, whose own backlog is bounded and merges.</remarks>
    internal sealed class Inbox
    {
        /// <summary>One event or answer, and its text, if that is long enough to be parsed meanwhile.</summary>
        private struct Item
        {
            internal readonly Action Deliver;
            internal readonly ParsedAhead Ahead;

            internal Item(Action deliver, ParsedAhead ahead)
            {
                Deliver = deliver;
                Ahead = ahead;
            }
        }

        private readonly Queue<Item> waiting = new Queue<Item>();
        private int delivering;

        internal bool HasMore
        {
            get
            {
                lock (waiting)
                {
                    return waiting.Count > 0;
                }
            }
        }

        internal void Add(Action deliver)
        {
            Add(deliver, null);
        }

        /// <summary>Of a text that is being parsed: in a frame it waits for that, and what is behind it waits with it.</summary>
        internal void Add(Action deliver, ParsedAhead ahead)
        {
            lock (waiting)
            {
                waiting.Enqueue(new Item(deliver, ahead));
            }
        }

        /// <summary>
        /// Runs what waits, in order. One thread does so at a time; for another there is nothing to do meanwhile. Inside user code it
        /// goes on with what comes next.
        /// </summary>
        /// <returns>How many were run.</returns>
        internal int Deliver()
        {
            return Deliver(FrameBudget.None);
        }

        /// <summary>The same until the budget of the frame is spent, or a text is not parsed yet; what is left stays.</summary>
        internal int Deliver(FrameBudget budget)
        {
            int me = Thread.CurrentThread.ManagedThreadId;
            if (Volatile.Read(ref delivering) == me)
            {
                return DeliverAll(budget);
            }
            int count = 0;
            // Again, if something was put in after the last look and its thread turned away because this one was delivering.
            while (HasDue(budget) && !(count > 0 && budget.IsSpent) && Interlocked.CompareExchange(ref delivering, me, 0) == 0)
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
        internal void Reset()
        {
            lock (waiting)
            {
                waiting.Clear();
            }
            ParsedAhead.Enter(null);
            Volatile.Write(ref delivering, 0);
        }

        private int DeliverAll(FrameBudget budget)
        {
            int count = 0;
            Item next;
            // The first is run even if nothing is left of the budget: a frame that is always late must not stop everything.
            while (!(count > 0 && budget.IsSpent) && TryTake(budget, out next))
            {
                count++;
                // User code may deliver what comes next, and goes on with its own then.
                ParsedAhead outer = ParsedAhead.Enter(next.Ahead);
                try
                {
                    next.Deliver();
                }
                catch (Exception fault)
                {
                    Faults.Report(fault);
                }
                finally
                {
                    ParsedAhead.Enter(outer);
                }
            }
            return count;
        }

        private bool HasDue(FrameBudget budget)
        {
            lock (waiting)
            {
                return waiting.Count > 0 && IsDue(waiting.Peek(), budget);
            }
        }

        private bool TryTake(FrameBudget budget, out Item item)
        {
            lock (waiting)
            {
                bool isThere = waiting.Count > 0 && IsDue(waiting.Peek(), budget);
                item = isThere ? waiting.Dequeue() : default(Item);
                return isThere;
            }
        }

        private static bool IsDue(Item item, FrameBudget budget)
        {
            return !budget.IsOfFrame || item.Ahead == null || item.Ahead.IsDone;
        }
    }
}
