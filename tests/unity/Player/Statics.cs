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
    /// Without a domain reload statics are as the last play left them. So every static field of what players have is spoilt here, and what the objects
    /// hold that stand in them for good; and a new play must find all of it as a fresh process has it.
    /// </summary>
    internal static class Statics
    {
        private const BindingFlags OfClass = BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic;
        private const BindingFlags OfObject = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;

        /// <summary>By full name, and why a new play may find them as they are.</summary>
        private static readonly Dictionary<string, string> Kept = new Dictionary<string, string>
        {
            { "Userstatus.Native.PendingCalls.last", "numbers go on, so that none of another play's comes again" },
            { "Userstatus.Native.Link.last", "the same" },
            { "Userstatus.Native.Link.number", "of the default client it is always 0" },
            { "Userstatus.Native.Link.native", "of the default client it is always the same" },
            { "com.tencent.imsdk.unity.TencentIMSDK.calls", "the same" },
        };

        /// <summary>A field, and whose it is; null: the class's.</summary>
        private struct Slot
        {
            internal readonly object Owner;
            internal readonly FieldInfo Field;

            internal Slot(object owner, FieldInfo field)
            {
                Owner = owner;
                Field = field;
            }

            internal object Value
            {
                get { return Field.GetValue(Owner); }
                set { Field.SetValue(Owner, value); }
            }
        }

        internal static void AreReset(Game game)
        {
            // How a fresh process has them: after the class is initialised, and before anybody does anything. Collections are empty then.
            List<Slot> slots = new List<Slot>();
            foreach (Type type in Program.Runtime.SelectMany(assembly => assembly.GetTypes()).Where(type => !type.ContainsGenericParameters))
            {
                RuntimeHelpers.RunClassConstructor(type.TypeHandle);
                AddSlots(slots, null, type.GetFields(OfClass));
            }
            Check.That(slots.Count > 30, "the number of static fields, " + slots.Count + ", is plausible");
            foreach (string name in Kept.Keys)
            {
                Check.That(slots.Exists(slot => NameOf(slot.Field) == name), name + " is a field");
            }
            slots.RemoveAll(slot => Kept.ContainsKey(NameOf(slot.Field)));
            Program.StartPlay(game);
            FakePlayer.EndPlay();
            UserStatusClient unused = new UserStatusClient(game.Options(Dispatch.Auto));
            foreach (Slot slot in slots)
            {
                Spoil(slot, unused);
                Check.That(!IsFresh(slot), NameOf(slot.Field) + " is spoilt");
            }
            foreach (Assembly assembly in Program.Runtime)
            {
                FakePlayer.Initialize(assembly, RuntimeInitializeLoadType.SubsystemRegistration);
            }
            List<string> left = slots.Where(slot => !IsFresh(slot)).Select(slot => NameOf(slot.Field)).ToList();
            Check.That(left.Count == 0, "a new play resets " + string.Join(", ", left));
        }

        private static void AddSlots(List<Slot> slots, object owner, FieldInfo[] fields)
        {
            foreach (FieldInfo field in fields.Where(IsState))
            {
                Slot slot = new Slot(owner, field);
                if (field.IsInitOnly && Program.Runtime.Contains(field.FieldType.Assembly))
                {
                    // It stands there for good: what is in it is what may be left.
                    AddSlots(slots, slot.Value, field.FieldType.GetFields(OfObject));
                }
                else
                {
                    slots.Add(slot);
                }
            }
        }

        /// <summary>Not what can never change: constants, among them lists of texts, and read-only fields of what has no state.</summary>
        private static bool IsState(FieldInfo field)
        {
            // Lambdas that the compiler keeps are made once, and know nothing.
            if (field.IsLiteral || field.Name.StartsWith("<>f__") || field.DeclaringType.Name.StartsWith("<"))
            {
                return false;
            }
            Type type = field.FieldType;
            bool isUnchanging = type.IsPrimitive || type.IsEnum || type == typeof(string) || type == typeof(string[]) || type == typeof(object) || type == typeof(TimeSpan)
                || type == typeof(DateTime) || type == typeof(FrameBudget) || typeof(System.Text.Encoding).IsAssignableFrom(type)
                || typeof(Delegate).IsAssignableFrom(type);
            return !(field.IsInitOnly && isUnchanging);
        }

        private static bool IsFresh(Slot slot)
        {
            object value = slot.Value;
            if (slot.Field.IsInitOnly)
            {
                return !((IEnumerable)value).Cast<object>().Any();
            }
            return value == null || (value.GetType().IsValueType && value.Equals(Activator.CreateInstance(value.GetType())));
        }

        private static void Spoil(Slot slot, UserStatusClient client)
        {
            if (slot.Field.IsInitOnly)
            {
                Fill(slot.Value, client);
                return;
            }
            slot.Value = Any(slot.Field.FieldType, client);
        }

        private static void Fill(object collection, UserStatusClient client)
        {
            Type[] of = collection.GetType().GetGenericArguments();
            MethodInfo add = collection.GetType().GetMethod("Enqueue") ?? collection.GetType().GetMethod("Add");
            add.Invoke(collection, of.Select(type => Any(type, client)).ToArray());
        }

        /// <summary>Something else than what is there at first.</summary>
        private static object Any(Type type, UserStatusClient client)
        {
            if (type == typeof(UserStatusClient))
            {
                return client;
            }
            if (type == typeof(Link))
            {
                return Link.Separate();
            }
            if (type == typeof(Link[]))
            {
                return new[] { Link.Default };
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
