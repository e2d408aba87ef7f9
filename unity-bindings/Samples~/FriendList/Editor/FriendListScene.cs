using UnityEditor;
using UnityEditor.SceneManagement;
using UnityEngine;

namespace Userstatus.Samples
{
    /// <summary>Makes the sample's scene: a camera, a light, and the friend list.</summary>
    internal static class FriendListScene
    {
        [MenuItem("Window/User Status Friend List Sample")]
        private static void Make()
        {
            // What is not saved yet is asked about; who cancels keeps the scene there is.
            if (!EditorSceneManager.SaveCurrentModifiedScenesIfUserWantsTo())
            {
                return;
            }
            EditorSceneManager.NewScene(NewSceneSetup.DefaultGameObjects, NewSceneMode.Single);
            GameObject holder = new GameObject("Friend List");
            holder.AddComponent<FriendListScreen>();
            Selection.activeGameObject = holder;
        }
    }
}
