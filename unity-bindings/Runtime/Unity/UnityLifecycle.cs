#if UNITY_5_3_OR_NEWER

using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Threading;
using System.Threading.Tasks;
using UnityEngine;
using Userstatus.Native;

namespace Userstatus
{
    /// <summary>Ties the library to the life of the player: a fresh start at play, an end at quit, a look at the connection after a pause.</summary>
    internal static class UnityLifecycle
    {
        /// <summary>A player who quits waits for it.</summary>
        private const int LogoutAtQuitMs = 1000;

        /// <summary>Before anything else in play mode. Without a domain reload statics are as the last play left them.</summary>
        [RuntimeInitializeOnLoadMethod(RuntimeInitializeLoadType.SubsystemRegistration)]
        private static void Reset()
        {
            End();
            Link.Reset();
            PendingCalls.Reset();
            Faults.Reset();
            Waits.Reset();
            PlayerLoopPump.Reset();
            NetworkWatcher.Reset();
            PauseWatcher.Reset();
            UserStatusBehaviour.Reset();
            Application.quitting -= Quit;
            Application.quitting += Quit;
        }

        [RuntimeInitializeOnLoadMethod(RuntimeInitializeLoadType.BeforeSceneLoad)]
        private static void Prepare()
        {
            PlayerLoopPump.Install();
            PauseWatcher.Create();
        }

        /// <summary>The player's own end, of which others may be told. Also called by the editor at the end of play mode.</summary>
        internal static void Quit()
        {
            List<UserStatusClient> leaving = new List<UserStatusClient>();
            foreach (UserStatusClient client in UserStatusClient.AllOpen)
            {
                if (client.Options.LogoutOnQuit && client.State == ConnectionState.Connected)
                {
                    leaving.Add(client);
                }
            }
            LogOut(leaving);
            End();
        }

        /// <summary>All at once, so that many take no longer than one. There are no frames any more, so the answers are fetched here.</summary>
        private static void LogOut(List<UserStatusClient> leaving)
        {
            List<Task> answers = leaving.ConvertAll(
                client => (Task)client.AskAsync((callback, number) => client.Native.Logout(callback, number), json => true, CancellationToken.None));
#if UNITY_WEBGL && !UNITY_EDITOR
            // It is on its way, and nothing is answered while a page waits.
            GC.KeepAlive(answers);
#else
            Stopwatch waited = Stopwatch.StartNew();
            while (!answers.TrueForAll(answer => answer.IsCompleted) && waited.ElapsedMilliseconds < LogoutAtQuitMs)
            {
                leaving.ForEach(client => client.PumpAtEnd());
                Thread.Sleep(1);
            }
#endif
        }

        /// <summary>When it returns, native code knows nothing of this domain. Also called by the editor, before it reloads assemblies.</summary>
        internal static void End()
        {
            UserStatusClient.EndAll();
        }
    }

    /// <summary>Hears of pauses, and sees when the player loop was taken away: only components do.</summary>
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

        /// <summary>Lets go of what was destroyed with its scene.</summary>
        internal static void Reset()
        {
            if (instance == null)
            {
                instance = null;
            }
        }

        // Behind Update, in which the pump has its turn.
        private void LateUpdate()
        {
            PlayerLoopPump.CheckTurned();
        }

        private void OnApplicationPause(bool isPaused)
        {
            Bridge.NotifyPaused(isPaused);
        }
    }
}

#endif
