using System;
using System.Collections.Generic;
using System.Threading;
using Userstatus.Json;

namespace Userstatus.Native
{
    /// <summary>A call of the C ABI that takes a one-shot callback.</summary>
    internal delegate int NativeCall(CommCallback callback, IntPtr userData);

    /// <summary>
    /// A client of the native library's, between <see cref="Start"/> and <see cref="Stop"/>: the default one, or one of several. Always in
    /// pump mode; who pumps is chosen at the start. Safe to call from any thread.
    /// </summary>
    internal sealed class Link
    {
        /// <summary>Callbacks taken out of the library at once.</summary>
        internal const uint BatchMax = 256;

        /// <summary>What TIMInit returns when it is initialised otherwise.</summary>
        private const int ErrorParameter = -4;

        /// <summary>To the library's default client.</summary>
        internal static readonly Link Default = new Link(false);

        /// <summary>
        /// Those that are started, beside the default one. Native code holds their number, never a handle: a number that nobody knows any more,
        /// after a domain reload say, does no harm.
        /// </summary>
        private static readonly Dictionary<int, Link> ByNumber = new Dictionary<int, Link>();
        private static int last;

        /// <summary>The default one, and those; null: to be put together anew. Kept, as every frame goes through them.</summary>
        private static Link[] all;

        /// <summary>What its callbacks have brought.</summary>
        internal readonly Inbox Inbox = new Inbox();

        internal readonly Listeners Listeners = new Listeners();

        private readonly object gate = new object();
        private readonly bool isSeparate;
        private int number;
        private IPump pump;
        private volatile Functions native = Functions.Default;
        private volatile bool isPumpedByLoop;
        private volatile int frameBudgetMs;

        static Link()
        {
            // Whatever ends this domain: native code must not call into it any more.
            AppDomain.CurrentDomain.DomainUnload += OnEnd;
            AppDomain.CurrentDomain.ProcessExit += OnEnd;
        }

        private Link(bool isSeparate)
        {
            this.isSeparate = isSeparate;
        }

        internal static Link Separate()
        {
            return new Link(true);
        }

        /// <summary>That of a listener's user data; null if it has ended.</summary>
        internal static Link Find(IntPtr userData)
        {
            if (userData == IntPtr.Zero)
            {
                return Default;
            }
            lock (ByNumber)
            {
                Link link;
                ByNumber.TryGetValue(userData.ToInt32(), out link);
                return link;
            }
        }

        /// <summary>The default one, and the others that are started. Not to be changed, and what starts or ends meanwhile does not change it.</summary>
        internal static Link[] All
        {
            get
            {
                lock (ByNumber)
                {
                    if (all == null)
                    {
                        all = new Link[1 + ByNumber.Count];
                        all[0] = Default;
                        ByNumber.Values.CopyTo(all, 1);
                    }
                    return all;
                }
            }
        }

        /// <summary>The functions of the client there is, or that there was last.</summary>
        internal Functions Native
        {
            get { return native; }
        }

        internal bool IsStarted
        {
            get
            {
                lock (gate)
                {
                    return pump != null;
                }
            }
        }

        /// <summary>How long the user code of this client lets a frame take, in Unity's loop; 0: no limit.</summary>
        internal int FrameBudgetMs
        {
            get { return isPumpedByLoop && IsStarted ? frameBudgetMs : 0; }
        }

        /// <summary>Whether continuations of tasks may run where the answer is delivered.</summary>
        internal bool MayContinueInline { get; private set; }

        /// <summary>What TIMInit or USClientOpen returned: 0, or what the library refused.</summary>
        internal int Start(ulong appId, string config, Dispatch dispatch, int frameBudgetMs)
        {
            lock (gate)
            {
                if (pump != null)
                {
                    return ErrorParameter;
                }
                byte[] text = Utf8.Encode(config, "config");
                int result;
                Functions opened = Functions.Default;
                if (isSeparate)
                {
                    opened = Functions.Open(appId, text, out result);
                }
                else
                {
                    result = NativeMethods.TIMInit(appId, text);
                }
                if (result != 0)
                {
                    return result;
                }
                native = opened;
                if (isSeparate)
                {
                    Register();
                }
                native.SetListeners(new IntPtr(number));
                this.frameBudgetMs = frameBudgetMs;
                pump = ChoosePump(dispatch);
                pump.Start();
                return 0;
            }
        }

        /// <summary>
        /// Ends the client. When it returns, all calls under way have their answer (7009), which is delivered here and now, and native
        /// code knows nothing of it any more. Without a start it does nothing.
        /// </summary>
        internal void Stop()
        {
            IPump ending;
            int endingNumber;
            // Under the lock, so that a start on another thread comes before all of this or after it. Native callbacks take no lock of ours
            // but those of PendingCalls, Inbox and the numbers, so the end may wait for one.
            lock (gate)
            {
                ending = pump;
                endingNumber = number;
                pump = null;
                if (ending == null)
                {
                    return;
                }
                ending.AskToStop();
                native.End();
            }
            ending.WaitForEnd();
            if (isSeparate)
            {
                // Its own: who has started anew meanwhile has another.
                Unregister(endingNumber);
                Inbox.Deliver();
                return;
            }
            lock (gate)
            {
                // What woke the pump, and answers that came between the first end and the pump's. Who has started anew meanwhile, in answer to the
                // end perhaps, takes them out with their own: to end again would be the end of what is theirs.
                if (pump == null)
                {
                    native.End();
                }
            }
            Inbox.Deliver();
        }

