using System;

namespace UnityEngine.Events
{
    public delegate void UnityAction();

    public delegate void UnityAction<T0>(T0 arg0);

    public delegate void UnityAction<T0, T1>(T0 arg0, T1 arg1);

    /// <summary>Listeners of scripts; those of the inspector are Unity's alone. What one throws, Invoke throws, and the others are not told.</summary>
    [Serializable]
    public abstract class UnityEventBase
    {
    }

    [Serializable]
    public class UnityEvent : UnityEventBase
    {
        private UnityAction listeners;

        public void AddListener(UnityAction call)
        {
            listeners += call;
        }

        public void RemoveListener(UnityAction call)
        {
            listeners -= call;
        }

        public void Invoke()
        {
            if (listeners != null)
            {
                listeners();
            }
        }
    }

    [Serializable]
    public class UnityEvent<T0> : UnityEventBase
    {
        private UnityAction<T0> listeners;

        public void AddListener(UnityAction<T0> call)
        {
            listeners += call;
        }

        public void RemoveListener(UnityAction<T0> call)
        {
            listeners -= call;
        }

        public void Invoke(T0 arg0)
        {
            if (listeners != null)
            {
                listeners(arg0);
            }
        }
    }

    [Serializable]
    public class UnityEvent<T0, T1> : UnityEventBase
    {
        private UnityAction<T0, T1> listeners;

        public void AddListener(UnityAction<T0, T1> call)
        {
            listeners += call;
        }

        public void RemoveListener(UnityAction<T0, T1> call)
        {
            listeners -= call;
        }

        public void Invoke(T0 arg0, T1 arg1)
        {
            if (listeners != null)
            {
                listeners(arg0, arg1);
            }
        }
    }
}
