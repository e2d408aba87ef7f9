using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;

namespace Userstatus.Tests
{
    internal static class Heard
    {
        /// <summary>Pulsed whenever something was heard.</summary>
        internal static readonly object Any = new object();
    }

    /// <summary>What an event brought, in order. It may be told from any thread.</summary>
    internal sealed class Heard<T>
    {
        private readonly List<T> items = new List<T>();
        private readonly Driver driver;
        private readonly string name;
        private int looked;

        internal Heard(Driver driver, string name)
        {
            this.driver = driver;
            this.name = name;
        }

        internal int Count
        {
            get
            {
                lock (Heard.Any)
                {
                    return items.Count;
                }
            }
        }

        internal T[] All
        {
            get
            {
                lock (Heard.Any)
                {
                    return items.ToArray();
                }
            }
        }

        internal void Add(T item)
        {
            lock (Heard.Any)
            {
                items.Add(item);
                Monitor.PulseAll(Heard.Any);
            }
        }

        /// <summary>As Add, for an event: it has to come where the driver wants events.</summary>
        internal void Hear(T item)
        {
            try
            {
                driver.CheckThread();
            }
            catch (CheckFailed fault)
            {
                Program.Fail(fault);
            }
            Add(item);
        }

        /// <summary>The next one that was not looked at yet.</summary>
        internal T Next()
        {
            driver.Until(() => Count > looked, name + " number " + (looked + 1));
            lock (Heard.Any)
            {
                return items[looked++];
            }
        }

        /// <summary>Passes over others.</summary>
        internal T Next(Func<T, bool> isIt, string what)
        {
            while (true)
            {
                T item;
                try
                {
                    item = Next();
                }
                catch (CheckFailed fault)
                {
                    throw new CheckFailed(what + "; " + fault.Message + "; heard: " + string.Join(", ", All.Select(one => "" + one).ToArray()));
                }
                if (isIt(item))
                {
                    return item;
                }
            }
        }
    }
}
