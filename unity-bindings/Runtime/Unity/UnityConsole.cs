#if UNITY_5_3_OR_NEWER

using UnityEngine;

namespace Userstatus.Native
{
    /// <summary>Unity's console, which has three levels.</summary>
    internal static class UnityConsole
    {
        internal static void Write(LogLevel level, string line)
        {
            string text = "userstatus: " + line;
            if (level >= LogLevel.Error)
            {
                Debug.LogError(text);
            }
            else if (level == LogLevel.Warning)
            {
                Debug.LogWarning(text);
            }
            else
            {
                Debug.Log(text);
            }
        }
    }
}

#endif
