using System;
using System.Collections.Generic;
using System.Linq;

namespace Userstatus.Tests
{
    internal sealed class CheckFailed : Exception
    {
        internal CheckFailed(string message)
            : base(message)
        {
        }
    }

    internal static class Check
    {
        internal static void That(bool holds, string what)
        {
            if (!holds)
            {
                throw new CheckFailed("does not hold: " + what);
            }
        }

        internal static void Equal<T>(T expected, T actual, string what)
        {
            if (!EqualityComparer<T>.Default.Equals(expected, actual))
            {
                throw new CheckFailed(what + ": expected " + Show(expected) + ", was " + Show(actual));
            }
        }

        internal static void List<T>(IEnumerable<T> expected, IEnumerable<T> actual, string what)
        {
            if (!expected.SequenceEqual(actual))
            {
                throw new CheckFailed(what + ": expected " + ShowAll(expected) + ", was " + ShowAll(actual));
            }
        }

        internal static void Contains(string part, string text, string what)
        {
            That(text.Contains(part), what + ": \"" + part + "\" in " + Show(text));
        }

        /// <summary>The exception, for more to be said about it.</summary>
        internal static TException Throws<TException>(Action action, string what)
            where TException : Exception
        {
            try
            {
                action();
            }
            catch (TException expected)
            {
                return expected;
            }
            catch (Exception other)
            {
                throw new CheckFailed(what + ": expected " + typeof(TException).Name + ", was " + other);
            }
            throw new CheckFailed(what + ": expected " + typeof(TException).Name + ", was nothing");
        }

        internal static string Show(object value)
        {
            string text = value as string;
            return value == null ? "null" : text == null ? value.ToString() : "\"" + text + "\"";
        }

        private static string ShowAll<T>(IEnumerable<T> values)
        {
            return "[" + string.Join(", ", values.Select(value => Show(value)).ToArray()) + "]";
        }
    }
}
