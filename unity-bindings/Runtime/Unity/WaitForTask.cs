#if UNITY_5_3_OR_NEWER

using System;
using System.Threading.Tasks;
using UnityEngine;

namespace Userstatus
{
    /// <summary>Tasks in coroutines.</summary>
    public static class TaskCoroutines
    {
        /// <summary>
        /// Waits in a coroutine: <c>yield return client.SetCustomStatusAsync("in a match").AsCoroutine();</c>. What went wrong is in
        /// <see cref="WaitForTask.Fault"/> of what this returns: keep it if you want to know.
        /// </summary>
        public static WaitForTask AsCoroutine(this Task task)
        {
            return new WaitForTask(task);
        }

        /// <summary>
        /// The same with an answer:
        /// <code>
        /// var wait = client.SubscribeAsync(new[] { "bob" }).AsCoroutine();
        /// yield return wait;
        /// if (wait.IsSuccess) Show(wait.Result); else Debug.Log(wait.Fault.Message);
        /// </code>
        /// </summary>
        public static WaitForTask<T> AsCoroutine<T>(this Task<T> task)
        {
            return new WaitForTask<T>(task);
        }
    }

    /// <summary>What a coroutine yields to go on when a task has ended, however it did.</summary>
    public class WaitForTask : CustomYieldInstruction
    {
        private readonly Task task;

        internal WaitForTask(Task task)
        {
            if (task == null)
            {
                throw new ArgumentNullException("task");
            }
            this.task = task;
        }

        /// <summary>For Unity.</summary>
        public override bool keepWaiting
        {
            get
            {
                if (!task.IsCompleted)
                {
                    return true;
                }
                // Seen by nobody, it would be told as unobserved later.
                GC.KeepAlive(task.Exception);
                return false;
            }
        }

        /// <summary>Whether it was done.</summary>
        public bool IsSuccess
        {
            get { return task.Status == TaskStatus.RanToCompletion; }
        }

        /// <summary>Why it was not done: mostly a <see cref="UserStatusException"/>. Null if it was, or has not ended yet.</summary>
        public Exception Fault
        {
            get { return task.IsCanceled ? new TaskCanceledException(task) : task.Exception == null ? null : task.Exception.InnerException; }
        }
    }

    /// <summary>The same for a task with an answer.</summary>
    public sealed class WaitForTask<T> : WaitForTask
    {
        private readonly Task<T> task;

        internal WaitForTask(Task<T> task)
            : base(task)
        {
            this.task = task;
        }

        /// <summary>The answer. Throws <see cref="WaitForTask.Fault"/> if there is one.</summary>
        /// <exception cref="InvalidOperationException">It has not ended yet: yield it first.</exception>
        public T Result
        {
            get
            {
                if (!task.IsCompleted)
                {
                    // Waiting here would be for ever: the answer comes on this thread.
                    throw new InvalidOperationException("There is no answer yet: yield return this first.");
                }
                return task.GetAwaiter().GetResult();
            }
        }
    }
}

#endif
