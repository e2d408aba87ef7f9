using System;
using System.Collections.Generic;

namespace UnityEngine
{
    [Flags]
    public enum HideFlags
    {
        None = 0,
        HideInHierarchy = 1,
        HideInInspector = 2,
        DontSaveInEditor = 4,
        NotEditable = 8,
        DontSaveInBuild = 16,
        DontUnloadUnusedAsset = 32,
        DontSave = 52,
        HideAndDontSave = 61,
    }

    public class Object
    {
        private bool isDestroyed;

        public string name { get; set; }

        public HideFlags hideFlags { get; set; }

        public static void DontDestroyOnLoad(Object target)
        {
            GameObject one = target as GameObject;
            if (one != null && one.transform.parent != null)
            {
                Debug.LogWarning("DontDestroyOnLoad only works for root GameObjects or components on root GameObjects.");
            }
            else if (one != null)
            {
                one.SurvivesSceneLoads = true;
            }
        }

        /// <summary>At the end of the frame.</summary>
        public static void Destroy(Object target)
        {
            FakePlayer.Doomed.Add(target);
        }

        public static void DestroyImmediate(Object target)
        {
            FakePlayer.DestroyNow(target);
        }

        /// <summary>What was destroyed counts as null.</summary>
        public static bool operator ==(Object one, Object other)
        {
            bool isNoOne = ReferenceEquals(one, null) || one.isDestroyed;
            bool isNoOther = ReferenceEquals(other, null) || other.isDestroyed;
            return isNoOne || isNoOther ? isNoOne && isNoOther : ReferenceEquals(one, other);
        }

        public static bool operator !=(Object one, Object other)
        {
            return !(one == other);
        }

        public override bool Equals(object other)
        {
            return this == other as Object;
        }

        public override int GetHashCode()
        {
            return base.GetHashCode();
        }

        internal void SetDestroyed()
        {
            isDestroyed = true;
        }
    }

    public class Component : Object
    {
        public GameObject gameObject { get; internal set; }

        public Transform transform
        {
            get { return gameObject.transform; }
        }

        public T GetComponent<T>() where T : class
        {
            return gameObject.GetComponent<T>();
        }
    }

    public class Transform : Component
    {
        public Transform parent { get; private set; }

        public void SetParent(Transform newParent)
        {
            parent = newParent;
        }
    }

    public class Behaviour : Component
    {
        private bool isEnabled = true;

        public bool enabled
        {
            get
            {
                return isEnabled;
            }
            set
            {
                isEnabled = value;
                FakePlayer.Settle(this);
            }
        }

        public bool isActiveAndEnabled
        {
            get { return isEnabled && gameObject.activeInHierarchy; }
        }

        /// <summary>What the component was told last.</summary>
        internal bool IsTold { get; set; }
    }

    public class MonoBehaviour : Behaviour
    {
        public Coroutine StartCoroutine(System.Collections.IEnumerator routine)
        {
            return Coroutine.Start(this, routine);
        }
    }

    public class YieldInstruction
    {
    }

    public abstract class CustomYieldInstruction : System.Collections.IEnumerator
    {
        public abstract bool keepWaiting { get; }

        public object Current
        {
            get { return null; }
        }

        public bool MoveNext()
        {
            return keepWaiting;
        }

        public void Reset()
        {
        }
    }

    /// <summary>Goes on once a frame behind Update, as Unity's do; what it yields may be nothing or something to wait for.</summary>
    public sealed class Coroutine : YieldInstruction
    {
        private static readonly List<Coroutine> Running = new List<Coroutine>();

        private bool hasEnded;

        private readonly MonoBehaviour owner;
        private readonly System.Collections.IEnumerator routine;

        private Coroutine(MonoBehaviour owner, System.Collections.IEnumerator routine)
        {
            this.owner = owner;
            this.routine = routine;
        }

        internal static Coroutine Start(MonoBehaviour owner, System.Collections.IEnumerator routine)
        {
            Coroutine started = new Coroutine(owner, routine);
            started.Step();
            if (!started.hasEnded)
            {
                Running.Add(started);
            }
            return started;
        }

        internal static void RunAll()
        {
            foreach (Coroutine one in Running.ToArray())
            {
                if (one.owner == null || !one.owner.gameObject.activeInHierarchy)
                {
                    one.hasEnded = true;
                }
                else if (!one.IsWaiting())
                {
                    one.Step();
                }
            }
            Running.RemoveAll(one => one.hasEnded);
        }

