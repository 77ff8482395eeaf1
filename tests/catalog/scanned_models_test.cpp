// Many models that were found on disk: what is new, what changed, and what is left alone.
#include "catalog/scanned_models.h"

#include "support/store_fixture.h"

namespace testloom {
namespace {

using ScannedModels = StoreFixture;

const char* const kAll =
    "SELECT model_id::VARCHAR, model_name, location, revision, config::VARCHAR, parameter_count::VARCHAR, "
    "weight_bytes::VARCHAR, description FROM models ORDER BY model_id";

TEST_F(ScannedModels, AreWrittenWhereTheyDiffer) {
  NewModel known;
  known.model_name = "known";
  known.description = "mine";
  known.config = R"({"a": 1})";
  add_model(connection(), known, std::nullopt, notes);
  std::vector<FoundOnDisk> models = {{"new", "/m/new", "abc", R"({"b":2})", 10, 40},
                                     {"known", "/m/known", {}, {}, {}, 7}};
  EXPECT_EQ(keep_models(connection(), models), (std::vector<Kept>{Kept::added, Kept::changed}));
  EXPECT_EQ(rows(kAll), (std::vector<std::string>{R"(1|known|/m/known|NULL|{"a": 1}|NULL|7|mine)",
                                                  R"(2|new|/m/new|abc|{"b":2}|10|40|NULL)"}));
  EXPECT_EQ(keep_models(connection(), models), (std::vector<Kept>{Kept::same, Kept::same}));
  models[0].revision = "def";
  models[0].parameter_count.reset();
  models[1].config = R"({"a":1})";
  models.push_back({"it's \"new\"", "/m/a b", {}, {}, {}, {}});
  EXPECT_EQ(keep_models(connection(), models),
            (std::vector<Kept>{Kept::changed, Kept::changed, Kept::added}));
  EXPECT_EQ(rows(kAll), (std::vector<std::string>{R"(1|known|/m/known|NULL|{"a":1}|NULL|7|mine)",
                                                  R"(2|new|/m/new|def|{"b":2}|NULL|40|NULL)",
                                                  R"(3|it's "new"|/m/a b|NULL|NULL|NULL|NULL|NULL)"}));
  EXPECT_TRUE(keep_models(connection(), {}).empty());
}

TEST_F(ScannedModels, AreKeptAllOrNone) {
  EXPECT_THROW(keep_models(connection(), {{"good", "/m", {}, {}, {}, {}}, {"bad", "/m", {}, "{", {}, {}}}),
               Error);
  EXPECT_TRUE(rows(kAll).empty());
}

}  // namespace
}  // namespace testloom
