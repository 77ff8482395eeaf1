// What a line of block-style YAML is by its indentation alone: structure, or the continuation of a scalar
// that began before it. Follows all ways through the branches and loops of the template at once.
#pragma once

#include <cstddef>
#include <limits>
#include <optional>
#include <vector>

#include "template/placement/code_text.h"

namespace testloom::templating {

class YamlLines {
 public:
  enum class Kind {
    structure,
    block,    // of a block scalar's text
    plain,    // goes on with a plain scalar
    unclear,  // not the same on every way, or to every reader
  };

  // A line that is not blank begins.
  Kind begin(size_t indentation, bool is_comment);
  // A line of nothing but this many spaces.
  void blank(size_t width);
  // `---` or `...`.
  void begin_document();

  // The line that has begun, a block scalar's: it decides how far that scalar is indented.
  bool decides_indentation() const { return decides_; }
  // The block scalar folds lines, at least on some way.
  bool is_folded() const { return now_.folded; }

  // A collection or a key at this column of the line. False where they are nested too deep.
  bool push(size_t column);
  // The line ends in a plain scalar that began at this column, or in a block scalar's header. `indicator`:
  // the indentation that the header gives, or 0.
  void open_plain(size_t column);
  void close_plain() { now_.plain = {}; }
  void open_block(size_t column, size_t indicator, bool folded);

  // To be called with every joint, where a line begins. False where a loop's second round would read its
  // first lines otherwise than the first round.
  bool pass(const Joint& joint);

 private:
  static constexpr size_t kNever = std::numeric_limits<size_t>::max();
  static constexpr size_t kDeepest = 200;

  // From which indentation on a line continues the scalar: the least and the most on any way; kNever on a way
  // on which none is open.
  struct Cut {
    size_t least = kNever;
    size_t most = kNever;
  };
  struct State {
    Cut block;
    Cut plain;
    bool awaits_first = false;  // on some way the block scalar has no line yet, which decides its indentation
    bool folded = false;
    size_t widest_blank = 0;      // of the blank lines before a block scalar's first line
    std::vector<size_t> columns;  // of the collections that are open
    // On some way another collection is open inside of the first `known`, at `unsure_from` or further right.
    size_t known = kNever;
    size_t unsure_from = kNever;
  };
  // The indentations of lines that may come first in a loop's body, by what they were taken for.
  struct FirstLines {
    size_t structure = 0;  // the most, plus 1
    size_t block = kNever;
    size_t plain = kNever;
  };
  struct Fork {
    State begin;
    size_t fresh_begin;
    std::optional<State> ends = {};  // of the branches so far
    size_t fresh_ends = kNever;
    bool has_else = false;
    FirstLines first = {};
  };

  static Kind classify(const State& state, size_t indentation, bool is_comment);
  static State merged(const State& a, const State& b);
  void note_first(Kind kind, size_t indentation);
  Kind begin_block_line(size_t indentation);
  void pop_to(size_t column);
  Cut behind_parent(size_t column) const;
  void end_branch(Fork& fork) const;
  bool reads_alike_again(const FirstLines& first) const;

  State now_;
  std::vector<Fork> forks_;
  size_t fresh_ = kNever;  // the loops from this one of forks_ on may have no line of their body before here
  bool decides_ = false;
};

}  // namespace testloom::templating
