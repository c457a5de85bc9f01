#!/usr/bin/env python3
"""Renders the corpus with Python's Jinja2 and writes down what it says.

    python3 testdata/jinja/generate.py

needs Jinja2 3.1 and PyYAML 6 (Debian: python3-jinja2, python3-yaml). The
environment is ZenML's. small/*.txtar hold templates by topic: for each
name/template there is name/expected, or name/error where Python raises one.
whole/*/ hold Kubernetes templates with their files; expected.yaml is written.
"""

import json
import pathlib
import re
import sys

import jinja2
import jinja2.ext
import yaml

HERE = pathlib.Path(__file__).parent
NO_NEWLINE = "\\ no newline at the end\n"
ADDRESS = re.compile(r" at 0x[0-9a-f]+>")


# ZenML's filters.

def k8s_name(value, max_length=63):
    name = re.sub(r"[^a-z0-9-]", "-", text_of(value).lower()).lstrip("-")
    name = re.sub(r"-+", "-", name)[:63].rstrip("-")
    return name[:max_length].rstrip("-") or "unnamed"


def k8s_label_value(value, max_length=63):
    label = re.sub(r"[^A-Za-z0-9._-]", "-", text_of(value))
    label = re.sub(r"^[^A-Za-z0-9]+|[^A-Za-z0-9]+$", "", label)
    return label if len(label) <= max_length else label[:max_length].rstrip("._-")


def text_of(value):
    if isinstance(value, (str, bool, int, float)):
        return str(value)
    raise TypeError(f"a name cannot be made of a {type(value).__name__}")


def to_json(value):
    return json.dumps(value, indent=2)


def to_yaml(value, indent=2):
    return without_end(yaml.safe_dump(value, sort_keys=False, indent=indent))


def without_end(text):
    """A plain scalar ends in a line of three dots, which means nothing here."""
    return re.sub(r"\n\.\.\.$", "", text.rstrip()).rstrip()


class OneLine(yaml.SafeDumper):
    """Text with line breaks is quoted so that it stays on the line."""


OneLine.add_representer(str, lambda dumper, text: dumper.represent_scalar(
    "tag:yaml.org,2002:str", text, style='"' if "\n" in text else None))


def to_yaml_inline(value, indent=2):
    if not isinstance(value, (dict, list, tuple)):
        return to_yaml(value, indent)
    return yaml.dump(value, Dumper=OneLine, sort_keys=False, indent=indent,
                     default_flow_style=True, width=float("inf")).rstrip()


class InlineYAML(jinja2.ext.Extension):
    """Where an output tag stands behind "key:" on its line, and not inside a
    block scalar, to_yaml of a mapping or list gives one line of flow YAML."""

    key = re.compile(r"""^[ ]*(- +)*(\# *)?("[^"]*"|'[^']*'|[^\s"'\#-][^\#]*?|-[^\s\#][^\#]*?)[ ]*:[ \t]+([&!]\S*[ \t]+)*$""")
    scalar = re.compile(r"(^|[\s:-])[|>][-+0-9]*[ \t]*(\#.*)?$")
    filter = re.compile(r"(\|\s*)to_yaml\b")
    only_tags = re.compile(r"^\s*((\{%.*?%\}|\{\#.*?\#\})\s*)+$")

    def preprocess(self, source, name, filename=None):
        starts = self.inline_tags(source)
        for start in reversed(starts):
            end = source.find("}}", start)
            source = source[:start] + self.filter.sub(r"\1to_yaml_inline", source[start:end]) + source[end:]
        return source

    def inline_tags(self, source):
        starts, offset, block_indent = [], 0, -1
        for line in source.split("\n"):
            if line.strip() and not self.only_tags.match(line):
                indent = len(line) - len(line.lstrip(" "))
                if indent <= block_indent:
                    block_indent = -1
                if block_indent < 0:
                    if self.scalar.search(plain(line)):
                        block_indent = indent
                    else:
                        starts += [offset + m.start() for m in re.finditer(r"\{\{", line)
                                   if self.key.match(plain(line[:m.start()]))]
            offset += len(line) + 1
        return starts


