#include "template/compose.h"

#include <algorithm>
#include <map>

#include <fmt/core.h>

#include "base/text.h"
#include "template/indent.h"
#include "template/parser.h"

namespace testloom::templating {

namespace {

class Composer {
 public:
  Composer(Sources& sources, Expressions& expressions, const CompileOptions& options, Mistakes& mistakes)
      : sources_(sources), expressions_(expressions), options_(options), mistakes_(mistakes) {}

  Composition run() {
    bytes_ = sources_.file(0).text().size();
    chain_.push_back({sources_.file(0).path(), sources_.file(0).path()});
    Tree tree = read(0);
    expand(tree);
    check_workload(tree.declarations);
    tree.is_whole = tree.is_whole && !lost_;
    return {std::move(tree), std::move(used_)};
  }

 private:
  // The texts that led to the one that is being read.
  struct Step {
    std::string name;
    std::string path;
  };

  void refuse(Span where, std::string message, std::string hint) {
    mistakes_.push_back({where, std::move(message), std::move(hint)});
  }

  Tree read(uint32_t file) {
    return parse(sources_, file, lex(sources_, file, mistakes_), expressions_, mistakes_);
  }

  void expand(Tree& tree) {
    check_parameters(tree.declarations);
    expand_nodes(tree.nodes, tree.declarations);
    if (tree.declarations.extends) extend(tree);
  }

  void check_parameters(Declarations& declarations) {
    if (declarations.parameters.size() > kMostParameters) {
      refuse(declarations.parameters[kMostParameters].span,
             fmt::format("more than {} parameters", kMostParameters), "");
      declarations.parameters.resize(kMostParameters);
    }
    std::map<std::string_view, Span> seen;
    for (const ParameterDeclaration& declared : declarations.parameters) {
      const auto [first, is_new] = seen.emplace(declared.name, declared.span);
      if (is_new) continue;
      refuse(declared.name_span, fmt::format("the parameter '{}' is declared twice", declared.name),
             fmt::format("the first time in line {}", sources_.line_at(first->second)));
    }
  }

  void check_workload(const Declarations& declarations) {
    for (const WorkloadDeclaration& declared : declarations.workload) {
      if (!has_parameter(declarations, declared.key)) continue;
      refuse(declared.span, fmt::format("'{}' is a parameter of this template", declared.key),
             "leave the key out: the parameter's value says it already");
    }
  }

  static bool has_parameter(const Declarations& declarations, std::string_view name) {
    return std::ranges::find(declarations.parameters, name, &ParameterDeclaration::name) !=
           declarations.parameters.end();
  }

  // --- finding texts

  std::optional<Tree> load(std::string_view name, Span statement, bool extends) {
    std::optional<Tree> tree = find_and_read(name, statement, extends);
    if (!tree || !tree->is_whole) lost_ = true;
    return tree;
  }

  std::optional<Tree> find_and_read(std::string_view name, Span statement, bool extends) {
    std::optional<FoundTemplate> found;
    if (++inclusions_ > kMostInclusions) {
      if (inclusions_ == kMostInclusions + 1) {
        refuse(statement, fmt::format("more than {} templates are included", kMostInclusions), "");
      }
      return std::nullopt;
    }
    try {
      if (options_.finder) found = options_.finder->find(name, sources_.file(statement.file).path());
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::template_text) throw;  // of the store, say
      refuse(statement, error.message(), error.diagnostics().front().hint);
      return std::nullopt;
    }
    if (!found) {
      refuse(statement, fmt::format("there is no template {}", quote(name)),
             options_.finder ? "it is looked for among the files given, beside this one, and in the store"
                             : "no other templates can be used here");
      return std::nullopt;
    }
    if (is_cycle(*found, name, statement) || !is_within_limits(*found, statement)) return std::nullopt;
    remember(name, statement, *found, extends);
    try {
      const uint32_t file = sources_.add(found->path, found->content, statement);
      chain_.push_back({std::string(name), found->path});
      Tree tree = read(file);
      expand(tree);
      chain_.pop_back();
      return tree;
    } catch (const Error& error) {
      refuse(statement, fmt::format("the template {} cannot be read: {}", quote(name), error.message()), "");
      return std::nullopt;
    }
  }

