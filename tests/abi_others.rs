//! The functions of the mirrored API that the library has so that programs link, and does not carry out.

mod abi_support;

use abi_support::{build_sources, root, run, scratch};
use std::fmt::Write;
use std::fs;
use std::process::Command;

#[test]
fn every_other_function_accepts_what_it_is_given_and_answers_7013_once() {
    let functions = functions();
    fs::create_dir_all(scratch().join("others")).expect("the target folder can be written to");
    fs::write(scratch().join("others/calls.h"), calls(&functions))
        .expect("the target folder can be written to");
    let program = build_sources(
        "others",
        &[root().join("tests/c/dropin/others.c")],
        &[scratch().join("others")],
    );
    for mode in ["thread", "pump"] {
        assert_eq!(run(&program, &[mode]), format!("{}\n", functions.len()));
    }
}

/// Layers above the SDK parse these whatever the code is, into a list or an object, and do not look whether there is one.
#[test]
fn a_failure_hands_over_what_layers_above_the_sdk_parse() {
    let functions = functions();
    let of = |name: &str| {
        let function = functions.iter().find(|function| function.name == name);
        function.expect("it is in the table").on_failure
    };
    for (name, on_failure) in [
        ("TIMConvGetConvList", "[]"),
        ("TIMMsgModifyMessage", "{}"),
        ("TIMMsgBatchSend", "batch"),
        (
            "TIMGroupGetOnlineMemberCount",
            r#"{"group_get_online_member_count_result":0}"#,
        ),
        (
            "TIMGetMyFollowersList",
            r#"{"follow_list_result_next_cursor":"","follow_list_result_user_info_list":[]}"#,
        ),
        ("TIMGroupCreate", ""),
    ] {
        assert_eq!(of(name), on_failure, "{name}");
    }
    for function in &functions {
        let is_json = match function.on_failure {
            "" | "batch" => true,
            json => serde_json::from_str::<serde_json::Value>(json)
                .is_ok_and(|json| json.is_array() || json.is_object()),
        };
        assert!(is_json, "{}: {}", function.name, function.on_failure);
        assert!(
            function.on_failure.is_empty() || function.kind() == "COMM",
            "{} hands over no JSON",
            function.name
        );
    }
}

/// As a program written for the newest of the SDK's layers imports them.
#[test]
fn functions_of_newer_versions_are_there() {
    let functions = functions();
    for (name, types) in [
        (
            "TIMSearchUsers",
            "const char*, TIMCommCallback, const void*",
        ),
        (
            "TIMGroupSearchCloudGroups",
            "const char*, TIMCommCallback, const void*",
        ),
        (
            "TIMGroupSearchCloudGroupMembers",
            "const char*, TIMCommCallback, const void*",
        ),
        (
            "TIMCommunitySetTopicInheritMessageReceiveOptionFromCommunity",
            "const char*, bool, TIMCommCallback, const void*",
        ),
    ] {
        let function = functions.iter().find(|function| function.name == name);
        let function = function.unwrap_or_else(|| panic!("{name} is missing"));
        assert_eq!(function.types.join(", "), types, "{name}");
    }
}

#[test]
fn what_a_newer_header_or_layer_imports_is_compared_with_the_exports() {
    let folder = scratch().join("missing-exports");
    fs::create_dir_all(&folder).expect("the target folder can be written to");
    let missing = |file: &str, text: &str| {
        let path = folder.join(file);
        fs::write(&path, text).expect("the folder is there");
        let output = Command::new(root().join("scripts/missing-exports.sh"))
            .arg(&path)
            .output()
            .expect("bash is installed");
        let said = String::from_utf8(output.stdout).expect("names are ASCII");
        (output.status.code(), said)
    };
    let header = "/* TIMNotThis(1); see http://x/ */\n// TIMNorThis(2)\n#define TIM_DECL\n\
        typedef void (*TIMCommCallback)(int code);\nTIM_DECL int TIMInit(uint64_t id);\n\
        TIM_DECL int TIMConvFly(const char* json, TIMCommCallback cb);\nTIM_DECL void\nTIMSetFlownCallback (int cb);\n";
    let is_missing = |names: &str| (Some(1), names.to_owned());
    assert_eq!(
        missing("newer.h", header),
        is_missing("TIMConvFly\nTIMSetFlownCallback\n")
    );
    let layer = "[DllImport(Library)]\npublic static extern int TIMConvFly(IntPtr json, CommonValueCallback cb);\n\
        [DllImport(Library, EntryPoint = \"TIMMsgFly\")]\ninternal static extern int Fly(IntPtr json);\n\
        public delegate void TIMFlownCallback(IntPtr json);\n// extern int TIMNorThis(\n\
        static extern int callExperimentalAPI(IntPtr json);\n";
    assert_eq!(
        missing("Newer.cs", layer),
        is_missing("TIMConvFly\nTIMMsgFly\n")
    );
    assert_eq!(
        missing("list", "0000 T TIMConvFly\nTIMLogin\n_start\n"),
        is_missing("TIMConvFly\n")
    );
    let (status, said) = missing("list", "TIMLogin\nTIMSearchUsers\nTIMGetSDKVersion\n");
    assert_eq!((status, said.as_str()), (Some(0), "all 3 are exported\n"));
    assert_eq!(missing("list", "main\n"), (Some(2), String::new()));
}

