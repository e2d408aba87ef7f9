// Logs in, watches players and prints every change, until Enter: WhoIsOnline APP_ID USER USERSIG WATCHED...
//
// The Unity package's C# outside Unity, on Mono. `make examples-csharp`, then `target/debug/userstatusd dev` in another terminal, which
// prints an app id and UserSigs for alice and bob, and in two more:
//
//     USERSTATUS_SERVER=127.0.0.1:7700 mono target/examples/WhoIsOnline.exe APP_ID alice 'UserSig_of_alice' bob
//     USERSTATUS_SERVER=127.0.0.1:7700 mono target/examples/WhoIsOnline.exe APP_ID bob   'UserSig_of_bob'   alice
using System;
using System.Linq;
using System.Threading.Tasks;
using Userstatus;

internal static class WhoIsOnline
{
    private static int Main(string[] arguments)
    {
        ulong appId = 0;
        if (arguments.Length < 4 || !ulong.TryParse(arguments[0], out appId))
        {
            Console.Error.WriteLine("usage: WhoIsOnline APP_ID USER USERSIG WATCHED...");
            return 2;
        }
        try
        {
            Run(appId, arguments).GetAwaiter().GetResult();
            return 0;
        }
        catch (UserStatusException fault)
        {
            // It says what to do about it.
            Console.Error.WriteLine(fault.Message);
            return 1;
        }
    }

    private static async Task Run(ulong appId, string[] arguments)
    {
        // Where the server is, USERSTATUS_SERVER says.
        UserStatusOptions options = new UserStatusOptions
        {
            AppId = appId,
            UserId = arguments[1],
            UserSig = arguments[2],
        };
        using (UserStatusClient client = new UserStatusClient(options))
        {
            // On a thread of the package's; in Unity on the main thread.
            client.StatusChanged += status => Console.WriteLine("changed: " + status);
            client.ConnectionChanged += change => Console.WriteLine("connection: " + change);
            await client.OpenAsync();
            foreach (PresenceInfo status in await client.SubscribeAsync(arguments.Skip(3)))
            {
                Console.WriteLine("now: " + status);
            }
            await client.SetCustomStatusAsync("trying things out");
            Console.ReadLine();
            // Others see LoggedOut; without this, Offline.
            await client.CloseAsync();
        }
    }
}
