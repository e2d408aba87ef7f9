using System;
using System.Collections.Generic;
using System.Reflection;
using System.Threading;
using UnityEngine.LowLevel;

namespace UnityEngine
{
    /// <summary>
    /// Unity's main loop, turned by hand: what a play does to the package, in the order Unity does it. Not part of Unity; the thread that first
    /// touches it is the main one.
    /// </summary>
    public static class FakePlayer
    {
        private static readonly int MainThread = Thread.CurrentThread.ManagedThreadId;

        /// <summary>Destroyed at the end of the frame.</summary>
        internal static readonly List<Object> Doomed = new List<Object>();

        public static bool IsMainThread
        {
            get { return Thread.CurrentThread.ManagedThreadId == MainThread; }
        }

        /// <summary>Systems of this type in the player loop, at whatever depth.</summary>
        public static int CountSystems(string typeName)
        {
            return Count(LowLevel.PlayerLoop.GetCurrentPlayerLoop(), typeName);
        }

        /// <summary>Objects of the scene that are not destroyed.</summary>
        public static int CountObjects(string name)
        {
            return GameObject.All.FindAll(one => one.name == name).Count;
        }

        /// <summary>What lies before the first frame.</summary>
        public static void StartPlay(params Assembly[] assemblies)
        {
            CheckMainThread();
            SynchronizationContext.SetSynchronizationContext(new MainThreadContext());
            Application.isPlaying = true;
            foreach (RuntimeInitializeLoadType type in new[]
            {
                RuntimeInitializeLoadType.SubsystemRegistration,
                RuntimeInitializeLoadType.AfterAssembliesLoaded,
                RuntimeInitializeLoadType.BeforeSplashScreen,
                RuntimeInitializeLoadType.BeforeSceneLoad,
                RuntimeInitializeLoadType.AfterSceneLoad,
            })
            {
                foreach (Assembly assembly in assemblies)
                {
                    Initialize(assembly, type);
                }
            }
        }

        /// <summary>Play ends; scripts stay as they are, as without a domain reload. The editor throws the scene away.</summary>
        public static void EndPlay()
        {
            Application.Quit();
            GameObject.All.FindAll(one => (one.hideFlags & HideFlags.DontSaveInEditor) == 0).ForEach(Destroy);
            Application.isPlaying = false;
        }

        /// <summary>A frame.</summary>
        public static void Tick()
        {
            CheckMainThread();
            Run(LowLevel.PlayerLoop.GetCurrentPlayerLoop());
            DestroyDoomed();
        }

        /// <summary>Another scene: what was not asked to survive goes.</summary>
        public static void LoadScene()
        {
            CheckMainThread();
            GameObject.All.FindAll(one => !one.SurvivesSceneLoads).ForEach(Destroy);
        }

        /// <summary>Does another package's work: a loop made of Unity's own.</summary>
        public static void TakeLoopAway()
        {
            LowLevel.PlayerLoop.SetPlayerLoop(LowLevel.PlayerLoop.GetDefaultPlayerLoop());
        }

        /// <summary>Unity calls a method of this name on every component that has one, whatever its access.</summary>
        public static int SendMessage(string method, params object[] arguments)
        {
            int count = 0;
            foreach (GameObject one in GameObject.All)
            {
                foreach (Component component in one.Components)
                {
                    MethodInfo found = component.GetType().GetMethod(method, BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic);
                    if (found != null)
                    {
                        found.Invoke(component, arguments);
                        count++;
                    }
                }
            }
            return count;
        }

        /// <summary>The same for those that are enabled.</summary>
        internal static void SendToEnabled(string method)
        {
            foreach (GameObject one in GameObject.All.ToArray())
            {
                foreach (Component component in one.Components.ToArray())
                {
                    Behaviour behaviour = component as Behaviour;
                    if (behaviour != null && behaviour.isActiveAndEnabled)
                    {
                        Send(behaviour, method);
                    }
                }
            }
        }

