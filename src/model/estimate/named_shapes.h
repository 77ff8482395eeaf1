// The table of published shapes, named_shapes.tsv, and what of it a name speaks of.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>

#include "model/family/token_trie.h"

namespace testloom {

// One size of a line of models.
struct NamedShape {
  std::string label;  // "large", "1.1b"
  double size = 0;    // what the label says, where it is a size
  boost::json::object keys;
};

struct NamedLine {
  std::string name;
  std::string_view model_type;
  std::string_view model_family;  // of the type; empty for none
  bool writes = false;            // sees or hears, and writes text
  boost::json::object keys;
  std::vector<NamedShape> shapes;
  std::optional<uint16_t> mixture;  // the line of its mixtures

  // The number of the shape whose size is nearest to this one, if it is within a tenth.
  std::optional<uint16_t> nearest(double size) const;
};

// What a name speaks of; numbers are those of rows.
struct NamedWords {
  std::optional<uint16_t> line;
  std::optional<uint16_t> shape;  // of the line
  double size = 0;                // of a model that is known by its name
};

class NamedShapes {
 public:
  // `text` has the format that its own head describes. Throws an Error (spec) with path:line for a bad row.
  NamedShapes(std::string_view text, const std::string& path);

  const std::vector<NamedLine>& lines() const { return lines_; }
  std::optional<uint16_t> find_line(std::string_view name) const;

  // Looks at what stands behind the organisation. Lines of other families are passed over, but text
  // generators and embedders may be each other's, and what sees and writes may be a text generator; with an
  // empty or unknown family any line will do.
  NamedWords words_of(std::string_view model_name, std::string_view model_family) const;

  // The config.json of a line, and of one of its shapes.
  boost::json::object config(uint16_t line, std::optional<uint16_t> shape) const;

 private:
  friend class NamedShapesParser;

  // What a sequence of tokens may mean.
  struct Meaning {
    std::optional<uint16_t> line;
    double size = 0;  // with `line`: a known model
    bool label = false;
    std::optional<uint16_t> shorter;  // what it begins with
  };
  struct Label {
    uint16_t line, sequence, shape;
  };

  std::optional<uint16_t> shape_of(uint16_t line, uint16_t sequence) const;

  std::vector<NamedLine> lines_;
  std::vector<Meaning> meanings_;  // by the trie's values
  std::vector<Label> labels_;      // by line, then sequence
  TokenTrie trie_;
};

// The table compiled into the program.
const NamedShapes& named_shapes();

}  // namespace testloom
