#if UNITY_5_3_OR_NEWER

using System;
using UnityEngine;
#if UNITY_2019_3_OR_NEWER
using UnityEngine.LowLevel;
using UnityEngine.PlayerLoop;
#else
using UnityEngine.Experimental.LowLevel;
using UnityEngine.Experimental.PlayerLoop;
#endif

namespace Userstatus.Native
{
    /// <summary>
    /// Runs callbacks on Unity's main thread, once a frame, at the beginning of Update: an awaited answer is there in the frame it came.
    /// Installed once; it stays in the player loop, and does nothing while the library is not started.
    /// </summary>
    internal static class PlayerLoopPump
    {
        private static bool isInstalled;

        /// <summary>Call it on the main thread.</summary>
        internal static void Install()
        {
            if (isInstalled)
            {
                return;
            }
            isInstalled = true;
            PlayerLoopSystem loop = PlayerLoop.GetCurrentPlayerLoop();
            PlayerLoop.SetPlayerLoop(With(loop));
        }

        /// <summary>Forgets it, in case Unity has made the player loop anew.</summary>
        internal static void Reset()
        {
            if (!isInstalled)
            {
                return;
            }
            isInstalled = false;
            PlayerLoop.SetPlayerLoop(Without(PlayerLoop.GetCurrentPlayerLoop()));
        }

        private static void Turn()
        {
            NetworkWatcher.Look();
            Bridge.PumpFromLoop();
        }

        private static PlayerLoopSystem With(PlayerLoopSystem loop)
        {
            PlayerLoopSystem[] phases = Without(loop).subSystemList;
            for (int i = 0; i < phases.Length; i++)
            {
                if (phases[i].type != typeof(Update))
                {
                    continue;
                }
                PlayerLoopSystem[] old = phases[i].subSystemList ?? new PlayerLoopSystem[0];
                PlayerLoopSystem[] systems = new PlayerLoopSystem[old.Length + 1];
                systems[0] = new PlayerLoopSystem { type = typeof(PlayerLoopPump), updateDelegate = Turn };
                Array.Copy(old, 0, systems, 1, old.Length);
                phases[i].subSystemList = systems;
                loop.subSystemList = phases;
                return loop;
            }
            Debug.LogError(
                "userstatus: the player loop of this project has no Update phase, so callbacks cannot run. Set UserStatusOptions.Dispatch to Manual "
                + "and call UserStatusClient.Pump() each frame.");
            return loop;
        }

        private static PlayerLoopSystem Without(PlayerLoopSystem loop)
        {
            PlayerLoopSystem[] phases = (PlayerLoopSystem[])loop.subSystemList.Clone();
            for (int i = 0; i < phases.Length; i++)
            {
                if (phases[i].subSystemList != null)
                {
                    phases[i].subSystemList = Array.FindAll(phases[i].subSystemList, system => system.type != typeof(PlayerLoopPump));
                }
            }
            loop.subSystemList = phases;
            return loop;
        }
    }
}

#endif
