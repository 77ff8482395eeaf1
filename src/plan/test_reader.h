// Reads a plan's tests from the store: the big table's small integers, some models at a time, and what they
// stand for from the small tables. Ids and names are those of the view `tests`, made here; a plan of any size
// is gone through in the memory of a few thousand tests.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <tuple>
#include <unordered_map>

#include "plan/test_id.h"
#include "plan/tests.h"

namespace testloom {

class TestReader {
 public:
  // REQUIRES: no transaction is open; the reader holds one, so that all it reads is of one moment.
  TestReader(Connection& connection, const TestFilter& filter);

  // The next tests, some thousands, with all that is known of them; false where there are no more.
  bool read(std::vector<PlannedTest>& tests);
  // Names, ids, family, task, location, hardware type and batch size: what rendering takes. The same object
  // is handed out each time.
  void for_each_to_render(const std::function<void(const PlannedTest&)>& use);

 private:
  struct Model {
    std::string name, location, family, task, origin, hash;
    int64_t pinned = -1;  // template_id; -1: none
    std::string profile;
    Digest name_hash;
  };
  struct Combo {
    std::string hardware_type, device, label;
    int64_t batch_size = 0;
    std::vector<std::pair<std::string, Value>> axes;
    bool wanted = false;  // by the filter
  };
  struct Version {
    std::string template_name, hash, output_kind;
    int64_t template_id = 0;
    int64_t version = 0;
    size_t rank = 0;  // in the order of names, then ids
  };
  struct CellRow {
    int64_t version_id, combo_number, previous_combo;   // -1: none before it
    int64_t priority, memory_bytes, host_memory_bytes;  // of the host: -1 where it is not known
    double time_s;                                      // 0: not known
    std::string origin;
    bool is_reference;
    const Version* version;
    const Combo* combo;
  };
  struct Row {
    int64_t model_number;
    const Model* model;
    const CellRow* cell;
  };
  // One test of a model, as what others need.
  struct Kind {
    int64_t version_id, combo;
    auto operator<=>(const Kind&) const = default;
  };

  void read_combos();
  void read_versions();
  void read_needs();
  void read_cells();
  struct Range {
    int64_t begin = 0, end = 0;  // of models
    int64_t tests = 0;
  };
  Range find_range();
  bool read_next_rows(int64_t tests_at_once);
  void read_models(int64_t begin, int64_t end);
  void read_rows(int64_t begin, int64_t end);
  void name(PlannedTest& test, const Row& row);
  void make_id(std::string& id, std::string& case_name, const Model& model, const Version& version,
               const Combo& combo);
  void fill(PlannedTest& test, const Row& row);
  void add_outcomes(std::vector<PlannedTest>& tests);
  void keep_by_outcome(std::vector<PlannedTest>& tests);

  Connection& connection_;
  TestFilter filter_;
  Transaction transaction_;
  std::map<int64_t, Combo> combos_;
  std::map<int64_t, Version> versions_;
  std::unordered_map<int64_t, CellRow> cells_;
  // By family, what is pinned, and profile.
  std::map<std::tuple<std::string, int64_t, std::string, Kind>, std::vector<Kind>> needs_;
  std::map<int64_t, Model> models_;  // of the range that is being read
  std::vector<Row> rows_;            // likewise, in order
  std::string case_of_other_;
  std::optional<Range> left_;  // models that were not read yet; nothing before the first reading
  int64_t wanted_left_;        // tests up to the limit
  bool has_outcomes_ = false;
};

}  // namespace testloom