        /// <summary>As before the first start, once all are stopped. Numbers go on, so that none of another play's comes again.</summary>
        internal static void Reset()
        {
            lock (ByNumber)
            {
                ByNumber.Clear();
                all = null;
            }
            Default.isPumpedByLoop = false;
            Default.frameBudgetMs = 0;
            Default.MayContinueInline = false;
            Default.Inbox.Reset();
        }

        /// <summary>Runs callbacks on this thread, and waits for the first at most this long.</summary>
        /// <returns>How many there were.</returns>
        internal int Pump(uint timeoutMs)
        {
            if (!IsStarted)
            {
                return Inbox.Deliver();
            }
            native.Pump(BatchMax, timeoutMs);
            return Inbox.Deliver();
        }

        /// <summary>The turn of Unity's loop, which comes whoever was chosen to pump.</summary>
        internal void PumpFromLoop(FrameBudget budget)
        {
            if (IsStarted && !isPumpedByLoop)
            {
                return;
            }
            int delivered = Inbox.Deliver(budget);
            // What is left over comes first: while it waits, the library merges what comes behind it. One that had nothing has its turn even if
            // others have spent the budget: a client that is always busy must not stop the rest.
            if (IsStarted && !Inbox.HasMore && (delivered == 0 || !budget.IsSpent))
            {
                native.Pump(BatchMax, 0);
                Inbox.Deliver(budget);
            }
        }

        /// <summary>Calls the library. The answer comes exactly once, unless this returns something else than 0.</summary>
        internal int Call(NativeCall call, Action<Reply> done)
        {
            // Under the lock, so that a call cannot slip in behind the end: its callback would outlive the domain.
            lock (gate)
            {
                if (pump == null)
                {
                    Reply reply = new Reply((int)ErrorCode.NotInitialized, "not initialized", "");
                    Bridge.Later(() => done(reply));
                    return 0;
                }
                // The callback only puts the answer into the inbox.
                IntPtr owed = PendingCalls.Add(reply => Inbox.Add(() => done(reply), ParsedAhead.Begin(reply.Json)));
                int result = call(NativeCallbacks.Comm, owed);
                if (result != 0)
                {
                    PendingCalls.Take(owed);
                }
                return result;
            }
        }

        /// <summary>
        /// Completes a task where its continuation may run. Not on the thread that wants it: that may be anybody's, and inside a lock.
        /// </summary>
        internal void Soon(Action complete)
        {
            IPump pumping;
            lock (gate)
            {
                pumping = pump;
            }
            if (pumping == null || !MayContinueInline)
            {
                complete();
                return;
            }
            Inbox.Add(complete);
            pumping.Nudge();
        }

        /// <summary>Runs something where events do, some time later: what an event would have started, had it come then.</summary>
        internal void Post(Action deliver)
        {
            IPump pumping;
            lock (gate)
            {
                pumping = pump;
            }
            if (pumping != null)
            {
                Inbox.Add(deliver);
                pumping.Nudge();
            }
        }

        /// <summary>Tells the library that the app went to the background, or came back and wants to know whether the connection stands.</summary>
        internal void NotifyPaused(bool isPaused)
        {
            if (!IsStarted)
            {
                return;
            }
            if (isPaused)
            {
                Call((callback, owed) => native.DoBackground(0, callback, owed), Ignore);
            }
            else
            {
                Call((callback, owed) => native.DoForeground(callback, owed), Ignore);
            }
        }

        /// <summary>Tells the library what the platform says of its network.</summary>
        internal void NotifyNetworkChanged(NetworkChange change)
        {
            if (IsStarted)
            {
                native.NetworkChanged((int)change);
            }
        }

        private static void Ignore(Reply reply)
        {
        }

        private static void OnEnd(object sender, EventArgs arguments)
        {
            foreach (Link link in All)
            {
                try
                {
                    link.Stop();
                }
                catch (Exception fault)
                {
                    Faults.Report(fault);
                }
            }
        }

        private void Register()
        {
            lock (ByNumber)
            {
                do
                {
                    last = last == int.MaxValue ? 1 : last + 1;
                }
                while (ByNumber.ContainsKey(last));
                number = last;
                ByNumber.Add(number, this);
                all = null;
            }
        }

        private static void Unregister(int ended)
        {
            lock (ByNumber)
            {
                ByNumber.Remove(ended);
                all = null;
            }
        }

        private IPump ChoosePump(Dispatch dispatch)
        {
#if UNITY_WEBGL && !UNITY_EDITOR
            // A page has one thread.
            isPumpedByLoop = dispatch != Dispatch.Manual;
            MayContinueInline = true;
            PlayerLoopPump.Install();
            return new CallersPump();
#else
            isPumpedByLoop = dispatch == Dispatch.Auto;
            switch (dispatch)
            {
                case Dispatch.Manual:
                    MayContinueInline = true;
                    return new CallersPump();
                case Dispatch.Thread:
                    MayContinueInline = false;
                    return new ThreadPump(Inbox, native, null);
                default:
#if UNITY_5_3_OR_NEWER
                    MayContinueInline = true;
                    PlayerLoopPump.Install();
                    return new CallersPump();
#else
                    SynchronizationContext context = SynchronizationContext.Current;
                    MayContinueInline = context != null;
                    return new ThreadPump(Inbox, native, context);
#endif
            }
#endif
        }
    }
}
