using System;
using System.Text;

namespace Userstatus.Native
{
    /// <summary>Texts on their way in and out of the C ABI: NUL-ended UTF-8, whatever the locale.</summary>
    internal static class Utf8
    {
        // Throws instead of writing U+FFFD: a text must not arrive as another one.
        private static readonly UTF8Encoding Strict = new UTF8Encoding(false, true);

        /// <summary>NUL-ended UTF-8; null for null.</summary>
        /// <exception cref="ArgumentException">The text has a NUL or an unpaired surrogate in it.</exception>
        internal static byte[] Encode(string text, string parameter)
        {
            if (text == null)
            {
                return null;
            }
            CheckEncodable(text, parameter);
            byte[] bytes = new byte[Strict.GetByteCount(text) + 1];
            Strict.GetBytes(text, 0, text.Length, bytes, 0);
            return bytes;
        }

        /// <summary>Says where a text cannot be written as UTF-8 that ends at the first NUL.</summary>
        internal static void CheckEncodable(string text, string parameter)
        {
            for (int i = 0; i < text.Length; i++)
            {
                char letter = text[i];
                if (letter == '\0')
                {
                    throw new ArgumentException("The text has a NUL character at index " + i + ".", parameter);
                }
                if (!char.IsSurrogate(letter))
                {
                    continue;
                }
                if (char.IsHighSurrogate(letter) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
                {
                    i++;
                    continue;
                }
                throw new ArgumentException(
                    "The text is no valid Unicode: an unpaired surrogate (U+" + ((int)letter).ToString("X4") + ") stands at index " + i
                    + ". Was it cut in the middle of an emoji?",
                    parameter);
            }
        }

        /// <summary>A copy of a NUL-ended text; "" for NULL.</summary>
        internal static unsafe string Decode(IntPtr text)
        {
            byte* bytes = (byte*)text;
            if (bytes == null || *bytes == 0)
            {
                return "";
            }
            int length = 0;
            while (bytes[length] != 0)
            {
                length++;
            }
            // Not strict: an exception here would be in a frame that native code called, and the library sends UTF-8 only.
            return Encoding.UTF8.GetString(bytes, length);
        }
    }
}