        /// <summary>Tells a component that it is enabled or no longer, if that changed. Outside play mode components are told nothing.</summary>
        internal static void Settle(Behaviour one)
        {
            if (one == null || one.gameObject == null || !Application.isPlaying || one.IsTold == one.isActiveAndEnabled)
            {
                return;
            }
            one.IsTold = one.isActiveAndEnabled;
            Send(one, one.IsTold ? "OnEnable" : "OnDisable");
        }

        internal static void DestroyNow(Object target)
        {
            GameObject one = target as GameObject;
            if (one != null)
            {
                Destroy(one);
                return;
            }
            Component component = target as Component;
            if (component != null)
            {
                Destroy(component);
                component.gameObject.Components.Remove(component);
            }
        }

        /// <summary>What is left of it when its scene has gone.</summary>
        public static Component Destroyed(Component one)
        {
            one.SetDestroyed();
            return one;
        }

        private static void DestroyDoomed()
        {
            foreach (Object one in Doomed.ToArray())
            {
                DestroyNow(one);
            }
            Doomed.Clear();
        }

        private static void Send(Component component, string method)
        {
            MethodInfo found = component.GetType().GetMethod(
                method, BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic, null, Type.EmptyTypes, null);
            if (found != null)
            {
                try
                {
                    found.Invoke(component, null);
                }
                catch (TargetInvocationException fault)
                {
                    // As Unity does: the frame goes on.
                    Debug.LogException(fault.InnerException);
                }
            }
        }

        internal static void CheckMainThread()
        {
            if (!IsMainThread)
            {
                throw new InvalidOperationException("this can only be called from the main thread");
            }
        }

        private static void Destroy(GameObject one)
        {
            one.Components.ForEach(Destroy);
            one.SetDestroyed();
            GameObject.All.Remove(one);
        }

        private static void Destroy(Component one)
        {
            Behaviour behaviour = one as Behaviour;
            if (behaviour != null && behaviour.IsTold)
            {
                behaviour.IsTold = false;
                Send(one, "OnDisable");
            }
            Send(one, "OnDestroy");
            one.SetDestroyed();
        }

        /// <summary>Runs what asks for this part of a play's start.</summary>
        public static void Initialize(Assembly assembly, RuntimeInitializeLoadType type)
        {
            foreach (Type one in assembly.GetTypes())
            {
                foreach (MethodInfo method in one.GetMethods(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic))
                {
                    foreach (RuntimeInitializeOnLoadMethodAttribute attribute in method.GetCustomAttributes(
                        typeof(RuntimeInitializeOnLoadMethodAttribute), false))
                    {
                        if (attribute.loadType == type)
                        {
                            method.Invoke(null, null);
                        }
                    }
                }
            }
        }

        private static void Run(PlayerLoopSystem system)
        {
            if (system.updateDelegate != null)
            {
                system.updateDelegate();
            }
            foreach (PlayerLoopSystem one in system.subSystemList ?? new PlayerLoopSystem[0])
            {
                Run(one);
            }
        }

        private static int Count(PlayerLoopSystem system, string typeName)
        {
            int count = system.type != null && system.type.Name == typeName ? 1 : 0;
            foreach (PlayerLoopSystem one in system.subSystemList ?? new PlayerLoopSystem[0])
            {
                count += Count(one, typeName);
            }
            return count;
        }
    }

    /// <summary>What Unity sets on its main thread: runs what is posted in Update.</summary>
    internal sealed class MainThreadContext : SynchronizationContext
    {
        private static readonly Queue<Action> Posted = new Queue<Action>();

        public override void Post(SendOrPostCallback callback, object state)
        {
            lock (Posted)
            {
                Posted.Enqueue(() => callback(state));
            }
        }

        internal static void RunPosted()
        {
            int count;
            lock (Posted)
            {
                count = Posted.Count;
            }
            // What is posted meanwhile waits for the next frame.
            for (; count > 0; count--)
            {
                Action next;
                lock (Posted)
                {
                    next = Posted.Dequeue();
                }
                next();
            }
        }
    }
}
