using System;
using System.IO;
using System.IO.Compression;
using System.Linq;

namespace Userstatus.Tests
{
    /// <summary>What the system packs, the binding unpacks; and what nobody packed so, it refuses.</summary>
    internal static class Inflating
    {
        private const int BytesMax = 64 * 1024;

        internal static void Play(Driver driver)
        {
            Random random = new Random(4711);
            foreach (CompressionLevel level in new[] { CompressionLevel.NoCompression, CompressionLevel.Fastest, CompressionLevel.Optimal })
            {
                for (int letters = 1; letters <= 256; letters *= 4)
                {
                    foreach (int length in new[] { 1, 2, 100, 300, 40000, BytesMax })
                    {
                        byte[] bytes = new byte[length];
                        random.NextBytes(bytes);
                        // The fewer letters, the more there is to copy.
                        bytes = bytes.Select(letter => (byte)(letter % letters)).ToArray();
                        Check.List(bytes, Inflate.Zlib(Pack(bytes, level), BytesMax), level + ", " + length + " bytes of " + letters + " letters");
                    }
                }
            }
            byte[] packed = Pack(new byte[1000], CompressionLevel.Optimal);
            Check.Throws<InvalidDataException>(() => Inflate.Zlib(packed, 999), "more than it may be");
            for (int length = 0; length < packed.Length; length++)
            {
                Check.Throws<InvalidDataException>(() => Inflate.Zlib(packed.Take(length).ToArray(), BytesMax), "cut after " + length);
            }
            // Whatever it is, it ends, and in no other way.
            for (int round = 0; round < 20000; round++)
            {
                byte[] rubbish = new byte[random.Next(200)];
                random.NextBytes(rubbish);
                byte[] begin = { 0x78, 0x9c };
                try
                {
                    Inflate.Zlib(begin.Concat(rubbish).ToArray(), BytesMax);
                }
                catch (InvalidDataException)
                {
                    // As it should be; some rubbish can be unpacked.
                }
            }
            Check.Equal(new DateTime(2033, 5, 18, 3, 33, 20, DateTimeKind.Utc), UserSig.ExpiresAt(Sig("{\"TLS.time\":1999999000,\"TLS.expire\":1000}")), "a UserSig");
            Check.Equal(new DateTime(2033, 5, 18, 3, 33, 20, DateTimeKind.Utc), UserSig.ExpiresAt(Sig("{\"TLS.time\":\"1999999000\",\"TLS.expire\":\"1000\"}")), "a UserSig with texts");
            foreach (string sig in new[] { "", "rubbish", "eJw_", Sig("[]"), Sig("{}"), Sig("{\"TLS.time\":1e300,\"TLS.expire\":1}") })
            {
                Check.That(UserSig.ExpiresAt(sig) == null, "it cannot be read: " + sig);
            }
        }

        private static string Sig(string json)
        {
            byte[] packed = Pack(System.Text.Encoding.UTF8.GetBytes(json), CompressionLevel.Optimal);
            return Convert.ToBase64String(packed).Replace('+', '*').Replace('/', '-').Replace('=', '_');
        }

        private static byte[] Pack(byte[] bytes, CompressionLevel level)
        {
            using (MemoryStream packed = new MemoryStream())
            {
                packed.WriteByte(0x78);
                packed.WriteByte(0x9c);
                using (DeflateStream stream = new DeflateStream(packed, level, true))
                {
                    stream.Write(bytes, 0, bytes.Length);
                }
                return packed.ToArray();
            }
        }
    }
}
