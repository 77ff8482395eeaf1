// A lexical scan of YAML that judges placeholders on the way. Lines are judged by their indentation (see
// yaml_lines.h), what stands in them by the signs that begin and end scalars.
#pragma once

#include <string>
#include <vector>

#include "template/output/yaml_lines.h"
#include "template/placement/code_text.h"
#include "template/placement/joint_stack.h"
#include "template/placement/verdicts.h"

namespace testloom::templating {

class YamlScanner {
 public:
  YamlScanner(const CodeText& code, Verdicts& verdicts, Mistakes& mistakes)
      : code_(code), verdicts_(verdicts), mistakes_(mistakes) {}

  void run();

 private:
  // What may come next in a flow collection; several at once after branches and loops.
  enum Expected : unsigned { kItem = 1, kEnd = 2, kMorePlain = 4 };

  // What must be open alike at both ends of a branch or a loop's body.
  struct Open {
    std::string brackets;
    char quote;
    bool operator==(const Open&) const = default;
  };
  struct FlowFork {
    unsigned begin;
    unsigned ends = 0;
    bool has_else = false;
  };

  // Ends at and passes over line ends.
  bool at_line_end() const;
  void next_line();
  void pass_joints();
  void merge_flow(const Joint& joint);
  void stop(size_t begin, size_t end, std::string message, std::string hint);
  void refuse(size_t at, std::string_view where, std::string_view hint);
  void refuse_until_line_end(std::string_view where, std::string_view hint);
  size_t column() const { return at_ - line_begin_; }
  bool is_blank(size_t at) const { return code_.at(at) == ' ' || code_.at(at) == '\t'; }
  bool is_blank_or_end(size_t at) const;
  bool begins_comment() const;
  bool is_document_marker() const;

  // Lines; `at_` is at the line's beginning, then behind its indentation.
  void check_line_separators();
  void scan_line();
  void scan_structure_line(size_t indentation);
  void scan_block_line();
  void scan_plain_rest();
  void scan_comment();

  // Nodes of a structure line.
  void scan_nodes();
  bool scan_node(size_t& node);
  bool end_scalar(size_t node, size_t line);
  bool scan_whole(size_t node);
  bool scan_plain(size_t node);
  void scan_header(size_t node);
  void scan_property();

  // Quoted scalars.
  struct Quoted {
    std::vector<size_t> holes;
    bool on_several_lines = false;
  };
  void scan_quoted(bool refused);
  void scan_quoted_escape();
  void scan_quoted_hole(Quoted& scalar);
  void place_key();
  void place_quoted(const Quoted& scalar, char quote, bool refused);

  // Flow collections.
  void scan_flow();
  void scan_flow_sign(char c);
  bool is_flow_colon() const;
  void scan_flow_hole();
  void scan_flow_plain();

  const CodeText& code_;
  Verdicts& verdicts_;
  Mistakes& mistakes_;
  YamlLines lines_;
  JointStack<Open> stack_;
  std::vector<FlowFork> flow_forks_;
  std::string brackets_;              // [ and { that are open
  std::vector<size_t> opened_at_;     // where, for messages
  char quote_ = 0;                    // the quoted scalar that is open
  std::vector<size_t> quoted_holes_;  // in the last one, which may turn out to be a key
  unsigned expected_ = kItem;
  bool json_like_ = false;  // what came last in the flow collection needs no blank behind its colon
  size_t joint_ = 0;
  size_t line_begin_ = 0;
  size_t at_ = 0;
  bool stopped_ = false;
};

}  // namespace testloom::templating
