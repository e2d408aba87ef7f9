using System;
using System.Collections.Generic;
using System.Threading;

namespace Userstatus.Native
{
    /// <summary>A call of the C ABI that takes a one-shot callback.</summary>
    internal delegate int NativeCall(CommCallback callback, IntPtr userData);

    /// <summary>
    /// The one native library of the process, between <see cref="Start"/> and <see cref="Stop"/>. Always in pump mode; who pumps is
    /// chosen at the start. Safe to call from any thread.
    /// </summary>
    internal static class Bridge
    {
        /// <summary>Callbacks taken out of the library at once.</summary>
        internal const uint BatchMax = 256;

        /// <summary>What TIMInit returns when it is initialised otherwise.</summary>
        private const int ErrorParameter = -4;

        private static readonly object Gate = new object();
        private static IPump pump;
#if !UNITY_5_3_OR_NEWER
        private static readonly Queue<Action> Unstarted = new Queue<Action>();
        private static bool isDeliveringUnstarted;
#endif
        private static volatile bool isPumpedByLoop;

        static Bridge()
        {
            // Whatever ends this domain: native code must not call into it any more.
            AppDomain.CurrentDomain.DomainUnload += OnEnd;
            AppDomain.CurrentDomain.ProcessExit += OnEnd;
        }

        internal static bool IsStarted
        {
            get
            {
                lock (Gate)
                {
                    return pump != null;
                }
            }
        }

        /// <summary>Whether continuations of tasks may run where the answer is delivered.</summary>
        internal static bool MayContinueInline { get; private set; }

        /// <summary>What TIMInit returned: 0, or what the library refused.</summary>
        internal static int Start(ulong appId, string config, Dispatch dispatch)
        {
            lock (Gate)
            {
                if (pump != null)
                {
                    return ErrorParameter;
                }
                int result = NativeMethods.TIMInit(appId, Utf8.Encode(config, "config"));
                if (result != 0)
                {
                    return result;
                }
                SetListeners();
                // Who wants one says so behind this.
                FrameBudget.Reset();
                pump = ChoosePump(dispatch);
                pump.Start();
                return 0;
            }
        }

        /// <summary>
        /// Ends the library. When it returns, all calls under way have their answer (7009), which is delivered here and now, and native
        /// code knows nothing of this domain any more. Without a start it does nothing.
        /// </summary>
        internal static void Stop()
        {
            IPump ending;
            // Under the lock, so that a start on another thread comes before all of this or after it. Native callbacks take no lock of ours
            // but those of PendingCalls and Inbox, so the end may wait for one.
            lock (Gate)
            {
                ending = pump;
                pump = null;
                if (ending == null)
                {
                    return;
                }
                ending.AskToStop();
                NativeMethods.TIMUninit();
            }
            ending.WaitForEnd();
            lock (Gate)
            {
                // What woke the pump, and answers that came between the first end and the pump's. Who has started anew meanwhile, in answer to the
                // end perhaps, takes them out with their own: to end again would be the end of what is theirs.
                if (pump == null)
                {
                    NativeMethods.TIMUninit();
                }
            }
            Inbox.Deliver();
        }

        /// <summary>As before the first start, once it is stopped.</summary>
        internal static void Reset()
        {
            isPumpedByLoop = false;
            MayContinueInline = false;
        }

        /// <summary>Runs callbacks on this thread, and waits for the first at most this long.</summary>
        /// <returns>How many there were.</returns>
        internal static int Pump(uint timeoutMs)
        {
            if (!IsStarted)
            {
                return Inbox.Deliver();
            }
            NativeMethods.USPump(BatchMax, timeoutMs);
            return Inbox.Deliver();
        }

        /// <summary>The turn of Unity's loop, which comes whoever was chosen to pump.</summary>
        internal static void PumpFromLoop()
        {
            if (IsStarted && !isPumpedByLoop)
            {
                return;
            }
            FrameBudget budget = FrameBudget.Begin();
            Inbox.Deliver(budget);
            // What is left over comes first: while it waits, the library merges what comes behind it.
            if (IsStarted && !Inbox.HasMore && !budget.IsSpent)
            {
                NativeMethods.USPump(BatchMax, 0);
                Inbox.Deliver(budget);
            }
        }