  bool is_cycle(const FoundTemplate& found, std::string_view name, Span statement) {
    const auto same = [&](const Step& step) { return step.path == found.path; };
    const auto first = std::find_if(chain_.begin(), chain_.end(), same);
    if (first == chain_.end()) return false;
    std::string way;
    for (auto step = first; step != chain_.end(); ++step) way += step->name + " → ";
    refuse(statement, fmt::format("the template {} uses itself", quote(name)),
           way + std::string(first == chain_.begin() ? first->name : name));
    return true;
  }

  bool is_within_limits(const FoundTemplate& found, Span statement) {
    bytes_ += found.content.size();
    if (chain_.size() > kDeepestInclusion) {
      refuse(statement, fmt::format("templates included more than {} deep", kDeepestInclusion), "");
    } else if (bytes_ > kMostComposedBytes) {
      refuse(statement, fmt::format("the templates together are longer than {} bytes", kMostComposedBytes),
             "");
    } else {
      return true;
    }
    return false;
  }

  void remember(std::string_view name, Span statement, const FoundTemplate& found, bool extends) {
    const std::string from = statement.file == 0 ? "" : sources_.file(statement.file).path();
    const auto known = std::find_if(used_.begin(), used_.end(), [&](const UsedTemplate& used) {
      return used.name == name && used.from == from;
    });
    if (known == used_.end()) {
      used_.push_back({std::string(name), from, found, extends});
    } else {
      known->extended = known->extended || extends;
    }
  }

  // --- include

  void expand_nodes(std::vector<Node>& nodes, Declarations& declarations) {
    std::vector<Node> expanded;
    expanded.reserve(nodes.size());
    for (Node& node : nodes) {
      if (node.kind == Node::Kind::include) {
        include(node, declarations, expanded);
        continue;
      }
      for (Branch& branch : node.branches) expand_nodes(branch.body, declarations);
      expand_nodes(node.body, declarations);
      expanded.push_back(std::move(node));
    }
    nodes = std::move(expanded);
  }

  void include(const Node& node, Declarations& declarations, std::vector<Node>& out) {
    std::optional<Tree> tree = load(node.name, node.span, false);
    if (!tree) return;
    merge(tree->declarations, declarations, node.span.file);
    if (!node.indentation.empty())
      indent(sources_, *tree, node, declarations.output.value_or(options_.output));
    for (Node& included : tree->nodes) out.push_back(std::move(included));
    const bool ends_line = out.empty() || out.back().kind != Node::Kind::text ||
                           out.back().content.ends_with('\n') || out.back().content.ends_with('\r');
    const bool is_put = !out.empty() && out.back().kind == Node::Kind::put;
    if (!ends_line || is_put) out.push_back({.kind = Node::Kind::text, .span = node.span, .content = "\n"});
  }

  // What the outer text says wins over what the text says that it uses. `file` is the outer one.
  static void merge(Declarations& inner, Declarations& outer, uint32_t file) {
    merge_workload(inner, outer, file);
    for (ParameterDeclaration& declared : inner.parameters) {
      if (!has_parameter(outer, declared.name)) outer.parameters.push_back(std::move(declared));
    }
    for (NeedDeclaration& need : inner.needs) outer.needs.push_back(std::move(need));
    outer.exclusive = outer.exclusive || inner.exclusive;
    if (!outer.cores) outer.cores = inner.cores;
  }

  // A parameter of the outer text takes the place of a key that the inner one says.
  static void merge_workload(Declarations& inner, Declarations& outer, uint32_t file) {
    for (WorkloadDeclaration& declared : inner.workload) {
      const bool said =
          std::ranges::find(outer.workload, declared.key, &WorkloadDeclaration::key) != outer.workload.end();
      const auto is_own = [&](const ParameterDeclaration& parameter) {
        return parameter.name == declared.key && parameter.span.file == file;
      };
      if (!said && std::ranges::none_of(outer.parameters, is_own))
        outer.workload.push_back(std::move(declared));
    }
  }

