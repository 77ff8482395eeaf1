#include "template/indent.h"

#include <algorithm>
#include <utility>

#include "template/placement/scanner.h"

namespace testloom::templating {

namespace {

class Indenter {
 public:
  Indenter(const Node& include, std::vector<Span> literals)
      : include_(include), literals_(std::move(literals)) {}

  void run(std::vector<Node>& nodes) {
    std::vector<Node> out;
    out.reserve(nodes.size());
    for (Node& node : nodes) {
      if (node.kind == Node::Kind::text) {
        add_lines(node, out);
        continue;
      }
      if (node.kind == Node::Kind::put) {
        if (at_line_start_) add_indentation(node.span, out);
        at_line_start_ = false;
      }
      for (Branch& branch : node.branches) run(branch.body);
      run(node.body);
      out.push_back(std::move(node));
    }
    nodes = std::move(out);
  }

 private:
  void add_indentation(Span where, std::vector<Node>& out) {
    const auto order = [](const Span& a, const Span& b) {
      return std::pair(a.file, a.begin) < std::pair(b.file, b.begin);
    };
    auto literal = std::lower_bound(literals_.begin(), literals_.end(), where, order);
    if (literal != literals_.begin()) {
      --literal;  // the last one that begins before
      if (literal->file == where.file && where.begin < literal->end) return;
    }
    out.push_back({.kind = Node::Kind::text, .span = include_.span, .content = include_.indentation});
  }

  void add_lines(const Node& node, std::vector<Node>& out) {
    const bool verbatim = node.content.size() == node.span.end - node.span.begin;
    for (size_t begin = 0; begin < node.content.size();) {
      const size_t stop = node.content.find_first_of("\r\n", begin);
      size_t end = stop == std::string_view::npos ? node.content.size() : stop + 1;
      if (stop != std::string_view::npos && node.content.substr(stop).starts_with("\r\n")) ++end;
      Node line = {
          .kind = Node::Kind::text, .span = node.span, .content = node.content.substr(begin, end - begin)};
      if (verbatim) line.span = {node.span.begin + begin, node.span.begin + end, node.span.file};
      const bool is_blank = stop != std::string_view::npos &&
                            line.content.find_first_not_of(" \t\f\r\n") == std::string_view::npos;
      if (at_line_start_ && !is_blank) add_indentation(line.span, out);
      at_line_start_ = stop != std::string_view::npos;
      out.push_back(std::move(line));
      begin = end;
    }
  }

  const Node& include_;
  std::vector<Span> literals_;
  bool at_line_start_ = true;
};

std::vector<Span> find_literals(const Sources& sources, const Tree& tree) {
  const CodeText code(sources, tree.nodes);
  Verdicts nobody({});
  Mistakes ignored;
  std::vector<Span> literals;
  for (const auto& [begin, end] : scan_python(code, nobody, ignored).literals) {
    literals.push_back(code.source_span(begin, end));
  }
  // Those within replacement fields end inside of others; the outer one decides.
  std::sort(literals.begin(), literals.end(), [](const Span& a, const Span& b) {
    return std::pair(a.file, a.begin) < std::pair(b.file, b.begin);
  });
  std::vector<Span> outer;
  for (const Span& literal : literals) {
    const bool is_inner =
        !outer.empty() && outer.back().file == literal.file && literal.end <= outer.back().end;
    if (!is_inner) outer.push_back(literal);
  }
  return outer;
}

}  // namespace

void indent(const Sources& sources, Tree& included, const Node& include, OutputKind output) {
  std::vector<Span> literals;
  if (output == OutputKind::python) literals = find_literals(sources, included);
  Indenter(include, std::move(literals)).run(included.nodes);
}

}  // namespace testloom::templating
