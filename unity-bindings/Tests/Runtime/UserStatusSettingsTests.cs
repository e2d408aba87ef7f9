using System;
using System.Collections.Generic;
using NUnit.Framework;
using UnityEngine;

namespace Userstatus.Tests
{
    public class UserStatusSettingsTests
    {
        private UserStatusSettings settings;

        [SetUp]
        public void Make()
        {
            settings = ScriptableObject.CreateInstance<UserStatusSettings>();
            settings.name = "Settings";
            settings.AppId = 1400000001;
        }

        [Test]
        public void OnlyTheAppIdIsMissingFromNewOnes()
        {
            CollectionAssert.IsEmpty(settings.FindProblems());
            settings.AppId = 0;
            StringAssert.Contains("userstatusd dev", TheProblem());
            settings.AppId = -1;
            StringAssert.StartsWith("App Id", TheProblem());
        }

        [TestCase("127.0.0.1:7700")]
        [TestCase("tls://status.example.com:443")]
        [TestCase("[::1]:7700")]
        [TestCase("tls://a.example.com:443, b.example.com:7700")]
        [TestCase("a:1,b:2,c:3,d:4,e:5,f:6,g:7,h:8")]
        public void AddressesThatTheLibraryTakesAreNoProblem(string server)
        {
            settings.Server = server;
            CollectionAssert.IsEmpty(settings.FindProblems());
        }

        [TestCase("", "is empty")]
        [TestCase(null, "is empty")]
        [TestCase("status.example.com", "has no port")]
        [TestCase("status.example.com:", "has no port")]
        [TestCase("status.example.com:0", "has no port")]
        [TestCase("status.example.com:65536", "has no port")]
        [TestCase(":7700", "has no port")]
        [TestCase("a:1,", "has no port")]
        [TestCase("https://status.example.com:443", "tls://host:port")]
        [TestCase("wss://status.example.com:7703", "Web Server")]
        [TestCase("a:1,b:2,c:3,d:4,e:5,f:6,g:7,h:8,i:9", "at most 8")]
        public void OthersAre(string server, string said)
        {
            settings.Server = server;
            StringAssert.Contains(said, TheProblem());
        }

        [TestCase("")]
        [TestCase(null)]
        [TestCase("wss://status.example.com:7703")]
        [TestCase("ws://127.0.0.1:7703,tls://b.example.com:7703")]
        public void AddressesOfPagesAreTheirOwn(string server)
        {
            settings.WebServer = server;
            CollectionAssert.IsEmpty(settings.FindProblems());
        }

        [TestCase("status.example.com:7703", "begins otherwise")]
        [TestCase("https://status.example.com:7703", "wss://host:port")]
        [TestCase("wss://status.example.com", "has no port")]
        [TestCase("wss://wss://status.example.com:7703", "begins otherwise")]
        public void OthersOfPagesAreNot(string server, string said)
        {
            settings.WebServer = server;
            string problem = TheProblem();
            StringAssert.StartsWith("Web Server", problem);
            StringAssert.Contains(said, problem);
        }

        [Test]
        public void APageHasItsOwnServerIfThereIsOne()
        {
            Assert.AreEqual("127.0.0.1:7700", settings.ServerOf(true));
            settings.WebServer = "wss://status.example.com:7703";
            Assert.AreEqual("wss://status.example.com:7703", settings.ServerOf(true));
            Assert.AreEqual("127.0.0.1:7700", settings.ServerOf(false));
            Assert.AreEqual("127.0.0.1:7700", settings.ToOptions("alice", "sig").Server);
        }

        [TestCase(0, true)]
        [TestCase(-1, false)]
        [TestCase(4, false)]
        [TestCase(5, true)]
        [TestCase(3600, true)]
        [TestCase(3601, false)]
        public void HeartbeatsHaveLimits(int seconds, bool isFine)
        {
            settings.HeartbeatSeconds = seconds;
            Assert.AreEqual(isFine ? 0 : 1, settings.FindProblems().Count);
        }

        [Test]
        public void OptionsAreWhatTheSettingsSay()
        {
            UserStatusOptions options = settings.ToOptions("alice", "sig");
            Assert.AreEqual("127.0.0.1:7700", options.Server);
            Assert.AreEqual(1400000001UL, options.AppId);
            Assert.AreEqual("alice", options.UserId);
            Assert.AreEqual("sig", options.UserSig);
            Assert.IsNull(options.HeartbeatInterval);
            Assert.AreEqual(LogLevel.Warning, options.LogLevel);
            Assert.IsTrue(options.LogToConsole);
            Assert.IsTrue(options.LogoutOnQuit);
            Assert.AreEqual(Dispatch.Auto, options.Dispatch);
            Assert.AreEqual(new UserStatusOptions().FrameBudgetMs, options.FrameBudgetMs);

            settings.HeartbeatSeconds = 20;
            settings.LogLevel = LogLevel.Debug;
            settings.LogToConsole = false;
            settings.LogoutOnQuit = false;
            settings.Dispatch = Dispatch.Manual;
            settings.FrameBudgetMs = 0;
            options = settings.ToOptions("alice", "sig");
            Assert.AreEqual(TimeSpan.FromSeconds(20), options.HeartbeatInterval);
            Assert.AreEqual(LogLevel.Debug, options.LogLevel);
            Assert.IsFalse(options.LogToConsole);
            Assert.IsFalse(options.LogoutOnQuit);
            Assert.AreEqual(Dispatch.Manual, options.Dispatch);
            Assert.AreEqual(0, options.FrameBudgetMs);
        }

        [Test]
        public void OptionsOfWhatIsWrongAreRefusedWithAllOfIt()
        {
            settings.AppId = 0;
            settings.FrameBudgetMs = -1;
            InvalidOperationException fault = Assert.Throws<InvalidOperationException>(() => settings.ToOptions("alice", "sig"));
            StringAssert.Contains("\"Settings\"", fault.Message);
            StringAssert.Contains("App Id", fault.Message);
            StringAssert.Contains("Frame Budget", fault.Message);
        }

        private string TheProblem()
        {
            IList<string> problems = settings.FindProblems();
            Assert.AreEqual(1, problems.Count);
            return problems[0];
        }
    }
}