struct Function {
    name: &'static str,
    returns: &'static str,
    types: Vec<&'static str>,
    /// The JSON of a failure.
    on_failure: &'static str,
}

impl Function {
    /// The parameter that is told the result.
    fn callback(&self) -> Option<usize> {
        let is_one_shot = |one: &&str| {
            matches!(
                *one,
                "TIMCommCallback" | "TIMMsgGroupMessageReadMemberListCallback"
            )
        };
        self.types.iter().rposition(is_one_shot)
    }

    fn kind(&self) -> &'static str {
        match self.callback().map(|at| self.types[at]) {
            None => "NO_CALLBACK",
            Some("TIMCommCallback") => "COMM",
            Some(_) => "MEMBERS",
        }
    }

    fn has_out(&self) -> bool {
        self.types.contains(&"char*")
    }

    /// As a C program declares it that knows no enum of the SDK's header.
    fn declaration(&self) -> String {
        let parameters: Vec<_> = self.types.iter().map(|one| in_c(one)).collect();
        let parameters = match parameters.as_slice() {
            [] => "void".to_owned(),
            parameters => parameters.join(", "),
        };
        format!("{} {}({parameters});\n", self.returns, self.name)
    }

    fn call(&self, argument: impl Fn(usize, &str) -> String) -> String {
        let arguments: Vec<_> = self
            .types
            .iter()
            .enumerate()
            .map(|(at, one)| argument(at, one))
            .collect();
        let call = format!("{}({})", self.name, arguments.join(", "));
        match self.returns {
            "void" => format!("{call}; return 0;"),
            _ => format!("return {call};"),
        }
    }

    fn call_with_something(&self) -> String {
        self.call(|at, one| {
            let is_user_data = at > 0 && (self.callback() == Some(at - 1));
            match in_c(one) {
                "const char*" => r#""{\"a\":[1,\"\\u00e4\"]}""#.to_owned(),
                "char*" => "out".to_owned(),
                "const void*" if is_user_data => "user_data".to_owned(),
                "const void*" => "(const void*)1".to_owned(),
                "TIMCommCallback" if self.callback() == Some(at) => "on_comm".to_owned(),
                "TIMCommCallback" => "on_never".to_owned(),
                "MemberListCallback" => "on_members".to_owned(),
                "AnyCallback" => "on_any".to_owned(),
                "bool" => "true".to_owned(),
                number => format!("({number})-1"),
            }
        })
    }

    fn call_with_nothing(&self) -> String {
        self.call(|_, one| match in_c(one) {
            pointer if pointer.ends_with('*') || pointer.ends_with("Callback") => "NULL".to_owned(),
            _ => "0".to_owned(),
        })
    }
}

fn in_c(one: &str) -> &str {
    match one {
        "const char*" | "char*" | "const void*" | "bool" | "int" | "int32_t" | "int64_t"
        | "uint32_t" | "uint64_t" | "TIMCommCallback" => one,
        "TIMMsgGroupMessageReadMemberListCallback" => "MemberListCallback",
        callback if callback.ends_with("Callback") => "AnyCallback",
        // Enums.
        _ => "int",
    }
}

fn functions() -> Vec<Function> {
    let table = include_str!("../src/ffi/others.tsv");
    let lines = table.lines().filter(|line| !line.starts_with('#'));
    let functions: Vec<_> = lines
        .map(|line| {
            let columns: Vec<_> = line.split('\t').collect();
            let types = columns[2].split(", ").filter(|one| *one != "void");
            Function {
                name: columns[0],
                returns: columns[1],
                types: types.collect(),
                on_failure: columns.get(3).copied().unwrap_or_default(),
            }
        })
        .collect();
    assert!(functions.len() > 200, "the table is whole");
    functions
}

fn calls(functions: &[Function]) -> String {
    let mut text = String::new();
    for function in functions {
        text.push_str(&function.declaration());
    }
    text.push_str(
        "\nstatic const struct { const char* name; enum kind kind; bool has_out; const char* json; } calls[] = {\n",
    );
    for function in functions {
        let (name, kind, has_out) = (function.name, function.kind(), function.has_out());
        // The argument it is called with names no receiver.
        let json = function.on_failure.replace("batch", "[]");
        writeln!(text, "    {{ \"{name}\", {kind}, {has_out}, {json:?} }},").expect("memory");
    }
    writeln!(text, "}};\n\nenum {{ CALLS = {} }};", functions.len()).expect("memory");
    for (name, parameters, call) in [
        (
            "call_with_nothing",
            "size_t i",
            Function::call_with_nothing as fn(&Function) -> String,
        ),
        (
            "call_with_something",
            "size_t i, const void* user_data",
            Function::call_with_something,
        ),
    ] {
        writeln!(
            text,
            "\nstatic int {name}({parameters}) {{\n    switch (i) {{"
        )
        .expect("memory");
        for (i, function) in functions.iter().enumerate() {
            writeln!(text, "    case {i}: {}", call(function)).expect("memory");
        }
        text.push_str("    default: return -1;\n    }\n}\n");
    }
    text
}
