// What can be a hub's id, where its cache is, and what of it counts as downloaded.
#include "model/files/hub_cache.h"

#include <fstream>
#include <map>

#include <gtest/gtest.h>

#include "support/temporary_folder.h"

namespace testloom {
namespace {

namespace fs = std::filesystem;

TEST(HubIds, AreTold) {
  for (const char* id : {"gpt2", "bert-base-uncased", "org/name", "Org.1/na_me-2.5B", "a/b"})
    EXPECT_TRUE(is_hub_id(id)) << id;
  for (const char* other :
       {"", "/", "a/", "/b", "a/b/c", "/srv/models/a", "./a", "../a", "a/..", "a--b/c", "a..b", "-a", "a-",
        ".a/b", "a/b.", "two words", "a/b\n", "caf\xc3\xa9", "model:latest"})
    EXPECT_FALSE(is_hub_id(other)) << other;
  EXPECT_TRUE(is_hub_id(std::string(96, 'a')));
  EXPECT_FALSE(is_hub_id(std::string(97, 'a')));
}

TEST(HubCacheFolder, IsTheFirstThatIsSaid) {
  std::map<std::string, std::string> variables = {{"HOME", "/home/a"}};
  const auto folder = [&] { return hub_cache_folder([&](const char* name) { return variables[name]; }); };
  EXPECT_EQ(folder(), "/home/a/.cache/huggingface/hub");
  variables["XDG_CACHE_HOME"] = "/cache";
  EXPECT_EQ(folder(), "/cache/huggingface/hub");
  variables["HF_HOME"] = "/hf";
  EXPECT_EQ(folder(), "/hf/hub");
  variables["HF_HUB_CACHE"] = "/hub";
  EXPECT_EQ(folder(), "/hub");
  variables.clear();
  EXPECT_EQ(folder(), "");
  EXPECT_EQ(folder_in_cache("/hub", "org/name"), "/hub/models--org--name");
  EXPECT_EQ(folder_in_cache("", "org/name"), "");
  EXPECT_EQ(folder_in_cache("/hub", "/srv/model"), "");
}

TEST(HubCache, ADownloadIsWholeWithWeightsAndNothingBrokenOff) {
  TemporaryFolder cache;
  const fs::path model = cache.path() / "models--org--name";
  EXPECT_FALSE(is_downloaded(model));
  fs::create_directories(model / "snapshots" / "abc" / "part");
  fs::create_directories(model / "blobs");
  std::ofstream(model / "snapshots" / "abc" / "config.json") << "{}";
  EXPECT_FALSE(is_downloaded(model));
  std::ofstream(model / "snapshots" / "abc" / "part" / "model.safetensors") << "x";
  EXPECT_TRUE(is_downloaded(model));
  std::ofstream(model / "blobs" / "0123.incomplete") << "x";
  EXPECT_FALSE(is_downloaded(model));
}

}  // namespace
}  // namespace testloom
