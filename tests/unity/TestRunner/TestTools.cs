using System;

namespace UnityEngine.TestTools
{
    /// <summary>A test that takes several frames.</summary>
    [AttributeUsage(AttributeTargets.Method)]
    public class UnityTestAttribute : Attribute
    {
    }
}
