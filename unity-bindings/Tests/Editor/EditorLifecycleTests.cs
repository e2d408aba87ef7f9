using System;
using System.Collections;
using System.Threading.Tasks;
using NUnit.Framework;
using UnityEditor;
using UnityEngine.TestTools;
using Userstatus.Native;

namespace Userstatus.Editor.Tests
{
    /// <summary>With the native library, and without a server: nobody listens on port 9 of this machine.</summary>
    public class EditorLifecycleTests
    {
        private UserStatusClient client;
        private Task opening;

        [SetUp]
        public void Open()
        {
            client = new UserStatusClient(new UserStatusOptions
            {
                Server = "127.0.0.1:9",
                AppId = 1400000001,
                UserId = "alice",
                UserSig = UserSigMinter.Mint(1400000001, "alice", "key", TimeSpan.FromDays(1)),
            });
            opening = client.OpenAsync();
            Assert.IsTrue(Bridge.IsStarted);
            Assert.AreSame(client, UserStatusClient.Current);
        }

        [TearDown]
        public void Dispose()
        {
            client.Dispose();
        }

        [TestCase(PlayModeStateChange.ExitingPlayMode)]
        [TestCase(PlayModeStateChange.ExitingEditMode)]
        public void TheLibraryEndsWhenTheModeChanges(PlayModeStateChange change)
        {
            EditorLifecycle.OnPlayModeStateChanged(change);
            CheckEnded();
        }

        [TestCase(PlayModeStateChange.EnteredPlayMode)]
        [TestCase(PlayModeStateChange.EnteredEditMode)]
        public void ItGoesOnOnceTheModeHasChanged(PlayModeStateChange change)
        {
            EditorLifecycle.OnPlayModeStateChanged(change);
            Assert.IsTrue(Bridge.IsStarted);
        }

        [Test]
        public void TheEndIsThereBeforeItReturnsAndMayComeTwice()
        {
            UnityLifecycle.End();
            CheckEnded();
            UnityLifecycle.End();
            CheckEnded();
        }

        [UnityTest]
        public IEnumerator OutsidePlayModeEventsComeToo()
        {
            bool isTold = false;
            client.ConnectionChanged += change => isTold = true;
            for (DateTime end = DateTime.UtcNow.AddSeconds(20); !isTold && DateTime.UtcNow < end;)
            {
                yield return null;
            }
            Assert.IsTrue(isTold);
        }

        private void CheckEnded()
        {
            Assert.IsFalse(Bridge.IsStarted);
            Assert.IsNull(UserStatusClient.Current);
            Assert.AreEqual(0, PendingCalls.Count);
            Assert.IsTrue(opening.IsFaulted);
            Assert.AreEqual((int)ErrorCode.EndedByShutdown, ((UserStatusException)opening.Exception.InnerException).Code);
        }
    }
}
