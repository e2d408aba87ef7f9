using UnityEditor;
using Userstatus.Native;

namespace Userstatus.Editor
{
    /// <summary>
    /// Ends the library whenever the editor takes away what it would call: scripts are compiled anew, play mode ends, the editor quits. The
    /// native library stays loaded in the editor's process through all of these.
    /// </summary>
    [InitializeOnLoad]
    internal static class EditorLifecycle
    {
        static EditorLifecycle()
        {
            AssemblyReloadEvents.beforeAssemblyReload += UnityLifecycle.End;
            EditorApplication.playModeStateChanged += OnPlayModeStateChanged;
            EditorApplication.quitting += UnityLifecycle.End;
            EditorApplication.update += OnUpdate;
        }

        internal static void OnPlayModeStateChanged(PlayModeStateChange change)
        {
            // The other ends a client that was opened outside play mode: it would keep the game's own from opening.
            if (change == PlayModeStateChange.ExitingPlayMode || change == PlayModeStateChange.ExitingEditMode)
            {
                UnityLifecycle.End();
            }
        }

        /// <summary>Outside play mode the player loop runs only when something is to be drawn: then callbacks run from here.</summary>
        private static void OnUpdate()
        {
            if (!EditorApplication.isPlayingOrWillChangePlaymode && Bridge.IsAnyStarted)
            {
                Bridge.PumpFromLoop();
            }
        }
    }
}
