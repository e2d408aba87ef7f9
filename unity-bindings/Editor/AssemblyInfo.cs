using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("Userstatus.Editor.Tests")]
