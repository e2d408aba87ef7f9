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
    /// It stays in the player loop, and does nothing while the library is not started. Other packages make loops anew, too, and not all begin with
    /// the one there is: what was thrown out comes back in the next frame.
    /// </summary>
    internal static class PlayerLoopPump
    {
        private static bool isInstalled;
        private static bool hasTurned;

        /// <summary>Call it on the main thread.</summary>
        internal static void Install()
        {
            PlayerLoopSystem loop = PlayerLoop.GetCurrentPlayerLoop();
            if (isInstalled && IsIn(loop))
            {
                return;
            }
            isInstalled = Insert(ref loop);
            if (isInstalled)
            {
                // As if it had: its first turn may come as late as the next frame.
                hasTurned = true;
                PlayerLoop.SetPlayerLoop(loop);
            }
        }

        /// <summary>Once a frame, behind its turn: without one somebody has made the loop anew, and it is put in again.</summary>
        internal static void CheckTurned()
        {
            if (isInstalled && !hasTurned)
            {
                Install();
            }
            hasTurned = false;
        }

        /// <summary>Forgets it, in case Unity has made the player loop anew.</summary>
        internal static void Reset()
        {
            hasTurned = false;
            if (!isInstalled)
            {
                return;
            }
            isInstalled = false;
            PlayerLoop.SetPlayerLoop(Without(PlayerLoop.GetCurrentPlayerLoop()));
        }

        private static void Turn()
        {
            hasTurned = true;
            NetworkWatcher.Look();
            Bridge.PumpFromLoop();
        }

        private static bool IsIn(PlayerLoopSystem loop)
        {
            foreach (PlayerLoopSystem phase in loop.subSystemList ?? new PlayerLoopSystem[0])
            {
                if (Array.Exists(phase.subSystemList ?? new PlayerLoopSystem[0], system => system.type == typeof(PlayerLoopPump)))
                {
                    return true;
                }
            }
            return false;
        }

        private static bool Insert(ref PlayerLoopSystem loop)
        {
            loop = Without(loop);
            PlayerLoopSystem[] phases = loop.subSystemList;
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
                return true;
            }
            Debug.LogError(
                "userstatus: the player loop of this project has no Update phase, so callbacks cannot run. Set UserStatusOptions.Dispatch to Manual "
                + "and call UserStatusClient.Pump() each frame.");
            return false;
        }

        private static PlayerLoopSystem Without(PlayerLoopSystem loop)
        {
            PlayerLoopSystem[] phases = (PlayerLoopSystem[])(loop.subSystemList ?? new PlayerLoopSystem[0]).Clone();
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
