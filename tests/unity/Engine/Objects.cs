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
    }

    public class Behaviour : Component
    {
        public bool enabled { get; set; }
    }

    public class MonoBehaviour : Behaviour
    {
    }

    public class ScriptableObject : Object
    {
    }

    public sealed class GameObject : Object
    {
        internal static readonly List<GameObject> All = new List<GameObject>();

        internal readonly List<Component> Components = new List<Component>();

        public GameObject(string name)
        {
            this.name = name;
            All.Add(this);
        }

        public T AddComponent<T>() where T : Component
        {
            T component = (T)Activator.CreateInstance(typeof(T), true);
            component.gameObject = this;
            Components.Add(component);
            return component;
        }
    }

    public static class Debug
    {
        public static void Log(object message)
        {
            Console.Error.WriteLine(message);
        }

        public static void LogError(object message)
        {
            Console.Error.WriteLine(message);
        }

        public static void LogException(Exception exception)
        {
            Console.Error.WriteLine(exception);
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
    }
}
