using System;
using System.Collections.Generic;
using System.Threading;

namespace Userstatus.Native
{
    /// <summary>
    /// What native callbacks of one client have brought and user code has not seen yet. Callbacks only put it here; user code runs when they have
    /// returned, so that no exception, no blocking and no Uninit of the user's ever meets a native frame.
    /// </summary>
    /// <remarks>Its length is bounded by what one pump takes out of the library, whose own backlog is bounded and merges.</remarks>
    internal sealed class Inbox
    {
        private readonly Queue<Action> waiting = new Queue<Action>();
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
            lock (waiting)
            {
                waiting.Enqueue(deliver);
            }
        }

        /// <summary>
        /// Runs what waits, in order. One thread does so at a time; for another there is nothing to do meanwhile. Inside user code it
        /// goes on with what comes next.
        /// </summary>
        /// <returns>How many were run.</returns>
        internal int Deliver()
        {
            int me = Thread.CurrentThread.ManagedThreadId;
            if (Volatile.Read(ref delivering) == me)
            {
                return DeliverAll();
            }
            int count = 0;
            // Again, if something was put in after the last look and its thread turned away because this one was delivering.
            while (HasMore && Interlocked.CompareExchange(ref delivering, me, 0) == 0)
            {
                try
                {
                    count += DeliverAll();
                }
                finally
                {
                    Volatile.Write(ref delivering, 0);
                }
            }
            return count;
        }

        private int DeliverAll()
        {
            int count = 0;
            Action next;
            while ((next = Next()) != null)
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

        private Action Next()
        {
            lock (waiting)
            {
                return waiting.Count == 0 ? null : waiting.Dequeue();
            }
        }
    }
}
