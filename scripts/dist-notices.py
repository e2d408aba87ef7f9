#!/usr/bin/env python3
"""Writes what goes beside the binaries about the parts they are made of: THIRD-PARTY-NOTICES.md, with the licences as each crate's own
source has them, and sbom.cdx.json, a bill of materials in CycloneDX 1.5.

    scripts/dist-notices.py                   into the folder DIST, dist if there is none in the environment
    scripts/dist-notices.py --library FILE TRIPLE...
                                              the notices alone, of the library as rustup's compiler builds it for these

Both are made of Cargo.lock alone, and are the same each time. They tell of all platforms at once: some crates are for Windows only.
"""

import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
import tomllib

ROOT = pathlib.Path(__file__).resolve().parent.parent
SHIPPED = ["userstatus", "userstatusd", "userstatus-web"]
LICENCE_FILE = re.compile(r"(?i)^(licen[cs]e|copying|copyright|notice|unlicense)([-._].*)?$")
# What is linked in and is no crate of the lock file. Where its licence lies: below the folder of the sources of Rust, or of zig.
BESIDE_CRATES = [
    ("Rust's standard library", "MIT OR Apache-2.0", "/usr/src/rustc-*/COPYRIGHT"),
    (
        "LLVM's libunwind (Linux, Android)",
        "Apache-2.0 WITH LLVM-exception",
        "target/platform-tools/lib/python3*/site-packages/ziglang/lib/libunwind/LICENSE.TXT",
    ),
    ("musl (the static server)", "MIT", "target/platform-tools/lib/python3*/site-packages/ziglang/lib/libc/musl/COPYRIGHT"),
    (
        "MinGW-w64's runtime and GCC's, the latter under the GCC Runtime Library Exception (Windows)",
        "ZPL-2.1 AND GPL-3.0-or-later WITH GCC-exception-3.1",
        "/usr/share/doc/mingw-w64-common/copyright",
    ),
]


def shipped(metadata, names):
    """The packages that are in what is shipped, and on which each of them depends: not what only builds or tests it."""
    packages = {package["id"]: package for package in metadata["packages"]}
    nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
    todo = [id for id, package in packages.items() if package["name"] in names and package["source"] is None]
    edges = {}
    while todo:
        id = todo.pop()
        if id in edges:
            continue
        edges[id] = [
            dependency["pkg"]
            for dependency in nodes[id]["deps"]
            if any(kind["kind"] is None for kind in dependency["dep_kinds"])
        ]
        # What a macro is made of stays in the compiler.
        edges[id] = [to for to in edges[id] if not any("proc-macro" in target["kind"] for target in packages[to]["targets"])]
        todo += edges[id]
    return {id: packages[id] for id in edges}, edges


def licence_texts(package):
    folder = pathlib.Path(package["manifest_path"]).parent
    files = sorted(file for file in folder.iterdir() if file.is_file() and LICENCE_FILE.match(file.name))
    named = package["license_file"]
    if named and folder / named not in files:
        files.append(folder / named)
    return [(file.name, text_of(file)) for file in files]


def text_of(file):
    return file.read_text(encoding="utf-8", errors="replace").replace("\r\n", "\n").strip()


def in_a_fence(text):
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}text\n{text}\n{fence}\n"


