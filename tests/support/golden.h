// Golden files: what a case gives is compared with a file beside it, or written there anew with
// TESTLOOM_UPDATE_GOLDEN.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "base/files.h"

namespace testloom {

inline void compare_with_golden(const std::filesystem::path& expected, const std::string& got) {
  if (std::getenv("TESTLOOM_UPDATE_GOLDEN")) {
    write_file(expected, got, ErrorKind::usage);
    return;
  }
  ASSERT_TRUE(std::filesystem::exists(expected)) << expected << " is missing";
  EXPECT_EQ(got, read_file(expected, size_t{1} << 20, ErrorKind::usage)) << expected;
}

}  // namespace testloom
