using System.Collections.Generic;
using System.Globalization;
using System.Text;
using Userstatus.Native;

namespace Userstatus.Json
{
    /// <summary>Writes the few forms of JSON that the library takes.</summary>
    internal sealed class JsonWriter
    {
        private readonly StringBuilder text = new StringBuilder("{");

        /// <summary>An array of texts.</summary>
        /// <exception cref="System.ArgumentException">A text is null or no valid Unicode.</exception>
        internal static string Array(IEnumerable<string> texts, string parameter)
        {
            StringBuilder text = new StringBuilder("[");
            foreach (string item in texts)
            {
                if (item == null)
                {
                    throw new System.ArgumentException("One of the texts is null.", parameter);
                }
                if (text.Length > 1)
                {
                    text.Append(',');
                }
                Append(text, item, parameter);
            }
            return text.Append(']').ToString();
        }

        /// <summary>Leaves the key out if there is no text.</summary>
        internal JsonWriter Text(string key, string value)
        {
            if (value != null)
            {
                Key(key);
                Append(text, value, key);
            }
            return this;
        }

        internal JsonWriter Number(string key, long value)
        {
            Key(key);
            text.Append(value.ToString(CultureInfo.InvariantCulture));
            return this;
        }

        internal JsonWriter Boolean(string key, bool value)
        {
            Key(key);
            text.Append(value ? "true" : "false");
            return this;
        }

        internal JsonWriter Raw(string key, string json)
        {
            Key(key);
            text.Append(json);
            return this;
        }

        public override string ToString()
        {
            return text + "}";
        }

        private void Key(string key)
        {
            if (text.Length > 1)
            {
                text.Append(',');
            }
            Append(text, key, key);
            text.Append(':');
        }

        private static void Append(StringBuilder text, string value, string parameter)
        {
            Utf8.CheckEncodable(value, parameter);
            text.Append('"');
            foreach (char letter in value)
            {
                if (letter == '"' || letter == '\\')
                {
                    text.Append('\\').Append(letter);
                }
                else if (letter < ' ')
                {
                    text.Append("\\u").Append(((int)letter).ToString("x4", CultureInfo.InvariantCulture));
                }
                else
                {
                    text.Append(letter);
                }
            }
            text.Append('"');
        }
    }
}
