// Writing a plan's tests as files: DIR/<model>/test_<template>_<hardware>_b<batch>.py and DIR/manifest.jsonl.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "plan/tests.h"

namespace testloom {

struct RenderedTree {
  int64_t files = 0;    // in the tree now
  int64_t written = 0;  // new or changed; the others were as they should be already
  int64_t removed = 0;  // of an earlier rendering, no longer in the plan
};

// `text` as a file name: [A-Za-z0-9_.-] kept, other bytes '_', at most `limit` bytes, never empty, "." or
// ".."; what was cut is replaced by a short hash.
std::string file_name_of(std::string_view text, size_t limit);

// Writes every test of the filter under `folder`. Files are replaced whole, unchanged ones are not touched,
// and those of an earlier rendering that are not in the plan any more are removed. Throws an Error (usage)
// when the folder holds something else, or is the current folder or a parent of it.
RenderedTree render_tree(Connection& connection, const TestFilter& filter,
                         const std::filesystem::path& folder);

}  // namespace testloom
