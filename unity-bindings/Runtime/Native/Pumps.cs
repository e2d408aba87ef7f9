using System;
using System.Threading;

namespace Userstatus.Native
{
    /// <summary>Takes callbacks out of the library, on a managed thread: no native thread ever enters managed code.</summary>
    internal interface IPump
    {
        void Start();

        /// <summary>There is something in the inbox that no callback has brought.</summary>
        void Nudge();

        /// <summary>Asks it to end. Does not wait.</summary>
        void AskToStop();

        /// <summary>When this returns, it does not touch native code any more, unless this was called from inside it.</summary>
        void WaitForEnd();
    }

    /// <summary>Somebody else calls <see cref="Link.Pump"/>: the game, or its player loop.</summary>
    internal sealed class CallersPump : IPump
    {
        public void Start()
        {
        }

        public void Nudge()
        {
        }

        public void AskToStop()
        {
        }

        public void WaitForEnd()
        {
        }
    }

#if !(UNITY_WEBGL && !UNITY_EDITOR)
    /// <summary>A thread of its own waits for callbacks; user code runs there, or in a synchronization context.</summary>
    internal sealed class ThreadPump : IPump
    {
        // How long what no callback brings waits, not how long a callback does: those end the wait at once.
        private const uint WaitMs = 1000;

        private readonly Inbox inbox;
        private readonly Functions native;
        private readonly SynchronizationContext context;
        private readonly Thread thread;
        private readonly ManualResetEvent stopping = new ManualResetEvent(false);
        private readonly AutoResetEvent delivered = new AutoResetEvent(false);

        internal ThreadPump(Inbox inbox, Functions native, SynchronizationContext context)
        {
            this.inbox = inbox;
            this.native = native;
            this.context = context;
            thread = new Thread(Run);
            thread.IsBackground = true;
            thread.Name = "userstatus-pump";
        }

        public void Start()
        {
            thread.Start();
        }

        public void Nudge()
        {
            if (context != null)
            {
                context.Post(Deliver, null);
            }
        }

        public void AskToStop()
        {
            stopping.Set();
        }

        public void WaitForEnd()
        {
            if (Thread.CurrentThread == thread)
            {
                return;
            }
            while (!thread.Join(0))
            {
                native.NudgePump();
                thread.Join(20);
            }
        }

        private void Run()
        {
            while (!stopping.WaitOne(0))
            {
                int ran = native.Pump(Link.BatchMax, WaitMs);
                if (ran < 0)
                {
                    // The client has ended, or is not in pump mode: whoever ended it is about to stop this thread.
                    stopping.WaitOne(10);
                    continue;
                }
                if (context == null)
                {
                    inbox.Deliver();
                }
                else if (ran > 0 || inbox.HasMore)
                {
                    // Nothing more is taken out before this is delivered: while the context does not run, the library merges what comes.
                    context.Post(Deliver, null);
                    WaitHandle.WaitAny(new WaitHandle[] { delivered, stopping });
                }
            }
            if (context == null)
            {
                // The last event of a client comes where the others did.
                inbox.Deliver();
            }
        }

        private void Deliver(object nothing)
        {
            inbox.Deliver();
            delivered.Set();
        }
    }
#endif
}
