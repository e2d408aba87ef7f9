using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("Userstatus.Editor")]
[assembly: InternalsVisibleTo("Userstatus.Tests")]
[assembly: InternalsVisibleTo("Userstatus.Editor.Tests")]
#if UNITY_5_3_OR_NEWER
// Callbacks come from native code, and users of the classic API find members by name: nothing of this may be stripped.
[assembly: UnityEngine.Scripting.Preserve]
#endif
