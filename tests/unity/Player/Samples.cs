using UnityEngine;
using Userstatus.Samples;

namespace Userstatus.Tests
{
    /// <summary>A sample as who tries it out sees it: by what is on screen.</summary>
    internal static class Samples
    {
        internal static void FriendList(Game game)
        {
            Program.StartPlay(game);
            game.TurnsAre(() =>
            {
                FakePlayer.Tick();
                FakeGui.Draw();
            });
            new GameObject("Friend List").AddComponent<FriendListScreen>();
            UserStatusOptions options = game.Options(Dispatch.Auto);
            FakeGui.Draw();
            FakeGui.Press("Log in");
            Shows(game, "The app id is a number");
            FakeGui.Type("App id", options.AppId.ToString());
            FakeGui.Type("Server", options.Server);
            FakeGui.Type("UserSig", "eJwxx");
            Debug.IsWatched = true;
            game.During(() => FakeGui.Press("Log in"));
            Shows(game, "70003");
            Debug.IsWatched = false;

            FakeGui.Type("UserSig", options.UserSig);
            game.During(() => FakeGui.Press("Log in"));
            Shows(game, "alice, 1 of 1 friends online");
            Game.Ask("say on screen");
            Shows(game, "bob: on screen");
            Game.Ask("say ");
            Shows(game, "bob: online");
            FakeGui.Type("Friend", "nobody");
            FakeGui.Press("Add friend");
            Shows(game, "30003");
            FakeGui.Press("in a match");
            game.Until(() => Game.Own() == "in a match", "her own status");

            Application.internetReachability = NetworkReachability.NotReachable;
            Shows(game, "Reconnecting");
            Application.internetReachability = NetworkReachability.ReachableViaCarrierDataNetwork;
            game.Until(() => !FakeGui.Texts.Exists(text => text.Contains("Reconnecting")), "the banner goes");
            Shows(game, "bob: online");
            Game.Ask("enter alice");
            Shows(game, "another device");
            game.During(() => FakeGui.Press("Log in"));
            Shows(game, "alice, 1 of 1 friends online");
            game.During(() => FakeGui.Press("Log out"));
            Game.Ask("see alice logged out");
            game.Until(() => UserStatusClient.Current == null, "it has ended");
            FakePlayer.EndPlay();
        }

        private static void Shows(Game game, string text)
        {
            game.Until(() => FakeGui.Texts.Exists(one => one.Contains(text)), "\"" + text + "\" is on screen");
        }
    }
}
