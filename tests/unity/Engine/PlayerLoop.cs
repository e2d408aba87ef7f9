using System;

namespace UnityEngine.LowLevel
{
    public struct PlayerLoopSystem
    {
        public Type type;
        public PlayerLoopSystem[] subSystemList;
        public UpdateFunction updateDelegate;

        public delegate void UpdateFunction();
    }

    public static class PlayerLoop
    {
        private static PlayerLoopSystem current = GetDefaultPlayerLoop();

        public static PlayerLoopSystem GetDefaultPlayerLoop()
        {
            return new PlayerLoopSystem
            {
                subSystemList = new[]
                {
                    new PlayerLoopSystem { type = typeof(UnityEngine.PlayerLoop.EarlyUpdate) },
                    new PlayerLoopSystem { type = typeof(UnityEngine.PlayerLoop.FixedUpdate) },
                    new PlayerLoopSystem
                    {
                        type = typeof(UnityEngine.PlayerLoop.Update),
                        subSystemList = new[]
                        {
                            new PlayerLoopSystem
                            {
                                type = typeof(UnityEngine.PlayerLoop.Update.ScriptRunBehaviourUpdate),
                                updateDelegate = () => FakePlayer.SendToEnabled("Update"),
                            },
                            new PlayerLoopSystem
                            {
                                type = typeof(UnityEngine.PlayerLoop.Update.ScriptRunDelayedDynamicFrameRate),
                                updateDelegate = Coroutine.RunAll,
                            },
                            new PlayerLoopSystem
                            {
                                type = typeof(UnityEngine.PlayerLoop.Update.ScriptRunDelayedTasks),
                                updateDelegate = MainThreadContext.RunPosted,
                            },
                        },
                    },
                    new PlayerLoopSystem
                    {
                        type = typeof(UnityEngine.PlayerLoop.PreLateUpdate),
                        subSystemList = new[]
                        {
                            new PlayerLoopSystem
                            {
                                type = typeof(UnityEngine.PlayerLoop.PreLateUpdate.ScriptRunBehaviourLateUpdate),
                                updateDelegate = () => FakePlayer.SendToEnabled("LateUpdate"),
                            },
                        },
                    },
                    new PlayerLoopSystem { type = typeof(UnityEngine.PlayerLoop.PostLateUpdate) },
                },
            };
        }

        public static PlayerLoopSystem GetCurrentPlayerLoop()
        {
            FakePlayer.CheckMainThread();
            return current;
        }

        public static void SetPlayerLoop(PlayerLoopSystem loop)
        {
            FakePlayer.CheckMainThread();
            current = loop;
        }
    }
}

namespace UnityEngine.PlayerLoop
{
    public struct EarlyUpdate
    {
    }

    public struct FixedUpdate
    {
    }

    public struct Update
    {
        public struct ScriptRunBehaviourUpdate
        {
        }

        public struct ScriptRunDelayedDynamicFrameRate
        {
        }

        public struct ScriptRunDelayedTasks
        {
        }
    }

    public struct PreLateUpdate
    {
        public struct ScriptRunBehaviourLateUpdate
        {
        }
    }

    public struct PostLateUpdate
    {
    }
}
