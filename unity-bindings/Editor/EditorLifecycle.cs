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
            EditorApplication.quitting += UnityLifecycle.Quit;
            EditorApplication.update += OnUpdate;
        }

        internal static void OnPlayModeStateChanged(PlayModeStateChange change)
        {
            if (change == PlayModeStateChange.ExitingPlayMode)
            {
                // It comes before Application.quitting, and is the same to a game.
                UnityLifecycle.Quit();
            }
            else if (change == PlayModeStateChange.ExitingEditMode)
            {
                // A client that was opened outside play mode would keep the game's own from opening.
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
