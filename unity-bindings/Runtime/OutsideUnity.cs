// What Unity brings along, for compilers that are not Unity's: so that the same sources compile and run on plain Mono.
#if !UNITY_5_3_OR_NEWER

using System;

namespace AOT
{
    /// <summary>Marks a static method that native code may call: ahead-of-time compilers make an entry for it.</summary>
    [AttributeUsage(AttributeTargets.Method)]
    internal sealed class MonoPInvokeCallbackAttribute : Attribute
    {
        public MonoPInvokeCallbackAttribute(Type type)
        {
            DelegateType = type;
        }

        public Type DelegateType { get; private set; }
    }
}

#endif
