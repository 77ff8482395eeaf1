// CSV with places: what is read, where it stands, and that what is written is read back.
#include "base/csv.h"

#include <gtest/gtest.h>

namespace testloom {
namespace {

std::string dump(const CsvTable& table) {
  std::string out;
  for (const auto& row : table.rows) {
    for (const CsvField& field : row)
      out += std::to_string(field.line) + ":" + std::to_string(field.column) + "-" +
             std::to_string(field.end_column) + "[" + field.text + "]";
    out += "\n";
  }
  for (const CsvMistake& mistake : table.mistakes)
    out += std::to_string(mistake.line) + ":" + std::to_string(mistake.column) + " " + mistake.message + "\n";
  return out;
}

TEST(Csv, FieldsKnowTheirPlaces) {
  EXPECT_EQ(dump(parse_csv("a, b ,\"c,\"\"d\"\r\n# no row, \"\n\nü,\"x\ny\",z\n,")),
            "1:1-2[a]1:4-5[b]1:7-14[c,\"d]\n"
            "4:1-2[ü]4:3-4[x\ny]5:4-5[z]\n"
            "6:1-1[]6:2-2[]\n");
  EXPECT_EQ(dump(parse_csv("")), "");
}

TEST(Csv, MistakesKnowTheirPlaces) {
  EXPECT_EQ(dump(parse_csv("a,\"b\nc")), "1:1-2[a]1:3-4[b\nc]\n1:3 this quote is never closed\n");
  EXPECT_EQ(dump(parse_csv("\"ü\" x,b\n")),
            "1:1-4[ü]1:7-8[b]\n1:5 a comma is missing behind the quoted text\n");
}

TEST(Csv, WhatIsWrittenIsReadBack) {
  uint64_t seed = 11;
  const auto random = [&](uint64_t bound) {
    seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
    return (seed >> 33) % bound;
  };
  const std::string pieces[] = {"a", ",", "\"", "\n", "\r", " ", "#", "é", "\t"};
  for (int round = 0; round < 5000; ++round) {
    std::vector<std::string> fields(2 + random(3));
    std::string line;
    for (std::string& field : fields) {
      for (uint64_t i = random(5); i > 0; --i) field += pieces[random(std::size(pieces))];
      line += (&field == fields.data() ? "" : ",") + csv_field(field);
    }
    const CsvTable table = parse_csv(line + "\n");
    ASSERT_TRUE(table.mistakes.empty()) << line;
    ASSERT_EQ(table.rows.size(), 1u) << line;
    std::vector<std::string> read;
    for (const CsvField& field : table.rows.front()) read.push_back(field.text);
    ASSERT_EQ(read, fields) << line;
  }
}

}  // namespace
}  // namespace testloom
