using System;
using System.Diagnostics;
using System.IO;
using System.IO.Compression;
using System.Text;
using NUnit.Framework;

namespace Userstatus.Tests
{
    public class UserSigTests
    {
        /// <summary>1,800,000,000 s since 1970, and a day.</summary>
        private static readonly DateTime End = new DateTime(2027, 1, 16, 8, 0, 0, DateTimeKind.Utc);

        /// <summary>By the server's own minter, for app 1400000001, alice, at 1,800,000,000 for 86,400 s.</summary>
        private const string Minted = "eJyrVgrxCdYrSy1SslIy0jNQ0gHzM1NS80oy0zLBwok5mcmpUInilOzEgoLMFCUrQxMDCDCEyKRWFGQWpSpZWZgBJSBCJZm5QAFDC6hCqGhxZjrQ0HKP9HJD33IL7SzTcvccM2PPgCrDnFSXxBCXxGBjn8Rwp3LtVP*ojEr9gFBbpVoAj*kwQQ__";

        [Test]
        public void TheEndOfAMintedOneIsRead()
        {
            Assert.AreEqual(End, UserSig.ExpiresAt(Minted));
        }

        [TestCase("{\"TLS.time\":1800000000,\"TLS.expire\":86400}")]
        [TestCase("{\"TLS.time\":\"1800000000\",\"TLS.expire\":\"86400\"}")]
        public void NumbersMayBeWrittenAsTexts(string json)
        {
            Assert.AreEqual(End, UserSig.ExpiresAt(Pack(json)));
        }

        [TestCase("")]
        [TestCase("A")]
        [TestCase("AAAA")]
        [TestCase("not base64 at all!")]
        [TestCase("====")]
        [TestCase(null)]
        public void WhatIsNoUserSigHasNoEnd(string userSig)
        {
            Assert.IsNull(UserSig.ExpiresAt(userSig));
        }

        [TestCase("")]
        [TestCase("[]")]
        [TestCase("{}")]
        [TestCase("{\"TLS.time\":1800000000}")]
        [TestCase("{\"TLS.time\":1800000000,\"TLS.expire\":true}")]
        [TestCase("{\"TLS.time\":1800000000,\"TLS.expire\":\"soon\"}")]
        [TestCase("{\"TLS.time\":1e300,\"TLS.expire\":1}")]
        [TestCase("{\"TLS.time\":9223372036854775807,\"TLS.expire\":9223372036854775807}")]
        public void WhatSaysNothingOfItsEndHasNone(string json)
        {
            Assert.IsNull(UserSig.ExpiresAt(Pack(json)));
        }

        [Test]
        public void EveryCutIsNoFault()
        {
            for (int length = 0; length < Minted.Length; length++)
            {
                UserSig.ExpiresAt(Minted.Substring(0, length));
            }
        }

        [Test]
        public void ABombIsNotUnpacked()
        {
            const int MegaByte = 1024 * 1024;
            string bomb = Pack("{\"TLS.time\":1800000000,\"TLS.expire\":86400,\"x\":\"" + new string('x', 64 * MegaByte) + "\"}");
            Stopwatch taken = Stopwatch.StartNew();
            for (int i = 0; i < 100; i++)
            {
                Assert.IsNull(UserSig.ExpiresAt(bomb));
            }
            // Unpacking it a hundred times takes many times this long.
            Assert.Less(taken.Elapsed, TimeSpan.FromSeconds(5));
        }

        private static string Pack(string json)
        {
            using (MemoryStream packed = new MemoryStream())
            {
                packed.WriteByte(0x78);
                packed.WriteByte(0x9c);
                using (DeflateStream deflate = new DeflateStream(packed, CompressionMode.Compress, true))
                {
                    byte[] bytes = Encoding.UTF8.GetBytes(json);
                    deflate.Write(bytes, 0, bytes.Length);
                }
                return Convert.ToBase64String(packed.ToArray()).Replace('+', '*').Replace('/', '-').Replace('=', '_');
            }
        }
    }
}
