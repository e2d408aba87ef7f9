using System;
using UnityEditor;
using UnityEngine;

namespace Userstatus.Editor
{
    /// <summary>Mints UserSigs for trying things out. The key is kept in the preferences of this machine's user, never in the project.</summary>
    internal sealed class MintPanel
    {
        private const string AppIdPreference = "com.userstatus.unity.appId";
        private const string SecretKeyPreference = "com.userstatus.unity.secretKey";
        private const int DaysMax = 3650;

        private string appId;
        private string secretKey;
        private string userId = "alice";
        private int days = 1;
        private string userSig = "";
        private string fault = "";

        internal void Draw()
        {
            if (appId == null)
            {
                appId = EditorPrefs.GetString(AppIdPreference, "");
                secretKey = EditorPrefs.GetString(SecretKeyPreference, "");
            }
            EditorGUILayout.HelpBox(
                "For a server on your own machine: `userstatusd dev` prints its app id and secret key. The key of a server that players use belongs "
                + "on your own servers alone.",
                MessageType.Info);
            EditorGUI.BeginChangeCheck();
            appId = EditorGUILayout.TextField("App id", appId);
            secretKey = EditorGUILayout.PasswordField("Secret key", secretKey);
            if (EditorGUI.EndChangeCheck())
            {
                EditorPrefs.SetString(AppIdPreference, appId);
                EditorPrefs.SetString(SecretKeyPreference, secretKey);
            }
            userId = EditorGUILayout.TextField("User id", userId);
            days = Mathf.Clamp(EditorGUILayout.IntField("Days", days), 1, DaysMax);
            EditorGUILayout.BeginHorizontal();
            if (GUILayout.Button("Mint and copy"))
            {
                Mint();
            }
            if (GUILayout.Button("Forget key"))
            {
                EditorPrefs.DeleteKey(AppIdPreference);
                EditorPrefs.DeleteKey(SecretKeyPreference);
                appId = secretKey = userSig = fault = "";
            }
            EditorGUILayout.EndHorizontal();
            if (fault.Length > 0)
            {
                EditorGUILayout.HelpBox(fault, MessageType.Error);
            }
            if (userSig.Length > 0)
            {
                EditorGUILayout.SelectableLabel(userSig, EditorStyles.textArea, GUILayout.Height(80));
            }
        }

        private void Mint()
        {
            userSig = "";
            ulong number;
            if (!ulong.TryParse(appId.Trim(), out number))
            {
                fault = "The app id is a number, such as 1400000001.";
                return;
            }
            try
            {
                userSig = UserSigMinter.Mint(number, userId, secretKey.Trim(), TimeSpan.FromDays(days));
                fault = "";
                EditorGUIUtility.systemCopyBuffer = userSig;
            }
            catch (ArgumentException missing)
            {
                fault = missing.Message;
            }
        }
    }
}
