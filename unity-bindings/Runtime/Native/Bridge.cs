using System;
using System.Collections.Generic;
using System.Threading;

namespace Userstatus.Native
{
    /// <summary>What a process has one of: the link to the library's default client, and what is told to all clients.</summary>
    internal static class Bridge
    {
#if !UNITY_5_3_OR_NEWER
        private static readonly Queue<Action> Unstarted = new Queue<Action>();
        private static bool isDeliveringUnstarted;
#endif

        /// <summary>Whether the default client is initialised.</summary>
        internal static bool IsStarted
        {
            get { return Link.Default.IsStarted; }
        }

        /// <summary>Whether any client is there that wants to be pumped.</summary>
        internal static bool IsAnyStarted
        {
            get
            {
                foreach (Link link in Link.All)
                {
                    if (link.IsStarted)
                    {
                        return true;
                    }
                }
                return false;
            }
        }

        /// <summary>Of the default client.</summary>
        internal static Listeners Listeners
        {
            get { return Link.Default.Listeners; }
        }

        /// <summary>What TIMInit returned: 0, or what the library refused. For the classic interface, which knows no budget of frames.</summary>
        internal static int Start(ulong appId, string config, Dispatch dispatch)
        {
            return Link.Default.Start(appId, config, dispatch, 0);
        }

        /// <summary>Ends the default client: see <see cref="Link.Stop"/>.</summary>
        internal static void Stop()
        {
            Link.Default.Stop();
        }

        /// <summary>Runs callbacks of the default client on this thread, and waits for the first at most this long.</summary>
        /// <returns>How many there were.</returns>
        internal static int Pump(uint timeoutMs)
        {
            return Link.Default.Pump(timeoutMs);
        }

        /// <summary>Calls the library, of the default client. The answer comes exactly once, unless this returns something else than 0.</summary>
        internal static int Call(NativeCall call, Action<Reply> done)
        {
            return Link.Default.Call(call, done);
        }

        /// <summary>The turn of Unity's loop, which comes whoever was chosen to pump. A frame has one budget, however many clients there are.</summary>
        internal static void PumpFromLoop()
        {
#if UNITY_5_3_OR_NEWER
            Waits.Turn();
#endif
            Link[] links = Link.All;
            FrameBudget budget = FrameBudget.Begin(LeastBudgetMs(links));
            foreach (Link link in links)
            {
                link.PumpFromLoop(budget);
            }
        }

        private static int LeastBudgetMs(Link[] links)
        {
            int least = 0;
            foreach (Link link in links)
            {
                // 0 is no limit.
                int ms = link.FrameBudgetMs;
                least = least == 0 || (ms != 0 && ms < least) ? ms : least;
            }
            return least;
        }

        /// <summary>Tells all clients that the app went to the background, or came back and wants to know whether connections stand.</summary>
        internal static void NotifyPaused(bool isPaused)
        {
            foreach (Link link in Link.All)
            {
                link.NotifyPaused(isPaused);
            }
        }

        /// <summary>Tells all clients what the platform says of its network.</summary>
        internal static void NotifyNetworkChanged(NetworkChange change)
        {
            foreach (Link link in Link.All)
            {
                link.NotifyNetworkChanged(change);
            }
        }

        /// <summary>Delivers something as if it came from the library.</summary>
        internal static void Later(Action deliver)
        {
#if UNITY_5_3_OR_NEWER
            Link.Default.Inbox.Add(deliver);
            PlayerLoopPump.Install();
#else
            // Not through the inbox: a client that is opened meanwhile has its own thread for what comes there.
            lock (Unstarted)
            {
                Unstarted.Enqueue(deliver);
            }
            ThreadPool.QueueUserWorkItem(DeliverInPool);
#endif
        }

#if !UNITY_5_3_OR_NEWER
        /// <summary>In order, on one thread of the pool at a time.</summary>
        private static void DeliverInPool(object nothing)
        {
            lock (Unstarted)
            {
                if (isDeliveringUnstarted)
                {
                    return;
                }
                isDeliveringUnstarted = true;
            }
            while (true)
            {
                Action next;
                lock (Unstarted)
                {
                    if (Unstarted.Count == 0)
                    {
                        isDeliveringUnstarted = false;
                        return;
                    }
                    next = Unstarted.Dequeue();
                }
                try
                {
                    next();
                }
                catch (Exception fault)
                {
                    Faults.Report(fault);
                }
            }
        }
#endif
    }
}
