// Sizes and times as people write them.
#include "base/units.h"

#include <gtest/gtest.h>

#include "testloom/error.h"

namespace testloom {
namespace {

TEST(Units, Sizes) {
  struct Case {
    const char* text;
    int64_t bytes;  // 0: an error
  };
  for (const Case& c :
       {Case{"24GB", 24'000'000'000}, Case{"1.5 GiB", 1'610'612'736}, Case{"512mb", 512'000'000},
        Case{"1000", 1000}, Case{"2TiB", 2'199'023'255'552}, Case{"", 0}, Case{"GB", 0}, Case{"-4GB", 0},
        Case{"nan", 0}, Case{"inf", 0}, Case{"4 parsecs", 0}, Case{"1e40", 0}}) {
    if (c.bytes) {
      EXPECT_EQ(bytes_of(c.text), c.bytes) << c.text;
    } else {
      EXPECT_THROW(bytes_of(c.text), Error) << c.text;
    }
  }
}

TEST(Units, Times) {
  struct Case {
    const char* text;
    double seconds;  // 0: an error
  };
  for (const Case& c : {Case{"90", 90}, Case{"1.5", 1.5}, Case{"90s", 90}, Case{"10m", 600},
                        Case{"2 h", 7200}, Case{"500ms", 0.5}, Case{"", 0}, Case{"0", 0}, Case{"-1m", 0},
                        Case{"m", 0}, Case{"inf", 0}, Case{"5x", 0}, Case{"1e30", 0}}) {
    if (c.seconds > 0) {
      EXPECT_DOUBLE_EQ(seconds_of(c.text), c.seconds) << c.text;
    } else {
      EXPECT_THROW(seconds_of(c.text), Error) << c.text;
    }
  }
}

}  // namespace
}  // namespace testloom
