using System;

namespace Userstatus.Native
{
    /// <summary>Exceptions thrown by user code inside an event or a callback: they go to the user, never into native code.</summary>
    internal static class Faults
    {
        internal static event Action<Exception> Reported;

        /// <summary>Handlers of another play are not told of this one's.</summary>
        internal static void Reset()
        {
            Reported = null;
        }

        internal static void Report(Exception fault)
        {
            Action<Exception> handlers = Reported;
            if (handlers == null)
            {
                Log(fault);
                return;
            }
            foreach (Delegate handler in handlers.GetInvocationList())
            {
                try
                {
                    ((Action<Exception>)handler)(fault);
                }
                catch (Exception ofTheHandler)
                {
                    // It is at fault itself: then the log says both, and the other handlers are told of the first.
                    Log(fault);
                    Log(ofTheHandler);
                }
            }
        }

        private static void Log(Exception fault)
        {
#if UNITY_5_3_OR_NEWER
            UnityEngine.Debug.LogException(fault);
#else
            Console.Error.WriteLine("userstatus: an exception was thrown in a callback: " + fault);
#endif
        }
    }
}
