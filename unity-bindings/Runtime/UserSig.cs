using System;
using System.Collections.Generic;
using System.Text;
using Userstatus.Json;

namespace Userstatus
{
    /// <summary>Reads when a UserSig ends. It does not check it: that takes the app's key, and is the server's business.</summary>
    internal static class UserSig
    {
        // Far longer than any UserSig: what is compressed must not become a bomb.
        private const int BytesMax = 16 * 1024;

        /// <summary>UTC; null if it cannot be read.</summary>
        internal static DateTime? ExpiresAt(string userSig)
        {
            try
            {
                byte[] compressed = Convert.FromBase64String(userSig.Replace('*', '+').Replace('-', '/').Replace('_', '='));
                string json = Encoding.UTF8.GetString(Inflate.Zlib(compressed, BytesMax));
                Dictionary<string, object> fields = (Dictionary<string, object>)JsonReader.Parse(json);
                return UnixTime.ToUtc(checked(Seconds(fields, "TLS.time") + Seconds(fields, "TLS.expire")));
            }
            catch (Exception)
            {
                // Not to be read is all there is to say: the server says what is wrong with it.
                return null;
            }
        }

        /// <summary>A number; some minters write it as a text.</summary>
        private static long Seconds(Dictionary<string, object> fields, string key)
        {
            object value = fields[key];
            return value is double ? checked((long)(double)value) : long.Parse((string)value);
        }
    }
}
