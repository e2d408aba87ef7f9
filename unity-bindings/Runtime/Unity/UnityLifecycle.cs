#if UNITY_5_3_OR_NEWER

using UnityEngine;
using Userstatus.Native;

namespace Userstatus
{
    /// <summary>Ties the library to the life of the player: a fresh start at play, an end at quit, a look at the connection after a pause.</summary>
    internal static class UnityLifecycle
    {
        /// <summary>Before anything else in play mode. Without a domain reload statics are as the last play left them.</summary>
        [RuntimeInitializeOnLoadMethod(RuntimeInitializeLoadType.SubsystemRegistration)]
        private static void Reset()
        {
            End();
            PlayerLoopPump.Reset();
            NetworkWatcher.Reset();
            Application.quitting -= End;
            Application.quitting += End;
        }

        [RuntimeInitializeOnLoadMethod(RuntimeInitializeLoadType.BeforeSceneLoad)]
        private static void Prepare()
        {
            PlayerLoopPump.Install();
            PauseWatcher.Create();
        }

        /// <summary>When it returns, native code knows nothing of this domain. Also called by the editor, before it reloads assemblies.</summary>
        internal static void End()
        {
            UserStatusClient.EndAll();
        }
    }

    /// <summary>Hears of pauses: only components do.</summary>
    [AddComponentMenu("")]
    internal sealed class PauseWatcher : MonoBehaviour
    {
        private static PauseWatcher instance;

        internal static void Create()
        {
            if (instance != null)
            {
                return;
            }
            GameObject holder = new GameObject("userstatus");
            // Not HideAndDontSave: in the editor it would survive play mode, and each play would add another.
            holder.hideFlags = HideFlags.HideInHierarchy;
            DontDestroyOnLoad(holder);
            instance = holder.AddComponent<PauseWatcher>();
        }

        private void OnApplicationPause(bool isPaused)
        {
            Bridge.NotifyPaused(isPaused);
        }
    }
}

#endif
