// Mappings, detection through SQL, globs, and what may be called what.
#include "catalog/models.h"

#include <stdlib.h>

#include <filesystem>

#include "base/files.h"
#include "catalog/names.h"
#include "support/store_fixture.h"

namespace testloom {
namespace {

using Models = StoreFixture;

template <typename Call>
std::string refusal(Call call) {
  try {
    call();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::usage);
    return error.message();
  }
  return "accepted";
}

TEST_F(Models, MappingAgainReplaces) {
  const int64_t id = add("latency", "vision");
  map("my-net", "vision", id);
  add_mapping(connection(), {"my-net", "audio", {}, "now a voice"}, notes);
  const auto mapping = find_mapping(connection(), "my-net");
  ASSERT_TRUE(mapping);
  EXPECT_EQ(mapping->model_family, "audio");
  EXPECT_EQ(mapping->template_id, std::nullopt);
  EXPECT_EQ(mapping->description, "now a voice");
  EXPECT_EQ(rows("SELECT mapping_id::VARCHAR FROM model_mapping"), (std::vector<std::string>{"1"}));
}

TEST_F(Models, AMappingToNoTemplateIsRefused) {
  EXPECT_EQ(refusal([&] { map("my-net", "vision", 9); }), "there is no template with ID 9");
  EXPECT_TRUE(stored_models(connection()).empty());
}

TEST_F(Models, TheMappingWinsOverTheName) {
  EXPECT_EQ(family_of(connection(), "bert-base-uncased").origin, "name");
  map("bert-base-uncased", "vision");
  const FamilyGuess guess = family_of(connection(), "bert-base-uncased");
  EXPECT_EQ(guess.model_family, "vision");
  EXPECT_EQ(guess.origin, "mapping");
  EXPECT_EQ(guess.task, "") << "fill-mask is no task of vision";
}

// Mapping, folder, stored config, name: each goes before those that were there.
TEST_F(Models, FilesGoBeforeTheNameAndBehindTheMapping) {
  const std::string name = "bert-base-uncased";
  const auto told = [&] {
    const FamilyGuess guess = family_of(connection(), name);
    const std::vector<StoredModel> models = stored_models(connection());
    if (!models.empty()) {
      EXPECT_EQ(models.front().model_family, guess.model_family);
      EXPECT_EQ(models.front().task, guess.task);
      EXPECT_EQ(models.front().origin, guess.origin);
    }
    return guess.model_family + " " + guess.task + " " + guess.origin;
  };
  EXPECT_EQ(told(), "text_embedding fill-mask name");
  add_model(connection(), {name, {}, {}, "{\"hidden_size\": 4}", {}}, {}, notes);
  EXPECT_EQ(told(), "text_embedding fill-mask name") << "the config does not say";
  add_model(connection(), {name, {}, {}, "{\"model_type\": \"whisper\"}", {}}, {}, notes);
  EXPECT_EQ(told(), "audio automatic-speech-recognition config");
  const std::filesystem::path files = folder.path() / "files";
  add_model(connection(), {name, files.native(), {}, {}, {}}, {}, notes);
  EXPECT_EQ(told(), "audio automatic-speech-recognition config") << "there is no such folder";
  std::filesystem::create_directory(files);
  write_file(files / "model_index.json", "{}", ErrorKind::spec);
  EXPECT_EQ(told(), "diffusion text-to-image config");
  map(name, "audio");
  EXPECT_EQ(told(), "audio  mapping");
}

TEST_F(Models, AStoredConfigThatIsNestedDeepIsPassedOver) {
  const std::string deep = std::string(100, '[') + std::string(100, ']');
  const FamilyGuess guess = family_of_stored("gpt2", "{\"model_type\": \"bert\", \"x\": " + deep + "}", "");
  EXPECT_EQ(guess.model_family, "text_generation");
  EXPECT_EQ(guess.origin, "name");
}

TEST_F(Models, TheHubsCacheIsAskedLast) {
  ::setenv("HF_HUB_CACHE", folder.path().c_str(), 1);
  for (const char* name : {"acme--zzz", "openai--whisper-tiny"}) {
    const auto snapshot = folder.path() / (std::string("models--") + name) / "snapshots" / "abc";
    std::filesystem::create_directories(snapshot);
    write_file(snapshot / "config.json", "{\"model_type\": \"vit\"}", ErrorKind::spec);
  }
  EXPECT_EQ(family_of(connection(), "acme/zzz").model_family, "vision");
  EXPECT_EQ(family_of(connection(), "acme/zzz").origin, "config");
  EXPECT_EQ(family_of(connection(), "openai/whisper-tiny").origin, "name");
  ::unsetenv("HF_HUB_CACHE");
  EXPECT_EQ(family_of(connection(), "acme/zzz").model_family, "unknown");
}

TEST_F(Models, SqlDetectionAgreesWithCpp) {
  register_detect_family(connection());
  for (const char* name : {"bert-base-uncased", "openai/whisper-tiny", "albert-einstein/x", "a'b\n\"c"}) {
    Result result = connection().query(
        "SELECT d.model_family, d.task, d.origin FROM (SELECT detect_family(?) AS d)", {name});
    ASSERT_TRUE(result.next());
    const FamilyGuess guess = detect_family(name);
    EXPECT_EQ(result.text(0), guess.model_family);
    EXPECT_EQ(result.text(1), guess.task);
    EXPECT_EQ(result.text(2), guess.origin);
  }
  Result stored = connection().query(
      "SELECT d.model_family, d.task, d.origin FROM (SELECT family_of_stored(?, ?, ?) AS d)",
      {"gpt2", "{\"model_type\": \"vit\"}", "/nowhere"});
  ASSERT_TRUE(stored.next());
  EXPECT_EQ(stored.text(0), "vision");
  EXPECT_EQ(stored.text(2), "config");
}

TEST_F(Models, GlobsAreOverKnownModelsAndNamesStandForThemselves) {
  for (const char* name : {"bert-a", "bert-b", "odd*name", "vit"})
    add_model(connection(), {name, {}, {}, {}}, {}, notes);
  EXPECT_EQ(resolve_models(connection(), {"bert-*", "vit", "new/one", "bert-a"}),
            (std::vector<std::string>{"bert-a", "bert-b", "vit", "new/one"}));
  EXPECT_EQ(resolve_models(connection(), {"odd*name"}), (std::vector<std::string>{"odd*name"}));
  EXPECT_EQ(refusal([&] { resolve_models(connection(), {"gpt*"}); }), "no known model matches 'gpt*'");
}

TEST(Names, BatchSizesAreWholeNumbersFromOne) {
  EXPECT_EQ(parse_batch_sizes("4, 1 ,9223372036854775807"), (std::vector<int64_t>{4, 1, INT64_MAX}));
  const std::vector<std::pair<const char*, const char*>> cases = {
      {"0", "batch size 0 is less than 1"},
      {"-1", "batch size -1 is less than 1"},
      {"1e3", "batch size '1e3' is not a whole number"},
      {"four", "batch size 'four' is not a whole number"},
      {"9223372036854775808", "batch size '9223372036854775808' is too large"},
      {"1,2,1", "batch size 1 stands twice in the list"},
      {"", "batch size '' is not a whole number"},
      {"1,,2", "batch size '' is not a whole number"},
      {"1.0", "batch size '1.0' is not a whole number"},
  };
  for (const auto& [text, message] : cases)
    EXPECT_EQ(refusal([&] { parse_batch_sizes(text); }), message) << text;
}

TEST(Names, HardwareTypesAreAnOpenSetOfNames) {
  std::vector<std::string> notes;
  EXPECT_EQ(parse_hardware_types("cpu, npu", notes), (std::vector<std::string>{"cpu", "npu"}));
  EXPECT_EQ(notes, (std::vector<std::string>{"hardware type 'npu' is new here"}));
  parse_hardware_types("cudda", notes);
  EXPECT_EQ(notes.back(), "hardware type 'cudda' is new here; did you mean 'cuda'?");
  for (const char* bad : {"", "a b", "cpu,cpu", "x;y", "1x"}) {
    EXPECT_NE(refusal([&] { parse_hardware_types(bad, notes); }), "accepted") << bad;
  }
}

TEST(Names, ModelNamesAreAnyText) {
  for (const std::string& good :
       {std::string("a"), std::string("\"'\n${x}\\\x01模型"), std::string(4096, 'x')}) {
    EXPECT_EQ(refusal([&] { check_model_name(good); }), "accepted");
  }
  for (const std::string& bad :
       {std::string(), std::string(4097, 'x'), std::string("a\xff"), std::string("a\0b", 3)}) {
    EXPECT_NE(refusal([&] { check_model_name(bad); }), "accepted");
  }
}

}  // namespace
}  // namespace testloom
