using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Threading;
using System.Threading.Tasks;

namespace Userstatus.Tests
{
    /// <summary>
    /// A way to be a game: how its thread waits, and where events reach it. The same scenario is played with each.
    /// </summary>
    internal abstract class Driver
    {
        /// <summary>Far longer than anything takes: only a fault lets it pass.</summary>
        internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(25);

        internal abstract Dispatch Dispatch { get; }

        /// <summary>Fails unless this is where user code is to run.</summary>
        internal abstract void CheckThread();

        /// <summary>Lets events come for a short while, or until one has come.</summary>
        protected abstract void Turn();

        internal static Driver Named(string name)
        {
            switch (name)
            {
                case "thread":
                    return new ThreadDriver();
                case "manual":
                    return new ManualDriver();
                case "context":
                    return new ContextDriver();
                default:
                    throw new ArgumentException("no driver is called " + name);
            }
        }

        internal void Until(Func<bool> condition, string what)
        {
            Stopwatch waited = Stopwatch.StartNew();
            while (!condition())
            {
                Check.That(waited.Elapsed < Patience, what + " in " + Patience);
                Turn();
            }
        }

        internal T Await<T>(Task<T> task)
        {
            Await((Task)task);
            return task.Result;
        }

        internal void Await(Task task)
        {
            Until(() => task.IsCompleted, "the task ends");
            // Throws what the task threw, as await does.
            task.GetAwaiter().GetResult();
        }

        /// <summary>The task is refused with this code; what was said about it.</summary>
        internal UserStatusException Refused(int code, Task task, string what)
        {
            UserStatusException refusal = Check.Throws<UserStatusException>(() => Await(task), what);
            Check.Equal(code, refusal.Code, what);
            return refusal;
        }

        internal void Cancelled(Task task, string what)
        {
            Check.Throws<OperationCanceledException>(() => Await(task), what);
            Check.That(task.IsCanceled, what + ": IsCanceled");
        }
    }

    /// <summary>Events come on the package's thread; this one waits.</summary>
    internal sealed class ThreadDriver : Driver
    {
        internal override Dispatch Dispatch
        {
            get { return Dispatch.Thread; }
        }

        internal override void CheckThread()
        {
            Check.Equal("userstatus-pump", Thread.CurrentThread.Name, "the thread of an event");
        }

        protected override void Turn()
        {
            // Woken by what the game heard; what it did not hear of, such as a task that ended, is looked at now and then.
            lock (Heard.Any)
            {
                Monitor.Wait(Heard.Any, 2);
            }
        }
    }

    /// <summary>A game loop that pumps.</summary>
    internal sealed class ManualDriver : Driver
    {
        private readonly int thread = Thread.CurrentThread.ManagedThreadId;

        internal override Dispatch Dispatch
        {
            get { return Dispatch.Manual; }
        }

        internal override void CheckThread()
        {
            Check.Equal(thread, Thread.CurrentThread.ManagedThreadId, "the thread of an event");
        }

        protected override void Turn()
        {
            IList<UserStatusClient> open = UserStatusClient.AllOpen;
            if (open.Count == 0)
            {
                Native.Bridge.Pump(0);
                Thread.Yield();
            }
            foreach (UserStatusClient client in open)
            {
                client.Pump(10 / open.Count);
            }
        }
    }

    /// <summary>A thread with a synchronization context, as every user interface has one. Events come there with Dispatch.Auto.</summary>
    internal sealed class ContextDriver : Driver
    {
        private readonly Context context = new Context();
        private readonly int thread = Thread.CurrentThread.ManagedThreadId;

        internal ContextDriver()
        {
            SynchronizationContext.SetSynchronizationContext(context);
        }

        internal override Dispatch Dispatch
        {
            get { return Dispatch.Auto; }
        }

        internal override void CheckThread()
        {
            Check.Equal(thread, Thread.CurrentThread.ManagedThreadId, "the thread of an event");
        }

        protected override void Turn()
        {
            context.RunOne(2);
        }

        private sealed class Context : SynchronizationContext
        {
            private readonly Queue<KeyValuePair<SendOrPostCallback, object>> posted = new Queue<KeyValuePair<SendOrPostCallback, object>>();

            public override void Post(SendOrPostCallback callback, object state)
            {
                lock (posted)
                {
                    posted.Enqueue(new KeyValuePair<SendOrPostCallback, object>(callback, state));
                    Monitor.PulseAll(posted);
                }
            }

            internal void RunOne(int timeoutMs)
            {
                KeyValuePair<SendOrPostCallback, object> next;
                lock (posted)
                {
                    if (posted.Count == 0 && !Monitor.Wait(posted, timeoutMs))
                    {
                        return;
                    }
                    if (posted.Count == 0)
                    {
                        return;
                    }
                    next = posted.Dequeue();
                }
                next.Key(next.Value);
            }
        }
    }
}
