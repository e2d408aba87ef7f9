using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using com.tencent.imsdk.unity.enums;

/// <summary>What both programs are played with: PROGRAM IP PORT APP USER USERSIG FRIEND. It waits, and compares.</summary>
internal sealed class Player
{
    private const int PatienceMs = 30000;

    internal readonly string Ip;
    internal readonly int Port;
    internal readonly long AppId;
    internal readonly string User;
    internal readonly string UserSig;
    internal readonly string Friend;

    /// <summary>Told to OnAddFriend.</summary>
    internal readonly BlockingCollection<string> Added = new BlockingCollection<string>();

    internal Player(string[] arguments)
    {
        Ip = arguments[0];
        Port = int.Parse(arguments[1]);
        AppId = long.Parse(arguments[2]);
        User = arguments[3];
        UserSig = arguments[4];
        Friend = arguments[5];
    }

    /// <summary>Calls, and waits for what the callback hands on.</summary>
    internal static T Answer<T>(Func<Action<T>, TIMResult> call)
    {
        BlockingCollection<T> answers = new BlockingCollection<T>();
        Same(TIMResult.TIM_SUCC, call(answers.Add));
        return Next(answers);
    }

    internal static T Next<T>(BlockingCollection<T> heard)
    {
        T next;
        if (!heard.TryTake(out next, PatienceMs))
        {
            throw new Exception("it never came");
        }
        return next;
    }

    internal static void Same<T>(T expected, T found)
    {
        if (!EqualityComparer<T>.Default.Equals(expected, found))
        {
            throw new Exception("expected " + expected + ", found " + found);
        }
    }
}
