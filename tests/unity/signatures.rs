//! Functions and callbacks as the C header declares them, and as C# does, in a form in which they can be compared: a wrong one is no compiler's error, but
//! a crash on some platform.

use std::collections::BTreeMap;

/// What goes over in a register or on the stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Void,
    I32,
    U32,
    U64,
    /// Of characters.
    Text,
    /// Of anything; in C# also of what it does not marshal by itself.
    Pointer,
    /// A pointer to a number, that is filled in.
    Out(Box<Kind>),
    Callback(Vec<Kind>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Signature {
    pub(crate) result: Kind,
    pub(crate) parameters: Vec<Kind>,
}

impl Signature {
    /// Whether C# that declares this can call what C declares so.
    pub(crate) fn fits(&self, c: &Signature) -> bool {
        // What is returned, and what callbacks are given, C# reads by itself.
        is_same(&self.result, &c.result, true)
            && self.parameters.len() == c.parameters.len()
            && self
                .parameters
                .iter()
                .zip(&c.parameters)
                .all(|(ours, theirs)| is_same(ours, theirs, false))
    }
}

fn is_same(csharp: &Kind, c: &Kind, may_read_itself: bool) -> bool {
    match (csharp, c) {
        (Kind::Callback(ours), Kind::Callback(theirs)) => {
            ours.len() == theirs.len()
                && ours
                    .iter()
                    .zip(theirs)
                    .all(|(one, other)| is_same(one, other, true))
        }
        (Kind::Pointer, Kind::Text) => may_read_itself,
        _ => csharp == c,
    }
}

/// The functions of a header.
pub(crate) fn of_header(header: &str) -> BTreeMap<String, Signature> {
    let code = without_comments(header);
    let statements = || {
        code.split(';')
            .map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "))
    };
    let mut callbacks = BTreeMap::new();
    for text in statements() {
        let Some((_, declared)) = text.split_once("typedef void (*") else {
            continue;
        };
        let (name, parameters) = declared.split_once(")(").expect("a typedef of a callback");
        let kinds = list(parameters.trim_end_matches(')'), |one| {
            c_kind(one, &BTreeMap::new())
        });
        callbacks.insert(name.to_owned(), kinds);
    }
    let mut functions = BTreeMap::new();
    for text in statements() {
        let Some((_, declared)) = text.rsplit_once("TIM_API ") else {
            continue;
        };
        let Some((head, parameters)) = declared.split_once('(') else {
            continue;
        };
        let at = head.rfind([' ', '*']).expect("a result before the name") + 1;
        let signature = Signature {
            // As a parameter without a name.
            result: c_kind(&format!("{} _", &head[..at]), &callbacks),
            parameters: list(parameters.trim_end_matches(')'), |one| {
                c_kind(one, &callbacks)
            }),
        };
        functions.insert(head[at..].to_owned(), signature);
    }
    functions
}

/// The functions that C# imports. Each has to say how it is called: what is the default depends on the platform.
pub(crate) fn of_csharp(source: &str) -> BTreeMap<String, Signature> {
    let code = without_comments(source);
    let statements: Vec<_> = code
        .split([';', '{', '}'])
        .map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    let mut delegates = BTreeMap::new();
    let mut functions = BTreeMap::new();
    for text in &statements {
        let Some((attribute, declared)) = text.split_once(" delegate void ") else {
            continue;
        };
        assert!(
            attribute.contains("[UnmanagedFunctionPointer(CallingConvention.Cdecl)]"),
            "{text} does not say how it is called"
        );
        let (name, parameters) = declared.split_once('(').expect("it has parameters");
        let kinds = list(parameters.trim_end_matches(')'), |one| {
            csharp_kind(one, &BTreeMap::new())
        });
        delegates.insert(name.to_owned(), kinds);
    }
    for text in &statements {
        let Some((attribute, declared)) = text.split_once(" static extern ") else {
            continue;
        };
        assert!(
            attribute.contains("[DllImport(Library, CallingConvention = CallingConvention.Cdecl)]"),
            "{text} does not say where it is and how it is called"
        );
        let (head, parameters) = declared.split_once('(').expect("it has parameters");
        let (result, name) = head.split_once(' ').expect("a result and a name");
        let signature = Signature {
            result: csharp_kind(&format!("{result} _"), &delegates),
            parameters: list(parameters.trim_end_matches(')'), |one| {
                csharp_kind(one, &delegates)
            }),
        };
        functions.insert(name.to_owned(), signature);
    }
    functions
}

fn list(parameters: &str, kind: impl Fn(&str) -> Kind) -> Vec<Kind> {
    match parameters.trim() {
        "" | "void" => Vec::new(),
        some => some.split(',').map(|one| kind(one.trim())).collect(),
    }
}

fn c_kind(parameter: &str, callbacks: &BTreeMap<String, Vec<Kind>>) -> Kind {
    if let Some((of, name)) = parameter.split_once('*') {
        return if of.contains("char") {
            Kind::Text
        } else if of.contains("void") {
            Kind::Pointer
        } else {
            Kind::Out(Box::new(c_kind(&format!("{of}{name}"), callbacks)))
        };
    }
    let (of, _) = parameter.rsplit_once(' ').expect("a type and a name");
    match of.trim() {
        "void" => Kind::Void,
        "int" | "int32_t" => Kind::I32,
        "uint32_t" => Kind::U32,
        // The header's number of a client is one.
        "uint64_t" | "USClient" => Kind::U64,
        // The header's are ints.
        of if of.starts_with("enum ") => Kind::I32,
        of => Kind::Callback(
            callbacks
                .get(of)
                .unwrap_or_else(|| panic!("what is {of}?"))
                .clone(),
        ),
    }
}

fn csharp_kind(parameter: &str, delegates: &BTreeMap<String, Vec<Kind>>) -> Kind {
    if let Some(number) = parameter.strip_prefix("out ") {
        return Kind::Out(Box::new(csharp_kind(number, delegates)));
    }
    let (of, _) = parameter.rsplit_once(' ').expect("a type and a name");
    match of {
        "void" => Kind::Void,
        "int" => Kind::I32,
        "uint" => Kind::U32,
        "ulong" => Kind::U64,
        "byte[]" => Kind::Text,
        "IntPtr" => Kind::Pointer,
        of => Kind::Callback(
            delegates
                .get(of)
                .unwrap_or_else(|| panic!("what is {of}?"))
                .clone(),
        ),
    }
}

fn without_comments(source: &str) -> String {
    let mut code = String::new();
    let mut rest = source;
    while let Some((before, comment)) = rest.split_once("/*") {
        code.push_str(before);
        rest = comment.split_once("*/").map_or("", |(_, after)| after);
    }
    code.push_str(rest);
    code.lines()
        .filter(|line| !line.trim_start().starts_with('#'))
        .map(|line| line.split("//").next().expect("there is a first part"))
        .collect::<Vec<_>>()
        .join("\n")
}
