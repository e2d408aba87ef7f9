using System;

namespace Userstatus.Tests
{
    internal static class Check
    {
        internal static void That(bool holds, string what)
        {
            if (!holds)
            {
                throw new Exception("does not hold: " + what);
            }
        }

        internal static void Equal<T>(T expected, T actual, string what)
        {
            That(Equals(expected, actual), what + " is " + expected + "; it is " + actual);
        }
    }
}
