using System;
using System.Collections.Generic;
using System.IO;
using System.IO.Compression;
using System.Text;
using NUnit.Framework;
using Userstatus.Json;

namespace Userstatus.Editor.Tests
{
    public class UserSigMinterTests
    {
        private const ulong AppId = 1400000001;
        private const string Key = "a secret that only the tests share";

        /// <summary>By the server's own minter, of the same.</summary>
        private const string Signature = "wHgw1Mw8+j5wGl63IPz1leDaTDaS3LaWBw+eOZhy/PU=";

        [Test]
        public void TheSignatureIsTheOneTheServerMakes()
        {
            Assert.AreEqual(Signature, UserSigMinter.Sign(AppId, "alice", Key, 1800000000, 86400));
        }

        /// <summary>By the server's own minter, for app 1400000001, alice, at 1,800,000,000 for 86,400 s.</summary>
        private const string Minted = "eJyrVgrxCdYrSy1SslIy0jNQ0gHzM1NS80oy0zLBwok5mcmpUInilOzEgoLMFCUrQxMDCDCEyKRWFGQWpSpZWZgBJSBCJZm5QAFDC6hCqGhxZjrQ0HKP9HJD33IL7SzTcvccM2PPgCrDnFSXxBCXxGBjn8Rwp3LtVP*ojEr9gFBbpVoAj*kwQQ__";

        [Test]
        public void ItSaysWhatTheServersOwnSays()
        {
            string userSig = UserSigMinter.Mint(AppId, "alice", Key, 1800000000, 86400);
            Assert.AreEqual(Fields(Minted), Fields(userSig));
            foreach (char letter in userSig)
            {
                Assert.IsTrue(letter < 128 && (char.IsLetterOrDigit(letter) || "*-_".IndexOf(letter) >= 0), "its alphabet has no " + letter);
            }
        }

        [Test]
        public void ItBeginsNow()
        {
            DateTime before = DateTime.UtcNow;
            Dictionary<string, object> fields = Fields(UserSigMinter.Mint(AppId, "alice", Key, TimeSpan.FromHours(1)));
            Assert.AreEqual(3600.0, fields["TLS.expire"]);
            Assert.Less((UnixTime.ToUtc((long)(double)fields["TLS.time"]) - before).Duration(), TimeSpan.FromSeconds(60));
        }

        [Test]
        public void WhatIsMissingIsSaid()
        {
            Dictionary<string, TestDelegate> cases = new Dictionary<string, TestDelegate>
            {
                { "appId", () => UserSigMinter.Mint(0, "alice", Key, TimeSpan.FromDays(1)) },
                { "userId", () => UserSigMinter.Mint(AppId, "", Key, TimeSpan.FromDays(1)) },
                { "secretKey", () => UserSigMinter.Mint(AppId, "alice", null, TimeSpan.FromDays(1)) },
                { "validFor", () => UserSigMinter.Mint(AppId, "alice", Key, TimeSpan.Zero) },
            };
            foreach (KeyValuePair<string, TestDelegate> one in cases)
            {
                Assert.AreEqual(one.Key, Assert.Throws<ArgumentException>(one.Value).ParamName);
            }
        }

        private static Dictionary<string, object> Fields(string userSig)
        {
            byte[] packed = Convert.FromBase64String(userSig.Replace('*', '+').Replace('-', '/').Replace('_', '='));
            // Behind the two bytes of zlib, and before its checksum, it is deflate.
            using (DeflateStream deflate = new DeflateStream(new MemoryStream(packed, 2, packed.Length - 6), CompressionMode.Decompress))
            using (StreamReader reader = new StreamReader(deflate, Encoding.UTF8))
            {
                return (Dictionary<string, object>)JsonReader.Parse(reader.ReadToEnd());
            }
        }
    }
}
