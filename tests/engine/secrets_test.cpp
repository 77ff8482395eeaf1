// What is replaced by *** and what is not: names, texts against a naive reference, JSON that stays JSON,
// secrets that were cut, and whole outcomes with their files.
#include "engine/secrets.h"

#include <boost/json.hpp>
#include <random>

#include <gtest/gtest.h>

#include "base/files.h"
#include "base/text.h"
#include "support/temporary_folder.h"

namespace testloom {
namespace {

namespace json = boost::json;

Secrets secrets_of(const std::vector<std::string>& values) {
  Secrets secrets;
  for (const std::string& value : values) secrets.add("API_TOKEN", value);
  return secrets;
}

std::string hidden(const Secrets& secrets, std::string text) {
  secrets.hide(text);
  return text;
}

std::string hidden_json(const Secrets& secrets, std::string text) {
  secrets.hide_json(text);
  return text;
}

TEST(Secrets, NamesSayWhatIsSecret) {
  for (const char* name : {"HF_TOKEN", "hf_token", "HUGGING_FACE_HUB_TOKEN", "MY_SECRET_THING", "DB_PASSWORD",
                           "PGPASSWD", "OPENAI_API_KEY", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY",
                           "SSH_PRIVATE_KEY", "GOOGLE_CREDENTIALS", "STORAGE_KEY", "DB_PASS", "KEY"})
    EXPECT_TRUE(is_secret_name(name)) << name;
  for (const char* name : {"PATH", "HOME", "HF_HOME", "TOKENIZERS_PARALLELISM", "SSH_AUTH_SOCK", "XAUTHORITY",
                           "SSH_ASKPASS", "KEYBOARD", "AUTHOR", "MONKEY", "PASSES", ""})
    EXPECT_FALSE(is_secret_name(name)) << name;
}

TEST(Secrets, ShortValuesAndOtherNamesAreLeftAlone) {
  Secrets secrets;
  secrets.add("HF_TOKEN", "1234567");
  secrets.add("HF_TOKEN", "  1234567  ");
  secrets.add("HF_TOKEN", "");
  secrets.add("HOME", "/home/somebody");
  EXPECT_TRUE(secrets.empty());
  secrets.add("HF_TOKEN", "12345678\n");
  EXPECT_EQ(hidden(secrets, "12345678, 1234567"), "***, 1234567");
}

TEST(Secrets, APasswordInAnAddressIsOne) {
  Secrets secrets;
  for (const char* value : {"http://proxy:8080/a@b:cdefghijk", "me:longpassword@host", "http://longname@host",
                            "http://me:short@host"})
    secrets.add("HTTPS_PROXY", value);
  EXPECT_TRUE(secrets.empty());
  secrets.add("HTTPS_PROXY", "http://me:long@password@proxy:8080/x");
  EXPECT_EQ(hidden(secrets, "cannot reach http://me:long@password@proxy:8080"),
            "cannot reach http://me:***@proxy:8080");
}

TEST(Secrets, WhatALineOfShellAssignsIsOne) {
  Secrets secrets;
  secrets.add_assigned(
      "run -e A=plainvalue --env=HF_TOKEN=hf_abcdefghij -e 'MY_KEY=keykeykey' P_PASS=\"a bcdefg h\" x=");
  EXPECT_EQ(hidden(secrets, "plainvalue hf_abcdefghij keykeykey a bcdefg h"), "plainvalue *** *** ***");
}

// Marks every byte that some secret covers, then writes *** for each stretch that overlapping ones make.
std::string naive(const std::string& text, const std::vector<std::string>& values) {
  std::string out;
  size_t end = 0;
  for (size_t at = 0; at < text.size(); ++at) {
    const bool was_inside = at < end;
    for (const std::string& value : values) {
      if (text.compare(at, value.size(), value) == 0) end = std::max(end, at + value.size());
    }
    if (at >= end) out += text[at];
    if (at < end && !was_inside) out += "***";
  }
  return out;
}

TEST(Secrets, AgreeWithANaiveReferenceOnRandomTexts) {
  std::mt19937 random(3);
  const auto letters = [&](size_t size) {
    std::string text;
    while (text.size() < size) text += static_cast<char>('a' + random() % 2);
    return text;
  };
  int changed = 0;
  for (int round = 0; round < 2000; ++round) {
    std::vector<std::string> values;
    for (size_t i = 0; i <= random() % 3; ++i) values.push_back(letters(8 + random() % 3));
    const std::string text = letters(random() % 60);
    const std::string expected = naive(text, values);
    changed += expected != text;
    ASSERT_EQ(hidden(secrets_of(values), text), expected) << text;
    ASSERT_EQ(hidden_json(secrets_of(values), "{\"" + text + "\": 1}"), "{\"" + expected + "\": 1}");
  }
  EXPECT_GT(changed, 100);
}

TEST(Secrets, JsonStaysJsonWhateverTheSecretIs) {
  std::mt19937 random(4);
  const std::string characters = "n\\\"u0041\n/1";
  const auto text_of = [&](size_t size) {
    std::string text;
    while (text.size() < size) text += characters[random() % characters.size()];
    return text;
  };
  int hits = 0;
  for (int round = 0; round < 5000; ++round) {
    const std::string secret = "x" + text_of(8) + "x";
    const Secrets secrets = secrets_of({secret, text_of(9)});
    const bool holds_it = random() % 2 == 0;
    const std::string content = text_of(random() % 20) + (holds_it ? secret : "") + text_of(random() % 20);
    std::string literal;
    append_json_string(literal, content);
    const std::string out = hidden_json(secrets, "[1234567890, " + literal + ", true]");
    boost::system::error_code error;
    const json::value parsed = json::parse(out, error);
    ASSERT_FALSE(error) << out;
    ASSERT_EQ(parsed.as_array().at(0).as_int64(), 1234567890);
    ASSERT_EQ(std::string(parsed.as_array().at(1).as_string()).find(secret), std::string::npos) << out;
    hits += holds_it;
  }
  EXPECT_GT(hits, 1000);
}

TEST(Secrets, NumbersAndLiteralsOfJsonAreNoStrings) {
  const Secrets secrets = secrets_of({"12345678", "truefalse"});
  EXPECT_EQ(hidden_json(secrets, R"({"a": 0.12345678, "b": "12345678", "12345678": [true,false]})"),
            R"({"a": 0.12345678, "b": "***", "***": [true,false]})");
}

TEST(Secrets, OfSeveralLinesAreHiddenLineByLineAndEscaped) {
  const Secrets secrets = secrets_of({"-----BEGIN KEY-----\nMIIEvQIBADAN\nshort\n"});
  EXPECT_EQ(hidden(secrets, "  -----BEGIN KEY-----\n  MIIEvQIBADAN\n  short"), "  ***\n  ***\n  short");
  EXPECT_EQ(hidden(secrets, R"('-----BEGIN KEY-----\nMIIEvQIBADAN\nshort')"), "'***'");
}

TEST(Secrets, PartsThatACutHasLeftAreHidden) {
  const Secrets secrets = secrets_of({"hf_abcdefghij"});
  std::string tail = "efghij and hf_abcdefghij";
  secrets.hide_tail(tail);
  EXPECT_EQ(tail, "*** and ***");
  tail = "hij is too little";
  secrets.hide_tail(tail);
  EXPECT_EQ(tail, "hij is too little");
  EXPECT_EQ(hidden(secrets, "said hf_abcd\n... 17 bytes left out ...\nfghij and more"),
            "said ***\n... 17 bytes left out ...\n*** and more");
  EXPECT_EQ(hidden(secrets, " left out ...\nfghij"), " left out ...\nfghij");
}

TEST(Secrets, AnOutcomeHasThemNowhere) {
  TemporaryFolder folder;
  const Secrets secrets = secrets_of({"hf_abcdefghij"});
  std::string printed(1 << 20, '.');
  printed.replace(700'000, 13, "hf_abcdefghij");
  write_file(folder.path() / "out.txt", printed, ErrorKind::engine);
  Outcome outcome;
  outcome.case_name = "a/cpu/hf_abcdefghij";  // what a test is stays as it is planned
  outcome.reason = outcome.error_type = outcome.error_message = outcome.traceback = outcome.output_tail =
      "with hf_abcdefghij in it";
  outcome.result_json = outcome.environment_json = R"({"token": "hf_abcdefghij"})";
  outcome.output_file = "out.txt";
  secrets.hide(outcome, folder.path());
  for (const std::string& text :
       {outcome.reason, outcome.error_type, outcome.error_message, outcome.traceback, outcome.output_tail})
    EXPECT_EQ(text, "with *** in it");
  EXPECT_EQ(outcome.result_json, R"({"token": "***"})");
  EXPECT_EQ(outcome.environment_json, R"({"token": "***"})");
  EXPECT_EQ(outcome.case_name, "a/cpu/hf_abcdefghij");
  const std::string kept = read_file(folder.path() / "out.txt", 2 << 20, ErrorKind::engine);
  EXPECT_EQ(kept, printed.replace(700'000, 13, "***"));
}

TEST(Secrets, AFileThatCannotBeReadIsNotKept) {
  TemporaryFolder folder;
  Outcome outcome;
  outcome.output_file = "none.txt";
  secrets_of({"hf_abcdefghij"}).hide(outcome, folder.path());
  EXPECT_EQ(outcome.output_file, "");
}

}  // namespace
}  // namespace testloom
