#include "template/output/yaml_scanner.h"

namespace testloom::templating {

namespace {

constexpr std::string_view kQuoteHint = "put the whole scalar into double quotes";
constexpr std::string_view kInPlain = "in a scalar without quotes";

}  // namespace

bool YamlScanner::at_line_end() const { return code_.at(at_) == '\n' || code_.at(at_) == '\r'; }

bool YamlScanner::is_blank_or_end(size_t at) const {
  return is_blank(at) || code_.at(at) == '\n' || code_.at(at) == '\r';
}

bool YamlScanner::begins_comment() const {
  return code_.at(at_) == '#' && (at_ == line_begin_ || is_blank(at_ - 1));
}

bool YamlScanner::is_document_marker() const {
  const std::string_view three = code_.text().substr(line_begin_, 3);
  return (three == "---" || three == "...") && is_blank_or_end(line_begin_ + 3);
}

void YamlScanner::next_line() {
  at_ += code_.at(at_) == '\r' && code_.at(at_ + 1) == '\n' && at_ + 1 < code_.size() ? 2 : 1;
  line_begin_ = at_;
  pass_joints();
}

void YamlScanner::stop(size_t begin, size_t end, std::string message, std::string hint) {
  if (!stopped_) mistakes_.push_back({code_.source_span(begin, end), std::move(message), std::move(hint)});
  stopped_ = true;
}

void YamlScanner::refuse(size_t at, std::string_view where, std::string_view hint) {
  verdicts_.refuse(code_.placeholder_at(at), where, hint);
}

void YamlScanner::refuse_until_line_end(std::string_view where, std::string_view hint) {
  for (; !at_line_end(); ++at_) {
    if (code_.is_hole(at_)) refuse(at_, where, hint);
  }
}

void YamlScanner::pass_joints() {
  for (; joint_ < code_.joints().size() && code_.joints()[joint_].offset <= at_; ++joint_) {
    const Joint& joint = code_.joints()[joint_];
    const bool same = stack_.pass(joint, {brackets_, quote_});
    const bool adds_plain = joint.kind == Joint::Kind::for_end && (expected_ & kMorePlain) != 0 &&
                            (flow_forks_.back().begin & kMorePlain) == 0;
    if (!same || (!brackets_.empty() && adds_plain)) {
      if (!stopped_) mistakes_.push_back(unbalanced_joint(joint));
      stopped_ = true;
      return;
    }
    if (!lines_.pass(joint) && !stopped_) {
      mistakes_.push_back({joint.statement, "the loop's first line would be read otherwise the second time",
                           "let the scalar at the loop's end be indented more than the loop's first line"});
      stopped_ = true;
    }
    merge_flow(joint);
  }
}

void YamlScanner::merge_flow(const Joint& joint) {
  switch (joint.kind) {
    case Joint::Kind::if_begin:
    case Joint::Kind::for_begin:
      flow_forks_.push_back({expected_});
      break;
    case Joint::Kind::if_next:
      flow_forks_.back().ends |= expected_;
      flow_forks_.back().has_else = joint.is_else;
      expected_ = flow_forks_.back().begin;
      break;
    case Joint::Kind::if_end:
    case Joint::Kind::for_end:
      expected_ |= flow_forks_.back().ends;
      if (!flow_forks_.back().has_else) expected_ |= flow_forks_.back().begin;
      flow_forks_.pop_back();
      break;
  }
  json_like_ = false;
}

// Some readers end a line at these characters and some do not.
void YamlScanner::check_line_separators() {
  for (const std::string_view separator : {"\xC2\x85", "\xE2\x80\xA8", "\xE2\x80\xA9"}) {
    const size_t found = code_.text().find(separator);
    if (found == std::string_view::npos) continue;
    stop(found, found + separator.size(), "this invisible character ends a line for some readers of YAML",
         "write \\N, \\L or \\P in double quotes for it");
  }
}

void YamlScanner::run() {
  check_line_separators();
  pass_joints();
  while (!stopped_ && at_ < code_.size()) scan_line();
}

void YamlScanner::scan_line() {
  while (code_.at(at_) == ' ') ++at_;
  const size_t indentation = column();
  if (at_line_end()) {
    lines_.blank(indentation);
    next_line();
    return;
  }
  if (indentation == 0 && is_document_marker()) {
    lines_.begin_document();
    at_ += 3;
    scan_nodes();
    return;
  }
  switch (lines_.begin(indentation, code_.at(at_) == '#')) {
    case YamlLines::Kind::block:
      scan_block_line();
      break;
    case YamlLines::Kind::plain:
      scan_plain_rest();
      break;
    case YamlLines::Kind::structure:
      scan_structure_line(indentation);
      break;
    case YamlLines::Kind::unclear:
      stop(at_, at_ + 1, "it is not clear whether this line belongs to the scalar before it",
           "indent it otherwise; let a block scalar's first line be its least indented one, and the same "
           "whichever branch is taken");
      break;
  }
}

void YamlScanner::scan_structure_line(size_t indentation) {
  if (code_.at(at_) == '\t') {
    size_t next = at_;
    while (is_blank(next)) ++next;
    if (code_.at(next) == '\n' || code_.at(next) == '\r') {
      at_ = next;
      next_line();
    } else {
      stop(at_, at_ + 1, "a tab cannot indent in YAML", "indent with spaces");
    }
    return;
  }
  if (indentation == 0 && code_.at(at_) == '%') {
    refuse_until_line_end("in a directive", "write its value into the template");
    next_line();
    return;
  }
  scan_nodes();
}

// `at_` is behind the indentation of a line of a block scalar's text.
void YamlScanner::scan_block_line() {
  for (const size_t first = at_; !at_line_end(); ++at_) {
    if (!code_.is_hole(at_)) continue;
    if (at_ == first && lines_.decides_indentation()) {
      refuse(at_, "where a block scalar's indentation is decided",
             "begin the scalar's first line with other text, or give the indentation, such as |2");
    } else {
      verdicts_.accept(code_.placeholder_at(at_),
                       {.rule = Rule::yaml_block, .begins = at_ == first && lines_.is_folded()});
    }
  }
  next_line();
}

// A line that goes on with a plain scalar.
void YamlScanner::scan_plain_rest() {
  for (; !at_line_end(); ++at_) {
    if (begins_comment()) {
      lines_.close_plain();
      scan_comment();
      break;
    }
    if (code_.is_hole(at_)) refuse(at_, kInPlain, kQuoteHint);
  }
  next_line();
}

void YamlScanner::scan_comment() {
  for (; !at_line_end(); ++at_) {
    if (code_.is_hole(at_)) verdicts_.accept(code_.placeholder_at(at_), {.rule = Rule::remark});
  }
}

void YamlScanner::scan_nodes() {
  size_t node = std::string::npos;  // the column where the properties of the next scalar begin, if it has any
  while (!stopped_) {
    while (is_blank(at_)) ++at_;
    if (begins_comment()) scan_comment();
    if (at_line_end()) break;
    if (!scan_node(node)) break;
  }
  if (!stopped_) next_line();
}

// Goes over one sign, property, key or value. False where nothing more can follow in the line; `at_` is at
// its end then.
bool YamlScanner::scan_node(size_t& node) {
  const char c = code_.at(at_);
  const size_t begin = node == std::string::npos ? column() : node;
  if ((c == '-' || c == '?' || c == ':') && is_blank_or_end(at_ + 1)) {
    if (!lines_.push(column())) stop(at_, at_ + 1, "collections nested more than 200 deep", "");
    ++at_;
    node = std::string::npos;
    return true;
  }
  if (c == '!' || c == '&') {
    node = begin;
    scan_property();
    return true;
  }
  if (c == '|' || c == '>') {
    scan_header(begin);
    return false;
  }
  node = std::string::npos;
  quoted_holes_.clear();
  const size_t line = line_begin_;
  if (c == kHole) return scan_whole(begin);
  if (c == '"' || c == '\'') {
    scan_quoted(false);
  } else if (c == '[' || c == '{') {
    scan_flow();
  } else if (c == '*') {
    scan_property();
  } else {
    return scan_plain(begin);
  }
  return !stopped_ && end_scalar(begin, line);
}

// `at_` is behind a scalar or flow collection that began in the line at `line`: it is a key, or the line's
// last.
bool YamlScanner::end_scalar(size_t node, size_t line) {
  while (is_blank(at_)) ++at_;
  if (code_.at(at_) == ':' && is_blank_or_end(at_ + 1) && line == line_begin_) {
    place_key();
    if (!lines_.push(node)) stop(at_, at_ + 1, "collections nested more than 200 deep", "");
    ++at_;
    return true;
  }
  if (begins_comment()) scan_comment();
  refuse_until_line_end("touching another scalar", kQuoteHint);
  return false;
}

// `at_` is at a placeholder where a scalar begins.
bool YamlScanner::scan_whole(size_t node) {
  size_t next = at_ + 1;
  while (is_blank(next)) ++next;
  const char c = code_.at(next);
  const bool is_key = c == ':' && is_blank_or_end(next + 1);
  const bool is_value = c == '\n' || c == '\r' || (c == '#' && next > at_ + 1);
  if (!is_key && !is_value) return scan_plain(node);
  verdicts_.accept(code_.placeholder_at(at_), {.rule = Rule::yaml_value, .alone = is_key});
  at_ = next;
  const bool goes_on = end_scalar(node, line_begin_);
  if (!is_key && c != '#') lines_.open_plain(node);  // a number could go on in the next line
  return goes_on;
}

// `at_` is at a plain scalar: up to its colon, a comment or the line's end.
bool YamlScanner::scan_plain(size_t node) {
  for (; !at_line_end(); ++at_) {
    if (code_.at(at_) == ':' && is_blank_or_end(at_ + 1)) return end_scalar(node, line_begin_);
    if (begins_comment()) {
      scan_comment();
      return false;
    }
    if (code_.is_hole(at_)) refuse(at_, kInPlain, kQuoteHint);
  }
  lines_.open_plain(node);
  return false;
}

// `at_` is at the | or > of a block scalar.
void YamlScanner::scan_header(size_t node) {
  const size_t begin = at_;
  const bool folded = code_.at(at_++) == '>';
  size_t indicator = 0;
  for (int i = 0; i < 2; ++i) {
    const char c = code_.at(at_);
    if (c >= '1' && c <= '9' && indicator == 0) {
      indicator = static_cast<size_t>(c - '0');
    } else if (c != '+' && c != '-') {
      break;
    }
    ++at_;
  }
  while (is_blank(at_)) ++at_;
  if (begins_comment()) scan_comment();
  if (!at_line_end()) {
    refuse_until_line_end("in the header of a block scalar", "write the value below it");
    stop(begin, begin + 1, "something follows the sign of a block scalar",
         "begin the text on the next line, or put the scalar into quotes");
    return;
  }
  lines_.open_block(node, indicator, folded);
}

// A tag, an anchor or an alias, in a flow collection or not.
void YamlScanner::scan_property() {
  for (; !is_blank_or_end(at_); ++at_) {
    const char c = code_.at(at_);
    if (!brackets_.empty() && (c == ',' || c == '[' || c == ']' || c == '{' || c == '}')) break;
    if (c == kHole) refuse(at_, "in a tag, an anchor or an alias", "write it into the template");
  }
}

}  // namespace testloom::templating
