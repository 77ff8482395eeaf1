#include "template/output/json_placement.h"

#include <fmt/core.h>

#include "template/placement/joint_stack.h"

namespace testloom::templating {

namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool is_structure(char c) { return c == '{' || c == '}' || c == '[' || c == ']' || c == ',' || c == ':'; }
bool is_hex_digit(char c) { return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f'); }

// What may come next. Several at once where branches or loops leave it open; the brackets around are the
// same.
enum Expected : unsigned { kValue = 1, kKey = 2, kNothing = 4 };

class JsonScanner {
 public:
  JsonScanner(const CodeText& code, Verdicts& verdicts, Mistakes& mistakes)
      : code_(code), verdicts_(verdicts), mistakes_(mistakes) {}

  void run() {
    while (!stopped_) {
      pass_joints();
      if (stopped_ || at_ >= code_.size()) break;
      step();
    }
    if (!stopped_ && !open_.empty()) {
      stop(open_.back().at, open_.back().at + 1,
           fmt::format("'{}' is never closed", code_.at(open_.back().at)), "");
    }
  }

 private:
  struct Bracket {
    char kind;
    size_t at;
    bool operator==(const Bracket&) const = default;
  };
  // Where a choice or loop began: what was expected there, and what the branches before this one left.
  struct Fork {
    unsigned begin;
    unsigned ends = 0;
    bool has_else = false;
  };

  static constexpr size_t kDeepest = 200;
  static constexpr std::string_view kSplitHint =
      "write a comma between two values, and a whole text as \"...${name}...\"";

  void stop(size_t begin, size_t end, std::string message, std::string hint) {
    mistakes_.push_back({code_.source_span(begin, end), std::move(message), std::move(hint)});
    stopped_ = true;
  }

  void refuse(size_t at, std::string_view where, std::string_view hint) {
    verdicts_.refuse(code_.placeholder_at(at), where, hint);
  }

  void pass_joints() {
    for (; joint_ < code_.joints().size() && code_.joints()[joint_].offset <= at_; ++joint_) {
      const Joint& joint = code_.joints()[joint_];
      if (!stack_.pass(joint, open_)) {
        mistakes_.push_back(unbalanced_joint(joint));
        stopped_ = true;
        return;
      }
      merge(joint);
    }
  }

  void merge(const Joint& joint) {
    switch (joint.kind) {
      case Joint::Kind::if_begin:
      case Joint::Kind::for_begin:
        forks_.push_back({expected_});
        break;
      case Joint::Kind::if_next:
        forks_.back().ends |= expected_;
        forks_.back().has_else = joint.is_else;
        expected_ = forks_.back().begin;
        break;
      case Joint::Kind::if_end:
      case Joint::Kind::for_end:
        expected_ |= forks_.back().ends;
        if (!forks_.back().has_else) expected_ |= forks_.back().begin;
        forks_.pop_back();
        break;
    }
  }

  void step() {
    const char c = code_.at(at_);
    if (is_blank(c)) {
      ++at_;
    } else if (c == kHole) {
      place_whole();
    } else if (c == '"') {
      scan_string();
    } else if (c == '\'') {
      stop(at_, at_ + 1, "a string of JSON stands in double quotes", "write \" for '");
    } else if (c == '/' && (code_.at(at_ + 1) == '/' || code_.at(at_ + 1) == '*')) {
      scan_comment();
    } else if (is_structure(c)) {
      scan_structure(c);
    } else {
      scan_word();
    }
  }

  void scan_structure(char c) {
    if (c == '{' || c == '[') {
      if (open_.size() == kDeepest) {
        stop(at_, at_ + 1, fmt::format("brackets nested more than {} deep", kDeepest), "");
        return;
      }
      open_.push_back({c, at_});
      expected_ = c == '{' ? kKey : kValue;
    } else if (c == '}' || c == ']') {
      if (open_.empty() || open_.back().kind != (c == '}' ? '{' : '[')) {
        stop(at_, at_ + 1, fmt::format("'{}' closes nothing", c), "");
        return;
      }
      open_.pop_back();
      expected_ = kNothing;
    } else if (c == ':') {
      expected_ = kValue;
    } else {
      expected_ = in_object() ? kKey : kValue;
    }
    ++at_;
  }

  bool in_object() const { return !open_.empty() && open_.back().kind == '{'; }

  // A number, true, false, null, or what is no JSON at all.
  void scan_word() {
    while (at_ < code_.size()) {
      const char c = code_.at(at_);
      if (c == kHole) {
        refuse(at_, "inside a word or a number, or touching one", kSplitHint);
      } else if (is_blank(c) || is_structure(c) || c == '"' || c == '\'') {
        break;
      }
      ++at_;
    }
    expected_ = kNothing;
  }

  bool stands_free(size_t at) const {
    const auto is_free = [&](size_t beside) {
      return beside >= code_.size() || is_blank(code_.at(beside)) || is_structure(code_.at(beside));
    };
    return (at == 0 || is_free(at - 1)) && is_free(at + 1);
  }

  void place_whole() {
    const size_t site = code_.placeholder_at(at_);
    size_t next = at_ + 1;
    while (code_.at(next) == ' ' || code_.at(next) == '\t') ++next;
    const bool ends_line = code_.at(next) == '\n' || code_.at(next) == '\r';
    const bool is_key = (expected_ & kKey) != 0;
    if (!stands_free(at_)) {
      verdicts_.refuse(site, "touching another value", kSplitHint);
    } else if (is_key && (expected_ & kValue) != 0) {
      verdicts_.refuse(site, "where a key or a value could be meant",
                       "let each branch end at the same place");
    } else if (is_key && (code_.at(next) == ':' || ends_line)) {
      verdicts_.accept(site, {.rule = Rule::json_key});
    } else if (is_key) {
      verdicts_.refuse(site, "as a key without a value",
                       "write \"key\": ${name}, or put the whole object in");
    } else if ((expected_ & kValue) != 0) {
      verdicts_.accept(site, {.rule = Rule::json_value});
    } else {
      verdicts_.refuse(site, "directly after another value", kSplitHint);
    }
    expected_ = kNothing;
    ++at_;
  }

  void scan_comment() {
    const bool is_line = code_.at(at_ + 1) == '/';
    const std::string_view closing = is_line ? "\n" : "*/";
    const size_t found = code_.text().find(closing, at_ + 2);
    const size_t end = found == std::string_view::npos ? code_.size() : found + (is_line ? 0 : 2);
    for (; at_ < end; ++at_) {
      if (code_.is_hole(at_)) refuse(at_, "in a comment", "JSON has none: leave it out");
    }
    if (joint_ < code_.joints().size() && code_.joints()[joint_].offset < end) {
      mistakes_.push_back(unbalanced_joint(code_.joints()[joint_]));
      stopped_ = true;
    }
  }

  void scan_string() {
    const size_t begin = at_++;
    while (at_ < code_.size() && code_.at(at_) != '\n' && code_.at(at_) != '\r') {
      const char c = code_.at(at_);
      if (c == '"') {
        ++at_;
        expected_ = kNothing;
        return;
      }
      if (c == '\\') {
        scan_escape();
      } else {
        if (c == kHole) verdicts_.accept(code_.placeholder_at(at_), {.rule = Rule::json_text});
        ++at_;
      }
    }
    stop(begin, begin + 1, "this string is never closed", "write \" where it ends, on the same line");
  }

  // `at_` is at the backslash.
  void scan_escape() {
    size_t end = at_ + 1;
    if (code_.at(end) == 'u') {
      do {
        ++end;
      } while (end < at_ + 6 && is_hex_digit(code_.at(end)));
    } else if (!code_.is_hole(end) && code_.at(end) != '\n' && code_.at(end) != '\r') {
      end += 1;
      at_ = end;
      return;
    }
    if (end < at_ + 6 && code_.is_hole(end)) {
      refuse(end, "in an escape sequence or directly after a backslash",
             "write '\\\\' for a backslash, or give the escape all its digits");
      ++end;
    }
    at_ = end;
  }

  const CodeText& code_;
  Verdicts& verdicts_;
  Mistakes& mistakes_;
  JointStack<std::vector<Bracket>> stack_;
  std::vector<Fork> forks_;
  std::vector<Bracket> open_;
  unsigned expected_ = kValue;
  size_t joint_ = 0;
  size_t at_ = 0;
  bool stopped_ = false;
};

}  // namespace

void place_in_json(const CodeText& code, Verdicts& verdicts, Mistakes& mistakes) {
  JsonScanner(code, verdicts, mistakes).run();
}

}  // namespace testloom::templating