def plain(line):
    """The line with outputs as words and without other tags."""
    return re.sub(r"\{\{.*?\}\}", "x", re.sub(r"\{%.*?%\}|\{#.*?#\}", "", line))


def environment(loader):
    env = jinja2.Environment(
        loader=loader, undefined=jinja2.StrictUndefined, autoescape=False, extensions=[InlineYAML],
        trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True)
    env.filters.update(k8s_name=k8s_name, k8s_label_value=k8s_label_value,
                       to_json=to_json, to_yaml=to_yaml, to_yaml_inline=to_yaml_inline)
    return env


def render(files, template, context):
    """What Python says: ("expected", text) or ("error", message)."""
    try:
        text = environment(jinja2.DictLoader(files)).get_template(template).render(**context)
    except RecursionError:
        return "error", "RecursionError"
    except Exception as e:
        return "error", ADDRESS.sub(">", f"{type(e).__name__}: {e}".split("\n")[0])
    if ADDRESS.search(text):
        return "error", "an address is printed, another one each time"
    return "expected", text


# The files of the corpus.

def read_archive(text):
    files, name = {}, None
    for line in re.findall(r"[^\n]*\n|[^\n]+", text):
        m = re.match(r"^-- (.+) --\n$", line)
        if m:
            name = m.group(1)
            files[name] = ""
        elif name is not None:
            files[name] += line
        else:
            files[""] = files.get("", "") + line
    return files


def write_archive(files):
    return files.get("", "") + "".join(f"-- {name} --\n{text}" for name, text in files.items() if name)


def stored(text):
    return text if text.endswith("\n") or not text else text + "\n" + NO_NEWLINE


def update_small(path):
    archive = read_archive(path.read_bytes().decode())
    shared = json.loads(archive.get("context.json", "{}"))
    out, count = {}, 0
    for name, text in archive.items():
        directory, _, base = name.rpartition("/")
        if base in ("expected", "error"):
            continue
        out[name] = text
        if base == "template":
            count += 1
            own = json.loads(archive.get(f"{directory}/context.json", "{}"))
            files = {n[len(directory) + 1:]: t for n, t in archive.items() if n.startswith(directory + "/")}
            kind, said = render(files, "template", {**shared, **own})
            out[f"{directory}/{kind}"] = stored(said) if kind == "expected" else said + "\n"
    path.write_bytes(write_archive(out).encode())
    return count


def update_whole(directory):
    context = json.loads((HERE / "whole" / "context.json").read_text(encoding="utf-8"))
    own = directory / "context.json"
    if own.exists():
        context.update(json.loads(own.read_text(encoding="utf-8")))
    files = {p.name: p.read_text(encoding="utf-8") for p in directory.iterdir() if p.suffix in (".j2", ".yaml")}
    files.pop("expected.yaml", None)
    template = next(n for n in ("deployment.yaml.j2", "service.yaml.j2", "k8s-resources.yaml") if n in files)
    kind, said = render(files, template, context)
    if kind == "error":
        sys.exit(f"{directory.name}: {said}")
    try:
        list(yaml.safe_load_all(said))
    except yaml.YAMLError as e:
        sys.exit(f"{directory.name} renders no YAML: {e}")
    (directory / "expected.yaml").write_text(said, encoding="utf-8")


def main():
    small = sum(update_small(path) for path in sorted((HERE / "small").glob("*.txtar")))
    whole = sorted(p for p in (HERE / "whole").iterdir() if p.is_dir())
    for directory in whole:
        update_whole(directory)
    print(f"Jinja2 {jinja2.__version__}, PyYAML {yaml.__version__}: {small} small, {len(whole)} whole")


if __name__ == "__main__":
    main()
