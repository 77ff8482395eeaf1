#include "template/output/yaml_lines.h"

#include <algorithm>

namespace testloom::templating {

YamlLines::Kind YamlLines::classify(const State& state, size_t indentation, bool is_comment) {
  if (indentation >= state.block.most) return Kind::block;
  if (indentation >= state.block.least) return Kind::unclear;
  if (is_comment || indentation < state.plain.least) return Kind::structure;
  return indentation >= state.plain.most ? Kind::plain : Kind::unclear;
}

YamlLines::Kind YamlLines::begin(size_t indentation, bool is_comment) {
  decides_ = false;
  const Kind kind = classify(now_, indentation, is_comment);
  // A comment may stand anywhere, but it must not be one on the first round and text on the next.
  note_first(kind, indentation);
  if (kind == Kind::block) return begin_block_line(indentation);
  if (kind == Kind::structure) {
    now_.block = {};
    now_.plain = {};
    now_.awaits_first = false;
    if (!is_comment) pop_to(indentation);
  }
  return kind;
}

YamlLines::Kind YamlLines::begin_block_line(size_t indentation) {
  if (!now_.awaits_first) return Kind::block;
  if (now_.widest_blank > indentation) return Kind::unclear;
  decides_ = true;
  now_.awaits_first = false;
  if (now_.block.least == now_.block.most) now_.block.least = indentation;
  now_.block.most = std::max(now_.block.most, indentation);
  return Kind::block;
}

void YamlLines::note_first(Kind kind, size_t indentation) {
  for (size_t i = fresh_; i < forks_.size(); ++i) {
    FirstLines& first = forks_[i].first;
    if (kind == Kind::structure) first.structure = std::max(first.structure, indentation + 1);
    if (kind == Kind::block) first.block = std::min(first.block, indentation);
    if (kind == Kind::plain) first.plain = std::min(first.plain, indentation);
  }
  fresh_ = kNever;
}

void YamlLines::blank(size_t width) {
  if (now_.awaits_first) now_.widest_blank = std::max(now_.widest_blank, width);
}

void YamlLines::begin_document() {
  now_ = {};
  fresh_ = kNever;
  decides_ = false;
}

void YamlLines::pop_to(size_t column) {
  while (!now_.columns.empty() && now_.columns.back() >= column) now_.columns.pop_back();
  const bool is_sure =
      now_.columns.size() < now_.known || (now_.columns.size() == now_.known && column <= now_.unsure_from);
  if (is_sure) now_.known = now_.unsure_from = kNever;
}

bool YamlLines::push(size_t column) {
  now_.columns.push_back(column);
  return now_.columns.size() <= kDeepest;
}

YamlLines::Cut YamlLines::behind_parent(size_t column) const {
  const size_t sure = now_.columns.empty() ? 0 : now_.columns.back() + 1;
  const bool unsure = now_.columns.size() == now_.known && column > now_.unsure_from;
  return {sure, unsure ? std::max(sure, column) : sure};
}

void YamlLines::open_plain(size_t column) { now_.plain = behind_parent(column); }

void YamlLines::open_block(size_t column, size_t indicator, bool folded) {
  const Cut parent = behind_parent(column);
  now_.folded = folded;
  now_.widest_blank = 0;
  now_.awaits_first = indicator == 0;
  now_.block = parent;
  // Readers do not agree on how a block scalar is indented that stands in no collection.
  if (indicator == 0) {
    now_.block.most = std::max<size_t>(now_.block.most, 1);
  } else {
    now_.block.least += indicator - 1;
    now_.block.most = std::max<size_t>(now_.block.most, 1) + indicator - 1;
  }
}

YamlLines::State YamlLines::merged(const State& a, const State& b) {
  const auto either = [](const Cut& x, const Cut& y) {
    return Cut{std::min(x.least, y.least), std::max(x.most, y.most)};
  };
  State both;
  both.block = either(a.block, b.block);
  both.plain = either(a.plain, b.plain);
  both.awaits_first = a.awaits_first || b.awaits_first;
  both.folded = a.folded || b.folded;
  both.widest_blank = std::max(a.widest_blank, b.widest_blank);
  const size_t shorter = std::min({a.columns.size(), b.columns.size(), a.known, b.known});
  const size_t same = std::mismatch(a.columns.begin(), a.columns.begin() + shorter, b.columns.begin()).first -
                      a.columns.begin();
  both.columns.assign(a.columns.begin(), a.columns.begin() + same);
  both.unsure_from = std::min(a.unsure_from, b.unsure_from);
  if (same < a.columns.size()) both.unsure_from = std::min(both.unsure_from, a.columns[same]);
  if (same < b.columns.size()) both.unsure_from = std::min(both.unsure_from, b.columns[same]);
  if (both.unsure_from != kNever) both.known = same;
  return both;
}

bool YamlLines::reads_alike_again(const FirstLines& first) const {
  const size_t open = std::min(now_.block.least, now_.plain.least);
  if (first.structure > 0 && first.structure > open) return false;
  if (first.block != kNever && (first.block < now_.block.most || now_.awaits_first)) return false;
  return first.plain == kNever || first.plain >= now_.plain.most;
}

// Adds the state here to those in which the branches end.
void YamlLines::end_branch(Fork& fork) const {
  fork.ends = fork.ends ? merged(*fork.ends, now_) : now_;
  fork.fresh_ends = std::min(fork.fresh_ends, fresh_);
}

bool YamlLines::pass(const Joint& joint) {
  if (joint.kind == Joint::Kind::if_begin || joint.kind == Joint::Kind::for_begin) {
    forks_.push_back({now_, fresh_});
    if (joint.kind == Joint::Kind::if_begin) return true;
    // What the end of a round leaves open is not known yet.
    fresh_ = std::min(fresh_, forks_.size() - 1);
    now_.known = std::min(now_.known, now_.columns.size());
    now_.unsure_from = 0;
    return true;
  }
  Fork& fork = forks_.back();
  const bool alike = joint.kind != Joint::Kind::for_end || reads_alike_again(fork.first);
  end_branch(fork);
  if (joint.kind == Joint::Kind::if_next) {
    fork.has_else = joint.is_else;
    now_ = fork.begin;
    fresh_ = fork.fresh_begin;
    return true;
  }
  if (fork.fresh_ends >= forks_.size() - 1) fork.fresh_ends = kNever;  // only this loop itself
  now_ = fork.has_else ? *fork.ends : merged(fork.begin, *fork.ends);
  fresh_ = fork.has_else ? fork.fresh_ends : std::min(fork.fresh_begin, fork.fresh_ends);
  forks_.pop_back();
  return alike;
}

}  // namespace testloom::templating
