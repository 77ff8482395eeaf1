// What is kept of a test's output: the end at hand, and in a file all of it or its two ends with a note of
// what is missing, whatever the sizes of the writes.
#include "engine/local/output.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <random>
#include <string>

#include <fmt/format.h>

#include "support/temporary_folder.h"

namespace testloom {
namespace {

constexpr size_t kHalf = static_cast<size_t>(kKeptOutputBytes) / 2;

class Output : public testing::Test {
 protected:
  // Numbers as text, so that any piece of it tells where it is from.
  static std::string text_of(size_t size) {
    std::string text;
    for (size_t number = 0; text.size() < size; ++number) text += fmt::format("{},", number);
    return text.substr(0, size);
  }

  // Prints the text by writes of random sizes.
  void print(CapturedOutput& output, const std::string& text) {
    for (size_t at = 0; at < text.size();) {
      const size_t part = std::min<size_t>({1 + random_() % 60'000, text.size() - at, 60'000});
      ASSERT_EQ(::write(output.writing_end(), text.data() + at, part), static_cast<ssize_t>(part));
      output.drain();
      at += part;
    }
    output.close_writing_end();
    output.drain();
    EXPECT_LT(output.descriptor(), 0);
  }

  std::string file() const {
    std::ifstream stream(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  }

  TemporaryFolder folder_;
  std::filesystem::path path_ = folder_.path() / "output.txt";
  std::mt19937 random_{7};
};

TEST_F(Output, ThatIsShortHasNoFile) {
  for (const size_t size : {size_t{0}, size_t{1}, kOutputTailBytes}) {
    CapturedOutput output(path_);
    const std::string text = text_of(size);
    print(output, text);
    EXPECT_EQ(output.tail(), text);
    EXPECT_FALSE(output.has_file());
    output.finish();
    EXPECT_FALSE(std::filesystem::exists(path_));
  }
}

TEST_F(Output, ThatIsLongerThanItsTailIsInAFileAsItIs) {
  for (const size_t size : {kOutputTailBytes + 1, size_t{100'000}, kHalf - 1, kHalf, kHalf + 1, 2 * kHalf}) {
    CapturedOutput output(path_);
    const std::string text = text_of(size);
    print(output, text);
    EXPECT_EQ(output.tail(), text.substr(size - kOutputTailBytes));
    EXPECT_TRUE(output.has_file());
    output.finish();
    EXPECT_TRUE(file() == text) << size;
  }
}

TEST_F(Output, ThatIsTooLongKeepsItsTwoEndsWithANote) {
  for (const size_t size :
       {2 * kHalf + 1, 2 * kHalf + 65'536, 3 * kHalf - 1, 3 * kHalf, 3 * kHalf + 1, 5 * kHalf + 7}) {
    CapturedOutput output(path_);
    const std::string text = text_of(size);
    print(output, text);
    output.finish();
    const std::string note = fmt::format("\n... {} bytes left out ...\n", size - 2 * kHalf);
    EXPECT_TRUE(file() == text.substr(0, kHalf) + note + text.substr(size - kHalf)) << size;
    EXPECT_EQ(output.tail(), text.substr(size - kOutputTailBytes));
  }
}

TEST_F(Output, WithoutPlaceForAFileKeepsItsTail) {
  CapturedOutput output(folder_.path() / "not there" / "output.txt");
  const std::string text = text_of(300'000);
  print(output, text);
  EXPECT_EQ(output.tail(), text.substr(text.size() - kOutputTailBytes));
  EXPECT_FALSE(output.has_file());
  output.finish();
}

}  // namespace
}  // namespace testloom