        private bool IsWaiting()
        {
            Coroutine other = routine.Current as Coroutine;
            System.Collections.IEnumerator instruction = routine.Current as System.Collections.IEnumerator;
            return (other != null && !other.hasEnded) || (instruction != null && instruction.MoveNext());
        }

        private void Step()
        {
            try
            {
                hasEnded = !routine.MoveNext();
            }
            catch (Exception fault)
            {
                hasEnded = true;
                Debug.LogException(fault);
            }
        }
    }

    public class ScriptableObject : Object
    {
        public static T CreateInstance<T>() where T : ScriptableObject
        {
            return (T)Activator.CreateInstance(typeof(T), true);
        }
    }

    public static class Resources
    {
        /// <summary>Set by the test, in place of folders.</summary>
        public static readonly Dictionary<string, Object> Assets = new Dictionary<string, Object>();

        public static T Load<T>(string path) where T : Object
        {
            Object found;
            return Assets.TryGetValue(path, out found) ? found as T : null;
        }
    }

    public sealed class GameObject : Object
    {
        internal static readonly List<GameObject> All = new List<GameObject>();

        internal readonly List<Component> Components = new List<Component>();

        private readonly Transform place = new Transform();
        private bool isActive = true;

        public GameObject(string name)
        {
            this.name = name;
            place.gameObject = this;
            All.Add(this);
        }

        public Transform transform
        {
            get { return place; }
        }

        public bool activeInHierarchy
        {
            get { return isActive && (place.parent == null || place.parent.gameObject.activeInHierarchy); }
        }

        internal bool SurvivesSceneLoads { get; set; }

        public void SetActive(bool value)
        {
            isActive = value;
            foreach (Component one in Components.ToArray())
            {
                FakePlayer.Settle(one as Behaviour);
            }
        }

        public T AddComponent<T>() where T : Component
        {
            return (T)Add(typeof(T));
        }

        public T GetComponent<T>() where T : class
        {
            return Components.Find(one => one is T) as T;
        }

        private Component Add(Type type)
        {
            foreach (RequireComponent required in type.GetCustomAttributes(typeof(RequireComponent), true))
            {
                if (!Components.Exists(one => required.Type.IsInstanceOfType(one)))
                {
                    Add(required.Type);
                }
            }
            Component component = (Component)Activator.CreateInstance(type, true);
            component.gameObject = this;
            component.name = name;
            Components.Add(component);
            FakePlayer.Settle(component as Behaviour);
            return component;
        }
    }

    public static class Debug
    {
        /// <summary>What the console has, newest last. Not part of Unity.</summary>
        public static readonly List<string> Console = new List<string>();

        /// <summary>Whether the test looks at it by itself: else it goes to the standard error stream. Not part of Unity.</summary>
        public static bool IsWatched { get; set; }

        public static void Log(object message)
        {
            Write("Log: " + message);
        }

        public static void LogWarning(object message)
        {
            Write("Warning: " + message);
        }

        public static void LogError(object message)
        {
            Write("Error: " + message);
        }

        public static void LogException(Exception exception)
        {
            Write("Exception: " + exception);
        }

        private static void Write(string line)
        {
            lock (Console)
            {
                Console.Add(line);
            }
            if (!IsWatched)
            {
                System.Console.Error.WriteLine(line);
            }
        }
    }

    public enum NetworkReachability
    {
        NotReachable,
        ReachableViaCarrierDataNetwork,
        ReachableViaLocalAreaNetwork,
    }

    public static class Application
    {
        public static event Action quitting;

        public static bool isPlaying { get; internal set; }

        /// <summary>The project's, in the editor. Set by the test.</summary>
        public static string streamingAssetsPath { get; set; } = "Assets/StreamingAssets";

        /// <summary>Set by the test, in place of the phone.</summary>
        public static NetworkReachability internetReachability { get; set; }

        internal static void Quit()
        {
            if (quitting != null)
            {
                quitting();
            }
        }
    }

    public static class Mathf
    {
        public static int Clamp(int value, int min, int max)
        {
            return Math.Min(Math.Max(value, min), max);
        }

        public static int Min(int a, int b)
        {
            return Math.Min(a, b);
        }
    }
}

namespace UnityEngine.SceneManagement
{
    public struct Scene
    {
    }
}