def notices(packages, of, beside_crates):
    others = sorted((p for p in packages.values() if p["source"]), key=lambda p: (p["name"], p["version"]))
    lines = [
        "# Third-party notices",
        "",
        f"{of} made of the following, besides their own code. Not every part is in every platform's files.",
        "",
        "| part | version | licence | text |",
        "|---|---|---|---|",
    ]
    numbers, texts, without = {}, [], []

    def number(text):
        digest = hashlib.sha256(text.encode()).hexdigest()
        if digest not in numbers:
            numbers[digest] = len(numbers) + 1
            texts.append(text)
        return f"[{numbers[digest]}](#text-{numbers[digest]})"

    for package in others:
        found = licence_texts(package)
        licence = package["license"] or "see its text"
        if not found:
            without.append(package["name"])
        places = ", ".join(number(text) for _, text in found) or "none in its source"
        lines.append(f"| {package['name']} | {package['version']} | {licence} | {places} |")
    for name, licence, *patterns in beside_crates:
        files = [file for pattern in patterns for file in sorted(pathlib.Path("/").glob(str(ROOT / pattern).lstrip("/")))]
        if len(files) < len(patterns):
            sys.exit(f"dist-notices: no licence of {name} at {patterns}: scripts/install-platform-deps.sh")
        places = ", ".join(number(text_of(file)) for file in files)
        lines.append(f"| {name} | | {licence} | {places} |")
    lines += ["", f"Crates whose source has no text, only the name of the licence: {', '.join(without) or 'none'}.", ""]
    for index, text in enumerate(texts, 1):
        lines += [f"## Text {index}", "", in_a_fence(text)]
    return "\n".join(lines)


def bill_of_materials(packages, edges):
    checksums = {
        (package["name"], package["version"]): package.get("checksum")
        for package in tomllib.loads((ROOT / "Cargo.lock").read_text())["package"]
    }

    def reference(package):
        return f"pkg:cargo/{package['name']}@{package['version']}"

    components = []
    for package in packages.values():
        component = {
            "type": "library",
            "bom-ref": reference(package),
            "name": package["name"],
            "version": package["version"],
            "purl": reference(package),
            "licenses": [{"expression": package["license"].replace("/", " OR ")}] if package["license"] else [],
        }
        checksum = checksums[package["name"], package["version"]]
        if checksum:
            component["hashes"] = [{"alg": "SHA-256", "content": checksum}]
        if package["repository"]:
            component["externalReferences"] = [{"type": "vcs", "url": package["repository"]}]
        components.append(component)
    version = next(package["version"] for package in packages.values() if package["name"] == "userstatus")
    product = {"type": "application", "bom-ref": "userstatus-product", "name": "userstatus", "version": version}
    dependencies = [
        {"ref": reference(packages[id]), "dependsOn": sorted({reference(packages[to]) for to in targets})}
        for id, targets in edges.items()
    ]
    roots = sorted(reference(package) for package in packages.values() if package["name"] in SHIPPED)
    dependencies.append({"ref": "userstatus-product", "dependsOn": roots})
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.5.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": product},
        "components": sorted(components, key=lambda component: component["bom-ref"]),
        "dependencies": sorted(dependencies, key=lambda dependency: dependency["ref"]),
    }


def metadata_of(*options):
    command = ["cargo", "metadata", "--locked", "--format-version", "1", *options]
    return json.loads(subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout)


def notices_of_library(file, *triples):
    # Of these alone: sources of crates that only others need may not be on this machine.
    filters = [option for triple in triples for option in ("--filter-platform", triple)]
    packages, _ = shipped(metadata_of(*filters), ["userstatus"])
    # Under the latter, which is this project's own, too.
    beside_crates = [("Rust's standard library", "MIT OR Apache-2.0", "LICENSE")]
    pathlib.Path(file).write_text(notices(packages, "The native libraries are", beside_crates))
    print(f"{file}: {len(packages)} packages")


def main():
    if sys.argv[1:2] == ["--library"]:
        notices_of_library(*sys.argv[2:])
        return
    folder = pathlib.Path(os.environ.get("DIST") or ROOT / "dist")
    folder.mkdir(parents=True, exist_ok=True)
    packages, edges = shipped(metadata_of(), SHIPPED)
    (folder / "THIRD-PARTY-NOTICES.md").write_text(notices(packages, "libuserstatus, userstatusd and userstatus.wasm are", BESIDE_CRATES))
    (folder / "sbom.cdx.json").write_text(json.dumps(bill_of_materials(packages, edges), indent=2) + "\n")
    print(f"{folder}/THIRD-PARTY-NOTICES.md, {folder}/sbom.cdx.json: {len(packages)} packages")


main()
