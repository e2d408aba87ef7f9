using System;
using System.IO;
using System.Text;

namespace Userstatus.Tests
{
    /// <summary>
    /// The test that plays this program: it is asked for what no player can do, over standard output and input. A line "do …" is a
    /// request, whose answer is one line; every other line is told when the test fails, and "figure: …" also when it does not.
    /// </summary>
    internal static class Stage
    {
        private static readonly object Gate = new object();
        // Not the console's own: its encoding follows the locale.
        private static readonly TextWriter Out = new StreamWriter(Console.OpenStandardOutput(), new UTF8Encoding(false));
        private static readonly TextReader In = new StreamReader(Console.OpenStandardInput(), new UTF8Encoding(false));

        internal static string Address { get; private set; }

        internal static ulong AppId { get; private set; }

        /// <summary>Whom this program plays.</summary>
        internal static string User { get; private set; }

        internal static void Enter(string address, ulong appId, string user)
        {
            Address = address;
            AppId = appId;
            User = user;
        }

        internal static string Ask(string request)
        {
            lock (Gate)
            {
                Write("do " + request);
                string answer = In.ReadLine();
                Check.That(answer != null, "the test answers: " + request);
                return answer;
            }
        }

        internal static void Say(string line)
        {
            lock (Gate)
            {
                Write(line);
            }
        }

        internal static string Sig(string user)
        {
            return Ask("sig " + user);
        }

        internal static string Base64(string text)
        {
            return Convert.ToBase64String(new UTF8Encoding(false, true).GetBytes(text));
        }

        /// <summary>What the first four options are for this program.</summary>
        internal static UserStatusOptions Options(Dispatch dispatch)
        {
            return new UserStatusOptions
            {
                AppId = AppId,
                UserId = User,
                UserSig = Sig(User),
                Server = Address,
                Platform = "Linux",
                Dispatch = dispatch,
            };
        }

        private static void Write(string line)
        {
            Out.Write(line + "\n");
            Out.Flush();
        }
    }
}
