using UnityEditor;

namespace Userstatus.Editor
{
    /// <summary>The settings in the inspector, and below them what is wrong.</summary>
    [CustomEditor(typeof(UserStatusSettings))]
    internal sealed class UserStatusSettingsEditor : UnityEditor.Editor
    {
        public override void OnInspectorGUI()
        {
            DrawDefaultInspector();
            foreach (string problem in ((UserStatusSettings)target).FindProblems())
            {
                EditorGUILayout.HelpBox(problem, MessageType.Warning);
            }
        }
    }
}
