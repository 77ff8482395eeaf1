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

// Writes every test of the filter under `folder`. A kill leaves each file old or new, unchanged ones are not
// touched, and those of an earlier rendering, finished or not, that are not in the plan any more are removed.
// A second rendering of the same folder waits for the first. Throws an Error (usage) when the folder holds
// something else, or is the current folder or a parent of it.
RenderedTree render_tree(Connection& connection, const TestFilter& filter,
                         const std::filesystem::path& folder);

}  // namespace testloom
