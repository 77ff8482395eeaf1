// `ingest`: takes in what other machines ran, from their journals and stores. Their plans stay theirs.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "store/store.h"

namespace testloom {

struct IngestedPath {
  std::filesystem::path path;
  int64_t runs = 0;      // that stand in it
  int64_t new_runs = 0;  // of them, that the store did not have
  int64_t new_outcomes = 0;
  int64_t lines_left_out = 0;
};

// Each path is a journal, a folder of journals (or one that holds such folders, STORE.runs), or another
// store. All of it is taken in or nothing. Throws an Error: spec where a path is none of these, or is of
// another run than the store has by the same id; store where the store fails.
std::vector<IngestedPath> ingest_paths(Store& store, const std::vector<std::filesystem::path>& paths);

}  // namespace testloom