        /// <summary>Calls the library. The answer comes exactly once, unless this returns something else than 0.</summary>
        internal static int Call(NativeCall call, Action<Reply> done)
        {
            // Under the lock, so that a call cannot slip in behind the end: its callback would outlive the domain.
            lock (Gate)
            {
                if (pump == null)
                {
                    Reply reply = new Reply((int)ErrorCode.NotInitialized, "not initialized", "");
                    Later(() => done(reply));
                    return 0;
                }
                IntPtr number = PendingCalls.Add(done);
                int result = call(NativeCallbacks.Comm, number);
                if (result != 0)
                {
                    PendingCalls.Take(number);
                }
                return result;
            }
        }

        /// <summary>
        /// Completes a task where its continuation may run. Not on the thread that wants it: that may be anybody's, and inside a lock.
        /// </summary>
        internal static void Soon(Action complete)
        {
            IPump pumping;
            lock (Gate)
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
        internal static void Post(Action deliver)
        {
            IPump pumping;
            lock (Gate)
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
        internal static void NotifyPaused(bool isPaused)
        {
            if (!IsStarted)
            {
                return;
            }
            if (isPaused)
            {
                Call((callback, number) => NativeMethods.TIMMsgDoBackground(0, callback, number), Ignore);
            }
            else
            {
                Call(NativeMethods.TIMMsgDoForeground, Ignore);
            }
        }

        /// <summary>Tells the library what the platform says of its network.</summary>
        internal static void NotifyNetworkChanged(NetworkChange change)
        {
            if (IsStarted)
            {
                NativeMethods.USNetworkChanged((int)change);
            }
        }

        private static void Ignore(Reply reply)
        {
        }

        /// <summary>Delivers something as if it came from the library.</summary>
        internal static void Later(Action deliver)
        {
#if UNITY_5_3_OR_NEWER
            Inbox.Add(deliver);
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

        private static void OnEnd(object sender, EventArgs arguments)
        {
            try
            {
                Stop();
            }
            catch (Exception fault)
            {
                Faults.Report(fault);
            }
        }

        private static void SetListeners()
        {
            NativeMethods.TIMSetUserStatusChangedCallback(NativeCallbacks.StatusChanged, IntPtr.Zero);
            NativeMethods.TIMSetNetworkStatusListenerCallback(NativeCallbacks.Network, IntPtr.Zero);
            NativeMethods.TIMSetKickedOfflineCallback(NativeCallbacks.KickedOffline, IntPtr.Zero);
            NativeMethods.USSetUserSigExpiringCallback(NativeCallbacks.UserSigExpiring, IntPtr.Zero);
            NativeMethods.TIMSetUserSigExpiredCallback(NativeCallbacks.UserSigExpired, IntPtr.Zero);
            NativeMethods.TIMSetOnAddFriendCallback(NativeCallbacks.FriendsAdded, IntPtr.Zero);
            NativeMethods.TIMSetOnDeleteFriendCallback(NativeCallbacks.FriendsDeleted, IntPtr.Zero);
            NativeMethods.TIMSetLogCallback(NativeCallbacks.Log, IntPtr.Zero);
        }

        private static IPump ChoosePump(Dispatch dispatch)
        {
#if UNITY_WEBGL && !UNITY_EDITOR
            if (dispatch == Dispatch.Thread)
            {
                dispatch = Dispatch.Auto; // A page has one thread.
            }
#endif
            isPumpedByLoop = dispatch == Dispatch.Auto;
            switch (dispatch)
            {
                case Dispatch.Manual:
                    MayContinueInline = true;
                    return new CallersPump();
                case Dispatch.Thread:
                    MayContinueInline = false;
                    return new ThreadPump(null);
                default:
#if UNITY_5_3_OR_NEWER
                    MayContinueInline = true;
                    PlayerLoopPump.Install();
                    return new CallersPump();
#else
                    SynchronizationContext context = SynchronizationContext.Current;
                    MayContinueInline = context != null;
                    return new ThreadPump(context);
#endif
            }
        }
    }
}
