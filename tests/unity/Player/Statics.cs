using System;
using System.Collections;
using System.Collections.Generic;
using System.Linq;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.Serialization;
using UnityEngine;
using Userstatus.Native;

namespace Userstatus.Tests
{
    /// <summary>
    /// Without a domain reload statics are as the last play left them. So every static field of what players have is spoilt here, and a new play must
    /// find all of them as a fresh process has them.
    /// </summary>
    internal static class Statics
    {
        private const BindingFlags All = BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic;

        /// <summary>By full name, and why a new play may find them as they are.</summary>
        private static readonly Dictionary<string, string> Kept = new Dictionary<string, string>
        {
            { "Userstatus.Native.PendingCalls.last", "numbers go on, so that none of another play's comes again" },
            { "com.tencent.imsdk.unity.TencentIMSDK.calls", "the same" },
        };

        internal static void AreReset(Game game)
        {
            List<FieldInfo> fields = new List<FieldInfo>();
            foreach (Assembly assembly in Program.Runtime)
            {
                fields.AddRange(assembly.GetTypes().Where(type => !type.ContainsGenericParameters).SelectMany(type => type.GetFields(All)).Where(IsState));
            }
            Check.That(fields.Count > 30, "the number of static fields, " + fields.Count + ", is plausible");
            foreach (string name in Kept.Keys)
            {
                Check.That(fields.Exists(field => NameOf(field) == name), name + " is a field");
            }
            fields.RemoveAll(field => Kept.ContainsKey(NameOf(field)));

            // How a fresh process has them: after the class is initialised, and before anybody does anything. Collections are empty then.
            foreach (FieldInfo field in fields)
            {
                RuntimeHelpers.RunClassConstructor(field.DeclaringType.TypeHandle);
            }
            Program.StartPlay(game);
            FakePlayer.EndPlay();
            UserStatusClient unused = new UserStatusClient(game.Options(Dispatch.Auto));
            foreach (FieldInfo field in fields)
            {
                Spoil(field, unused);
                Check.That(!IsFresh(field), NameOf(field) + " is spoilt");
            }
            foreach (Assembly assembly in Program.Runtime)
            {
                FakePlayer.Initialize(assembly, RuntimeInitializeLoadType.SubsystemRegistration);
            }
            List<string> left = fields.Where(field => !IsFresh(field)).Select(NameOf).ToList();
            Check.That(left.Count == 0, "a new play resets " + string.Join(", ", left));
        }

        /// <summary>Not what can never change: constants, and read-only fields of what has no state.</summary>
        private static bool IsState(FieldInfo field)
        {
            // Lambdas that the compiler keeps are made once, and know nothing.
            if (field.IsLiteral || field.Name.StartsWith("<>f__") || field.DeclaringType.Name.StartsWith("<"))
            {
                return false;
            }
            Type type = field.FieldType;
            bool isUnchanging = type.IsPrimitive || type.IsEnum || type == typeof(string) || type == typeof(object) || type == typeof(TimeSpan)
                || type == typeof(DateTime) || type == typeof(FrameBudget) || typeof(System.Text.Encoding).IsAssignableFrom(type)
                || typeof(Delegate).IsAssignableFrom(type);
            return !(field.IsInitOnly && isUnchanging);
        }

        private static bool IsFresh(FieldInfo field)
        {
            object value = field.GetValue(null);
            if (field.IsInitOnly)
            {
                return !((IEnumerable)value).Cast<object>().Any();
            }
            return value == null || (value.GetType().IsValueType && value.Equals(Activator.CreateInstance(value.GetType())));
        }

        private static void Spoil(FieldInfo field, UserStatusClient client)
        {
            if (field.IsInitOnly)
            {
                Fill(field.GetValue(null));
                return;
            }
            field.SetValue(null, Any(field.FieldType, client));
        }

        private static void Fill(object collection)
        {
            Type[] of = collection.GetType().GetGenericArguments();
            MethodInfo add = collection.GetType().GetMethod("Enqueue") ?? collection.GetType().GetMethod("Add");
            add.Invoke(collection, of.Select(type => Any(type, null)).ToArray());
        }

        /// <summary>Something else than what is there at first.</summary>
        private static object Any(Type type, UserStatusClient client)
        {
            if (type == typeof(UserStatusClient))
            {
                return client;
            }
            if (type == typeof(IPump))
            {
                return new CallersPump();
            }
            if (typeof(Component).IsAssignableFrom(type))
            {
                // Destroyed with its scene.
                return FakePlayer.Destroyed((Component)FormatterServices.GetUninitializedObject(type));
            }
            if (typeof(Delegate).IsAssignableFrom(type))
            {
                return Listener(type);
            }
            if (type == typeof(bool))
            {
                return true;
            }
            if (type.IsEnum)
            {
                return Enum.ToObject(type, 1);
            }
            if (type.IsPrimitive)
            {
                return Convert.ChangeType(7, type);
            }
            return FormatterServices.GetUninitializedObject(type);
        }

        /// <summary>One that does nothing, of whatever type.</summary>
        private static Delegate Listener(Type type)
        {
            System.Linq.Expressions.ParameterExpression[] parameters = type.GetMethod("Invoke").GetParameters()
                .Select(parameter => System.Linq.Expressions.Expression.Parameter(parameter.ParameterType)).ToArray();
            return System.Linq.Expressions.Expression.Lambda(type, System.Linq.Expressions.Expression.Empty(), parameters).Compile();
        }

        private static string NameOf(FieldInfo field)
        {
            string name = field.Name;
            // A property's own.
            int end = name.IndexOf(">k__BackingField", StringComparison.Ordinal);
            return field.DeclaringType.FullName + "." + (end < 0 ? name : name.Substring(1, end - 1));
        }
    }
}