  // --- extends

  void extend(Tree& child) {
    const Declarations& said = child.declarations;
    std::optional<Tree> parent = load(said.extended, *said.extends, true);
    std::map<std::string_view, Node*> blocks;
    std::vector<Node> nodes;  // the child's assignments come first
    for (Node& node : child.nodes) {
      if (node.kind == Node::Kind::block) {
        note_block(node, blocks);
      } else if (node.kind == Node::Kind::assignment) {
        nodes.push_back(std::move(node));
      } else {
        check_outside_blocks(node);
      }
    }
    if (!parent) return;
    merge(parent->declarations, child.declarations, child.file);
    if (!child.declarations.output) child.declarations.output = parent->declarations.output;
    std::vector<std::string_view> known;
    replace_blocks(parent->nodes, blocks, known);
    for (const auto& [name, node] : blocks) {
      if (!node) continue;
      const std::string guess = nearest(name, known);
      refuse(node->span, fmt::format("{} has no block '{}'", quote(said.extended), name),
             !guess.empty()  ? fmt::format("did you mean '{}'?", guess)
             : known.empty() ? ""
                             : "its blocks: " + join(known, ", "));
    }
    for (Node& node : parent->nodes) nodes.push_back(std::move(node));
    child.nodes = std::move(nodes);
  }

  void note_block(Node& node, std::map<std::string_view, Node*>& blocks) {
    if (node.name.empty()) return;
    const auto [first, is_new] = blocks.emplace(node.name, &node);
    if (is_new) return;
    refuse(node.span, fmt::format("the block '{}' is written twice", node.name),
           fmt::format("the first time in line {}", sources_.line_at(first->second->span)));
  }

  // A text that extends another is its blocks; comments may stand between them.
  void check_outside_blocks(const Node& node) {
    if (node.kind == Node::Kind::text) {
      size_t line = 0;
      while (line < node.content.size()) {
        const size_t end = std::min(node.content.find_first_of("\r\n", line), node.content.size());
        const std::string_view text = trimmed(node.content.substr(line, end - line));
        if (!text.empty() && !text.starts_with('#')) {
          const size_t at = node.span.begin + line;
          return refuse_outside({at, node.span.begin + end, node.span.file});
        }
        line = end + 1;
      }
    } else if (node.kind != Node::Kind::put) {
      refuse_outside(node.span);
    }
  }

  void refuse_outside(Span where) {
    refuse(where, "this stands outside of the blocks and would never be rendered",
           "write it in a block of the template that is extended");
  }

  void replace_blocks(std::vector<Node>& nodes, std::map<std::string_view, Node*>& blocks,
                      std::vector<std::string_view>& known) {
    for (Node& node : nodes) {
      if (node.kind == Node::Kind::block) {
        known.push_back(node.name);
        const auto found = blocks.find(node.name);
        if (found != blocks.end() && found->second) {
          node.body = std::move(found->second->body);
          found->second = nullptr;
          continue;
        }
      }
      for (Branch& branch : node.branches) replace_blocks(branch.body, blocks, known);
      replace_blocks(node.body, blocks, known);
    }
  }

  Sources& sources_;
  Expressions& expressions_;
  const CompileOptions& options_;
  Mistakes& mistakes_;
  std::vector<Step> chain_;
  std::vector<UsedTemplate> used_;
  size_t inclusions_ = 0;
  bool lost_ = false;  // a text is missing, or was not read to its end
  size_t bytes_ = 0;
};

}  // namespace

Composition compose(Sources& sources, Expressions& expressions, const CompileOptions& options,
                    Mistakes& mistakes) {
  return Composer(sources, expressions, options, mistakes).run();
}

}  // namespace testloom::templating
