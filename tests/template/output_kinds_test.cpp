// Placeholders in text, JSON, YAML and shell: where they may stand, what is written there, and which values
// are refused. What readers make of the output is tested with the readers themselves, by output_oracle.py.
#include <limits>

#include <gtest/gtest.h>

#include "template/output/write.h"
#include "testloom/template.h"

namespace testloom {
namespace {

struct Case {
  OutputKind kind;
  std::string_view text;
  std::string_view expected;
};

// Renders `text` with s, a hostile text, and n, which is -3; or the first line of the error.
std::string rendered(OutputKind kind, std::string_view text) {
  const std::string whole = "#% param s: str\n#% param n: int\n" + std::string(text);
  try {
    const Template compiled = Template::compile("t", whole, {.output = kind});
    return compiled.render({{"s", Value(R"(a'b"$(c)\)")}, {"n", Value(-3)}});
  } catch (const Error& error) {
    const std::string what = error.what();
    return what.substr(0, what.find('\n'));
  }
}

constexpr Case kAccepted[] = {
    {OutputKind::text, "a ${s}b ${n}\n", "a a'b\"$(c)\\b -3\n"},
    {OutputKind::text, "${[s, n, None, 0.5]}", R"(['a\'b"$(c)\\', -3, None, 0.5])"},
    {OutputKind::json, R"({"a": "x${s}", ${s}: ${n}})", R"({"a": "xa'b\"$(c)\\", "a'b\"$(c)\\": -3})"},
    {OutputKind::json, "[${s}, ${[s, n, None, 0.5]}]", R"(["a'b\"$(c)\\", ["a'b\"$(c)\\", -3, null, 0.5]])"},
    {OutputKind::json, "${n}", "-3"},
    {OutputKind::json, "{\"a\":${s},\n${n}:1}", "{\"a\":\"a'b\\\"$(c)\\\\\",\n\"-3\":1}"},
    {OutputKind::json, "{\"a\":\n${s}\n}", "{\"a\":\n\"a'b\\\"$(c)\\\\\"\n}"},
    {OutputKind::json, "[\n#% for x in [1, 2]\n  ${x},\n#% endfor\n  0]", "[\n  1,\n  2,\n  0]"},
    {OutputKind::json, "{\"a\": 1\n#% if n > 0\n, \"b\": ${s}\n#% endif\n}", "{\"a\": 1\n}"},
    {OutputKind::json, "{\"k\":\n#% if n > 0\n1\n#% else\n${s}\n#% endif\n}",
     "{\"k\":\n\"a'b\\\"$(c)\\\\\"\n}"},
    {OutputKind::json, R"("\\${s}\u0041${n}")", R"("\\a'b\"$(c)\\\u0041-3")"},
    {OutputKind::yaml, "a: ${s}", R"(a: "a'b\"$(c)\\")"},
    {OutputKind::yaml, "- ${n}\n- ${[s, n, None, 0.5]}", "- -3\n- [\"a'b\\\"$(c)\\\\\", -3, null, 0.5]"},
    {OutputKind::yaml, "${s}: ${n} # ${s}", R"("a'b\"$(c)\\": -3 # a'b"$(c)\)"},
    {OutputKind::yaml, R"("${s}": 1)", R"("a'b\"$(c)\\": 1)"},
    {OutputKind::yaml, "? ${s}\n: 1", "? \"a'b\\\"$(c)\\\\\"\n: 1"},
    {OutputKind::yaml, R"(a: "x${s}")", R"(a: "xa'b\"$(c)\\")"},
    {OutputKind::yaml, "a: \"x\n  ${s} y\"", "a: \"x\n  a'b\\\"$(c)\\\\ y\""},
    {OutputKind::yaml, "a: \"x\n  ${' ' * -n} y\"", "a: \"x\n  \\x20 \\x20 y\""},
    {OutputKind::yaml, "a: 'x${n}'", "a: 'x-3'"},
    {OutputKind::yaml, "a: [${s}, {${n}: ${s}}, \"${n}\",\n  ${s}]",
     "a: [\"a'b\\\"$(c)\\\\\", {-3: \"a'b\\\"$(c)\\\\\"}, \"-3\",\n  \"a'b\\\"$(c)\\\\\"]"},
    {OutputKind::yaml, "a: &x !!str ${s}", R"(a: &x !!str "a'b\"$(c)\\")"},
    {OutputKind::yaml, "--- ${s}\n...", "--- \"a'b\\\"$(c)\\\\\"\n..."},
    {OutputKind::yaml, "a: |\n  x ${s}\n  ${s}\nb: ${n}", "a: |\n  x a'b\"$(c)\\\n  a'b\"$(c)\\\nb: -3"},
    {OutputKind::yaml, "a: |2\n  ${s}\n", "a: |2\n  a'b\"$(c)\\\n"},
    {OutputKind::yaml, "- - a: >-\n      x ${n}\n      ${n} y\n  - ${s}",
     "- - a: >-\n      x -3\n      -3 y\n  - \"a'b\\\"$(c)\\\\\""},
    {OutputKind::yaml, "script: |\n#% for x in [1, 2]\n  run ${x}\n#% endfor\nend: ${n}",
     "script: |\n  run 1\n  run 2\nend: -3"},
    {OutputKind::yaml, "#% for x in [1, 2]\n- a: |\n    x ${x}\n#% endfor",
     "- a: |\n    x 1\n- a: |\n    x 2\n"},
    {OutputKind::yaml, "a: |\n  x\n#% if n < 0\nb: ${n}\n#% endif\nc: 1", "a: |\n  x\nb: -3\nc: 1"},
    {OutputKind::yaml, "a: b\n  c # ${s}\nd: ${s}", "a: b\n  c # a'b\"$(c)\\\nd: \"a'b\\\"$(c)\\\\\""},
    {OutputKind::shell, R"(echo ${s} "${s}" '${s}')", R"(echo 'a'\''b"$(c)\' "a'b\"\$(c)\\" 'a'\''b"$(c)\')"},
    {OutputKind::shell, "echo x --a=${n} b${n}c ${n}>f", "echo x --a=-3 b-3c '-3'>f"},
    {OutputKind::shell, R"(A=${s} B="${s}" c ${n})", R"(A='a'\''b"$(c)\' B="a'b\"\$(c)\\" c -3)"},
    {OutputKind::shell, "export A=${s}", R"(export A='a'\''b"$(c)\')"},
    {OutputKind::shell, "echo $((1 + ${n}))", "echo $((1 + (-3)))"},
    {OutputKind::shell, "for ((i=0; i<${n}; i++)); do x ${n}; done",
     "for ((i=0; i<(-3); i++)); do x -3; done"},
    {OutputKind::shell, "for x in ${s} ${n}; do x; done", R"(for x in 'a'\''b"$(c)\' -3; do x; done)"},
    {OutputKind::shell, "case ${n} in ${n}) a ${n};; esac", "case '-3' in '-3') a -3;; esac"},
    {OutputKind::shell, "# a ${s}\nx # ${s}", "# a a'b\"$(c)\\\nx # a'b\"$(c)\\"},
    {OutputKind::shell, "[ ${s} = ${n} ]", R"([ 'a'\''b"$(c)\' = -3 ])"},
    {OutputKind::shell, "#!/bin/bash\n[[ a && ${s} == ${n} ]]",
     "#!/bin/bash\n[[ a && 'a'\\''b\"$(c)\\' == '-3' ]]"},
    {OutputKind::shell, "[[ ${n} -eq 1 ]]", "[[ '-3' -eq 1 ]]"},
    {OutputKind::shell, "a=(${s} ${n})", R"(a=('a'\''b"$(c)\' -3))"},
    {OutputKind::shell, R"(x > ${n} 2> "${n}" < a${n})", R"(x > -3 2> "-3" < a-3)"},
    {OutputKind::shell, R"~(x "$(y ${n} "${n}")")~", R"~(x "$(y -3 "-3")")~"},
    {OutputKind::shell, R"(sh -c 'x "$1"' _ ${s})", R"(sh -c 'x "$1"' _ 'a'\''b"$(c)\')"},
    {OutputKind::shell, "python x.py -c ${n}", "python x.py -c -3"},
    {OutputKind::shell, "sudo -u ${n} x ${n}", "sudo -u -3 x -3"},
    {OutputKind::shell, "srun -n ${n} --mem=${n} x ${n}", "srun -n -3 --mem=-3 x -3"},
    {OutputKind::shell, "env A=${n} x ${n}", "env A=-3 x -3"},
    {OutputKind::shell, "cat <<A\n$$x\nA\nx ${n}", "cat <<A\n$x\nA\nx -3"},
    {OutputKind::shell, R"(x $${y:-"a"} ${n})", R"(x ${y:-"a"} -3)"},
    {OutputKind::shell, "x ~/${n}", "x ~/'-3'"},
    {OutputKind::shell, "x \\\n#% if n < 0\n  ${n} \\\n#% endif\n  y", "x \\\n  -3 \\\n  y"},
    {OutputKind::shell, "x | y ${n} && z ${n}; (w ${n}) & { v ${n}; }",
     "x | y -3 && z -3; (w -3) & { v -3; }"},
    {OutputKind::shell, "f() { x ${n}; }", "f() { x -3; }"},
    {OutputKind::shell, R"(x "$${y}${n}" $y${n})", R"(x "${y}-3" $y'-3')"},
    {OutputKind::shell, R"(find . -name ${n} -exec rm {} \;)", R"(find . -name -3 -exec rm {} \;)"},
    {OutputKind::shell, "x {a,${n}}", "x {a,'-3'}"},
    {OutputKind::shell, "sed 's/a/b/' ${n}", "sed 's/a/b/' -3"},
    {OutputKind::shell, "x <<<${n}", "x <<<-3"},
    {OutputKind::shell, "printf '%s' ${n}", "printf '%s' -3"},
};

// The rest of the message behind "'s' cannot stand".
constexpr Case kRefused[] = {
    {OutputKind::json, R"("\${s}")", "in an escape sequence or directly after a backslash"},
    {OutputKind::json, R"("\u00${s}")", "in an escape sequence or directly after a backslash"},
    {OutputKind::json, "1${n}", "inside a word or a number, or touching one"},
    {OutputKind::json, "${s}${n}", "touching another value"},
    {OutputKind::json, "[1 ${s}]", "directly after another value"},
    {OutputKind::json, "{${s}}", "as a key without a value"},
    {OutputKind::json, "[x${s}]", "inside a word or a number, or touching one"},
    {OutputKind::json, R"({"a": "x"${s}})", "touching another value"},
    {OutputKind::json, "// ${s}\n1", "in a comment"},
    {OutputKind::json, "{\n#% if n > 0\n\"a\":\n#% endif\n${s}: 1}", "where a key or a value could be meant"},
    {OutputKind::yaml, "a: a-${s}", "in a scalar without quotes"},
    {OutputKind::yaml, "a: ${s}-b", "in a scalar without quotes"},
    {OutputKind::yaml, "a: x\n  ${s}", "in a scalar without quotes"},
    {OutputKind::yaml, "a: ${n}\n  ${s}", "in a scalar without quotes"},
    {OutputKind::yaml, "a: |\n  ${s}", "where a block scalar's indentation is decided"},
    {OutputKind::yaml, "a: !${s} x", "in a tag, an anchor or an alias"},
    {OutputKind::yaml, "a: *${s}", "in a tag, an anchor or an alias"},
    {OutputKind::yaml, "%Y ${s}\n---", "in a directive"},
    {OutputKind::yaml, R"(a: "\${s}")", "in an escape sequence or directly after a backslash"},
    {OutputKind::yaml, R"(a: "\x4${s}")", "in an escape sequence or directly after a backslash"},
    {OutputKind::yaml, "a: 'x\n  ${s}'", "in a scalar in single quotes that goes over several lines"},
    {OutputKind::yaml, "a: \"x\n${s}\"", "at the beginning of a line of a quoted scalar"},
    {OutputKind::yaml, "a: [x ${s}]", "in a scalar without quotes"},
    {OutputKind::yaml, "a: [x\n ${s}]", "in a scalar without quotes"},
    {OutputKind::yaml, "{${s}:1}", "touching another scalar"},
    {OutputKind::yaml, R"("x" ${s})", "touching another scalar"},
    {OutputKind::yaml, "a:${s}", "in a scalar without quotes"},
    {OutputKind::shell, "${s} x", "where a command is named"},
    {OutputKind::shell, "x; ${s}", "where a command is named"},
    {OutputKind::shell, "x=1 ${s}", "where a command is named"},
    {OutputKind::shell, "${s}=1", "where a command is named"},
    {OutputKind::shell, ">o ${s}", "where a command is named"},
    {OutputKind::shell, "2>o ${s}", "where a command is named"},
    {OutputKind::shell, "if ${s}; then x; fi", "where a command is named"},
    {OutputKind::shell, "x | ${s}", "where a command is named"},
    {OutputKind::shell, "$x ${s}", "where a command could be named"},
    {OutputKind::shell, R"("$@" ${s})", "where a command could be named"},
    {OutputKind::shell, "$(x ${s})", "in $(...) whose output is run"},
    {OutputKind::shell, "echo `x ${s}`", "in backquotes"},
    {OutputKind::shell, R"(echo \${s})", "directly after a backslash"},
    {OutputKind::shell, "echo $$${s}", "directly after '$'"},
    {OutputKind::shell, R"(echo "$$${s}")", "directly after '$'"},
    {OutputKind::shell, R"(echo "$x${s}")", "directly after a variable, whose name it would lengthen"},
    {OutputKind::shell, "echo $${x:-${s}}", "in an expansion ${...} of the shell's own"},
    {OutputKind::shell, "echo $'${s}'", "in $'...'"},
    {OutputKind::shell, R"(echo $"${s}")", R"(in $"...")"},
    {OutputKind::shell, "x <<A\n${s}\nA", "in a here-document"},
    {OutputKind::shell, "x <<'A'\n${s}\nA", "in a here-document"},
    {OutputKind::shell, "x <<A <<-B\nA\n${s}\n\tB", "in a here-document"},
    {OutputKind::shell, "x <<A\n\\\\\\\nA\n${s}\nA", "in a here-document"},
    {OutputKind::shell, "eval ${s}", "where it would be run or evaluated as code"},
    {OutputKind::shell, R"(eval "x ${s}")", "where it would be run or evaluated as code"},
    {OutputKind::shell, ". ${s}", "where it would be run or evaluated as code"},
    {OutputKind::shell, "exec ${s}", "where a command could be named"},
    {OutputKind::shell, "sh -c ${s}", "where it would be run or evaluated as code"},
    {OutputKind::shell, R"(bash -lc "x ${s}")", "where it would be run or evaluated as code"},
    {OutputKind::shell, "bash -o pipefail -c ${s}", "where it would be run or evaluated as code"},
    {OutputKind::shell, "sudo -u x bash -c '${s}'", "where it would be run or evaluated as code"},
    {OutputKind::shell, "trap '${s}' EXIT", "where it would be run or evaluated as code"},
    {OutputKind::shell, "ssh h ${s}", "where it would be run or evaluated as code"},
    {OutputKind::shell, "python3 -c 'x ${s}'", "where it would be run or evaluated as code"},
    {OutputKind::shell, R"(find . -exec ${s} \;)", "where it would be run or evaluated as code"},
    {OutputKind::shell, R"(find . -exec sh -c 'x ${s}' \;)", "where it would be run or evaluated as code"},
    {OutputKind::shell, R"(sbatch --wrap="x ${s}")", "where it would be run or evaluated as code"},
    {OutputKind::shell, "sed 's/a/${s}/'", "where it would be run or evaluated as code"},
    {OutputKind::shell, "awk -v a=b '${s}'", "where it would be run or evaluated as code"},
    {OutputKind::shell, "echo ~${s}", "directly after '~'"},
    {OutputKind::shell, "echo $((${s}))", "in arithmetic, where only an integer can"},
    {OutputKind::shell, "echo $((1${n}))", "touching a name or a number in arithmetic"},
    {OutputKind::shell, "function ${s} { x; }", "where a command is named"},
    {OutputKind::shell, "${s}() { x; }", "in a function's name"},
    {OutputKind::shell, "for ${s} in a; do x; done", "where a variable is named"},
    {OutputKind::shell, "declare x=${s}", "in a declaration, which could evaluate it"},
    {OutputKind::shell, "read ${s}", "where it would be run or evaluated as code"},
    {OutputKind::shell, "printf ${s}", "in the format of printf"},
    {OutputKind::shell, "[ -v ${s} ]", "where it would be run or evaluated as code"},
    {OutputKind::shell, "[ ${s} ${s} ]", "where it would be run or evaluated as code"},
    {OutputKind::shell, "[[ 1 -eq ${s} ]]", "where it would be run or evaluated as code"},
    {OutputKind::shell, "[[ ${s} -eq 1 ]]", "where it would be run or evaluated as code"},
    {OutputKind::shell, "[[ a && ${s} ]]", "where a shell other than bash would run it"},
    {OutputKind::shell, "a=([${s}]=1)", "where it would be run or evaluated as code"},
    {OutputKind::shell, "PS4=${s}", "in a variable that the shell evaluates"},
    {OutputKind::shell, "declare -i q; q=${s}",
     "in an assignment, as long as a variable is declared with -i or -n"},
    {OutputKind::shell, "#!/bin/${s}", "in the line that names the interpreter"},
    {OutputKind::shell, "#${s}", "at the beginning of a comment, where a batch system would read it"},
    {OutputKind::shell, "echo @(a|${s})", "in an extended pattern"},
    {OutputKind::shell, "x &>l ${s}", "where a command is named"},
    {OutputKind::shell, "sudo ${s}", "where a command could be named"},
    {OutputKind::shell, "case x in x) ${s};; esac", "where a command is named"},
};

// Mistakes of the template itself.
constexpr Case kMistakes[] = {
    {OutputKind::json, R"("x)", "this string is never closed"},
    {OutputKind::json, "[1", "'[' is never closed"},
    {OutputKind::json, R"({"a": 1])", "']' closes nothing"},
    {OutputKind::json, "'x'", "a string of JSON stands in double quotes"},
    {OutputKind::json, "#% if n > 0\n[\n#% endif\n1]",
     "what stands before this line does not close what it opens, or opens what it closes"},
    {OutputKind::yaml, R"(a: "x)", "this quoted scalar is never closed"},
    {OutputKind::yaml, "a: [x", "'[' is never closed"},
    {OutputKind::yaml, "a:\n\t- x", "a tab cannot indent in YAML"},
    {OutputKind::yaml,
     "a: x\xE2\x80\xA8"
     "b: y",
     "this invisible character ends a line for some readers of YAML"},
    {OutputKind::yaml, "#% if n > 0\na: \"x\n#% endif\n  y\"",
     "what stands before this line does not close what it opens, or opens what it closes"},
    {OutputKind::yaml, "a: | x", "something follows the sign of a block scalar"},
    {OutputKind::yaml, "a:\n#% for x in [1, 2]\n    b: 1\n  c: |\n    x\n#% endfor\n",
     "the loop's first line would be read otherwise the second time"},
    {OutputKind::shell, "x 'a", "''' is never closed"},
    {OutputKind::shell, R"(x "a)", R"('"' is never closed)"},
    {OutputKind::shell, "x $(a", "'$(' is never closed"},
    {OutputKind::shell, "x $[1]", "sh and bash do not read '$[' alike"},
    {OutputKind::shell, R"(x $'a\'b')", R"(sh and bash do not read \' in $'...' alike)"},
    {OutputKind::shell, R"(x "$${y%'a'}")",
     "shells do not read a single quote alike in ${...} in double quotes"},
    {OutputKind::shell, "x <<A\ny", "a here-document is never closed"},
    {OutputKind::shell, "x=$(y <<A)\nz\nA",
     "a here-document is announced before, and its text is still to come"},
    {OutputKind::shell, "x )", "')' closes nothing"},
    {OutputKind::shell, "a=(x; y)", "an operator cannot stand in an array"},
    {OutputKind::shell, "#% if n > 0\nx 'a\n#% endif\n'",
     "what stands before this line does not close what it opens, or opens what it closes"},
    {OutputKind::shell, "eval \\\n#% if n > 0\nx; y \\\n#% endif\nz",
     "what stands before this line does not close what it opens, or opens what it closes"},
};

TEST(OutputKinds, ValuesAreWrittenByTheirPlace) {
  for (const Case& one : kAccepted) EXPECT_EQ(rendered(one.kind, one.text), one.expected) << one.text;
}

TEST(OutputKinds, PlacesWithoutARuleAreRefused) {
  for (const Case& one : kRefused) {
    const std::string message = rendered(one.kind, one.text);
    EXPECT_TRUE(message.ends_with(" cannot stand " + std::string(one.expected))) << one.text << "\n"
                                                                                 << message;
  }
}

TEST(OutputKinds, WhatLeavesStructureOpenIsAMistake) {
  for (const Case& one : kMistakes) {
    const std::string message = rendered(one.kind, one.text);
    EXPECT_TRUE(message.ends_with(": " + std::string(one.expected))) << one.text << "\n" << message;
  }
}

TEST(OutputKinds, DeepNestingIsRefused) {
  const std::string brackets(300, '[');
  EXPECT_NE(rendered(OutputKind::json, brackets).find("nested more than 200 deep"), std::string::npos);
  EXPECT_NE(rendered(OutputKind::yaml, brackets).find("nested more than 200 deep"), std::string::npos);
  std::string items, substitutions;
  for (int i = 0; i < 300; ++i) items += "- ", substitutions += "x $(";
  EXPECT_NE(rendered(OutputKind::yaml, items).find("nested more than 200 deep"), std::string::npos);
  EXPECT_NE(rendered(OutputKind::shell, substitutions).find("nested more than 200 deep"), std::string::npos);
}

TEST(OutputKinds, KindsOfFiles) {
  EXPECT_EQ(output_kind_of_suffix(".py"), OutputKind::python);
  EXPECT_EQ(output_kind_of_suffix(".sbatch"), OutputKind::shell);
  EXPECT_EQ(output_kind_of_suffix(".yml"), OutputKind::yaml);
  EXPECT_EQ(output_kind_of_suffix(".json"), OutputKind::json);
  EXPECT_EQ(output_kind_of_suffix(".md"), OutputKind::text);
  EXPECT_EQ(output_kind_of_suffix(".exe"), std::nullopt);
  EXPECT_EQ(output_kind_of_suffix(""), std::nullopt);
}

namespace writing {

using namespace templating;

// What is written, or '!' and why not.
std::string written(const Placement& placement, const Datum& value) {
  std::string out;
  const std::string_view reason = append_for_output(out, placement, value);
  return reason.empty() ? out : "!" + std::string(reason);
}

std::string written(const Placement& placement, std::string_view text) {
  const std::string slack = std::string(text) + std::string(64, '\0');
  return written(placement, text_datum(std::string_view(slack).substr(0, text.size())));
}

TEST(OutputWriter, Json) {
  const Placement value{.rule = Rule::json_value}, text{.rule = Rule::json_text}, key{.rule = Rule::json_key};
  EXPECT_EQ(written(value, none_datum()), "null");
  EXPECT_EQ(written(value, boolean_datum(true)), "true");
  EXPECT_EQ(written(value, number_datum(1e16)), "1e+16");
  EXPECT_EQ(written(value, number_datum(std::numeric_limits<double>::infinity())),
            "!JSON has no infinity and no nan");
  EXPECT_EQ(written(value, ""), R"("")");
  EXPECT_EQ(written(text, boolean_datum(true)), "True");
  EXPECT_EQ(written(text, "\n\x01\x7F\xE2\x80\xA8\xC3\xA9\xF3\xA0\x80\x81"),
            "\\n\\u0001\\u007f\\u2028\xC3\xA9\\udb40\\udc01");
  EXPECT_EQ(written(key, number_datum(0.5)), "!it must be text or an integer there: it is an object's key");
  const Datum items[] = {integer_datum(1), none_datum()};
  EXPECT_EQ(written(value, sequence_datum(DatumKind::tuple, items, 2)), "[1, null]");
  EXPECT_EQ(written(value, sequence_datum(DatumKind::iterator, items, 2)),
            "!it can only be gone through: make a list of it, such as [x for x in ...]");
  const DatumEntry entry{integer_datum(1), none_datum()};
  EXPECT_EQ(written(value, dict_datum(&entry, 1)), "!the keys of its dicts must be text there");
  const RangeParts range{5, 0, -2, 3};
  EXPECT_EQ(written(value, range_datum(&range)), "[5, 3, 1]");
  Datum deep[102];
  for (int i = 0; i < 101; ++i) deep[i + 1] = sequence_datum(DatumKind::list, &deep[i], 1);
  deep[0] = integer_datum(1);
  EXPECT_EQ(written(value, deep[101]), "!its lists and dicts are nested more than 100 deep");
}

TEST(OutputWriter, Yaml) {
  const Placement value{.rule = Rule::yaml_value}, key{.rule = Rule::yaml_value, .alone = true};
  const Placement within{.rule = Rule::yaml_double}, on_lines{.rule = Rule::yaml_double, .begins = true};
  const Placement single{.rule = Rule::yaml_single}, block{.rule = Rule::yaml_block};
  const Placement fold{.rule = Rule::yaml_block, .begins = true};
  EXPECT_EQ(written(value, "yes"), R"("yes")");
  EXPECT_EQ(written(value, number_datum(1e16)), "1.0e+16");
  EXPECT_EQ(written(value, number_datum(-std::numeric_limits<double>::infinity())), "-.inf");
  EXPECT_EQ(written(value, "\xF3\xA0\x80\x81"), R"("\U000e0001")");
  EXPECT_EQ(written(key, sequence_datum(DatumKind::list, nullptr, 0)),
            "!it must be a single value there: it is a mapping's key");
  EXPECT_EQ(written(key, std::string(1001, 'a')),
            "!it must be shorter there: a mapping's key has at most 1000 bytes");
  EXPECT_EQ(written(within, " \xC2\x85 "), R"( \u0085 )");
  EXPECT_EQ(written(on_lines, "  a "), R"(\x20 a\x20)");
  EXPECT_EQ(written(on_lines, " "), R"(\x20)");
  EXPECT_EQ(written(on_lines, "").front(), '!');
  EXPECT_EQ(written(single, "it's"), "it''s");
  EXPECT_EQ(written(single, "a\nb").front(), '!');
  EXPECT_EQ(written(block, " # x: 'y'"), " # x: 'y'");
  EXPECT_EQ(written(block, "a\nb").front(), '!');
  EXPECT_EQ(written(block, "a\xE2\x80\xA8").front(), '!');
  EXPECT_EQ(written(fold, " a").front(), '!');
  const std::string long_key = std::string(1001, 'a') + std::string(64, '\0');
  const DatumEntry entry{text_datum(std::string_view(long_key).substr(0, 1001)), none_datum()};
  EXPECT_EQ(written(value, dict_datum(&entry, 1)).substr(0, 5), "{? \"a");
}

TEST(OutputWriter, Shell) {
  const Placement word{.rule = Rule::shell_word}, plain{.rule = Rule::shell_word, .quote = '\0'};
  const Placement number{.rule = Rule::shell_number};
  EXPECT_EQ(written(word, "a"), "'a'");
  EXPECT_EQ(written(plain, "a/b:c@1.0%+,-_"), "a/b:c@1.0%+,-_");
  EXPECT_EQ(written(plain, ""), "''");
  EXPECT_EQ(written(plain, "a=b"), "'a=b'");
  EXPECT_EQ(written(plain, "\xC3\xA9"), "'\xC3\xA9'");
  EXPECT_EQ(written(plain, "it's\n"), "'it'\\''s\n'");
  EXPECT_EQ(written({.rule = Rule::shell_double}, "\"$`\\!\n"), "\\\"\\$\\`\\\\!\n");
  EXPECT_EQ(written({.rule = Rule::shell_single}, "'"), "'\\''");
  for (const Rule rule : {Rule::shell_word, Rule::shell_double, Rule::shell_single}) {
    EXPECT_EQ(written({.rule = rule}, std::string_view("a\0b", 3)),
              "!it must not hold a NUL byte there: no shell can");
  }
  EXPECT_EQ(written(number, integer_datum(7)), "7");
  EXPECT_EQ(written(number, integer_datum(-7)), "(-7)");
  EXPECT_EQ(written(number, integer_datum(std::numeric_limits<int64_t>::min())),
            "(-9223372036854775807 - 1)");
  EXPECT_EQ(written(number, "7"), "!it must be an integer there: it stands in arithmetic");
  EXPECT_EQ(written(number, boolean_datum(true)), "!it must be an integer there: it stands in arithmetic");
}

TEST(OutputWriter, Remarks) {
  const Placement remark{.rule = Rule::remark}, directive{.rule = Rule::remark, .on_top = true};
  EXPECT_EQ(written(remark, "a\nb\r\t\x01\xE2\x80\xA8"), "a\\nb\\r\\t\\x01\\u2028");
  EXPECT_EQ(written(directive, "gpu:2"), "gpu:2");
  for (const std::string_view bad : {"", "a b", "-x", "a\nb", "a=b", "a'b"})
    EXPECT_EQ(written(directive, bad).front(), '!');
  EXPECT_EQ(written({.rule = Rule::verbatim}, "a\nb"), "a\nb");
  EXPECT_EQ(written({.rule = Rule::verbatim}, Datum{}), "!it has no value");
}

}  // namespace writing
}  // namespace
}  // namespace testloom
