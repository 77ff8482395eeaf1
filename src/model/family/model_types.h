// The model types that the transformers package knows, each with its family and task, and those of its
// classes: model_types.tsv, which scripts/update-model-types writes. Answers what a config's model_type and
// architectures mean.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace testloom {

struct ModelType {
  std::string_view name;    // as transformers writes it: "qwen2_vl", "xlm-roberta"
  std::string_view whole;   // the type that it is a component of; empty: it is a whole model
  std::string_view family;  // empty: of none of the families
  std::string_view task;    // empty: none
};

struct ModelClass {
  std::string_view name;  // "BertForMaskedLM"
  std::string_view family, task;
  size_t type = 0;  // the number of its type's row
};

class ModelTypes {
 public:
  // `text` has the format that its own head describes, and must live as long as what is made of it. Throws
  // an Error (spec) with path:line for every bad row.
  ModelTypes(std::string_view text, const std::string& path);

  const std::vector<ModelType>& rows() const { return types_; }

  // The type of that name, whatever its case and separators; null when there is none.
  const ModelType* find(std::string_view model_type) const;

  // The class of that name: the one of `type` where several types have it, and any where `type` is null or
  // does not have it. Null when there is none.
  const ModelClass* find_class(std::string_view name, const ModelType* type) const;

  // All classes, by name.
  const std::vector<ModelClass>& classes() const { return classes_; }

 private:
  std::vector<ModelType> types_;  // in the file's order
  std::vector<std::pair<std::string, size_t>> by_key_;
  std::vector<ModelClass> classes_;
};

// The table compiled into the program.
const ModelTypes& model_types();

}  // namespace testloom
