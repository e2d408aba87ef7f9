using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("Userstatus.Classic")]
[assembly: InternalsVisibleTo("Userstatus.Editor")]
[assembly: InternalsVisibleTo("Userstatus.Tests")]
[assembly: InternalsVisibleTo("Userstatus.Editor.Tests")]
#if UNITY_5_3_OR_NEWER
// Callbacks come from native code: nothing of this may be stripped.
[assembly: UnityEngine.Scripting.Preserve]
#endif
