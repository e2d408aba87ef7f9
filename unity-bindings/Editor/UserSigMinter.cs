using System;
using System.IO;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using Userstatus.Json;

namespace Userstatus.Editor
{
    /// <summary>
    /// Mints UserSigs (TLSSigAPIv2) for a server on one's own machine. In the editor only: a game that has its app's key in it lets every
    /// player be anybody. Players get theirs from the studio's own server.
    /// </summary>
    public static class UserSigMinter
    {
        /// <summary>A UserSig that begins now.</summary>
        /// <exception cref="ArgumentException">Something is missing.</exception>
        public static string Mint(ulong appId, string userId, string secretKey, TimeSpan validFor)
        {
            return Mint(appId, userId, secretKey, UnixTime.FromUtc(DateTime.UtcNow), (long)validFor.TotalSeconds);
        }

        internal static string Mint(ulong appId, string userId, string secretKey, long issuedAtS, long expireS)
        {
            Require(appId != 0, "There is no app id.", "appId");
            Require(!string.IsNullOrEmpty(userId), "There is no user id.", "userId");
            Require(!string.IsNullOrEmpty(secretKey), "There is no secret key.", "secretKey");
            Require(expireS > 0, "It would end before it begins.", "validFor");
            string json = new JsonWriter()
                .Text("TLS.ver", "2.0")
                .Text("TLS.identifier", userId)
                .Number("TLS.sdkappid", checked((long)appId))
                .Number("TLS.expire", expireS)
                .Number("TLS.time", issuedAtS)
                .Text("TLS.sig", Sign(appId, userId, secretKey, issuedAtS, expireS))
                .ToString();
            return Convert.ToBase64String(Zlib(Encoding.UTF8.GetBytes(json))).Replace('+', '*').Replace('/', '-').Replace('=', '_');
        }

        internal static string Sign(ulong appId, string userId, string secretKey, long issuedAtS, long expireS)
        {
            string signed = "TLS.identifier:" + userId + "\nTLS.sdkappid:" + appId + "\nTLS.time:" + issuedAtS + "\nTLS.expire:" + expireS + "\n";
            using (HMACSHA256 hmac = new HMACSHA256(Encoding.UTF8.GetBytes(secretKey)))
            {
                return Convert.ToBase64String(hmac.ComputeHash(Encoding.UTF8.GetBytes(signed)));
            }
        }

        /// <summary>.NET has deflate; zlib is that with two bytes before and a checksum behind.</summary>
        private static byte[] Zlib(byte[] bytes)
        {
            using (MemoryStream packed = new MemoryStream())
            {
                packed.WriteByte(0x78);
                packed.WriteByte(0x9c);
                using (DeflateStream deflate = new DeflateStream(packed, CompressionMode.Compress, true))
                {
                    deflate.Write(bytes, 0, bytes.Length);
                }
                uint checksum = Adler32(bytes);
                for (int shift = 24; shift >= 0; shift -= 8)
                {
                    packed.WriteByte((byte)(checksum >> shift));
                }
                return packed.ToArray();
            }
        }

        private static uint Adler32(byte[] bytes)
        {
            const uint Modulus = 65521;
            uint low = 1;
            uint high = 0;
            foreach (byte value in bytes)
            {
                low = (low + value) % Modulus;
                high = (high + low) % Modulus;
            }
            return high << 16 | low;
        }

        private static void Require(bool holds, string otherwise, string parameter)
        {
            if (!holds)
            {
                throw new ArgumentException(otherwise, parameter);
            }
        }
    }
}
