using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("Userstatus.Tests")]
#if UNITY_5_3_OR_NEWER
// Existing code finds types and fields by name, also by reflection: nothing of this may be stripped.
[assembly: UnityEngine.Scripting.Preserve]
#endif
